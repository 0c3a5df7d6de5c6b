//go:build linux && cgo

package video

/*
#cgo CFLAGS: -O3 -Wall -Werror
#cgo LDFLAGS: -l:libvpx.a -lm -lpthread
#cgo noescape bc_vp8_encode
#cgo nocallback bc_vp8_encode
#include "vp8_linux.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"beckmanconnect/session/screen"
)

// ErrCodec is a failure inside libvpx.
var ErrCodec = errors.New("video: VP8")

// longest is the time between frames that the rate is shared out by: 25 a second.
const longest = 40 * time.Millisecond

// VP8 encodes by libvpx in its real-time mode. It is used by one goroutine.
type VP8 struct {
	c             *C.bc_vp8
	width, height int
	rate          int
	asked         time.Duration // of the frame before, by the caller
	last          time.Duration // the same by the codec's time
	any           bool
}

// New makes an encoder for frames of this size.
func New(width, height int) (screen.VideoEncoder, error) { return NewVP8(width, height) }

// NewVP8 makes an encoder for frames of this size. Close frees its memory.
func NewVP8(width, height int) (*VP8, error) {
	if err := checkSize(width, height); err != nil {
		return nil, err
	}
	v := &VP8{width: width, height: height}
	if v.c = C.bc_vp8_new(C.int(width), C.int(height)); v.c == nil {
		return nil, fmt.Errorf("%w: no encoder for %d × %d", ErrCodec, width, height)
	}
	return v, nil
}

// Codec is CodecVP8.
func (v *VP8) Codec() byte { return screen.CodecVP8 }

// Encode appends one frame. To keep to the rate the codec may leave it out.
func (v *VP8) Encode(dst []byte, f screen.Frame, key bool, rate int, at time.Duration) ([]byte, bool, error) {
	if v.c == nil {
		return dst, false, fmt.Errorf("%w: it is closed", ErrCodec)
	}
	if err := checkFrame(f, v.width, v.height); err != nil {
		return dst, false, err
	}
	// The codec's own time never takes longer steps than longest: a frame that
	// comes late because the last one filled the link would be given all the time
	// that took, fill the link for longer still, and so on.
	took := longest
	if v.any {
		took = min(max(at-v.asked, time.Millisecond), longest)
	}
	v.any, v.asked, v.last = true, at, v.last+took
	kbits := 0
	if rate != v.rate {
		v.rate, kbits = rate, max(rate/1000, 50)
	}
	var out *C.uint8_t
	var size C.size_t
	var isKey C.int
	if code := C.bc_vp8_encode(v.c, (*C.uint8_t)(unsafe.Pointer(&f.Pix[0])), C.int(f.Stride), b(key), C.int(kbits),
		C.int64_t(v.last.Milliseconds()), C.int64_t(max(took.Milliseconds(), 1)), &out, &size, &isKey); code != 0 {
		return dst, false, fmt.Errorf("%w: code %d", ErrCodec, int(code))
	}
	if size == 0 {
		return dst, false, nil
	}
	return append(dst, unsafe.Slice((*byte)(unsafe.Pointer(out)), int(size))...), isKey != 0, nil
}

func b(on bool) C.int {
	if on {
		return 1
	}
	return 0
}

// Close frees the encoder's memory; it may be called twice.
func (v *VP8) Close() error {
	if v.c != nil {
		C.bc_vp8_free(v.c)
		v.c = nil
	}
	return nil
}
