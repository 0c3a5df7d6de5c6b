package paint

import (
	"fmt"
	"image"
	"math/rand/v2"

	"github.com/jezek/xgb/xproto"
)

// cloud is a population of cells in the plot.
type cloud struct {
	x, y, wide, high float64
	colour           uint32
	weight           int
}

var clouds = []cloud{
	{110, 290, 26, 30, 0x2a6fbb, 5},
	{210, 210, 34, 26, 0xc0392b, 8},
	{300, 120, 22, 34, 0x27865b, 3},
	{200, 200, 120, 120, 0x8a8f98, 2}, // debris
}

// plotWatch is a band through the densest cloud, on the display.
var plotWatch = image.Rect(dotsAt.Min.X+110, dotsAt.Min.Y+196, dotsAt.Min.X+310, dotsAt.Min.Y+222).Add(plotAt.Min)

// plot is a live dot plot. With every step dots come, and every tenth moves all
// of them to the left, as time goes by. The program redraws all of the plot
// each time, from a picture of its own, as instruments' programs do.
type plot struct {
	window xproto.Window
	dots   *surface
	random *rand.Rand
}

// A step adds so many dots; so many steps go by, and then the plot moves by so
// many pixels.
const (
	dotsAStep = 150
	shiftEach = 10
	shiftBy   = 8
)

func newPlot(x *screen, random *rand.Rand) (scene, error) {
	f, err := sans(9)
	if err != nil {
		return nil, err
	}
	page, err := x.surface(plotAt.Dx(), plotAt.Dy())
	if err != nil {
		return nil, err
	}
	page.fill(page.Bounds(), paper)
	page.fill(dotsAt.Inset(-1), ink)
	write(page, f, ink, 12, 24, "DIFF  -  side scatter / volume")
	for i := range 5 {
		write(page, f, ink, dotsAt.Min.X+100*i-8, dotsAt.Max.Y+18, fmt.Sprint(50*i))
		write(page, f, ink, 36, dotsAt.Max.Y-100*i+4, fmt.Sprint(64*i))
	}
	p := &plot{random: random}
	if p.dots, err = x.surface(dotsAt.Dx(), dotsAt.Dy()); err != nil {
		return nil, err
	}
	p.dots.fill(p.dots.Bounds(), paper)
	for range 20 {
		p.add()
	}
	for y := range p.dots.h {
		copy(page.pix[(dotsAt.Min.Y+y)*page.w+dotsAt.Min.X:], p.dots.pix[y*p.dots.w:][:p.dots.w])
	}
	p.window, err = x.window(plotAt, page, 0)
	return p, err
}

func (p *plot) add() {
	total := 0
	for _, c := range clouds {
		total += c.weight
	}
	for range dotsAStep {
		n := p.random.IntN(total)
		for _, c := range clouds {
			if n -= c.weight; n >= 0 {
				continue
			}
			x := int(c.x + c.wide*p.random.NormFloat64())
			y := int(c.y + c.high*p.random.NormFloat64())
			p.dots.fill(image.Rect(x, y, x+2, y+2), c.colour)
			break
		}
	}
}

func (p *plot) step(n int) error {
	if n%shiftEach == shiftEach-1 {
		for y := range p.dots.h {
			row := p.dots.pix[y*p.dots.w:][:p.dots.w]
			copy(row, row[shiftBy:])
		}
		p.dots.fill(image.Rect(p.dots.w-shiftBy, 0, p.dots.w, p.dots.h), paper)
	}
	p.add()
	return p.dots.put(xproto.Drawable(p.window), p.dots.Bounds(), dotsAt.Min)
}
