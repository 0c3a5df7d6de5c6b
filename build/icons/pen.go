package main

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/vector"
)

// pen draws filled shapes in unit coordinates (0…1, y down) on a square
// picture. Straight edges are snapped to whole pixels by snap, which is what
// keeps a 16-pixel icon crisp.
type pen struct {
	picture *image.RGBA
	size    float64
}

func newPen(size int) *pen {
	return &pen{picture: image.NewRGBA(image.Rect(0, 0, size, size)), size: float64(size)}
}

// snap moves a unit coordinate to the nearest pixel edge.
func (p *pen) snap(v float64) float64 { return math.Round(v*p.size) / p.size }

// width makes a stroke's width a whole number of pixels, at least one.
func (p *pen) width(v float64) float64 { return math.Max(1, math.Round(v*p.size)) / p.size }

// bar is a width that has the icon's own parity, so that a centred bar falls on
// whole pixels on both sides.
func (p *pen) bar(v float64) float64 {
	n := math.Max(1, math.Round(v*p.size))
	if math.Mod(n, 2) != math.Mod(p.size, 2) {
		n++
	}
	return n / p.size
}

type point struct{ x, y float64 }

// fill draws what path traces in one colour.
func (p *pen) fill(c color.Color, path func(r *vector.Rasterizer, at func(x, y float64) (float32, float32))) {
	n := int(p.size)
	r := vector.NewRasterizer(n, n)
	path(r, func(x, y float64) (float32, float32) { return float32(x * p.size), float32(y * p.size) })
	r.Draw(p.picture, p.picture.Bounds(), image.NewUniform(c), image.Point{})
}

func (p *pen) polygon(c color.Color, points ...point) {
	p.fill(c, func(r *vector.Rasterizer, at func(x, y float64) (float32, float32)) {
		r.MoveTo(at(points[0].x, points[0].y))
		for _, q := range points[1:] {
			r.LineTo(at(q.x, q.y))
		}
		r.ClosePath()
	})
}

func (p *pen) rect(c color.Color, x0, y0, x1, y1 float64) {
	p.polygon(c, point{x0, y0}, point{x1, y0}, point{x1, y1}, point{x0, y1})
}

// round is a rectangle with rounded corners; with radius half its size a disc.
func (p *pen) round(c color.Color, x0, y0, x1, y1, radius float64) {
	const k = 0.5523 // a quarter circle as one cubic curve
	d := radius * (1 - k)
	p.fill(c, func(r *vector.Rasterizer, at func(x, y float64) (float32, float32)) {
		line := func(x, y float64) { r.LineTo(at(x, y)) }
		cube := func(bx, by, cx, cy, dx, dy float64) {
			b1, b2 := at(bx, by)
			c1, c2 := at(cx, cy)
			d1, d2 := at(dx, dy)
			r.CubeTo(b1, b2, c1, c2, d1, d2)
		}
		r.MoveTo(at(x0+radius, y0))
		line(x1-radius, y0)
		cube(x1-d, y0, x1, y0+d, x1, y0+radius)
		line(x1, y1-radius)
		cube(x1, y1-d, x1-d, y1, x1-radius, y1)
		line(x0+radius, y1)
		cube(x0+d, y1, x0, y1-d, x0, y1-radius)
		line(x0, y0+radius)
		cube(x0, y0+d, x0+d, y0, x0+radius, y0)
		r.ClosePath()
	})
}

func (p *pen) disc(c color.Color, x, y, radius float64) {
	p.round(c, x-radius, y-radius, x+radius, y+radius, radius)
}

// line is a stroke with flat ends.
func (p *pen) line(c color.Color, a, b point, width float64) {
	dx, dy := b.x-a.x, b.y-a.y
	l := math.Hypot(dx, dy)
	nx, ny := -dy/l*width/2, dx/l*width/2
	p.polygon(c, point{a.x + nx, a.y + ny}, point{b.x + nx, b.y + ny}, point{b.x - nx, b.y - ny}, point{a.x - nx, a.y - ny})
}

// erase makes what path traces transparent again.
func (p *pen) erase(draw func(q *pen)) {
	hole := newPen(int(p.size))
	draw(hole)
	for i := 0; i < len(p.picture.Pix); i += 4 {
		keep := 255 - uint32(hole.picture.Pix[i+3])
		for c := range 4 {
			p.picture.Pix[i+c] = uint8(uint32(p.picture.Pix[i+c]) * keep / 255)
		}
	}
}

// over lays q's rows from..to (unit) over the picture.
func (p *pen) over(q *pen, from, to float64) {
	for y := int(from * p.size); y < int(to*p.size); y++ {
		for x := range int(p.size) {
			o := p.picture.PixOffset(x, y)
			a := 255 - uint32(q.picture.Pix[o+3])
			for c := range 4 {
				p.picture.Pix[o+c] = uint8(uint32(q.picture.Pix[o+c]) + uint32(p.picture.Pix[o+c])*a/255)
			}
		}
	}
}
