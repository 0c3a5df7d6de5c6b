package video

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"time"

	"beckmanconnect/session/screen"
)

// JPEG encodes each frame on its own. It needs several times the bytes of VP8
// for the same picture, so at a given rate it shows fewer frames, of less
// quality. It is used by one goroutine.
type JPEG struct {
	picture *image.RGBA
	out     bytes.Buffer
	quality int
	last    time.Duration
	any     bool
	credit  float64 // bytes that may be sent now
}

const (
	bestQuality  = 70
	worstQuality = 15
	// A frame is to be of about so many seconds of the rate: some frames a
	// second move better than one that is sharp.
	frameShare = 1.0 / 12
	// So many seconds of the rate may be saved up, or owed by a first frame.
	creditLimit = 0.25
)

// NewJPEG makes an encoder for frames of this size.
func NewJPEG(width, height int) (*JPEG, error) {
	if err := checkSize(width, height); err != nil {
		return nil, err
	}
	return &JPEG{picture: image.NewRGBA(image.Rect(0, 0, width, height)), quality: 45}, nil
}

// Codec is CodecJPEG.
func (j *JPEG) Codec() byte { return screen.CodecJPEG }

// Encode leaves a frame out when the rate has no room for it; one that must
// be a key is never left out.
func (j *JPEG) Encode(dst []byte, f screen.Frame, key bool, rate int, at time.Duration) ([]byte, bool, error) {
	w, h := j.picture.Rect.Dx(), j.picture.Rect.Dy()
	if f.Width != w || f.Height != h {
		return dst, false, fmt.Errorf("%w: %d × %d instead of %d × %d", ErrSize, f.Width, f.Height, w, h)
	}
	perSecond := float64(rate) / 8
	if j.any {
		j.credit = min(j.credit+perSecond*(at-j.last).Seconds(), perSecond*creditLimit)
	}
	j.last = at
	if !key && j.any && j.credit < 0 {
		return dst, false, nil
	}
	j.any = true
	for y := range h {
		from, to := f.Pix[y*f.Stride:][:4*w], j.picture.Pix[y*j.picture.Stride:][:4*w]
		for i := 0; i < len(from); i += 4 {
			to[i], to[i+1], to[i+2], to[i+3] = from[i+2], from[i+1], from[i], 0xff
		}
	}
	j.out.Reset()
	if err := jpeg.Encode(&j.out, j.picture, &jpeg.Options{Quality: j.quality}); err != nil {
		return dst, false, fmt.Errorf("video: jpeg: %w", err)
	}
	size := float64(j.out.Len())
	j.credit -= size
	// Steps that come closer each time, whatever the picture is.
	switch want := perSecond * frameShare; {
	case size > 1.2*want:
		j.quality = max(j.quality-max((j.quality-worstQuality)/3, 1), worstQuality)
	case size < 0.8*want:
		j.quality = min(j.quality+max((bestQuality-j.quality)/6, 1), bestQuality)
	}
	return append(dst, j.out.Bytes()...), true, nil
}

// Close has nothing to free.
func (j *JPEG) Close() error { return nil }
