// Package native opens the desktop of the system the program runs on.
package native

import (
	"errors"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/clipboard"
)

// Desktop is what the helper needs of the technician's desktop.
type Desktop struct {
	Screen   desktop.Screen
	Injector desktop.Injector
	Watcher  desktop.Watcher
	// The rest is nil where a desktop has none.
	Monitors  desktop.Monitors // of Screen
	Cursor    desktop.Cursor
	Marker    desktop.Marker
	Clipboard clipboard.Clipboard
}

// Close closes all of it.
func (d *Desktop) Close() error {
	var errs []error
	if d.Clipboard != nil {
		errs = append(errs, d.Clipboard.Close())
	}
	if d.Marker != nil {
		errs = append(errs, d.Marker.Close())
	}
	if d.Watcher != nil {
		errs = append(errs, d.Watcher.Close())
	}
	if d.Injector != nil {
		errs = append(errs, d.Injector.Close())
	}
	if d.Screen != nil {
		errs = append(errs, d.Screen.Close())
	}
	return errors.Join(errs...)
}
