package consoletest

import (
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"beckmanconnect/session/screen"
)

// Desktop is a pretended instrument's screen.
type Desktop struct {
	img   *image.RGBA
	noise *rand.Rand
	lines int
}

// NewDesktop paints one: coloured text, flat areas, a gradient.
func NewDesktop(w, h int) *Desktop {
	d := &Desktop{img: image.NewRGBA(image.Rect(0, 0, w, h)), noise: rand.New(rand.NewPCG(7, 7))}
	d.fill(d.img.Rect, color.RGBA{0x1b, 0x3a, 0x57, 255})
	for y := range h {
		for x := w / 2; x < w; x++ {
			d.img.SetRGBA(x, y, color.RGBA{byte(20 + 60*(x-w/2)/w), byte(50 + 40*y/h), byte(90 + x%3), 255})
		}
	}
	d.fill(image.Rect(40, 40, w-40, h-60), color.RGBA{0xf6, 0xf8, 0xfa, 255})
	d.fill(image.Rect(40, 40, w-40, 76), color.RGBA{0x10, 0x35, 0x5c, 255})
	d.text(56, 62, "DxH 900   Run control", color.White)
	for d.lines < 24 {
		d.line()
	}
	return d
}

func (d *Desktop) fill(r image.Rectangle, c color.Color) {
	draw.Draw(d.img, r.Intersect(d.img.Rect), image.NewUniform(c), image.Point{}, draw.Src)
}

func (d *Desktop) text(x, y int, s string, c color.Color) {
	w := font.Drawer{Dst: d.img, Src: image.NewUniform(c), Face: basicfont.Face7x13, Dot: fixed.P(x, y)}
	w.DrawString(s)
}

func (d *Desktop) line() {
	y := 100 + 20*(d.lines%32)
	words := []string{"WBC", "RBC", "HGB", "PLT", "aspirate", "diluent", "pressure", "ok", "12.4", "4.71", "253"}
	colours := []color.RGBA{{20, 32, 46, 255}, {155, 28, 21, 255}, {11, 101, 128, 255}}
	x := 60
	for range 14 {
		word := words[d.noise.IntN(len(words))]
		d.text(x, y, word, colours[d.noise.IntN(len(colours))])
		x += 7*len(word) + 14
	}
	d.lines++
}

// Step changes something: a line typed, a page scrolled, a window of noise.
func (d *Desktop) Step(n int) {
	switch n % 3 {
	case 0:
		d.line()
	case 1:
		area := image.Rect(40, 80, d.img.Rect.Dx()-40, d.img.Rect.Dy()-60)
		draw.Draw(d.img, area, d.img, area.Min.Add(image.Pt(0, 20)), draw.Src)
	case 2:
		for y := 200; y < 420; y++ {
			for x := 700; x < 1000; x++ {
				d.img.SetRGBA(x, y, color.RGBA{byte(d.noise.Uint32()), byte(d.noise.Uint32()), byte(d.noise.Uint32()), 255})
			}
		}
	}
}

// Frame is the screen as a capture gives it.
func (d *Desktop) Frame() screen.Frame {
	pix := make([]byte, len(d.img.Pix))
	for i := 0; i < len(pix); i += 4 {
		pix[i], pix[i+1], pix[i+2] = d.img.Pix[i+2], d.img.Pix[i+1], d.img.Pix[i]
	}
	return screen.Frame{Pix: pix, Stride: d.img.Stride, Width: d.img.Rect.Dx(), Height: d.img.Rect.Dy()}
}

// Hash is what ScreenHash gives when the page shows exactly this.
func (d *Desktop) Hash() string {
	rgb := make([]byte, 0, len(d.img.Pix)/4*3)
	for i := 0; i < len(d.img.Pix); i += 4 {
		rgb = append(rgb, d.img.Pix[i:i+3]...)
	}
	sum := sha256.Sum256(rgb)
	return hex.EncodeToString(sum[:])
}
