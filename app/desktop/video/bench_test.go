//go:build linux && cgo

package video

import (
	"image"
	"testing"
	"time"

	"beckmanconnect/session/screen"
)

// clip gives frames of a picture in motion: shapes that move over a gradient
// that moves as well.
type clip struct{ f screen.Frame }

func newClip(w, h int) *clip {
	return &clip{screen.Frame{Pix: make([]byte, 4*w*h), Stride: 4 * w, Width: w, Height: h}}
}

func (c *clip) at(n int) screen.Frame {
	for y := range c.f.Height {
		row := c.f.Pix[y*c.f.Stride:]
		for x := range c.f.Width {
			row[4*x], row[4*x+1], row[4*x+2] = byte(x/3+2*n), byte(y/2+n), byte((x+y)/5+3*n)
		}
	}
	for k := range 12 {
		x, y := (k*97+n*(3+k))%c.f.Width, (k*61+n*(2+k%5))%c.f.Height
		r := image.Rect(x, y, x+80, y+60).Intersect(image.Rect(0, 0, c.f.Width, c.f.Height))
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				p := c.f.Pix[y*c.f.Stride+4*x:]
				p[0], p[1], p[2] = byte(40*k), byte(200-10*k), byte(7*k+(x^y)&31)
			}
		}
	}
	return c.f
}

func benchmark(b *testing.B, enc screen.VideoEncoder, w, h int) {
	b.Cleanup(func() { _ = enc.Close() })
	c := newClip(w, h)
	var out []byte
	total, shown, n := 0, 0, 0
	for b.Loop() {
		b.StopTimer()
		f := c.at(n)
		b.StartTimer()
		var err error
		if out, _, err = enc.Encode(out[:0], f, n == 0, 4_000_000, time.Duration(n)*40*time.Millisecond); err != nil {
			b.Fatal(err)
		}
		total += len(out)
		if len(out) > 0 {
			shown++
		}
		n++
	}
	b.ReportMetric(float64(total)*8/1000/(float64(n)*0.04), "kbit/s")
	b.ReportMetric(25*float64(shown)/float64(n), "fps")
}

func BenchmarkVP8(b *testing.B) {
	enc, err := NewVP8(1280, 720)
	if err != nil {
		b.Fatal(err)
	}
	benchmark(b, enc, 1280, 720)
}

func BenchmarkJPEG(b *testing.B) {
	enc, err := NewJPEG(1280, 720)
	if err != nil {
		b.Fatal(err)
	}
	benchmark(b, enc, 1280, 720)
}
