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
	"beckmanconnect/service/upgrade/versions"
)

func main() {
	var config string
	var supervised bool
	program.Main(program.Info{
		Name:      "beckmanconnect-upgrade",
		Summary:   "Watches for upgrades, verifies them and installs what was accepted.",
		Arguments: "[adopt --package ARCHIVE [--launcher PROGRAM] | abandon]",
		Help: "adopt unpacks a release archive as a version, as packages do when they are installed;\n" +
			"abandon removes every version, as packages do when they are removed.",
		SelfTest: codesign.SelfTest,
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
	if len(args) > 0 && args[0] != "adopt" && args[0] != "abandon" {
		return program.Usagef("unknown verb %q", args[0])
	}
	config, err := hostconfig.Load(path)
	if err != nil {
		return err
	}
	switch {
	case len(args) == 0:
	case args[0] == "adopt":
		return adopt(log, config, args[1:])
	case len(args) > 1:
		return program.Usagef("abandon takes no arguments")
	default:
		return upgrade.Abandon(versions.Install{Dir: config.Install})
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
	launcher := set.String("launcher", "", "launcher `program`, copied under each program's name; none: they are there")
	if err := set.Parse(args); err != nil {
		return program.Usagef("adopt: %w", err)
	}
	if *archive == "" || set.NArg() > 0 {
		return program.Usagef("adopt: --package ARCHIVE is needed, and nothing else but --launcher PROGRAM")
	}
	version, err := upgrade.AdoptPackage(config, *archive, *launcher)
	if err != nil {
		return err
	}
	log.Info("adopted", "current", version, "install", config.Install)
	return nil
}
