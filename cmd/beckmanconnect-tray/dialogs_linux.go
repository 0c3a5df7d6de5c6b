package main

import (
	"context"
	"log/slog"

	"beckmanconnect/app/tray"
	"beckmanconnect/assets/text"
)

// dialogs: on Linux the window program draws in software where there is no
// graphics driver, so the tray has no windows of its own.
func dialogs(context.Context, *slog.Logger, *text.Catalogue, calls) tray.Dialogs { return nil }
