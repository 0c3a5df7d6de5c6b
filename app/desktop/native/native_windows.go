package native

import (
	"beckmanconnect/app/desktop/gdi"
)

// Open opens the desktop of the technician's log-on.
func Open() (*Desktop, error) {
	d := &Desktop{}
	screen, err := gdi.OpenScreen()
	if err != nil {
		return nil, err
	}
	d.Screen = screen
	input := gdi.OpenInput()
	d.Injector = input
	watch, err := gdi.OpenWatch()
	if err != nil {
		_ = d.Close() // the first error is the one to tell
		return nil, err
	}
	d.Watcher = watch
	return d, nil
}
