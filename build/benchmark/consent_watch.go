package main

import (
	"context"
	"fmt"
	"image"
	"sync"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"golang.org/x/sys/unix"

	"beckmanconnect/build/stage"
)

// target is the part of the technician's desktop that the engineer's input
// goes to: clear of the session bar above, of prompts in the middle and of the
// panel below.
var target = image.Rect(10, 300, 330, 740)

// witness is a program on the technician's desktop that has nothing to do with
// the product: a window that remembers when input reached it. The instant is the
// X server's own, who stamps each input by the machine's monotonic clock when it
// applies it.
type witness struct {
	x      *xgb.Conn
	window xproto.Window
	done   chan struct{}

	mu      sync.Mutex
	changed chan struct{} // closed and made anew with every event
	keys    int
	moves   int
	last    time.Time
}

// openWitness makes the window, which is not shown yet.
func openWitness(display *stage.Display) (*witness, error) {
	x, err := xgb.NewConnDisplay(display.Name)
	if err != nil {
		return nil, fmt.Errorf("witness on the technician's desktop: %w", err)
	}
	w := &witness{x: x, done: make(chan struct{}), changed: make(chan struct{})}
	if err := w.make(); err != nil {
		x.Close()
		return nil, fmt.Errorf("witness on the technician's desktop: %w", err)
	}
	go w.follow()
	return w, nil
}

func (w *witness) make() (err error) {
	if w.window, err = xproto.NewWindowId(w.x); err != nil {
		return err
	}
	screen := xproto.Setup(w.x).DefaultScreen(w.x)
	const events = xproto.EventMaskKeyPress | xproto.EventMaskButtonPress | xproto.EventMaskPointerMotion
	return xproto.CreateWindowChecked(w.x, screen.RootDepth, w.window, screen.Root,
		int16(target.Min.X), int16(target.Min.Y), uint16(target.Dx()), uint16(target.Dy()), 0,
		xproto.WindowClassInputOutput, screen.RootVisual, xproto.CwBackPixel|xproto.CwOverrideRedirect|xproto.CwEventMask,
		[]uint32{0x10233a, 1, events}).Check()
}

// follow ends when the connection is closed.
func (w *witness) follow() {
	defer close(w.done)
	for {
		event, err := w.x.WaitForEvent()
		now := time.Now()
		if event == nil && err == nil {
			return
		}
		switch e := event.(type) {
		case xproto.KeyPressEvent:
			w.saw(stamped(now, monotonic(), e.Time), &w.keys)
		case xproto.ButtonPressEvent:
			w.saw(stamped(now, monotonic(), e.Time), &w.moves)
		case xproto.MotionNotifyEvent:
			w.saw(stamped(now, monotonic(), e.Time), &w.moves)
		}
	}
}

// monotonic is the clock that X servers stamp by.
func monotonic() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// stamped turns a server's stamp, in ms that wrap around, into our time. The
// stamp cuts off what is below a millisecond; the later instant is taken.
func stamped(now time.Time, clock time.Duration, stamp xproto.Timestamp) time.Time {
	age := int32(uint32(clock/time.Millisecond) - uint32(stamp) - 1)
	return now.Add(-time.Duration(max(age, 0)) * time.Millisecond)
}

func (w *witness) saw(now time.Time, kind *int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*kind++
	w.last = now
	close(w.changed)
	w.changed = make(chan struct{})
}

// front shows the window above all others and gives it the keyboard.
func (w *witness) front() error {
	xproto.MapWindow(w.x, w.window)
	xproto.ConfigureWindow(w.x, w.window, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove})
	if err := xproto.SetInputFocusChecked(w.x, xproto.InputFocusParent, w.window, xproto.TimeCurrentTime).Check(); err != nil {
		return fmt.Errorf("witness: keyboard: %w", err)
	}
	return nil
}

// away takes the window out of sight.
func (w *witness) away() error { return xproto.UnmapWindowChecked(w.x, w.window).Check() }

// seen is what has arrived so far, and when the last of it did.
func (w *witness) seen() (keys, moves int, last time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.keys, w.moves, w.last
}

// live waits until input of both kinds arrives that was not there before.
func (w *witness) live(ctx context.Context, atLeast int) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	focus := time.NewTicker(300 * time.Millisecond)
	defer focus.Stop()
	keys, moves, _ := w.seen()
	for {
		w.mu.Lock()
		k, m, changed := w.keys-keys, w.moves-moves, w.changed
		w.mu.Unlock()
		if k >= atLeast && m >= atLeast {
			return nil
		}
		select {
		case <-changed:
		case <-focus.C: // a window that came or went may have taken the keyboard
			if err := w.front(); err != nil {
				return err
			}
		case <-ctx.Done():
			return fmt.Errorf("the engineer's input does not reach the desktop: %d keys and %d moves of %d arrived", k, m, atLeast)
		}
	}
}

// quiet waits until nothing has arrived for so long, and gives when the last
// did. What never ends is an error.
func (w *witness) quiet(ctx context.Context, long time.Duration) (last time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	began := time.Now()
	for {
		_, _, last = w.seen()
		wait := long - time.Since(later(began, last))
		if wait <= 0 {
			return last, nil
		}
		if pause(ctx, wait) != nil {
			return last, fmt.Errorf("input went on arriving for %v", time.Since(began))
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (w *witness) close() {
	w.x.Close()
	<-w.done
}
