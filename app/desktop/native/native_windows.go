package native

import (
	"log/slog"

	"beckmanconnect/app/desktop/clipboard"
	"beckmanconnect/app/desktop/gdi"
)

// Open opens the desktop of the technician's log-on. One without a clipboard or
// without layered windows is worked on without them.
func Open(log *slog.Logger) (*Desktop, error) {
	d := &Desktop{}
	screen, err := gdi.OpenScreen()
	if err != nil {
		return nil, err
	}
	d.Screen, d.Monitors = screen, screen
	input := gdi.OpenInput()
	d.Injector = input
	watch, err := gdi.OpenWatch()
	if err != nil {
		_ = d.Close() // the first error is the one to tell
		return nil, err
	}
	d.Watcher = watch
	cursor := gdi.NewCursor()
	d.Cursor = cursor
	if marker, err := gdi.OpenMarker(); err != nil {
		log.Warn("no marker for the engineer's pointer", "error", err)
	} else {
		screen.Show(marker)
		input.Pass(marker)
		cursor.Pass(marker)
		d.Marker = marker
	}
	if board, err := clipboard.OpenWin32(log); err != nil {
		log.Warn("no clipboard", "error", err)
	} else {
		d.Clipboard = board
	}
	return d, nil
}
