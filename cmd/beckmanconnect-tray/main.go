// Command beckmanconnect-tray is the icon beside the clock. It starts at every
// log-on, shows how things stand, and starts the programs that draw windows or
// show the screen when they are needed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"

	"beckmanconnect/app/single"
	"beckmanconnect/internal/program"
)

func main() {
	var config string
	program.Main(program.Info{
		Name:    "beckmanconnect-tray",
		Summary: "Shows the state of BeckmanConnect beside the clock.",
	}, func(flags *flag.FlagSet) {
		flags.StringVar(&config, "config", "", "configuration `file`")
	}, func(ctx context.Context, log *slog.Logger, _ []string) error {
		release, err := single.Acquire("tray")
		if errors.Is(err, single.ErrRunning) {
			return errors.New("the tray icon is there already in this log-on")
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
	})
}
