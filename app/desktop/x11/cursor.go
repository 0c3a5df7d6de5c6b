//go:build linux

package x11

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/xinput"

	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
)

// cursorGap is the least time between two places that are told: the pace of
// pictures.
const cursorGap = 16 * time.Millisecond

// Cursor tells of the pointer of a display. It connects only while it is
// followed.
type Cursor struct {
	display string
	masks   *desktop.MaskSet
	marker  xproto.Window
}

// NewCursor is the pointer of a display; an empty name means $DISPLAY.
func NewCursor(display string) *Cursor { return &Cursor{display: display} }

// SetMasks implements desktop.Cursor.
func (c *Cursor) SetMasks(m *desktop.MaskSet) { c.masks = m }

// Pass makes an exception of the marker of the engineer's pointer.
func (c *Cursor) Pass(m *Marker) { c.marker = m.window }

// follow is one Follow.
type follow struct {
	c       *conn
	mirror  *mirror
	changed chan struct{} // the shape did
	gone    chan struct{}
	serial  uint32 // of the shape that was told
	covered bool   // the arrow was told for a hidden place
}

// Follow implements desktop.Cursor.
func (c *Cursor) Follow(ctx context.Context, tell func(desktop.Look)) error {
	x, err := connect(c.display)
	if err != nil {
		return err
	}
	defer x.Close()
	x.marker = c.marker
	f := &follow{c: x, changed: make(chan struct{}, 1), gone: make(chan struct{})}
	if !has(x.Conn, extFixes) {
		return errors.New("x11: the display lacks XFIXES")
	}
	if _, err := xfixes.QueryVersion(x.Conn, 5, 0).Reply(); err != nil {
		return fmt.Errorf("x11: XFIXES: %w", err)
	}
	if f.mirror, err = newMirror(x); err != nil {
		return err
	}
	f.mirror.masks = c.masks
	if err := xfixes.SelectCursorInputChecked(x.Conn, x.root, xfixes.CursorNotifyMaskDisplayCursor).Check(); err != nil {
		return fmt.Errorf("x11: watch the pointer: %w", err)
	}
	hand, err := xinput.Open(c.display, xinput.Motion)
	if err != nil {
		return fmt.Errorf("x11: watch the pointer: %w", err)
	}
	moved := make(chan struct{}, 1)
	go func() { // ends with hand
		for {
			e, err := hand.Next()
			if err != nil {
				return
			}
			if e.Origin != xinput.Injected { // the engineer knows where they moved it
				signal(moved)
			}
		}
	}()
	defer hand.Close()
	go f.events()
	return f.run(ctx, moved, tell)
}

// events ends with the connection.
func (f *follow) events() {
	for {
		event, err := f.c.WaitForEvent()
		if event == nil && err == nil {
			f.mirror.end()
			close(f.gone)
			return
		}
		if err != nil {
			continue
		}
		if _, shape := event.(xfixes.CursorNotifyEvent); shape {
			signal(f.changed)
		} else {
			f.mirror.note(event)
		}
	}
}

func (f *follow) run(ctx context.Context, moved <-chan struct{}, tell func(desktop.Look)) error {
	look, err := f.look()
	if err != nil {
		return err
	}
	tell(look)
	pace := time.NewTimer(cursorGap)
	defer pace.Stop()
	for {
		shape := false
		select {
		case <-ctx.Done():
			return nil
		case <-f.gone:
			return errGone
		case <-f.changed:
			shape = true
		case <-moved:
		}
		select { // what happens in between comes with the next look
		case <-ctx.Done():
			return nil
		case <-pace.C:
		}
		pace.Reset(cursorGap)
		if shape || f.covered {
			look, err = f.look()
		} else {
			look, err = f.place()
		}
		if err != nil {
			return err
		}
		tell(look)
	}
}

// place is where the pointer is.
func (f *follow) place() (desktop.Look, error) {
	p, err := xproto.QueryPointer(f.c.Conn, f.c.root).Reply()
	if err != nil {
		return desktop.Look{}, fmt.Errorf("x11: pointer: %w", err)
	}
	return desktop.Look{At: image.Pt(int(p.RootX), int(p.RootY))}, nil
}

const anyButton = xproto.KeyButMaskButton1 | xproto.KeyButMaskButton2 | xproto.KeyButMaskButton3 | xproto.KeyButMaskButton4 | xproto.KeyButMaskButton5

// look is the place, and the shape where another one is to be told. Over what is
// hidden that is the arrow, and stays it while something is dragged away from
// there. A shape is only told when it is found twice: the server moves the
// pointer first and gives it the shape of the window there a moment later, so
// that it may still be the one of a hidden window that the pointer just left.
func (f *follow) look() (desktop.Look, error) {
	seen, err := f.see()
	if err != nil {
		return desktop.Look{}, err
	}
	look := desktop.Look{At: seen.at}
	if !seen.hidden && (f.covered || seen.cursor.CursorSerial != f.serial) {
		again, err := f.see()
		if err != nil {
			return desktop.Look{}, err
		}
		look.At = again.at
		if !again.hidden && again.cursor.CursorSerial != seen.cursor.CursorSerial {
			signal(f.changed) // changing just now: once more
			return look, nil
		}
		seen = again
	}
	switch {
	case seen.hidden && f.covered:
		return look, nil
	case seen.hidden:
		look.Shape = desktop.Arrow()
	case f.serial == seen.cursor.CursorSerial && !f.covered:
		return look, nil
	default:
		c := seen.cursor
		look.Shape = desktop.ShapeOf(int(c.Width), int(c.Height), int(c.Xhot), int(c.Yhot), straight(c.CursorImage))
	}
	f.serial, f.covered = seen.cursor.CursorSerial, seen.hidden
	return look, nil
}

// sight is the pointer at one moment.
type sight struct {
	cursor *xfixes.GetCursorImageReply
	at     image.Point
	hidden bool // what is there is
}

// see reads shape, place and what is there together, while the server is held.
// Before that the server catches up with the mouse.
func (f *follow) see() (sight, error) {
	if _, err := xproto.GetInputFocus(f.c.Conn).Reply(); err != nil {
		return sight{}, fmt.Errorf("x11: pointer: %w", err)
	}
	release := f.c.hold()
	defer release()
	cursor, err := xfixes.GetCursorImage(f.c.Conn).Reply()
	if err != nil {
		return sight{}, fmt.Errorf("x11: pointer's shape: %w", err)
	}
	pointer, err := xproto.QueryPointer(f.c.Conn, f.c.root).Reply()
	if err != nil {
		return sight{}, fmt.Errorf("x11: pointer: %w", err)
	}
	hidden, err := f.mirror.hiddenAt(pointer.RootX, pointer.RootY)
	hidden = hidden || err != nil || f.covered && pointer.Mask&anyButton != 0
	return sight{cursor, image.Pt(int(pointer.RootX), int(pointer.RootY)), hidden}, nil
}

// straight turns premultiplied ARGB into RGBA that is not.
func straight(argb []uint32) []byte {
	out := make([]byte, 0, 4*len(argb))
	for _, p := range argb {
		a := p >> 24
		if a == 0 {
			out = append(out, 0, 0, 0, 0)
			continue
		}
		part := func(v uint32) byte { return byte(min((v&0xff*255+a/2)/a, 255)) }
		out = append(out, part(p>>16), part(p>>8), part(p), byte(a))
	}
	return out
}

var _ desktop.Cursor = (*Cursor)(nil)
