package main

import (
	"context"
	"log/slog"
	"time"

	"beckmanconnect/app/desktop/lock"
	"beckmanconnect/app/killkey"
	"beckmanconnect/app/tray"
	"beckmanconnect/app/tray/dialog"
	"beckmanconnect/app/tray/screen"
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ui/ask"
)

// dialogs are the tray's own windows, for when the window program cannot draw.
func dialogs(ctx context.Context, log *slog.Logger, c *text.Catalogue, service calls) tray.Dialogs {
	return dialog.New(dialog.Config{
		Text: c, Log: log, Service: dialogCalls{service}, Screen: screen.Windows{},
		Locked: lock.Follow(ctx, log).Locked, Grab: killkey.Grab, Now: time.Now,
		Failure: func(c *text.Catalogue, err error) string { return ask.Failure(c, client.Code(err)) },
	})
}
