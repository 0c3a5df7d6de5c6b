// Command beckmanconnect-service is the service on the instrument PC: it
// notifies, keeps support sessions and the log, and holds the link to the
// cloud. Its verbs put the product in place on a PC, and look whether it still
// stands as it was put.
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"strings"

	"beckmanconnect/internal/eventlog"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/program"
	"beckmanconnect/internal/redact"
	"beckmanconnect/internal/winservice"
	"beckmanconnect/service"
)

func main() {
	var config string
	var supervised bool
	info := program.Info{Name: "beckmanconnect-service", Summary: "the BeckmanConnect service: notifications, support sessions, log and cloud link",
		Arguments: "[install|uninstall|check …]", Help: help(), SelfTest: service.SelfTest}
	flags := func(set *flag.FlagSet) {
		set.StringVar(&config, "config", hostconfig.DefaultPath(), "configuration `file`")
		set.BoolVar(&supervised, strings.TrimLeft(winservice.SupervisedFlag, "-"), false, "take the launcher's words from standard input, as under Windows' service manager")
	}
	program.Main(info, flags, func(ctx context.Context, log *slog.Logger, args []string) error {
		log = slog.New(redact.Handler(log.Handler()))
		if len(args) > 0 {
			return verb(ctx, log, config, args, os.Stdout)
		}
		if supervised {
			return runSupervised(ctx, config, log)
		}
		return run(ctx, config, log, nil)
	})
}

// runSupervised is the service under its launcher.
func runSupervised(ctx context.Context, config string, log *slog.Logger) error {
	if events, err := eventlog.Open(winservice.Host().Name); err == nil {
		defer events.Close()
		log = slog.New(eventlog.Handler(log.Handler(), events))
	}
	seats := make(chan winservice.Session, 64)
	ctx, stop := winservice.Supervised(ctx, os.Stdin, func(s winservice.Session) { seats <- s })
	defer stop()
	err := run(ctx, config, log, seats)
	if err != nil && !errors.As(err, new(program.ExitError)) {
		log.Error("the service ends", "error", err) // nobody reads standard error there
	}
	return err
}

func run(ctx context.Context, config string, log *slog.Logger, seats <-chan winservice.Session) error {
	host, err := hostconfig.Load(config)
	if err != nil {
		return err
	}
	err = service.RunSupervised(ctx, host, log, seats)
	if errors.Is(err, service.ErrRestart) {
		return program.Restart()
	}
	return err
}
