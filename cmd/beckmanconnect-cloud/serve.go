package main

import (
	"context"
	"log/slog"

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
	return c.Run(ctx)
}
