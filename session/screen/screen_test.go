package screen

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"math/rand/v2"
	"testing"
	"time"

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

// Whatever happens to a picture, the other end shows it exactly once settled:
// with any budget, hints right or wrong, video, and whatever damage covers what
// changed.
func TestAnyDamageArrivesExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		noise := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		w, h := rapid.IntRange(1, 400).Draw(t, "w"), rapid.IntRange(1, 300).Draw(t, "h")
		c := newCanvas(w, h, 4*rapid.IntRange(0, 3).Draw(t, "pad"))
		now := time.Unix(1e9, 0)
		conf := Config{MaxBody: 64 << 10, Now: func() time.Time { return now }}
		if rapid.Bool().Draw(t, "video") {
			conf.Video = func(w, h int) (VideoEncoder, error) { return &fakeVideo{w: w, h: h}, nil }
		}
		e := NewEncoder(conf)
		defer e.Close()
		e.SetRate(rapid.SampledFrom([]int{0, 100_000, 6_000_000}).Draw(t, "rate"))
		var d Decoder
		settle(t, e, &d, c, nil)
		for range rapid.IntRange(1, 10).Draw(t, "steps") {
			r := someRect(t, w, h)
			damage := []image.Rectangle{r, r.Inset(3), image.Rect(-9, -9, 2, 2)}
			c.Moves = nil
			now = now.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "ms")) * time.Millisecond)
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				v := noise.Uint32()
				c.fill(r, func(int, int) uint32 { return v })
			case 1:
				for range rapid.IntRange(1, 8).Draw(t, "frames") {
					now = now.Add(40 * time.Millisecond)
					c.fill(r, func(int, int) uint32 { return noise.Uint32() })
					if u := e.Encode(nil, c.Frame, damage, 0); len(u) > 0 {
						if _, _, err := d.Apply(u); err != nil {
							t.Fatal(err)
						}
					}
				}
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
			case 7, 8: // a window is dragged, and the system says so, or says nonsense
				to := image.Pt(rapid.IntRange(0, w-r.Dx()).Draw(t, "to x"), rapid.IntRange(0, h-r.Dy()).Draw(t, "to y"))
				c.drag(r, to)
				moved := r.Sub(r.Min).Add(to)
				damage = append(damage, moved)
				if rapid.Bool().Draw(t, "hint") {
					c.Moves = []Move{{To: moved, From: r.Min}, {To: someRect(t, w, h), From: image.Pt(-3, h+7)}}
				}
			case 9: // dots
				for range noise.IntN(40) {
					c.set(r.Min.X+noise.IntN(r.Dx()), r.Min.Y+noise.IntN(r.Dy()), uint32(noise.IntN(3))*0x3f3f3f)
				}
			}
			if rapid.Bool().Draw(t, "unknown damage") {
				damage = nil
			}
			if rapid.Bool().Draw(t, "settle") && conf.Video == nil {
				settle(t, e, &d, c, damage)
				same(t, c, d.Image())
				continue
			}
			budget := rapid.SampledFrom([]int{0, 1, 300, 2000, 20000}).Draw(t, "budget")
			if u := e.Encode(nil, c.Frame, damage, budget); len(u) > 0 {
				if _, _, err := d.Apply(u); err != nil {
					t.Fatal(err)
				}
			}
		}
		c.Moves = nil
		settle(t, e, &d, c, []image.Rectangle{})
		for wait, ok := e.Wake(); ok; wait, ok = e.Wake() {
			now = now.Add(wait)
			settle(t, e, &d, c, []image.Rectangle{})
		}
		same(t, c, d.Image())
		if !d.Lossy().Empty() {
			t.Fatalf("%v is still lossy", d.Lossy())
		}
	})
}

func someRect(t *rapid.T, w, h int) image.Rectangle {
	x0, y0 := rapid.IntRange(0, w-1).Draw(t, "x0"), rapid.IntRange(0, h-1).Draw(t, "y0")
	return image.Rect(x0, y0, rapid.IntRange(x0+1, w).Draw(t, "x1"), rapid.IntRange(y0+1, h).Draw(t, "y1"))
}

// A small link is not overrun: an update is at most as large as its budget, but
// for a tile that cannot be cut.
func TestABudgetIsKept(t *testing.T) {
	noise := rand.New(rand.NewPCG(3, 4))
	c := newCanvas(640, 480, 0)
	e := NewEncoder(Config{})
	var d Decoder
	settle(t, e, &d, c, nil)
	for _, colours := range []int{2, 40, 1 << 24} {
		for _, budget := range []int{4 << 10, 16 << 10, 100 << 10} {
			c.fill(image.Rect(5, 5, 630, 470), func(int, int) uint32 { return uint32(noise.IntN(colours)) * 0x010305 })
			damage := []image.Rectangle(nil)
			updates := 0
			for first := true; first || e.Pending(); first = false {
				u := e.Encode(nil, c.Frame, damage, budget)
				damage = []image.Rectangle{}
				if _, _, err := d.Apply(u); err != nil {
					t.Fatal(err)
				}
				if len(u) > budget+3*Tile*minRows+64 {
					t.Errorf("%d colours, budget %d: an update of %d bytes", colours, budget, len(u))
				}
				updates++
			}
			same(t, c, d.Image())
			t.Logf("%d colours, budget %d: %d updates", colours, budget, updates)
		}
	}
}

// In steady state nothing is allocated.
func TestEncodingAllocatesNothing(t *testing.T) {
	noise := rand.New(rand.NewPCG(5, 6))
	c := newCanvas(800, 600, 0)
	e := NewEncoder(Config{})
	buf := make([]byte, 0, 1<<20)
	n := 0
	step := func() {
		n++
		switch n % 4 {
		case 0:
			c.fill(image.Rect(10, 10, 60, 30), func(int, int) uint32 { return uint32(noise.IntN(2)) * 0xffffff })
		case 1:
			c.fill(image.Rect(100, 100, 400, 300), func(int, int) uint32 { return uint32(noise.IntN(30)) * 0x050505 })
		case 2:
			c.drag(image.Rect(100, 100, 400, 300), image.Pt(120, 107))
		case 3:
			c.fill(image.Rect(300, 300, 420, 360), func(int, int) uint32 { return noise.Uint32() })
		}
		buf = e.Encode(buf[:0], c.Frame, nil, 0)
	}
	for range 40 {
		step()
	}
	// The canvas' own drag allocates once in four steps.
	if got := testing.AllocsPerRun(80, step); got > 0.3 {
		t.Errorf("%v allocations an update", got)
	}
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

// fataler is what testing and rapid have in common.
type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}
