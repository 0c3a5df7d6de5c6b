package main

import (
	"context"
	"log/slog"
	"time"

	"beckmanconnect/app/desktop/lock"
	"beckmanconnect/app/files"
	"beckmanconnect/app/killkey"
	"beckmanconnect/app/preferences"
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
		Locked: lock.Follow(ctx, log).Locked, Folder: func() string { return files.Folder(folder(log)) }, Grab: killkey.Grab, Now: time.Now,
		Failure: func(c *text.Catalogue, err error) string { return ask.Failure(c, client.Code(err)) },
	})
}

// folder is the one that was chosen in the window for received files; "": none.
func folder(log *slog.Logger) string {
	path, err := preferences.Path()
	var chosen preferences.Preferences
	if err == nil {
		chosen, err = preferences.Load(path)
	}
	if err != nil {
		log.Warn("the folder that was chosen for files is not known", "error", err)
	}
	return chosen.Folder
}
