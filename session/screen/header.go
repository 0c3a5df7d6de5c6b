package screen

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"math"
)

// Header is an update's first bytes. The service reads it to number and check
// what it passes on, without decoding the picture.
type Header struct {
	Seq           uint32
	Width, Height int  // of a complete update; otherwise 0: as before
	Complete      bool // nothing before it is needed
	More          bool // the picture goes on in the next update
	WantAck       bool // the sender waits for the acknowledgement of this one
	Video         bool // a video frame is in it

	packed bool
	size   int // bytes of the header
}

// ErrFormat is anything a version 2 update cannot be.
var ErrFormat = errors.New("screen: not a valid update")

// ParseHeader checks and reads an update's header.
func ParseHeader(update []byte) (Header, error) {
	if len(update) < 2 {
		return Header{}, fmt.Errorf("%w: %d bytes", ErrFormat, len(update))
	}
	if v := update[0] >> versionShift; v != Version {
		return Header{}, fmt.Errorf("%w: version %d", ErrFormat, v)
	}
	flags := update[0]
	r := reader{b: update[1:]}
	h := Header{
		Seq:      uint32(r.uvarint(math.MaxUint32)),
		Complete: flags&flagComplete != 0,
		More:     flags&flagMore != 0,
		WantAck:  flags&flagWantAck != 0,
		Video:    flags&flagVideo != 0,
		packed:   flags&flagPacked != 0,
	}
	if h.Complete {
		h.Width, h.Height = r.uvarint(MaxSide), r.uvarint(MaxSide)
		if r.err == nil && !validSize(h.Width, h.Height) {
			return Header{}, fmt.Errorf("%w: %d × %d pixels", ErrFormat, h.Width, h.Height)
		}
	}
	if r.err != nil {
		return Header{}, r.err
	}
	h.size = len(update) - len(r.b)
	return h, nil
}

// WantAck marks an encoded update as one whose acknowledgement the sender waits
// for. The service's flow control calls it; an empty update stays as it is.
func WantAck(update []byte) {
	if len(update) > 0 {
		update[0] |= flagWantAck
	}
}

func validSize(w, h int) bool {
	return w > 0 && h > 0 && w <= MaxSide && h <= MaxSide && w*h <= MaxArea
}

// VideoFrame is what an update has of video.
type VideoFrame struct {
	Codec byte
	Key   bool            // no frame before is needed
	Rect  image.Rectangle // where it is drawn; also its size
	Data  []byte
}

func (v *VideoFrame) append(dst []byte) []byte {
	var head [32]byte
	h := append(head[:0], v.Codec<<1)
	if v.Key {
		h[0] |= 1
	}
	for _, n := range [4]int{v.Rect.Min.X, v.Rect.Min.Y, v.Rect.Dx(), v.Rect.Dy()} {
		h = binary.AppendUvarint(h, uint64(n))
	}
	dst = binary.AppendUvarint(dst, uint64(len(h)+len(v.Data)))
	return append(append(dst, h...), v.Data...)
}

func parseVideo(b []byte, picture image.Rectangle) (v VideoFrame, err error) {
	r := reader{b: b}
	c := r.byte()
	x, y, w, h := r.uvarint(MaxSide), r.uvarint(MaxSide), r.uvarint(MaxSide), r.uvarint(MaxSide)
	if r.err != nil {
		return v, r.err
	}
	v = VideoFrame{Codec: c >> 1, Key: c&1 != 0, Rect: image.Rect(x, y, x+w, y+h), Data: r.b}
	if v.Codec != CodecVP8 && v.Codec != CodecJPEG || v.Codec == CodecJPEG && !v.Key {
		return v, fmt.Errorf("%w: video codec %d", ErrFormat, v.Codec)
	}
	if v.Rect.Empty() || !v.Rect.In(picture) || len(v.Data) == 0 {
		return v, fmt.Errorf("%w: a video frame of %v", ErrFormat, v.Rect)
	}
	return v, nil
}

var errShort = fmt.Errorf("%w: it is cut short", ErrFormat)

// reader takes numbers off a slice; after an error it gives zeros.
type reader struct {
	b   []byte
	err error
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail(errShort)
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.fail(errShort)
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

// uvarint reads a number of at most five bytes that is at most limit.
func (r *reader) uvarint(limit int) int {
	v, n := 0, 0
	for shift := 0; ; shift += 7 {
		if n == len(r.b) || n == 5 {
			r.fail(errShort)
			return 0
		}
		c := r.b[n]
		n++
		v |= int(c&127) << shift
		if c < 128 {
			break
		}
	}
	if r.err != nil || v > limit {
		r.fail(errLarge)
		return 0
	}
	r.b = r.b[n:]
	return v
}

var errLarge = fmt.Errorf("%w: a number too large", ErrFormat)

func (r *reader) varint() int {
	u := r.uvarint(4*MaxSide + 1)
	return u>>1 ^ -(u & 1)
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.b = nil
}

func u16(b []byte) int { return int(binary.LittleEndian.Uint16(b)) }

func appendVarint(b []byte, v int) []byte {
	return binary.AppendUvarint(b, uint64(v<<1^v>>63))
}
