package main

import (
	"image"
	"image/color"
	"math"
)

// Below this many pixels the marks on the icons are set pixel by pixel: what is
// this small is sharp only when no stroke is mixed of two colours.
const small = 32

// eyes and dots by size. They are as wide as the icon, an even number.
var (
	eyes = map[int][]string{
		16: {
			"....####....",
			"..########..",
			".####..####.",
			"####....####",
			".####..####.",
			"..########..",
			"....####....",
		},
		22: {
			".....####.....",
			"...########...",
			"..####..####..",
			".####....####.",
			"#####....#####",
			".####....####.",
			"..####..####..",
			"...########...",
			".....####.....",
		},
		24: {
			"......####......",
			"....########....",
			"..############..",
			".######..######.",
			"######....######",
			"######....######",
			".######..######.",
			"..############..",
			"....########....",
			"......####......",
		},
	}
	dots = map[int][]string{
		16: {
			"##..##..##",
			"##..##..##",
		},
		22: {
			".##...##...##.",
			"####.####.####",
			"####.####.####",
			".##...##...##.",
		},
		24: {
			".##...##...##.",
			"####.####.####",
			"####.####.####",
			".##...##...##.",
		},
	}
)

// pixels sets a pattern in the middle of the icon, around the height y (unit).
// It says whether there was one.
func (p *pen) pixels(c color.Color, y float64, rows []string) bool {
	if len(rows) == 0 {
		return false
	}
	n := int(p.size)
	at := image.Pt((n-len(rows[0]))/2, int(math.Round(y*p.size-float64(len(rows))/2)))
	for dy, row := range rows {
		for dx, set := range row {
			if set == '#' {
				p.picture.Set(at.X+dx, at.Y+dy, c)
			}
		}
	}
	return true
}

// strokes of the check mark by size: the width of a stroke along a row, and how
// far its arms reach.
var strokes = map[int]struct{ width, right, left float64 }{
	16: {3, 5, 3}, 22: {4, 7, 4}, 24: {4, 8, 4},
}

// check sets a check mark of two diagonals, where there is one of this size.
func (p *pen) check(c color.Color) bool {
	s, ok := strokes[int(p.size)]
	if !ok {
		return false
	}
	half := s.width / 2
	// The corner: in the middle of a pixel for an odd width, between two for an
	// even one; the whole mark stands in the middle of the icon.
	corner := math.Round(p.size/2-(s.right-s.left)/2) - math.Mod(s.width, 2)/2
	base := math.Round(p.size/2 + (s.right-half)/2)
	for y := range int(p.size) {
		d := base - float64(y) // rows above the corner
		for x := range int(p.size) {
			dx := float64(x) + .5 - corner
			var in bool
			if d >= 0 {
				in = math.Abs(dx-d) < half && dx < s.right+half-.5 && d <= s.right || math.Abs(dx+d) < half && -dx < s.left+half-.5 && d <= s.left
			} else {
				in = math.Abs(dx) < half+d
			}
			if in {
				p.picture.Set(x, y, c)
			}
		}
	}
	return true
}

// slash sets a diagonal through the middle, width pixels along a row, inside
// radius (unit).
func (p *pen) slash(c color.Color, radius, width float64) {
	for y := range int(p.size) {
		for x := range int(p.size) {
			dx, dy := float64(x)+.5-p.size/2, float64(y)+.5-p.size/2
			if math.Abs(dx+dy) < width/2 && math.Hypot(dx, dy) < radius*p.size {
				p.picture.Set(x, y, c)
			}
		}
	}
}
