package screen

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// canvas is a picture tests paint on.
type canvas struct{ Frame }

func newCanvas(w, h, pad int) *canvas {
	stride := 4*w + pad
	return &canvas{Frame{Pix: make([]byte, stride*h), Stride: stride, Width: w, Height: h}}
}

func (c *canvas) set(x, y int, v uint32) {
	binary.LittleEndian.PutUint32(c.Pix[y*c.Stride+4*x:], v)
}

func (c *canvas) fill(r image.Rectangle, colourAt func(x, y int) uint32) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c.set(x, y, colourAt(x, y))
		}
	}
}

// shift moves r by d rows inside itself and leaves noise where it came from.
func (c *canvas) shift(r image.Rectangle, d int, noise *rand.Rand) {
	n := 4 * r.Dx()
	was := bytes.Clone(c.Pix)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		to := c.Pix[y*c.Stride+4*r.Min.X:][:n]
		if from := y + d; from >= r.Min.Y && from < r.Max.Y {
			copy(to, was[from*c.Stride+4*r.Min.X:][:n])
		} else {
			for x := range r.Dx() {
				binary.LittleEndian.PutUint32(to[4*x:], noise.Uint32())
			}
		}
	}
}

func same(tb fataler, c *canvas, img *image.RGBA) {
	tb.Helper()
	for y := range c.Height {
		for x := range c.Width {
			p := c.Pix[y*c.Stride+4*x:]
			q := img.Pix[y*img.Stride+4*x:]
			if p[0] != q[2] || p[1] != q[1] || p[2] != q[0] || q[3] != 255 {
				tb.Fatalf("pixel %d,%d: sent %v, shown %v", x, y, p[:4], q[:4])
			}
		}
	}
}

// settle sends until nothing is pending and gives the bytes it took.
func settle(tb fataler, e *Encoder, d *Decoder, c *canvas, damage []image.Rectangle) int {
	tb.Helper()
	total := 0
	for {
		update := e.Encode(nil, c.Frame, damage, 0)
		if len(update) == 0 {
			return total
		}
		total += len(update)
		h, _, err := d.Apply(update)
		if err != nil {
			tb.Fatal(err)
		}
		if h.More != e.Pending() || h.Seq != e.Seq() {
			tb.Fatalf("header %+v, pending %v, seq %d", h, e.Pending(), e.Seq())
		}
		if !h.More {
			return total
		}
		damage = []image.Rectangle{}
	}
}

// Whatever happens to a picture, the other end shows it exactly once settled.
func TestAnyDamageArrivesExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		noise := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		w, h := rapid.IntRange(1, 200).Draw(t, "w"), rapid.IntRange(1, 300).Draw(t, "h")
		c := newCanvas(w, h, 4*rapid.IntRange(0, 3).Draw(t, "pad"))
		e := NewEncoder(Config{MaxBody: 64 << 10})
		var d Decoder
		settle(t, e, &d, c, nil)
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			x0, y0 := rapid.IntRange(0, w-1).Draw(t, "x0"), rapid.IntRange(0, h-1).Draw(t, "y0")
			r := image.Rect(x0, y0, rapid.IntRange(x0+1, w).Draw(t, "x1"), rapid.IntRange(y0+1, h).Draw(t, "y1"))
			switch rapid.IntRange(0, 6).Draw(t, "what") {
			case 0:
				v := noise.Uint32()
				c.fill(r, func(int, int) uint32 { return v })
			case 1:
				c.fill(r, func(int, int) uint32 { return noise.Uint32() })
			case 2, 3:
				n := rapid.SampledFrom([]int{2, 3, 4, 5, 16, 17, 200, 256, 257}).Draw(t, "colours")
				c.fill(r, func(int, int) uint32 { return uint32(noise.IntN(n)) * 77773 })
			case 4:
				c.shift(r, rapid.IntRange(-h, h).Draw(t, "d"), noise)
			case 5: // only what does not count changes
				c.fill(r, func(x, y int) uint32 {
					return binary.LittleEndian.Uint32(c.Pix[y*c.Stride+4*x:]) ^ noise.Uint32()&0xff000000
				})
			case 6:
				e.Reset()
			}
			damage := []image.Rectangle{r, r.Inset(3), image.Rect(-9, -9, 2, 2)}
			if rapid.Bool().Draw(t, "unknown damage") {
				damage = nil
			}
			if rapid.Bool().Draw(t, "settle") {
				settle(t, e, &d, c, damage)
				same(t, c, d.Image())
				continue
			}
			if u := e.Encode(nil, c.Frame, damage, 0); len(u) > 0 {
				if _, _, err := d.Apply(u); err != nil {
					t.Fatal(err)
				}
			}
		}
		settle(t, e, &d, c, []image.Rectangle{})
		same(t, c, d.Image())
	})
}

func TestAScrolledPageCostsItsNewLinesOnly(t *testing.T) {
	noise := rand.New(rand.NewPCG(1, 2))
	for _, d := range []int{40, -40, 1, -1} {
		c := newCanvas(600, 400, 0)
		area := image.Rect(37, 50, 501, 350)
		c.fill(area, func(x, y int) uint32 {
			if y%20 < 6 {
				return 0xffffff // empty lines
			}
			return uint32(noise.IntN(2)) * 0xffffff
		})
		e := NewEncoder(Config{})
		var dec Decoder
		settle(t, e, &dec, c, nil)
		for range 5 {
			c.shift(area, d, noise)
			// The thumb of a scroll bar, beside the text.
			c.fill(image.Rect(505, 50, 515, 320), func(int, int) uint32 { return noise.Uint32() })
			n := settle(t, e, &dec, c, nil)
			same(t, c, dec.Image())
			fresh := 3*area.Dx()*40 + 3*78*300 // the thumb's column is sent whole
			if n > fresh+8192 {
				t.Errorf("scrolled by %d: %d bytes, the new pixels alone are %d", d, n, fresh)
			}
		}
	}
}

func TestOneLetterIsSmall(t *testing.T) {
	c := newCanvas(1920, 1080, 0)
	c.fill(image.Rect(0, 0, 1920, 1080), func(int, int) uint32 { return 0xfafafa })
	e := NewEncoder(Config{})
	var d Decoder
	settle(t, e, &d, c, nil)
	c.fill(image.Rect(500, 500, 508, 512), func(x, y int) uint32 { return uint32((x*y)%5) * 0x303030 })
	if n := settle(t, e, &d, c, []image.Rectangle{image.Rect(490, 490, 520, 520)}); n > 120 {
		t.Errorf("%d bytes for one letter", n)
	}
	same(t, c, d.Image())
}

func TestUnchangedCostsNothing(t *testing.T) {
	c := newCanvas(640, 480, 0)
	e := NewEncoder(Config{})
	e.Encode(nil, c.Frame, nil, 0)
	if n := testing.AllocsPerRun(50, func() {
		if len(e.Encode(nil, c.Frame, nil, 0)) != 0 {
			t.Error("an update for nothing")
		}
	}); n != 0 {
		t.Errorf("%v allocations for an unchanged frame", n)
	}
}

func TestALargePictureComesInParts(t *testing.T) {
	noise := rand.New(rand.NewPCG(3, 4))
	c := newCanvas(1920, 1080, 0)
	c.fill(image.Rect(0, 0, 1920, 1080), func(int, int) uint32 { return noise.Uint32() })
	e := NewEncoder(Config{})
	var d Decoder
	parts := 0
	for first := true; first || e.Pending(); first = false {
		u := e.Encode(nil, c.Frame, []image.Rectangle{}, 0)
		parts++
		if len(u) > 1<<20+1<<10 {
			t.Errorf("part %d has %d bytes", parts, len(u))
		}
		if _, _, err := d.Apply(u); err != nil {
			t.Fatal(err)
		}
	}
	if parts < 6 {
		t.Errorf("%d parts", parts)
	}
	same(t, c, d.Image())
}

func TestAGapIsNoticed(t *testing.T) {
	c := newCanvas(100, 100, 0)
	e := NewEncoder(Config{})
	var d Decoder
	settle(t, e, &d, c, nil)
	c.set(1, 1, 0xff)
	e.Encode(nil, c.Frame, nil, 0) // lost
	c.set(2, 2, 0xff)
	if _, _, err := d.Apply(e.Encode(nil, c.Frame, nil, 0)); !errors.Is(err, ErrGap) {
		t.Fatal(err)
	}
	c.set(3, 3, 0xff)
	if _, _, err := d.Apply(e.Encode(nil, c.Frame, nil, 0)); !errors.Is(err, ErrGap) {
		t.Fatal("went on after a gap", err)
	}
	e.Reset()
	settle(t, e, &d, c, nil)
	same(t, c, d.Image())
}

// Scenario 53: no update crashes the decoder, and none makes it large.
func FuzzDecoder(f *testing.F) {
	noise := rand.New(rand.NewPCG(5, 6))
	c := newCanvas(150, 130, 0)
	e := NewEncoder(Config{})
	f.Add(e.Encode(nil, c.Frame, nil, 0), []byte{})
	first := NewEncoder(Config{}).Encode(nil, c.Frame, nil, 0)
	for _, n := range []int{2, 5, 100, 1 << 20} {
		c.fill(image.Rect(3, 3, 140, 120), func(int, int) uint32 { return uint32(noise.IntN(n)) * 17 })
		f.Add(first, e.Encode(nil, c.Frame, nil, 0))
	}
	c.shift(image.Rect(0, 0, 150, 130), 7, noise)
	f.Add(first, e.Encode(nil, c.Frame, nil, 0))
	f.Add([]byte{0x41, 1, 4, 4, 6, 0, 0, 4, 4, 1, 0}, []byte{})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		for _, u := range [][]byte{a, b} {
			if h, err := ParseHeader(u); err == nil && h.Width*h.Height > 1<<20 {
				return // allowed, but slow to fuzz
			}
		}
		var d Decoder
		for _, u := range [][]byte{a, b} {
			h, r, err := d.Apply(u)
			if err == nil && !r.In(d.Image().Rect) {
				t.Errorf("%+v touched %v", h, r)
			}
		}
		if len(d.body) > MaxBody+1 {
			t.Errorf("inflated to %d bytes", len(d.body))
		}
	})
}

func BenchmarkEncodeUnchanged(b *testing.B) {
	c := newCanvas(1920, 1080, 0)
	e := NewEncoder(Config{})
	e.Encode(nil, c.Frame, nil, 0)
	b.ReportAllocs()
	for b.Loop() {
		e.Encode(nil, c.Frame, nil, 0)
	}
}

func BenchmarkEncodeScroll(b *testing.B) {
	noise := rand.New(rand.NewPCG(1, 2))
	c := newCanvas(1920, 1080, 0)
	c.fill(image.Rect(0, 0, 1920, 1080), func(int, int) uint32 { return uint32(noise.IntN(2)) * 0xffffff })
	e := NewEncoder(Config{})
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		c.shift(image.Rect(100, 100, 1800, 1000), 20, noise)
		b.StartTimer()
		buf = e.Encode(buf[:0], c.Frame, nil, 0)
	}
	b.ReportMetric(float64(len(buf)), "bytes/update")
}

// fataler is what testing and rapid have in common.
type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}
