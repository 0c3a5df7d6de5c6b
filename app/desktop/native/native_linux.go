package native

import (
	"log/slog"

	"beckmanconnect/app/desktop/clipboard"
	"beckmanconnect/app/desktop/x11"
)

// Open opens the X display that $DISPLAY names. A display without a clipboard
// or without shapes is worked on without them.
func Open(log *slog.Logger) (*Desktop, error) {
	d := &Desktop{}
	screen, err := x11.OpenScreen("")
	if err != nil {
		return nil, err
	}
	d.Screen, d.Monitors = screen, screen
	input, err := x11.OpenInput("")
	if err != nil {
		_ = d.Close() // the first error is the one to tell
		return nil, err
	}
	d.Injector = input
	watch, err := x11.OpenWatch("")
	if err != nil {
		_ = d.Close()
		return nil, err
	}
	d.Watcher = watch
	cursor := x11.NewCursor("")
	d.Cursor = cursor
	if marker, err := x11.OpenMarker(""); err != nil {
		log.Warn("no marker for the engineer's pointer", "error", err)
	} else {
		screen.Show(marker)
		input.Pass(marker)
		cursor.Pass(marker)
		d.Marker = marker
	}
	if board, err := clipboard.OpenX11("", log); err != nil {
		log.Warn("no clipboard", "error", err)
	} else {
		d.Clipboard = board
	}
	return d, nil
}
