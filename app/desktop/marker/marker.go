// Package marker draws the engineer's pointer as the technician sees it: a ring
// around what is meant, and the engineer's name beside it.
package marker

import (
	"fmt"
	"image"
	"image/color"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// The colours: the product's own with white around it, so that the marker stands
// out on light and on dark.
var (
	brand = color.NRGBA{R: 0x0B, G: 0x65, B: 0x80, A: 255}
	glow  = color.NRGBA{R: 0x0B, G: 0x65, B: 0x80, A: 26}
	white = color.NRGBA{R: 255, G: 255, B: 255, A: 255}
	shade = color.NRGBA{R: 0x07, G: 0x1B, B: 0x26, A: 46}
)

// The measures in pixels at 100 %.
const (
	radius   = 15.0 // of the ring's middle line
	stroke   = 3.5
	rim      = 1.5 // white, on both sides of the ring and around the label
	dot      = 2.6
	shadow   = 2.0 // how far the shadow goes beyond the rim
	textSize = 13.0
	padX     = 10.0
	padY     = 5.0
	maxText  = 260.0
)

// Picture is a marker, ready to be shown.
type Picture struct {
	Image *image.RGBA // premultiplied
	Hot   image.Point // the pixel that is pointed at
}

var parsed = sync.OnceValues(func() (*opentype.Font, error) { return opentype.Parse(gomedium.TTF) })

// Draw draws a marker with a name, which may be empty, scale percent large
// (50 … 400). Where nothing mixes it with what is below, soft is false: it has
// no shadow then.
func Draw(name string, scale int, soft bool) (Picture, error) {
	k := float64(min(max(scale, 50), 400)) / 100
	f, err := parsed()
	if err != nil {
		return Picture{}, fmt.Errorf("marker: font: %w", err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: textSize * k, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return Picture{}, fmt.Errorf("marker: font: %w", err)
	}
	defer face.Close()
	name = fit(face, name, maxText*k)

	outer := (radius + stroke/2 + rim + shadow) * k
	centre := pt{outer + 0.5, outer + 0.5}
	w, h := 2*outer+1, 2*outer+1
	var label box
	if name != "" {
		metrics := face.Metrics()
		text := float64(font.MeasureString(face, name)) / 64
		height := float64(metrics.Ascent+metrics.Descent)/64 + 2*padY*k
		label.min = pt{centre.x + radius*0.9*k, centre.y + radius*0.95*k}
		label.max = pt{label.min.x + text + 2*padX*k, label.min.y + height}
		w, h = max(w, label.max.x+(rim+shadow)*k+1), max(h, label.max.y+(rim+shadow)*k+1)
	}
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, int(w+0.999), int(h+0.999)))}

	ring := func(r, width float64, with color.NRGBA, down float64) {
		c.circle(pt{centre.x, centre.y + down}, r+width/2, r-width/2, with)
	}
	if soft { // wider and lighter
		for i := range 3 {
			spread := float64(i+1) / 3 * shadow * k
			ring(radius*k, stroke*k+2*rim*k+2*spread, shade, k/2)
		}
		c.circle(centre, radius*k, 0, glow)
	}
	ring(radius*k, (stroke+2*rim)*k, white, 0)
	ring(radius*k, stroke*k, brand, 0)
	c.circle(centre, (dot+rim)*k, 0, white)
	c.circle(centre, dot*k, 0, brand)
	if name != "" {
		for i := range 3 {
			if !soft {
				break
			}
			c.pill(label.grow((rim+float64(i+1)/3*shadow)*k), shade)
		}
		c.pill(label.grow(rim*k), white)
		c.pill(label, brand)
		d := font.Drawer{Dst: c.img, Src: image.NewUniform(white), Face: face,
			Dot: fixed.Point26_6{X: fixed.Int26_6((label.min.x + padX*k) * 64), Y: fixed.Int26_6((label.min.y+padY*k)*64) + face.Metrics().Ascent}}
		d.DrawString(name)
	}
	return Picture{Image: c.img, Hot: image.Pt(int(centre.x), int(centre.y))}, nil
}

// fit leaves out what the font cannot write, and cuts a name that is too wide.
func fit(face font.Face, name string, most float64) string {
	var out []rune
	for _, r := range name {
		if _, known := face.GlyphAdvance(r); known {
			out = append(out, r)
		}
	}
	width := func(s string) float64 { return float64(font.MeasureString(face, s)) / 64 }
	if width(string(out)) <= most {
		return string(out)
	}
	for len(out) > 0 && width(string(out)+"…") > most {
		out = out[:len(out)-1]
	}
	return string(out) + "…"
}

type pt struct{ x, y float64 }

type box struct{ min, max pt }

func (b box) grow(by float64) box {
	return box{pt{b.min.x - by, b.min.y - by}, pt{b.max.x + by, b.max.y + by}}
}

type canvas struct{ img *image.RGBA }

func (c *canvas) fill(with color.NRGBA, path func(*vector.Rasterizer)) {
	z := vector.NewRasterizer(c.img.Rect.Dx(), c.img.Rect.Dy())
	path(z)
	z.Draw(c.img, c.img.Rect, image.NewUniform(with), image.Point{})
}

// bend makes a quarter of a circle of a cubic curve.
const bend = 0.5522847498

func arc(z *vector.Rasterizer, m pt, r, direction float64) {
	at := func(x, y float64) (float32, float32) { return float32(m.x + x*r), float32(m.y + direction*y*r) }
	move := func(f func(x, y float32), x, y float64) { f(at(x, y)) }
	cube := func(a, b, c pt) {
		ax, ay := at(a.x, a.y)
		bx, by := at(b.x, b.y)
		cx, cy := at(c.x, c.y)
		z.CubeTo(ax, ay, bx, by, cx, cy)
	}
	move(z.MoveTo, 1, 0)
	cube(pt{1, bend}, pt{bend, 1}, pt{0, 1})
	cube(pt{-bend, 1}, pt{-1, bend}, pt{-1, 0})
	cube(pt{-1, -bend}, pt{-bend, -1}, pt{0, -1})
	cube(pt{bend, -1}, pt{1, -bend}, pt{1, 0})
	z.ClosePath()
}

// circle fills between two radii; 0 is no hole.
func (c *canvas) circle(m pt, outer, inner float64, with color.NRGBA) {
	c.fill(with, func(z *vector.Rasterizer) {
		arc(z, m, outer, 1)
		if inner > 0 {
			arc(z, m, inner, -1) // the other way round: a hole
		}
	})
}

func (c *canvas) pill(b box, with color.NRGBA) {
	r := (b.max.y - b.min.y) / 2
	c.fill(with, func(z *vector.Rasterizer) {
		at := func(x, y float64) (float32, float32) { return float32(x), float32(y) }
		corner := func(x0, y0, x1, y1, x2, y2 float64) {
			ax, ay := at(x0, y0)
			bx, by := at(x1, y1)
			cx, cy := at(x2, y2)
			z.CubeTo(ax, ay, bx, by, cx, cy)
		}
		k := r * (1 - bend)
		z.MoveTo(at(b.min.x+r, b.min.y))
		z.LineTo(at(b.max.x-r, b.min.y))
		corner(b.max.x-k, b.min.y, b.max.x, b.min.y+k, b.max.x, b.min.y+r)
		z.LineTo(at(b.max.x, b.max.y-r))
		corner(b.max.x, b.max.y-k, b.max.x-k, b.max.y, b.max.x-r, b.max.y)
		z.LineTo(at(b.min.x+r, b.max.y))
		corner(b.min.x+k, b.max.y, b.min.x, b.max.y-k, b.min.x, b.max.y-r)
		z.LineTo(at(b.min.x, b.min.y+r))
		corner(b.min.x, b.min.y+k, b.min.x+k, b.min.y, b.min.x+r, b.min.y)
		z.ClosePath()
	})
}
