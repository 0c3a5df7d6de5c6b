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

// VP8 encodes by libvpx in its real-time mode. It is used by one goroutine.
type VP8 struct {
	c             *C.bc_vp8
	width, height int
	rate          int
	last          time.Duration
	any           bool
}

// New makes an encoder for frames of this size.
func New(width, height int) (screen.VideoEncoder, error) { return NewVP8(width, height) }

// NewVP8 makes an encoder for frames of this size. Close frees its memory.
func NewVP8(width, height int) (*VP8, error) {
	if err := checkSize(width, height); err != nil {
		return nil, err
	}
	threads := 1
	if width*height > 640*480 {
		threads = 2
	}
	v := &VP8{width: width, height: height}
	if v.c = C.bc_vp8_new(C.int(width), C.int(height), C.int(threads)); v.c == nil {
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
	if f.Width != v.width || f.Height != v.height || f.Stride < 4*f.Width || len(f.Pix) < (f.Height-1)*f.Stride+4*f.Width {
		return dst, false, fmt.Errorf("%w: %d × %d instead of %d × %d", ErrSize, f.Width, f.Height, v.width, v.height)
	}
	if v.any && at <= v.last { // times must rise
		at = v.last + time.Millisecond
	}
	took := at - v.last
	if !v.any || took > time.Second {
		took = 40 * time.Millisecond
	}
	v.any, v.last = true, at
	kbits := 0
	if rate != v.rate {
		v.rate, kbits = rate, max(rate/1000, 50)
	}
	var out *C.uint8_t
	var size C.size_t
	var isKey C.int
	if code := C.bc_vp8_encode(v.c, (*C.uint8_t)(unsafe.Pointer(&f.Pix[0])), C.int(f.Stride), b(key), C.int(kbits),
		C.int64_t(at.Milliseconds()), C.int64_t(max(took.Milliseconds(), 1)), &out, &size, &isKey); code != 0 {
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
