// Command beckmanconnect-upgrade is the upgrade service: it watches for
// upgrades, verifies them and installs what was accepted, by digest only.
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"os"
	"strings"

	"beckmanconnect/internal/codesign"
	"beckmanconnect/internal/eventlog"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/program"
	"beckmanconnect/internal/redact"
	"beckmanconnect/internal/winservice"
	"beckmanconnect/service/upgrade"
)

func main() {
	var config string
	var supervised bool
	program.Main(program.Info{
		Name:      "beckmanconnect-upgrade",
		Summary:   "Watches for upgrades, verifies them and installs what was accepted.",
		Arguments: "[adopt --package ARCHIVE --launcher PROGRAM]",
		Help:      "adopt unpacks a release archive as a version, as packages do when they are installed.",
		SelfTest:  codesign.SelfTest,
	}, func(flags *flag.FlagSet) {
		flags.StringVar(&config, "config", "", "configuration `file`")
		flags.BoolVar(&supervised, strings.TrimLeft(winservice.SupervisedFlag, "-"), false, "take the launcher's words from standard input, as under Windows' service manager")
	}, func(ctx context.Context, log *slog.Logger, args []string) error {
		if supervised {
			return runSupervised(ctx, log, config, args)
		}
		return run(ctx, log, config, args)
	})
}

// runSupervised is the service under its launcher.
func runSupervised(ctx context.Context, log *slog.Logger, config string, args []string) error {
	log = slog.New(redact.Handler(log.Handler()))
	if events, err := eventlog.Open(winservice.Upgrade().Name); err == nil {
		defer events.Close()
		log = slog.New(eventlog.Handler(log.Handler(), events))
	}
	ctx, stop := winservice.Supervised(ctx, os.Stdin, nil)
	defer stop()
	err := run(ctx, log, config, args)
	if err != nil && !errors.As(err, new(program.ExitError)) {
		log.Error("the service ends", "error", err) // nobody reads standard error there
	}
	return err
}

func run(ctx context.Context, log *slog.Logger, path string, args []string) error {
	if len(args) > 0 && args[0] != "adopt" {
		return program.Usagef("unknown verb %q", args[0])
	}
	config, err := hostconfig.Load(path)
	if err != nil {
		return err
	}
	if len(args) > 0 {
		return adopt(log, config, args[1:])
	}
	err = upgrade.Serve(ctx, config, log)
	if errors.Is(err, upgrade.ErrRestart) {
		return program.Restart()
	}
	return err
}

func adopt(log *slog.Logger, config hostconfig.Config, args []string) error {
	set := flag.NewFlagSet("adopt", flag.ContinueOnError)
	set.SetOutput(io.Discard) // the error is printed once, by program
	archive := set.String("package", "", "release `archive`")
	launcher := set.String("launcher", "", "launcher `program`")
	if err := set.Parse(args); err != nil {
		return program.Usagef("adopt: %w", err)
	}
	if *archive == "" || *launcher == "" || set.NArg() > 0 {
		return program.Usagef("adopt: --package ARCHIVE and --launcher PROGRAM are needed, and nothing else")
	}
	version, err := upgrade.AdoptPackage(config, *archive, *launcher)
	if err != nil {
		return err
	}
	log.Info("adopted", "current", version, "install", config.Install)
	return nil
}
