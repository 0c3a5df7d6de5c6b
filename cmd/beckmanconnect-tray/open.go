package main

import (
	"context"
	"errors"
	"log/slog"

	"beckmanconnect/app/tray/launch"
	"beckmanconnect/app/tray/toast"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/pagelink"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/protocol"
)

// addressOf looks whether the program was started by a click on a toast: with
// OpenFlag and an address, and nothing else. Any web page may have it started
// so; what else stands on such a command line was put there by one, for example
// another configuration, and makes it refused.
func addressOf(args []string) (address string, asked bool, err error) {
	if len(args) == 0 || args[0] != pagelink.OpenFlag {
		return "", false, nil
	}
	if len(args) != 2 {
		return "", true, errors.New("an address to open comes alone")
	}
	if _, ok := toast.View(args[1]); !ok {
		return "", true, errors.New("there is no such page")
	}
	return args[1], true, nil
}

// open brings the page of an address forward: in a window that is there, else in
// one that it starts.
func open(ctx context.Context, log *slog.Logger, address string) error {
	view, ok := toast.View(address)
	if !ok {
		return errors.New("there is no such page")
	}
	config, err := hostconfig.Load("")
	if err != nil {
		return err
	}
	service := calls{client.Config{Socket: config.Socket, Program: protocol.Tray, Version: version.Version()}}
	windows, err := service.Show(ctx, view)
	if err == nil && windows > 0 {
		return nil
	}
	if err != nil {
		log.Warn("the service could not bring a window forward", "error", err)
	}
	launcher, err := launch.New(launch.Config{Log: log})
	if err != nil {
		return err
	}
	return launcher.Window(view)
}
