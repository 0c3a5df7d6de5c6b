package dialog

import (
	"fmt"
	"image"
	"image/color"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"beckmanconnect/assets/fonts/noto"
)

// Fonts are the letters of one dialog. Not safe for concurrent use.
type Fonts struct {
	regular, bold *opentype.Font
	faces         map[style]font.Face
}

type style struct {
	size float64 // in pixels
	bold bool
}

// NewFonts reads the product's own font.
func NewFonts() (*Fonts, error) {
	regular, err := opentype.Parse(noto.Regular)
	if err != nil {
		return nil, fmt.Errorf("dialog: font: %w", err)
	}
	bold, err := opentype.Parse(noto.Bold)
	if err != nil {
		return nil, fmt.Errorf("dialog: font: %w", err)
	}
	return &Fonts{regular: regular, bold: bold, faces: map[style]font.Face{}}, nil
}

func (f *Fonts) face(s style) font.Face {
	if face, ok := f.faces[s]; ok {
		return face
	}
	from := f.regular
	if s.bold {
		from = f.bold
	}
	// An error is about options only, and these are none of them.
	face, err := opentype.NewFace(from, &opentype.FaceOptions{Size: s.size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		panic("dialog: font: " + err.Error())
	}
	f.faces[s] = face
	return face
}

// width is a line's, in pixels.
func (f *Fonts) width(s style, words string) int { return font.MeasureString(f.face(s), words).Ceil() }

// height is a line's, in pixels.
func (f *Fonts) height(s style) int {
	m := f.face(s).Metrics()
	return (m.Ascent + m.Descent).Ceil()
}

// wrap breaks words into lines of at most width pixels; a word that is wider is
// broken where it must be.
func (f *Fonts) wrap(s style, words string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(words) {
		candidate := word
		if line != "" {
			candidate = line + " " + word
		}
		if f.width(s, candidate) <= width {
			line = candidate
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for f.width(s, word) > width {
			cut := 0
			for i := range word {
				if i > 0 && f.width(s, word[:i]) > width {
					break
				}
				cut = i
			}
			if cut == 0 { // not even one letter: there is no room at all
				break
			}
			lines = append(lines, word[:cut])
			word = word[cut:]
		}
		line = word
	}
	if line != "" || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

// write draws a line whose upper left corner is at p.
func (f *Fonts) write(m *image.RGBA, s style, p image.Point, ink color.Color, words string) {
	face := f.face(s)
	d := font.Drawer{Dst: m, Src: image.NewUniform(ink), Face: face,
		Dot: fixed.Point26_6{X: fixed.I(p.X), Y: fixed.I(p.Y) + face.Metrics().Ascent}}
	d.DrawString(words)
}
