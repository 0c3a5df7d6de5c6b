package desktop

import (
	"bytes"
	"image"
	"image/png"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/screen"

	"golang.org/x/image/draw"
)

const (
	previewGap  = time.Second // least time between two previews
	previewSide = 960         // pixels, of the longer side
)

// preview makes the technician's small copy of what the engineer sees (B6). It
// is used by show's goroutine; the encoding of a PNG, which takes longest, runs
// beside it, one at a time.
type preview struct {
	made   chan *hostpb.Preview
	making bool
	stale  bool // the picture changed after the newest preview was begun
	last   time.Time

	full *image.RGBA // scratch
}

func newPreview() *preview { return &preview{made: make(chan *hostpb.Preview, 1)} }

// wait says how long until a preview is due; 0: now, false: when something
// happens.
func (p *preview) wait(now time.Time) (time.Duration, bool) {
	if !p.stale || p.making {
		return 0, false
	}
	return max(p.last.Add(previewGap).Sub(now), 0), true
}

// begin starts a preview of the newest picture, which came through the masks
// and is the one that the encoder got.
func (p *preview) begin(pic Picture, now time.Time) {
	p.making, p.stale, p.last = true, false, now
	out := &hostpb.Preview{State: "on", Masked: uint32(pic.Hidden), UnixMs: now.UnixMilli()}
	if pic.Black {
		out.State = "black"
		p.made <- out
		return
	}
	small := p.shrink(pic.Frame)
	go func() {
		var b bytes.Buffer
		encoder := png.Encoder{CompressionLevel: png.BestSpeed}
		if encoder.Encode(&b, small) == nil { // memory cannot fail, a size of nothing can
			out.Png = b.Bytes()
		}
		p.made <- out
	}()
}

// shrink is a copy of a frame in the size of a preview.
func (p *preview) shrink(f screen.Frame) *image.RGBA {
	whole := image.Rect(0, 0, f.Width, f.Height)
	if p.full == nil || p.full.Rect != whole {
		p.full = image.NewRGBA(whole)
	}
	for y := range f.Height {
		from, to := f.Pix[y*f.Stride:][:4*f.Width], p.full.Pix[y*p.full.Stride:][:4*f.Width]
		for i := 0; i < len(from); i += 4 {
			to[i], to[i+1], to[i+2], to[i+3] = from[i+2], from[i+1], from[i], 0xff
		}
	}
	return Small(p.full)
}

// Small is a copy of a picture in the size of a preview.
func Small(of *image.RGBA) *image.RGBA {
	w, h := of.Rect.Dx(), of.Rect.Dy()
	if longer := max(w, h); longer > previewSide {
		w, h = max(w*previewSide/longer, 1), max(h*previewSide/longer, 1)
	}
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.ApproxBiLinear.Scale(small, small.Rect, of, of.Rect, draw.Src, nil)
	return small
}
