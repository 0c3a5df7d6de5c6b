// Package screen is the picture codec of a support session: lossless tiles,
// so that text stays sharp and a settled picture is pixel exact.
//
// # Format, version 1
//
// A picture is sent as updates. Each is a header of 12 bytes and a body; all
// numbers are little endian.
//
//	0  u8   version, 1
//	1  u8   flags: 1 complete (start from a black picture of this size)
//	               2 more     (the same picture goes on in the next update)
//	               4 deflate  (the body is raw deflate, RFC 1951)
//	               8 want ack (answer at once: the sender waits for it)
//	2  u32  sequence number; one more than the update before unless complete
//	6  u16  width of the picture
//	8  u16  height
//	10 u16  zero
//
// The body is a list of operations to its end, applied in order. Each begins
// with a kind and a rectangle inside the picture that is not empty:
//
//	0  u8   kind: 1 solid, 2 palette, 3 raw, 4 copy
//	1  u16  x, y, width, height
//
//	solid    red, green, blue
//	palette  u8 n-1, then n × (red, green, blue), then indices, row by row,
//	         of 1, 2, 4 or 8 bits for n ≤ 2, 4, 16, 256, first pixel in the
//	         highest bits, each row filled to a byte
//	raw      red, green, blue for each pixel, row by row
//	copy     u16 x, y of the source's corner inside the picture as it stands;
//	         source and target may overlap
//
// A rectangle of solid, palette or raw is at most 64 × 64. The body is at most
// MaxBody bytes, inflated. A decoder that sees anything else refuses the
// update and asks for a complete one.
//
// Masks (B6) are the caller's: what must not be seen never reaches Encode.
package screen

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Version of the format.
const Version = 1

// Limits that both ends hold to.
const (
	MaxSide = 16384   // pixels of width or height
	MaxArea = 1 << 26 // pixels altogether: two 8K screens
	MaxBody = 2 << 20 // bytes of one update's body, inflated
	Tile    = 64      // pixels of a tile's side
)

const (
	headerSize = 12

	flagComplete = 1
	flagMore     = 2
	flagDeflate  = 4
	flagWantAck  = 8

	opSolid   = 1
	opPalette = 2
	opRaw     = 3
	opCopy    = 4

	opHead = 9
)

// Header is an update's first bytes. The service reads it to number and check
// what it passes on, without decoding the picture.
type Header struct {
	Seq           uint32
	Width, Height int
	Complete      bool // nothing before it is needed
	More          bool // the picture goes on in the next update
	WantAck       bool // the sender waits for the acknowledgement of this one
	deflate       bool
}

// ErrFormat is anything a version 1 update cannot be.
var ErrFormat = errors.New("screen: not a valid update")

// ParseHeader checks and reads an update's header.
func ParseHeader(update []byte) (Header, error) {
	if len(update) < headerSize {
		return Header{}, fmt.Errorf("%w: %d bytes", ErrFormat, len(update))
	}
	if update[0] != Version {
		return Header{}, fmt.Errorf("%w: version %d", ErrFormat, update[0])
	}
	flags := update[1]
	h := Header{
		Seq:      binary.LittleEndian.Uint32(update[2:]),
		Width:    int(binary.LittleEndian.Uint16(update[6:])),
		Height:   int(binary.LittleEndian.Uint16(update[8:])),
		Complete: flags&flagComplete != 0,
		More:     flags&flagMore != 0,
		WantAck:  flags&flagWantAck != 0,
		deflate:  flags&flagDeflate != 0,
	}
	if flags&^(flagComplete|flagMore|flagDeflate|flagWantAck) != 0 || update[10] != 0 || update[11] != 0 {
		return Header{}, fmt.Errorf("%w: unknown flags", ErrFormat)
	}
	if !validSize(h.Width, h.Height) {
		return Header{}, fmt.Errorf("%w: %d × %d pixels", ErrFormat, h.Width, h.Height)
	}
	return h, nil
}

// WantAck marks an encoded update as one whose acknowledgement the sender waits
// for. The service's flow control calls it; an empty update stays as it is.
func WantAck(update []byte) {
	if len(update) >= headerSize {
		update[1] |= flagWantAck
	}
}

func validSize(w, h int) bool {
	return w > 0 && h > 0 && w <= MaxSide && h <= MaxSide && w*h <= MaxArea
}
