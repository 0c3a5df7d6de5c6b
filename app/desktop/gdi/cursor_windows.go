package gdi

import (
	"context"
	"fmt"
	"image"
	"time"
	"unsafe"

	"beckmanconnect/app/desktop"
	"beckmanconnect/session/screen"
)

var (
	procGetCursorInfo = user32.NewProc("GetCursorInfo")
	procGetIconInfo   = user32.NewProc("GetIconInfo")
	procGetKeyState   = user32.NewProc("GetAsyncKeyState")
	procGetObject     = gdi32.NewProc("GetObjectW")
	procGetDIBits     = gdi32.NewProc("GetDIBits")
)

// cursorPace is how often the pointer is looked at: no event tells of it.
const cursorPace = 33 * time.Millisecond

// Cursor tells of the pointer of this log-on.
type Cursor struct {
	masks  *desktop.MaskSet
	marker uintptr
}

// NewCursor is the pointer of this log-on.
func NewCursor() *Cursor { return &Cursor{} }

// SetMasks implements desktop.Cursor.
func (c *Cursor) SetMasks(m *desktop.MaskSet) { c.masks = m }

// Pass makes an exception of the marker of the engineer's pointer.
func (c *Cursor) Pass(m *Marker) { c.marker = m.window }

type cursorInfo struct {
	size, flags uint32
	cursor      uintptr
	x, y        int32
}

// Follow implements desktop.Cursor.
func (c *Cursor) Follow(ctx context.Context, tell func(desktop.Look)) error {
	realPixels()
	tick := time.NewTicker(cursorPace)
	defer tick.Stop()
	guard := &Input{masks: c.masks, marker: c.marker}
	var was cursorInfo
	first, covered := true, false
	for {
		info := cursorInfo{}
		info.size = uint32(unsafe.Sizeof(info))
		if ok, _, _ := procGetCursorInfo.Call(uintptr(unsafe.Pointer(&info))); ok != 0 && (first || info != was) && faced() == facingShared {
			look := desktop.Look{At: image.Pt(int(info.x), int(info.y))}
			if first || covered || info.cursor != was.cursor || info.flags != was.flags {
				look.Shape, covered = c.shape(guard, info, covered)
			}
			tell(look)
			first, was = false, info
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// shape is what the engineer may see of a pointer: over what is hidden, and
// while something is dragged away from there, the arrow.
func (c *Cursor) shape(guard *Input, info cursorInfo, covered bool) (*screen.Cursor, bool) {
	const showing = 1
	if info.flags&showing == 0 || info.cursor == 0 {
		return &screen.Cursor{Kind: screen.CursorHidden}, covered
	}
	hidden, err := guard.hiddenAt(image.Pt(int(info.x), int(info.y)).Sub(virtualScreen().Min))
	if hidden || err != nil || covered && dragging() {
		return desktop.Arrow(), true
	}
	shape, err := read(info.cursor)
	if err != nil {
		return desktop.Arrow(), false
	}
	return shape, false
}

// dragging says whether a mouse button is down.
func dragging() bool {
	for _, button := range []uintptr{1, 2, 4} { // left, right, middle
		if state, _, _ := procGetKeyState.Call(button); state&0x8000 != 0 {
			return true
		}
	}
	return false
}

type iconInfo struct {
	icon         int32
	hotX, hotY   uint32
	mask, colour uintptr
}

type bitmapHead struct {
	kind, width, height, rowBytes int32
	planes, bits                  uint16
	data                          uintptr
}

// read reads a pointer's pixels.
func read(cursor uintptr) (*screen.Cursor, error) {
	var icon iconInfo
	if ok, _, err := procGetIconInfo.Call(cursor, uintptr(unsafe.Pointer(&icon))); ok == 0 {
		return nil, fmt.Errorf("gdi: pointer: %w", err)
	}
	defer procDeleteObject.Call(icon.mask)
	mask, size, err := pixels(icon.mask)
	if err != nil {
		return nil, err
	}
	bits := make([]byte, len(mask)/4)
	for i := range bits {
		bits[i] = mask[4*i]
	}
	var colour []byte
	if icon.colour != 0 {
		defer procDeleteObject.Call(icon.colour)
		if colour, size, err = pixels(icon.colour); err != nil {
			return nil, err
		}
	} else {
		size.Y /= 2
	}
	return desktop.ShapeOf(size.X, size.Y, int(icon.hotX), int(icon.hotY), pointerPixels(size.X, size.Y, colour, bits)), nil
}

// pixels reads a bitmap as 4-byte pixels.
func pixels(bitmap uintptr) ([]byte, image.Point, error) {
	var head bitmapHead
	if n, _, err := procGetObject.Call(bitmap, unsafe.Sizeof(head), uintptr(unsafe.Pointer(&head))); n == 0 {
		return nil, image.Point{}, fmt.Errorf("gdi: pointer: %w", err)
	}
	size := image.Pt(int(head.width), int(head.height))
	if size.X <= 0 || size.Y <= 0 || size.X > screen.MaxCursor || size.Y > 2*screen.MaxCursor {
		return nil, size, fmt.Errorf("gdi: a pointer of %d × %d", size.X, size.Y)
	}
	dc, _, err := procGetDC.Call(0)
	if dc == 0 {
		return nil, size, fmt.Errorf("gdi: pointer: %w", err)
	}
	defer procReleaseDC.Call(0, dc)
	info := bitmapOf(size)
	out := make([]byte, 4*size.X*size.Y)
	if n, _, err := procGetDIBits.Call(dc, bitmap, 0, uintptr(size.Y), uintptr(unsafe.Pointer(&out[0])), uintptr(unsafe.Pointer(&info)), 0); n == 0 {
		return nil, size, fmt.Errorf("gdi: pointer: %w", err)
	}
	return out, size, nil
}

var _ desktop.Cursor = (*Cursor)(nil)
