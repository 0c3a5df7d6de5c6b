package main

import (
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"beckmanconnect/build/stage"
)

// The board's parts on the desktop, clear of the session bar and the panel. The
// cell is as large as a letter; the noise fits into one X request.
var (
	boardPlace = image.Rect(10, 300, 410, 700)
	boardCell  = image.Rect(30, 320, 40, 338)
	boardNoise = image.Rect(30, 400, 350, 600)
)

// board is a program on the technician's desktop that shows a key at once, by a
// colour that was not there before, and, while it is busy, noise that cannot be
// compressed.
type board struct {
	x      *xgb.Conn
	window xproto.Window
	gc     xproto.Gcontext
	done   chan struct{}

	mu      sync.Mutex
	keys    int
	pressed time.Time // when the display applied the newest key
	changed chan struct{}
}

func openBoard(display *stage.Display) (*board, error) {
	x, err := xgb.NewConnDisplay(display.Name)
	if err != nil {
		return nil, fmt.Errorf("board on the technician's desktop: %w", err)
	}
	b := &board{x: x, done: make(chan struct{}), changed: make(chan struct{})}
	if err := b.make(); err != nil {
		x.Close()
		return nil, fmt.Errorf("board on the technician's desktop: %w", err)
	}
	go b.follow()
	return b, nil
}

func (b *board) close() {
	b.x.Close()
	<-b.done
}

func (b *board) make() (err error) {
	if b.window, err = xproto.NewWindowId(b.x); err != nil {
		return err
	}
	if b.gc, err = xproto.NewGcontextId(b.x); err != nil {
		return err
	}
	screen := xproto.Setup(b.x).DefaultScreen(b.x)
	err = xproto.CreateWindowChecked(b.x, screen.RootDepth, b.window, screen.Root,
		int16(boardPlace.Min.X), int16(boardPlace.Min.Y), uint16(boardPlace.Dx()), uint16(boardPlace.Dy()), 0,
		xproto.WindowClassInputOutput, screen.RootVisual, xproto.CwBackPixel|xproto.CwOverrideRedirect|xproto.CwEventMask,
		[]uint32{0x10233a, 1, xproto.EventMaskKeyPress}).Check()
	if err != nil {
		return err
	}
	return xproto.CreateGCChecked(b.x, b.gc, xproto.Drawable(b.window), 0, nil).Check()
}

// front shows the window above all others and gives it the keyboard.
func (b *board) front() error {
	xproto.MapWindow(b.x, b.window)
	xproto.ConfigureWindow(b.x, b.window, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove})
	if err := xproto.SetInputFocusChecked(b.x, xproto.InputFocusParent, b.window, xproto.TimeCurrentTime).Check(); err != nil {
		return fmt.Errorf("board: keyboard: %w", err)
	}
	return nil
}

// shade is the cell's colour after so many keys.
func shade(keys int) color.RGBA {
	return color.RGBA{byte(keys), byte(255 - keys), byte(64 + keys>>8), 255}
}

// follow ends when the connection is closed.
func (b *board) follow() {
	defer close(b.done)
	for {
		event, err := b.x.WaitForEvent()
		now := time.Now()
		if event == nil && err == nil {
			return
		}
		e, ok := event.(xproto.KeyPressEvent)
		if !ok {
			continue
		}
		b.mu.Lock()
		b.keys++
		b.pressed = stamped(now, monotonic(), e.Time)
		c := shade(b.keys)
		close(b.changed)
		b.changed = make(chan struct{})
		b.mu.Unlock()
		xproto.ChangeGC(b.x, b.gc, xproto.GcForeground, []uint32{uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B)})
		at := boardCell.Sub(boardPlace.Min)
		xproto.PolyFillRectangle(b.x, xproto.Drawable(b.window), b.gc, []xproto.Rectangle{{
			X: int16(at.Min.X), Y: int16(at.Min.Y), Width: uint16(at.Dx()), Height: uint16(at.Dy()),
		}})
	}
}

// pressedAfter says when the newest key was applied, once there are more than n.
func (b *board) pressedAfter(n int) (at time.Time, ok bool, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pressed, b.keys > n, b.changed
}

func (b *board) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.keys
}

// busy shows noise, 30 times a second, until stop is called.
func (b *board) busy() (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second / 30)
		defer tick.Stop()
		noise := rand.NewChaCha8([32]byte{1})
		at := boardNoise.Sub(boardPlace.Min)
		data := make([]byte, 4*at.Dx()*at.Dy())
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			_, _ = noise.Read(data) // cannot fail
			xproto.PutImage(b.x, xproto.ImageFormatZPixmap, xproto.Drawable(b.window), b.gc, uint16(at.Dx()), uint16(at.Dy()), int16(at.Min.X), int16(at.Min.Y), 0, 24, data)
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}
