package main

import (
	"fmt"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"beckmanconnect/build/stage"
)

// finger presses on the outer display as stage.Hand does by xdotool, but from
// this process: the instant of a press is known, without a program's start in
// it.
type finger struct {
	x     *xgb.Conn
	root  xproto.Window
	pause byte // key code of Pause
}

const keysymPause = 0xff13

func openFinger(outer *stage.Display) (*finger, error) {
	x, err := xgb.NewConnDisplay(outer.Name)
	if err != nil {
		return nil, fmt.Errorf("hand on the outer display: %w", err)
	}
	f := &finger{x: x, root: xproto.Setup(x).DefaultScreen(x).Root}
	if err := f.find(); err != nil {
		x.Close()
		return nil, fmt.Errorf("hand on the outer display: %w", err)
	}
	return f, nil
}

func (f *finger) find() error {
	if err := xtest.Init(f.x); err != nil {
		return err
	}
	setup := xproto.Setup(f.x)
	first := setup.MinKeycode
	layout, err := xproto.GetKeyboardMapping(f.x, first, byte(setup.MaxKeycode-first+1)).Reply()
	if err != nil {
		return err
	}
	for i, sym := range layout.Keysyms {
		if sym == keysymPause {
			f.pause = byte(first) + byte(i/int(layout.KeysymsPerKeycode))
			return nil
		}
	}
	return fmt.Errorf("its keyboard has no Pause key")
}

// point moves the mouse.
func (f *finger) point(x, y int) error {
	return xtest.FakeInputChecked(f.x, xproto.MotionNotify, 0, 0, f.root, int16(x), int16(y), 0).Check()
}

// click presses and lifts the left button and gives the instant before.
func (f *finger) click() (time.Time, error) {
	return f.tap(xproto.ButtonPress, xproto.ButtonRelease, 1)
}

// kill presses and lifts the kill key and gives the instant before.
func (f *finger) kill() (time.Time, error) { return f.tap(xproto.KeyPress, xproto.KeyRelease, f.pause) }

func (f *finger) tap(down, up, what byte) (time.Time, error) {
	now := time.Now()
	if err := xtest.FakeInputChecked(f.x, down, what, 0, f.root, 0, 0, 0).Check(); err != nil {
		return now, err
	}
	return now, xtest.FakeInputChecked(f.x, up, what, 0, f.root, 0, 0, 0).Check()
}

func (f *finger) close() { f.x.Close() }
