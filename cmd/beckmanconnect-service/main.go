// Command beckmanconnect-service is the service on the instrument PC: it
// notifies, keeps support sessions and the log, and holds the link to the
// cloud.
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/program"
	"beckmanconnect/internal/redact"
	"beckmanconnect/service"
)

func main() {
	var config string
	info := program.Info{Name: "beckmanconnect-service", Summary: "the BeckmanConnect service: notifications, support sessions, log and cloud link",
		SelfTest: service.SelfTest}
	flags := func(set *flag.FlagSet) {
		set.StringVar(&config, "config", hostconfig.DefaultPath(), "configuration `file`")
	}
	program.Main(info, flags, func(ctx context.Context, log *slog.Logger, _ []string) error {
		log = slog.New(redact.Handler(log.Handler()))
		return supervised(ctx, func(ctx context.Context) error {
			host, err := hostconfig.Load(config)
			if err != nil {
				return err
			}
			err = service.Run(ctx, host, log)
			if errors.Is(err, service.ErrRestart) {
				return program.Restart()
			}
			return err
		})
	})
}
