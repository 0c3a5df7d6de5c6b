package main

import (
	"context"
	"flag"
	"log/slog"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/console"
)

func serve(ctx context.Context, log *slog.Logger, args []string) error {
	set := flag.NewFlagSet("serve", flag.ContinueOnError)
	file := set.String("config", "", "cloud.toml")
	if err := parse(set, args, "config"); err != nil {
		return err
	}
	config, err := cloud.LoadConfig(*file)
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
