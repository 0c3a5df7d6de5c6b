// Package delta makes a release out of the one that is installed and the few
// bytes that are different.
//
// It is bsdiff's idea (a copy of old bytes with a few of them changed, or new
// bytes) with two differences: a copy lists the bytes that change instead of
// carrying a difference for each byte, nearly all of them 0; and old bytes are
// found by a hash of what follows instead of a suffix array, and compared
// program by program, so that it takes seconds and little memory.
//
// A delta, version 1; numbers are little-endian, varints are encoding/binary's:
//
//	8 bytes    "BCDELTA" and the version, 1
//	8 + 32     length and SHA-256 of the source
//	8 + 32     length and SHA-256 of the target
//	4 × 8      lengths of the four streams that follow
//	streams    steps, skips, edits, literals; each a zstd frame
//
// steps are, until the target is complete:
//
//	uvarint n<<1            the next n bytes come from literals
//	uvarint n<<1 | 1        the next n bytes come from the source,
//	  varint                from where the last copy ended, and this further on;
//	  uvarint e             e of them are changed: for each a uvarint of skips
//	                        says how many bytes are left as they are before it,
//	                        and a byte of edits is added to it
//
// Nothing in a delta is believed: the reader takes bounded memory, writes no
// more than was signed, and both hashes are checked.
package delta

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"crypto/sha256"
)

// ErrDamaged: it is not a delta, not one for this source, or what comes out is
// not what it promises.
var ErrDamaged = errors.New("the delta is damaged")

const magic = "BCDELTA\x01"

// The streams, in their order.
const (
	steps = iota
	skips
	edits
	literals
	streams
)

// File is something to read from, of a known length.
type File interface {
	io.ReaderAt
	Size() int64
}

// Header says what a delta is for. It is not to be believed: what comes out is.
type Header struct {
	Source, Target Content
	lengths        [streams]int64
}

// Content is bytes, by length and SHA-256.
type Content struct {
	Size   int64
	Digest [sha256.Size]byte
}

const headerSize = int64(len(magic) + 2*(8+sha256.Size) + 8*streams)

// MaxDelta is the largest delta that is read, bytes.
const MaxDelta = 256 << 20

// ReadHeader reads the header of a delta.
func ReadHeader(f File) (Header, error) {
	var h Header
	if f.Size() < headerSize || f.Size() > MaxDelta {
		return h, fmt.Errorf("%w: it has %d bytes", ErrDamaged, f.Size())
	}
	b := make([]byte, headerSize)
	if n, err := f.ReadAt(b, 0); n < len(b) {
		return h, fmt.Errorf("delta: %w", err)
	}
	if string(b[:len(magic)]) != magic {
		return h, fmt.Errorf("%w: it is none of this version", ErrDamaged)
	}
	b = b[len(magic):]
	number := func() int64 {
		n := int64(binary.LittleEndian.Uint64(b))
		b = b[8:]
		return n
	}
	for _, c := range []*Content{&h.Source, &h.Target} {
		c.Size = number()
		b = b[copy(c.Digest[:], b):]
	}
	left := f.Size() - headerSize
	for i := range h.lengths {
		h.lengths[i] = number()
		if h.lengths[i] < 0 || h.lengths[i] > left {
			return h, fmt.Errorf("%w: its parts do not fit", ErrDamaged)
		}
		left -= h.lengths[i]
	}
	if left != 0 || h.Source.Size < 0 || h.Target.Size < 0 {
		return h, fmt.Errorf("%w: its parts do not fit", ErrDamaged)
	}
	return h, nil
}

func (h Header) bytes() []byte {
	b := []byte(magic)
	for _, c := range []Content{h.Source, h.Target} {
		b = append(binary.LittleEndian.AppendUint64(b, uint64(c.Size)), c.Digest[:]...)
	}
	for _, n := range h.lengths {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	return b
}
