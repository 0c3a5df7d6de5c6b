package video

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"testing"
	"time"

	"beckmanconnect/session/screen"

	"golang.org/x/image/vp8"
)

func near(t *testing.T, got image.Image, f screen.Frame, limit int) {
	t.Helper()
	if got.Bounds().Size() != image.Pt(f.Width, f.Height) {
		t.Fatalf("a picture of %v instead of %d × %d", got.Bounds(), f.Width, f.Height)
	}
	sum, n := 0, 0
	for y := 0; y < f.Height; y += 3 {
		for x := 0; x < f.Width; x += 3 {
			p := f.Pix[y*f.Stride+4*x:]
			r, g, b, _ := got.At(x, y).RGBA()
			for i, v := range []uint32{b, g, r} {
				d := int(v>>8) - int(p[i])
				sum, n = sum+d*d, n+1
			}
		}
	}
	if sum/n > limit*limit {
		t.Errorf("colours are off by the root of %d", sum/n)
	}
}

// smooth is a frame that every codec shows well, of odd size and with a stride.
func smooth(w, h, n int) screen.Frame {
	f := screen.Frame{Stride: 4*w + 12, Width: w, Height: h}
	f.Pix = make([]byte, f.Stride*(h-1)+4*w) // not one byte more than needed
	for y := range h {
		for x := range w {
			p := f.Pix[y*f.Stride+4*x:]
			p[0], p[1], p[2] = byte(20+x*200/w), byte(40+y*150/h), byte(120+5*n)
		}
	}
	return f
}

// encoders are those of this system, by name.
func encoders(t *testing.T, w, h int) map[string]screen.VideoEncoder {
	t.Helper()
	best, err := New(w, h)
	if err != nil {
		t.Fatal(err)
	}
	still, err := NewJPEG(w, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(best.Close(), best.Close(), still.Close()); err != nil {
			t.Error(err)
		}
	})
	return map[string]screen.VideoEncoder{"New": best, "JPEG": still}
}

func decode(t *testing.T, codec byte, data []byte) image.Image {
	t.Helper()
	if codec == screen.CodecJPEG {
		img, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	d := vp8.NewDecoder()
	d.Init(bytes.NewReader(data), len(data))
	h, err := d.DecodeFrameHeader()
	if err != nil || !h.KeyFrame {
		t.Fatalf("%+v: %v", h, err)
	}
	img, err := d.DecodeFrame()
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestKeyFramesShowThePicture(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {16, 16}, {65, 33}, {333, 257}, {640, 360}} {
		for name, enc := range encoders(t, size.X, size.Y) {
			for n := range 3 {
				f := smooth(size.X, size.Y, n)
				out, key, err := enc.Encode([]byte("before"), f, true, 4_000_000, time.Duration(n)*40*time.Millisecond)
				if err != nil || !key || !bytes.HasPrefix(out, []byte("before")) || len(out) == 6 {
					t.Fatalf("%s %v: %d bytes, key %v, %v", name, size, len(out), key, err)
				}
				near(t, decode(t, enc.Codec(), out[6:]), f, 20)
			}
		}
	}
}

// A frame of another size is an error and reads nothing.
func TestWrongFrames(t *testing.T) {
	for name, enc := range encoders(t, 64, 48) {
		short := smooth(64, 48, 0)
		for _, f := range []screen.Frame{smooth(63, 48, 0), smooth(64, 49, 0), {}} {
			if _, _, err := enc.Encode(nil, f, true, 4_000_000, 0); !errors.Is(err, ErrSize) {
				t.Errorf("%s: %v", name, err)
			}
		}
		short.Pix = short.Pix[:len(short.Pix)-1]
		if _, _, err := enc.Encode(nil, short, true, 4_000_000, 0); !errors.Is(err, ErrSize) {
			t.Errorf("%s: a frame too short: %v", name, err)
		}
	}
	for _, size := range []image.Point{{0, 1}, {1, -1}, {MaxSide + 1, 1}, {MaxSide, MaxSide}} {
		if _, err := New(size.X, size.Y); !errors.Is(err, ErrSize) {
			t.Errorf("%v: %v", size, err)
		}
		if _, err := NewJPEG(size.X, size.Y); !errors.Is(err, ErrSize) {
			t.Errorf("JPEG %v: %v", size, err)
		}
	}
}

// The rate is kept, also when it changes on the way, and most frames are shown
// where the codec can.
func TestTheRateIsKept(t *testing.T) {
	for name, enc := range encoders(t, 240, 180) {
		c := newClip(240, 180)
		for _, rate := range []int{1_500_000, 400_000} {
			total, shown := 0, 0
			for n := range 80 {
				out, _, err := enc.Encode(nil, c.at(n), n == 0 && rate == 1_500_000, rate, time.Duration(n)*40*time.Millisecond+time.Duration(1_500_000/rate)*time.Minute)
				if err != nil {
					t.Fatal(err)
				}
				if n < 40 {
					continue // it has to find its way
				}
				if total += len(out); len(out) > 0 {
					shown++
				}
			}
			if got := float64(total) * 8 / (40 * 0.04); got > 1.3*float64(rate) {
				t.Errorf("%s: %.0f bits a second instead of %d", name, got, rate)
			}
			if shown < 10 || enc.Codec() == screen.CodecVP8 && shown < 30 {
				t.Errorf("%s at %d: %d of 40 frames are shown", name, rate, shown)
			}
		}
	}
}

// Frames that come late, because the last one filled the link, are not given
// what the link would have carried meanwhile: they would be later and later.
func TestLateFramesDoNotGrow(t *testing.T) {
	enc := encoders(t, 640, 360)["New"]
	if enc.Codec() != screen.CodecVP8 {
		t.Skip("there is no rate control here")
	}
	const rate = 600_000
	c := newClip(640, 360)
	for n := range 30 {
		out, _, err := enc.Encode(nil, c.at(n), n == 0, rate, time.Duration(n)*300*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if most := rate / 8 / 10; n > 10 && len(out) > most {
			t.Errorf("frame %d has %d bytes, more than a tenth of a second's", n, len(out))
		}
	}
}
