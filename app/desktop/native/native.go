// Package native opens the desktop of the system the program runs on.
package native

import (
	"errors"

	"beckmanconnect/app/desktop"
)

// Desktop is what the helper needs of the technician's desktop.
type Desktop struct {
	Screen   desktop.Screen
	Injector desktop.Injector
	Watcher  desktop.Watcher
}

// Close closes all of it.
func (d *Desktop) Close() error {
	var errs []error
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
