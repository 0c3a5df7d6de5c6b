//go:build linux

package x11

import (
	"fmt"

	"beckmanconnect/app/xinput"

	"github.com/jezek/xgb/xproto"
)

// Watch tells of the technician's own input and of a changed focus.
type Watch struct {
	c     *conn
	input *xinput.Conn
	local chan struct{}
	focus chan struct{}
}

// OpenWatch connects to a display; an empty name means $DISPLAY.
func OpenWatch(display string) (*Watch, error) {
	c, err := connect(display)
	if err != nil {
		return nil, err
	}
	w := &Watch{c: c, local: make(chan struct{}, 1), focus: make(chan struct{}, 1)}
	if err := w.start(display); err != nil {
		c.Close()
		return nil, err
	}
	go w.rawEvents()
	go w.events()
	return w, nil
}

func (w *Watch) start(display string) error {
	// Window managers set _NET_ACTIVE_WINDOW on the root when the keyboard goes
	// to another window.
	mask := []uint32{xproto.EventMaskPropertyChange}
	if err := xproto.ChangeWindowAttributesChecked(w.c.Conn, w.c.root, xproto.CwEventMask, mask).Check(); err != nil {
		return fmt.Errorf("x11: watch the focus: %w", err)
	}
	var err error
	if w.input, err = xinput.Open(display, xinput.KeyPress, xinput.ButtonPress, xinput.Motion); err != nil {
		return fmt.Errorf("x11: watch the technician's mouse and keyboard: %w", err)
	}
	return nil
}

// rawEvents ends when the connection is closed. A device that is not known yet
// counts as the technician's.
func (w *Watch) rawEvents() {
	for {
		e, err := w.input.Next()
		if err != nil {
			return
		}
		if e.Origin != xinput.Injected {
			signal(w.local)
		}
	}
}

func (w *Watch) events() {
	for {
		event, err := w.c.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		if p, ok := event.(xproto.PropertyNotifyEvent); ok && p.Atom == w.c.atoms.activeWindow {
			signal(w.focus)
		}
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // one is waiting already
	}
}

// LocalInput implements desktop.Watcher.
func (w *Watch) LocalInput() <-chan struct{} { return w.local }

// FocusChanged implements desktop.Watcher.
func (w *Watch) FocusChanged() <-chan struct{} { return w.focus }

// Close implements desktop.Watcher.
func (w *Watch) Close() error {
	w.c.Close()
	return w.input.Close()
}
