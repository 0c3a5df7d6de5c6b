package dialog

import (
	"image"
	"image/color"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"beckmanconnect/assets/fonts/noto"
	"beckmanconnect/internal/linebreak"
)

// Fonts are the letters of one dialog. Not safe for concurrent use.
type Fonts struct {
	lang   string
	parsed map[parsing]*opentype.Font
	faces  map[drawing]font.Face
}

type style struct {
	size float64 // in pixels
	bold bool
}

type parsing struct {
	face *noto.Face
	bold bool
}

type drawing struct {
	face *noto.Face
	style
}

// NewFonts gives the product's own fonts for a language. One is read when
// something is drawn with it for the first time.
func NewFonts(lang string) *Fonts {
	return &Fonts{lang: lang, parsed: map[parsing]*opentype.Font{}, faces: map[drawing]font.Face{}}
}

func (f *Fonts) face(of *noto.Face, s style) font.Face {
	if face, ok := f.faces[drawing{of, s}]; ok {
		return face
	}
	from := f.parsed[parsing{of, s.bold}]
	if from == nil {
		raw := of.Regular
		if s.bold {
			raw = of.Bold
		}
		var err error
		if from, err = opentype.Parse(raw); err != nil {
			panic("dialog: font: " + err.Error()) // part of the program; a test reads all
		}
		f.parsed[parsing{of, s.bold}] = from
	}
	// An error is about options only, and these are none of them.
	face, err := opentype.NewFace(from, &opentype.FaceOptions{Size: s.size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		panic("dialog: font: " + err.Error())
	}
	f.faces[drawing{of, s}] = face
	return face
}

// width is a line's, in pixels.
func (f *Fonts) width(s style, words string) int {
	var all fixed.Int26_6
	for _, run := range noto.Runs(f.lang, words) {
		all += font.MeasureString(f.face(run.Face, s), run.Text)
	}
	return all.Ceil()
}

// height is a line's, in pixels; all faces have the same.
func (f *Fonts) height(s style) int {
	m := f.face(noto.For(f.lang)[0], s).Metrics()
	return (m.Ascent + m.Descent).Ceil()
}

// wrap breaks words into lines of at most width pixels; a word that is wider is
// broken where it must be.
func (f *Fonts) wrap(s style, words string, width int) []string {
	return linebreak.Wrap(strings.Join(strings.Fields(words), " "), width, func(line string) int { return f.width(s, line) })
}

// write draws a line whose upper left corner is at p.
func (f *Fonts) write(m *image.RGBA, s style, p image.Point, ink color.Color, words string) {
	d := font.Drawer{Dst: m, Src: image.NewUniform(ink),
		Dot: fixed.Point26_6{X: fixed.I(p.X), Y: fixed.I(p.Y) + f.face(noto.For(f.lang)[0], s).Metrics().Ascent}}
	for _, run := range noto.Runs(f.lang, words) {
		d.Face = f.face(run.Face, s)
		d.DrawString(run.Text)
	}
}
