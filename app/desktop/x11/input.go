//go:build linux

package x11

import (
	"errors"
	"fmt"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/keys"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// Input applies events by XTEST. Each one is checked and applied while the
// server is held, so that no hidden window can come under the pointer or get the
// keyboard in between (B3, B6, scenario 8).
type Input struct {
	c        *conn
	keyboard *keyboard
	held     map[byte]keys.Keysym // key codes that are down: modifiers only
	buttons  map[byte]bool
	x, y     int16
	mirror   *mirror
	stale    chan struct{} // the keyboard map changed
	still    func() bool   // nil: always
}

// OpenInput connects to a display; an empty name means $DISPLAY.
func OpenInput(display string) (*Input, error) {
	c, err := connect(display)
	if err != nil {
		return nil, err
	}
	in := &Input{c: c, held: map[byte]keys.Keysym{}, buttons: map[byte]bool{}, stale: make(chan struct{}, 1)}
	if !has(c.Conn, extTest) {
		c.Close()
		return nil, errors.New("x11: the display lacks XTEST")
	}
	if in.keyboard, err = newKeyboard(c); err == nil {
		in.mirror, err = newMirror(c)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	go in.events()
	return in, nil
}

// events notes a changed keyboard map, our own loans included.
func (in *Input) events() {
	for {
		event, err := in.c.WaitForEvent()
		if event == nil && err == nil {
			in.mirror.end()
			return
		}
		if _, ok := event.(xproto.MappingNotifyEvent); ok {
			signal(in.stale)
		} else if err == nil {
			in.mirror.note(event)
		}
	}
}

// Move implements desktop.Injector.
func (in *Input) Move(x, y int) error {
	return in.at(x, y, func() {})
}

// Button implements desktop.Injector. Lifting is always let through, without
// moving: it belongs to the window the press went to.
func (in *Input) Button(x, y int, button keys.Button, down bool) error {
	if !button.Valid() {
		return fmt.Errorf("x11: button %d is not sent", button)
	}
	detail := byte(button) + 1
	if !down {
		if !in.buttons[detail] {
			return nil
		}
		if err := in.Move(x, y); err != nil {
			in.lift(detail)
			return err
		}
		in.lift(detail)
		return nil
	}
	return in.at(x, y, func() {
		in.fake(xproto.ButtonPress, detail)
		in.buttons[detail] = true
	})
}

func (in *Input) lift(button byte) {
	in.fake(xproto.ButtonRelease, button)
	delete(in.buttons, button)
}

// wheelLimit bounds what one event may turn.
const wheelLimit = 20

// Wheel implements desktop.Injector.
func (in *Input) Wheel(x, y, dx, dy int) error {
	return in.at(x, y, func() {
		in.turn(dy, 4, 5)
		in.turn(dx, 6, 7)
	})
}

func (in *Input) turn(notches int, back, forth byte) {
	button := forth
	if notches < 0 {
		button, notches = back, -notches
	}
	for range min(notches, wheelLimit) {
		in.fake(xproto.ButtonPress, button)
		in.fake(xproto.ButtonRelease, button)
	}
}

// at moves the pointer and does what belongs there, unless the place is hidden.
func (in *Input) at(x, y int, act func()) error {
	release := in.c.hold()
	defer release()
	look, err := in.mirror.look()
	if err != nil {
		return err
	}
	in.x, in.y = int16(min(max(x, 0), look.size.Max.X-1)), int16(min(max(y, 0), look.size.Max.Y-1))
	hidden, err := in.mirror.hiddenIn(look, in.x, in.y)
	if err != nil {
		return err
	}
	if hidden {
		return desktop.ErrHidden
	}
	if in.takenBack() {
		return desktop.ErrTakenBack
	}
	xtest.FakeInput(in.c.Conn, xproto.MotionNotify, 0, 0, in.c.root, in.x, in.y, 0)
	act()
	return nil
}

// focused does a key event unless a hidden window has the keyboard.
func (in *Input) focused(act func(state uint16) error) error {
	release := in.c.hold()
	defer release()
	hidden, err := in.hiddenFocus()
	if err != nil {
		return err
	}
	if hidden {
		return desktop.ErrHidden
	}
	pointer, err := xproto.QueryPointer(in.c.Conn, in.c.root).Reply()
	if err != nil {
		return fmt.Errorf("x11: state of the keyboard: %w", err)
	}
	if in.takenBack() {
		return desktop.ErrTakenBack
	}
	return act(pointer.Mask)
}

// Guard implements desktop.Guarded: on a busy display the checks of one event
// can take a hundred milliseconds.
func (in *Input) Guard(still func() bool) { in.still = still }

func (in *Input) takenBack() bool { return in.still != nil && !in.still() }

func (in *Input) fake(kind, detail byte) {
	xtest.FakeInput(in.c.Conn, kind, detail, 0, in.c.root, in.x, in.y, 0)
}

// Release implements desktop.Injector.
func (in *Input) Release() error {
	for code := range in.held {
		in.fake(xproto.KeyRelease, code)
		delete(in.held, code)
	}
	for button := range in.buttons {
		in.lift(button)
	}
	// A reply shows that the server has done it.
	if _, err := xproto.GetInputFocus(in.c.Conn).Reply(); err != nil {
		return fmt.Errorf("x11: lift the keys: %w", err)
	}
	return nil
}

// Close implements desktop.Injector.
func (in *Input) Close() error {
	err := in.Release()
	in.keyboard.restore()
	in.c.Close()
	return err
}
