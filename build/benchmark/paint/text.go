package paint

import (
	"image"
	"image/color"
	"math/rand/v2"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// The colours of windows and of what is written in them.
const (
	paper  = 0xffffff
	ink    = 0x1c2430
	dark   = 0x10233a
	pale   = 0xd7e6f5
	red    = 0xff6b5e
	amber  = 0xffc857
	green  = 0x7ddf8a
	frame  = 0x2f5d8a
	shadow = 0xe9eef3
)

func rgb(c uint32) color.RGBA {
	return color.RGBA{R: uint8(c >> 16), G: uint8(c >> 8), B: uint8(c), A: 255}
}

// face is a font with smooth edges, of a size in points at 96 dpi.
func face(ttf []byte, size float64) (font.Face, error) {
	f, err := opentype.Parse(ttf)
	if err != nil {
		return nil, err
	}
	return opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 96, Hinting: font.HintingFull})
}

func sans(size float64) (font.Face, error) { return face(goregular.TTF, size) }
func mono(size float64) (font.Face, error) { return face(gomono.TTF, size) }

// write sets a text with its base line at y and gives where the next begins.
func write(p *surface, f font.Face, c uint32, x, y int, text string) int {
	d := font.Drawer{Dst: p, Src: image.NewUniform(rgb(c)), Face: f, Dot: fixed.P(x, y)}
	d.DrawString(text)
	return d.Dot.X.Ceil()
}

// words are what laboratories write about.
var words = []string{"sample", "probe", "syringe", "reagent", "pump", "valve", "rack", "carry-over", "background", "count", "drift", "control", "Level", "temperature",
	"the", "is", "was", "in", "of", "and", "after", "before", "replaced", "checked", "primed", "rinsed", "lot", "37.0", "°C", "WBC", "RBC", "PLT", "limit", "within"}

// sentence is at least so many characters of them.
func sentence(random *rand.Rand, long int) string {
	var text []byte
	for len(text) < long {
		text = append(text, words[random.IntN(len(words))]...)
		text = append(text, ' ')
	}
	return string(text)
}
