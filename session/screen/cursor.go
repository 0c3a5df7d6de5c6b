package screen

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Cursor is what the pointer of the host's screen looks like and where it is.
// It is sent apart from the picture (wire.FrameCursor): a pointer that moves
// costs a few bytes, and on the engineer's side the shape follows their own
// hand without waiting for the network.
//
// Format, little endian: u8 kind, then
//
//	0 hidden  nothing: there is no pointer, or it is not for the engineer to see
//	1 moved   u16 x, y: of the hot spot, in pixels of the picture
//	2 shape   u16 hot x, hot y, width, height; then, raw deflate, red, green,
//	          blue, alpha (not premultiplied) for each pixel, row by row
//
// A shape is at most MaxCursor pixels wide and high. The last shape and the
// last place count until the next.
type Cursor struct {
	Kind          CursorKind
	X, Y          int // of moved
	HotX, HotY    int // of shape, inside it
	Width, Height int
	RGBA          []byte // of shape
}

// CursorKind says which fields of a Cursor count.
type CursorKind byte

// The kinds of a Cursor.
const (
	CursorHidden CursorKind = 0
	CursorMoved  CursorKind = 1
	CursorShape  CursorKind = 2
)

// MaxCursor is the largest side of a shape, in pixels.
const MaxCursor = 256

// ErrCursor is a message that is no Cursor.
var ErrCursor = errors.New("screen: not a cursor")

// Append writes the message.
func (c Cursor) Append(dst []byte) ([]byte, error) {
	dst = append(dst, byte(c.Kind))
	switch c.Kind {
	case CursorHidden:
		return dst, nil
	case CursorMoved:
		if c.X < 0 || c.Y < 0 || c.X >= MaxSide || c.Y >= MaxSide {
			return nil, fmt.Errorf("%w: at %d, %d", ErrCursor, c.X, c.Y)
		}
		dst = binary.LittleEndian.AppendUint16(dst, uint16(c.X))
		return binary.LittleEndian.AppendUint16(dst, uint16(c.Y)), nil
	case CursorShape:
		if !c.validShape() || len(c.RGBA) != 4*c.Width*c.Height {
			return nil, fmt.Errorf("%w: a shape of %d × %d", ErrCursor, c.Width, c.Height)
		}
		for _, v := range []int{c.HotX, c.HotY, c.Width, c.Height} {
			dst = binary.LittleEndian.AppendUint16(dst, uint16(v))
		}
		var packed bytes.Buffer
		w, err := flate.NewWriter(&packed, flate.BestSpeed)
		if err != nil {
			return nil, err
		}
		_, _ = w.Write(c.RGBA) // into memory: cannot fail
		_ = w.Close()
		return append(dst, packed.Bytes()...), nil
	}
	return nil, fmt.Errorf("%w: kind %d", ErrCursor, c.Kind)
}

func (c Cursor) validShape() bool {
	return c.Width > 0 && c.Height > 0 && c.Width <= MaxCursor && c.Height <= MaxCursor &&
		c.HotX >= 0 && c.HotY >= 0 && c.HotX < c.Width && c.HotY < c.Height
}

// ParseCursor reads what Append wrote. The service calls it on what the helper
// sends before it passes it on.
func ParseCursor(b []byte) (Cursor, error) {
	if len(b) == 0 {
		return Cursor{}, fmt.Errorf("%w: empty", ErrCursor)
	}
	c := Cursor{Kind: CursorKind(b[0])}
	b = b[1:]
	switch c.Kind {
	case CursorHidden:
		if len(b) == 0 {
			return c, nil
		}
	case CursorMoved:
		if len(b) == 4 {
			c.X, c.Y = u16(b), u16(b[2:])
			if c.X < MaxSide && c.Y < MaxSide {
				return c, nil
			}
		}
	case CursorShape:
		if len(b) < 8 {
			break
		}
		c.HotX, c.HotY, c.Width, c.Height = u16(b), u16(b[2:]), u16(b[4:]), u16(b[6:])
		if !c.validShape() {
			break
		}
		want := 4 * c.Width * c.Height
		in := bytes.NewReader(b[8:])
		rgba, err := io.ReadAll(io.LimitReader(flate.NewReader(in), int64(want)+1))
		if err != nil || len(rgba) != want || in.Len() > 0 {
			break
		}
		c.RGBA = rgba
		return c, nil
	}
	return Cursor{}, fmt.Errorf("%w: kind %d", ErrCursor, c.Kind)
}
