package native

import (
	"beckmanconnect/app/desktop/x11"
)

// Open opens the X display that $DISPLAY names.
func Open() (*Desktop, error) {
	d := &Desktop{}
	screen, err := x11.OpenScreen("")
	if err != nil {
		return nil, err
	}
	d.Screen = screen
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
	return d, nil
}
