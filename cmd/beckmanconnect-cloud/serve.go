package main

import (
	"context"
	"log/slog"
	"os"
	"runtime/debug"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/console"
)

func serve(ctx context.Context, log *slog.Logger, args []string) error {
	config, err := configured("serve", args)
	if err != nil {
		return err
	}
	config.Log = log
	config.Console = console.Handler(console.Config{Mode: console.Hosted})
	c, err := cloud.New(config)
	if err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	return c.Run(ctx)
}

// garbage is how much of the memory in use may gather, in percent, before Go
// collects it; the environment's GOGC goes before it. Most of the memory is that of
// devices that are connected and silent, so Go's own 100 would double what they
// cost.
const garbage = 50
