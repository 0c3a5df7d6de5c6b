package screen

import (
	"image"
	"math/rand/v2"
	"testing"
)

// What a window uncovers is shown from what both ends kept when it came.
func TestDraggedWindowUncoversFromTheCache(t *testing.T) {
	noise := rand.New(rand.NewPCG(7, 7))
	c := newCanvas(640, 480, 0)
	c.fill(image.Rect(0, 0, 640, 480), func(int, int) uint32 { return noise.Uint32() & 0x3f3f3f })
	behind := newCanvas(640, 480, 0)
	copy(behind.Pix, c.Pix)
	window := newCanvas(200, 150, 0)
	window.fill(image.Rect(0, 0, 200, 150), func(int, int) uint32 { return noise.Uint32() | 0x808080 })
	at := image.Pt(20, 30)
	show := func(to image.Point) {
		copy(c.Pix, behind.Pix)
		for y := range 150 {
			copy(c.Pix[(to.Y+y)*c.Stride+4*to.X:], window.Pix[y*window.Stride:][:4*200])
		}
	}
	e := NewEncoder(Config{})
	var d Decoder
	settle(t, e, &d, c, nil)
	show(at)
	settle(t, e, &d, c, nil)
	var sizes []int
	for n := range 24 { // to and fro: the way back uncovers what the way there covered
		dx := 13
		if n >= 12 {
			dx = -13
		}
		at = at.Add(image.Pt(dx, dx/2))
		show(at)
		sizes = append(sizes, settle(t, e, &d, c, nil))
		same(t, c, d.Image())
	}
	for n, size := range sizes[13:] {
		if size > 1000 {
			t.Errorf("step %d on the way back takes %d bytes", n, size)
		}
	}
}

// A picture that only scrolls keeps little.
func TestScrollKeepsLittle(t *testing.T) {
	noise := rand.New(rand.NewPCG(7, 8))
	c := newCanvas(640, 480, 0)
	r := image.Rect(0, 0, 640, 480)
	c.fill(r, func(int, int) uint32 { return noise.Uint32() & 0xffffff })
	e := NewEncoder(Config{})
	var d Decoder
	settle(t, e, &d, c, nil)
	before := e.cache.count
	for range 5 {
		c.shift(r, 20, noise)
		settle(t, e, &d, c, nil)
		same(t, c, d.Image())
	}
	if n := e.cache.count - before; n > 5*30 { // the new rows and what was there, of ten tiles
		t.Errorf("%d entries", n)
	}
}
