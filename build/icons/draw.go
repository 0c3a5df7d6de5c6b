package main

import (
	"image"
	"image/color"

	"beckmanconnect/assets/icons"
)

// Middle tones, to stand on a light and on a dark panel; amber is the one that
// is weak on white, its dark mark carries it there.
var (
	white  = color.NRGBA{255, 255, 255, 255}
	green  = color.NRGBA{0x28, 0x8c, 0x50, 255}
	blue   = color.NRGBA{0x2f, 0x80, 0xd8, 255}
	amber  = color.NRGBA{0xf2, 0xa9, 0x00, 255}
	ink    = color.NRGBA{0x2b, 0x1d, 0x00, 255}
	red    = color.NRGBA{0xd9, 0x2d, 0x2d, 255}
	grey   = color.NRGBA{0x7c, 0x85, 0x8e, 255}
	violet = color.NRGBA{0x96, 0x4f, 0xd8, 255}
	teal   = color.NRGBA{0x0f, 0x95, 0x95, 255}
	navy   = color.NRGBA{0x10, 0x35, 0x5c, 255}
	sky    = color.NRGBA{0x1c, 0x6f, 0xb8, 255}
)

// drawState draws one tray icon. Every state has an outline of its own: disc,
// triangle, diamond, broken ring, screen, speech bubble; a toast's note is a
// square.
func drawState(s icons.State, size int) image.Image {
	p := newPen(size)
	switch s {
	case icons.OK:
		p.ok()
	case icons.Attention:
		p.attention()
	case icons.ActNow:
		p.actNow()
	case icons.Offline:
		p.offline()
	case icons.Session:
		p.session()
	case icons.Waiting:
		p.waiting()
	case icons.Note:
		p.note()
	}
	return p.picture
}

// radius of the round states: whole pixels, so that all four sides are sharp.
func (p *pen) radius() float64 { return p.snap(.47) }

// ok: a green disc with a check mark.
func (p *pen) ok() {
	p.disc(green, .5, .5, p.radius())
	if p.check(white) {
		return
	}
	w := p.width(.12)
	a, b, c := point{.25, .52}, point{.43, .69}, point{.75, .33}
	p.line(white, a, b, w)
	p.line(white, b, c, w)
	p.disc(white, b.x, b.y, w/2)
}

// note: a blue square with an i.
func (p *pen) note() {
	p.round(blue, p.snap(.06), p.snap(.06), p.snap(.94), p.snap(.94), .16)
	w := p.bar(.13)
	p.rect(white, .5-w/2, p.snap(.20), .5+w/2, p.snap(.20)+p.width(.13))
	p.rect(white, .5-w/2, p.snap(.42), .5+w/2, p.snap(.80))
}

// mark is the exclamation mark of attention and act now.
func (p *pen) mark(c color.Color, top, gap, bottom float64) {
	w := p.bar(.13)
	dot := p.width(.12)
	end := p.snap(bottom)
	p.rect(c, .5-w/2, p.snap(top), .5+w/2, end-dot-p.width(gap))
	p.rect(c, .5-w/2, end-dot, .5+w/2, end)
}

// attention: an amber triangle.
func (p *pen) attention() {
	base := p.snap(.95)
	p.polygon(amber, point{.44, .05}, point{.56, .05}, point{1, base - .08}, point{.96, base}, point{.04, base}, point{0, base - .08})
	p.mark(ink, .33, .06, .86)
}

// actNow: a red diamond, its tips two pixels wide, or they would fade.
func (p *pen) actNow() {
	tip := 1 / p.size
	p.polygon(red, point{.5 - tip, 0}, point{.5 + tip, 0}, point{1, .5 - tip}, point{1, .5 + tip},
		point{.5 + tip, 1}, point{.5 - tip, 1}, point{0, .5 + tip}, point{0, .5 - tip})
	p.mark(white, .22, .07, .79)
}

// offline: a grey ring, crossed out.
func (p *pen) offline() {
	r, ring := p.radius(), p.width(.12)
	p.disc(grey, .5, .5, r)
	p.erase(func(q *pen) { q.disc(white, .5, .5, r-ring) })
	if p.size < small {
		p.slash(grey, r-ring/2, p.bar(.12)*p.size+1)
		return
	}
	p.line(grey, point{.17, .83}, point{.83, .17}, ring)
}

// session: a violet screen with an eye on it: somebody sees it.
func (p *pen) session() {
	left, right, top, bottom := p.snap(.03), p.snap(.97), p.snap(.08), p.snap(.76)
	p.round(violet, left, top, right, bottom, .1)
	w := p.bar(.22)
	p.rect(violet, .5-w/2, bottom, .5+w/2, p.snap(.88))
	foot := p.bar(.55)
	p.rect(violet, .5-foot/2, p.snap(.88)-p.width(.02), .5+foot/2, p.snap(.88)+p.width(.08))
	y := (top + bottom) / 2
	if p.pixels(white, y, eyes[int(p.size)]) {
		return
	}
	p.polygon(white, point{.17, y}, point{.27, y - .12}, point{.4, y - .19}, point{.5, y - .205}, point{.6, y - .19}, point{.73, y - .12},
		point{.83, y}, point{.73, y + .12}, point{.6, y + .19}, point{.5, y + .205}, point{.4, y + .19}, point{.27, y + .12})
	p.disc(violet, .5, y, .12)
}

// waiting: a teal speech bubble with three dots.
func (p *pen) waiting() {
	left, right, top, bottom := p.snap(.03), p.snap(.97), p.snap(.08), p.snap(.74)
	p.round(teal, left, top, right, bottom, .28)
	p.polygon(teal, point{.24, bottom - .06}, point{.54, bottom - .04}, point{.22, p.snap(.97)})
	y := (top + bottom) / 2
	if p.pixels(white, y, dots[int(p.size)]) {
		return
	}
	d := p.bar(.14)
	for _, x := range []float64{.27, .5, .73} {
		p.disc(white, p.snap(x-d/2)+d/2, p.snap(y-d/2)+d/2, d/2)
	}
}

// drawApp draws the application's icon: two rings held together, the connection
// between a lab and its support, on a rounded navy tile.
func drawApp(size int) image.Image {
	p := newPen(size)
	p.round(navy, p.snap(.03), p.snap(.03), p.snap(.97), p.snap(.97), .2)
	for i := range size { // a quiet gradient, lighter towards the top
		for x := range size {
			o := p.picture.PixOffset(x, i)
			a := uint32(p.picture.Pix[o+3])
			if a == 0 {
				continue
			}
			t := uint32(i) * 255 / uint32(size)
			mix := func(top, bottom uint8) uint8 {
				return uint8((uint32(top)*(255-t) + uint32(bottom)*t) / 255 * a / 255)
			}
			p.picture.Pix[o], p.picture.Pix[o+1], p.picture.Pix[o+2] = mix(sky.R, navy.R), mix(sky.G, navy.G), mix(sky.B, navy.B)
		}
	}
	width := max(p.width(.085), 2/p.size)
	ring := func(c color.Color, x0, x1 float64) func(q *pen) {
		return func(q *pen) {
			q.round(c, x0, .355, x1, .645, .145)
			q.erase(func(h *pen) { h.round(white, x0+width, .355+width, x1-width, .645-width, max(.145-width, .01)) })
		}
	}
	left, right := newPen(size), newPen(size)
	ring(white, .12, .605)(left)
	ring(color.NRGBA{0x6f, 0xd3, 0xc1, 255}, .395, .88)(right)
	// The right ring passes under the left one above, over it below.
	p.over(right, 0, 1)
	p.over(left, 0, 1)
	p.over(right, .5, 1)
	return p.picture
}
