// Command beckmanconnect-tray is the icon beside the clock. It starts at every
// log-on, shows how things stand, and starts the programs that draw windows or
// show the screen when they are needed. With --open and an address, as a click
// on a toast starts it, it brings one page forward and ends.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"time"

	"beckmanconnect/app/single"
	"beckmanconnect/internal/program"
)

func main() {
	address, asked, err := addressOf(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "beckmanconnect-tray:", err)
		os.Exit(2)
	}
	if asked {
		os.Args = os.Args[:1] // it is no flag of ours
	}
	var config string
	program.Main(program.Info{
		Name:    "beckmanconnect-tray",
		Summary: "Shows the state of BeckmanConnect beside the clock.",
	}, func(flags *flag.FlagSet) {
		flags.StringVar(&config, "config", "", "configuration `file`")
	}, func(ctx context.Context, log *slog.Logger, _ []string) error {
		if asked {
			ctx, cancel := context.WithTimeout(ctx, openTime)
			defer cancel()
			return open(ctx, log, address)
		}
		return stay(ctx, log, config)
	})
}

// openTime bounds what a click on a toast may take.
const openTime = 20 * time.Second

// stay is the icon of this log-on, until it ends. Where there is one already it
// ends at once, and well: the Run key and the log-on task both start it, and the
// task again after a crash.
func stay(ctx context.Context, log *slog.Logger, config string) error {
	release, err := single.Acquire("tray")
	if errors.Is(err, single.ErrRunning) {
		log.Info("the tray icon is there already in this log-on")
		return nil
	}
	if err != nil {
		return err
	}
	err = run(ctx, log, config)
	release()
	var old outdated
	if errors.As(err, &old) {
		err = old.renew()
	}
	if err != nil {
		return fmt.Errorf("tray: %w", err)
	}
	return nil
}
