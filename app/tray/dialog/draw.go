package dialog

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"strings"
	"unicode/utf8"

	"beckmanconnect/ui/look"
)

// Sizes without scale.
const (
	inset     = 24.0
	gap       = 12.0
	textSize  = 15.0
	smallSize = 13.0
	headSize  = 18.0
	touch     = 44.0 // the least height of what is pressed, also in gloves
)

// stroke is one thing that is drawn: an area, with a line of words on it.
type stroke struct {
	area  image.Rectangle
	fill  color.Color // nil: none
	edge  color.Color // nil: none
	thick int
	words string
	style style
	ink   color.Color
	at    image.Point
}

// sheet lays a form out from the top.
type sheet struct {
	form    *Form
	fonts   *Fonts
	palette look.Palette
	scale   float64
	width   int
	y       int
	strokes []stroke
	places  map[string]image.Rectangle
}

// Draw makes the form's picture at a scale, 1 for 96 dots to the inch, and notes
// where everything is.
func (f *Form) Draw(fonts *Fonts, p look.Palette, scale float64) *image.RGBA {
	s := lay(f, fonts, p, scale)
	f.places = s.places
	m := image.NewRGBA(image.Rect(0, 0, s.width, s.y))
	draw.Draw(m, m.Rect, image.NewUniform(p.Surface), image.Point{}, draw.Src)
	for _, k := range s.strokes {
		k.draw(m, fonts)
	}
	frame(m, m.Rect, p.Field, max(s.px(1), 1))
	return m
}

// size is a picture's at a scale, without drawing it.
func (f *Form) size(fonts *Fonts, scale float64) image.Point {
	s := lay(f, fonts, look.Light(), scale)
	return image.Pt(s.width, s.y)
}

func lay(f *Form, fonts *Fonts, p look.Palette, scale float64) *sheet {
	s := &sheet{form: f, fonts: fonts, palette: p, scale: scale, places: map[string]image.Rectangle{}}
	s.width = s.px(f.Width)
	for i := range f.Blocks {
		s.block(&f.Blocks[i])
	}
	if n := len(f.Blocks); n > 0 && f.Blocks[n-1].Kind != Row {
		s.y += s.px(inset) - s.px(gap)
	}
	return s
}

func (k stroke) draw(m *image.RGBA, fonts *Fonts) {
	if k.fill != nil {
		draw.Draw(m, k.area, image.NewUniform(k.fill), image.Point{}, draw.Src)
	}
	if k.edge != nil {
		frame(m, k.area, k.edge, k.thick)
	}
	if k.words != "" {
		fonts.write(m, k.style, k.at, k.ink, k.words)
	}
}

// frame draws the inner edge of an area.
func frame(m *image.RGBA, r image.Rectangle, c color.Color, thick int) {
	u := image.NewUniform(c)
	for _, side := range []image.Rectangle{
		image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+thick), image.Rect(r.Min.X, r.Max.Y-thick, r.Max.X, r.Max.Y),
		image.Rect(r.Min.X, r.Min.Y, r.Min.X+thick, r.Max.Y), image.Rect(r.Max.X-thick, r.Min.Y, r.Max.X, r.Max.Y),
	} {
		draw.Draw(m, side, u, image.Point{}, draw.Src)
	}
}

func (s *sheet) px(v float64) int { return int(math.Round(v * s.scale)) }

func (s *sheet) style(size float64, bold bool) style { return style{size * s.scale, bold} }

// lines writes wrapped words from a corner and returns the height they took.
func (s *sheet) lines(t style, x, y, width int, ink color.Color, words string, least int) int {
	height := s.fonts.height(t)
	all := s.fonts.wrap(t, words, width)
	for i, line := range all {
		s.strokes = append(s.strokes, stroke{words: line, style: t, ink: ink, at: image.Pt(x, y+i*height),
			area: image.Rect(x, y+i*height, x+width, y+(i+1)*height)})
	}
	return max(len(all), least) * height
}

func (s *sheet) block(b *Block) {
	x, width := s.px(inset), s.width-2*s.px(inset)
	p := s.palette
	switch b.Kind {
	case Header:
		back := len(s.strokes)
		s.strokes = append(s.strokes, stroke{})
		h := s.lines(s.style(headSize, true), x, s.y+s.px(18), width, look.HeaderInk, b.Words, 1)
		bottom := s.y + h + 2*s.px(18)
		s.strokes[back] = stroke{area: image.Rect(0, s.y, s.width, bottom), fill: p.Headers[b.Tone][0]}
		s.y = bottom + s.px(16)
		return
	case Text:
		size := b.Size
		if size == 0 {
			size = textSize
		}
		ink := p.Ink
		if b.Tone != look.Neutral {
			ink = p.Chips[b.Tone].Ink
		}
		s.y += s.lines(s.style(size, b.Bold), x, s.y, width, ink, b.Words, b.Lines)
	case Facts:
		s.facts(b, x, width)
	case Notice:
		s.notice(b, x, width)
	case Choice:
		s.choice(b, x, width)
	case Check:
		s.check(b, x, width)
	case Field:
		s.field(b, x, width)
	case Buttons:
		s.buttons(b, x, width)
	case Row:
		s.row(b)
		return
	}
	s.y += s.px(gap)
}

// facts are two columns; the names' is as wide as they need, at most two fifths.
func (s *sheet) facts(b *Block, x, width int) {
	t, bold := s.style(textSize, false), s.style(textSize, true)
	names := 0
	for _, row := range b.Rows {
		names = max(names, s.fonts.width(t, row[0]))
	}
	names = min(names, width*2/5)
	column := names + s.px(16)
	for _, row := range b.Rows {
		left := s.lines(t, x, s.y, names, s.palette.Muted, row[0], 1)
		right := s.lines(bold, x+column, s.y, width-column, s.palette.Ink, row[1], 1)
		s.y += max(left, right) + s.px(4)
	}
	s.y -= s.px(4)
}

func (s *sheet) notice(b *Block, x, width int) {
	pair, pad := s.palette.Chips[b.Tone], s.px(10)
	back := len(s.strokes)
	s.strokes = append(s.strokes, stroke{})
	h := s.lines(s.style(textSize, true), x+pad, s.y+pad, width-2*pad, pair.Ink, b.Words, 1)
	area := image.Rect(x, s.y, x+width, s.y+h+2*pad)
	s.strokes[back] = stroke{area: area, fill: pair.Paper, edge: pair.Ink, thick: max(s.px(1), 1)}
	s.y = area.Max.Y
}

// label writes a block's name above it.
func (s *sheet) label(b *Block, x, width int) {
	if b.Words != "" {
		s.y += s.lines(s.style(textSize, true), x, s.y, width, s.palette.Ink, b.Words, 1) + s.px(5)
	}
}

// focused is the ring around what the keys go to.
func (s *sheet) focused(id string, r image.Rectangle) {
	if s.form.Focus() == id {
		s.strokes = append(s.strokes, stroke{area: r.Inset(-s.px(3)), edge: s.palette.Accent, thick: max(s.px(2), 1)})
	}
}

func (s *sheet) choice(b *Block, x, width int) {
	s.label(b, x, width)
	n, between := max(len(b.Options), 1), s.px(8)
	each := (width - (n-1)*between) / n
	t := s.style(textSize, false)
	high := s.px(touch)
	for _, o := range b.Options {
		high = max(high, len(s.fonts.wrap(t, o, each-s.px(44)))*s.fonts.height(t)+s.px(14))
	}
	for i, o := range b.Options {
		r := image.Rect(x+i*(each+between), s.y, x+i*(each+between)+each, s.y+high)
		s.places[b.ID+optionMark+optionID(i)] = r
		fill, edge, thick := s.palette.Surface, s.palette.Field, max(s.px(1), 1)
		if i == b.Selected {
			fill, edge, thick = s.palette.Sunken, s.palette.Accent, max(s.px(2), 2)
		}
		s.strokes = append(s.strokes, stroke{area: r, fill: fill, edge: edge, thick: thick})
		box := s.box(image.Pt(r.Min.X+s.px(12), r.Min.Y+(high-s.px(16))/2), s.px(16))
		if i == b.Selected {
			s.strokes = append(s.strokes, stroke{area: box.Inset(s.px(4)), fill: s.palette.Accent})
		}
		s.centred(t, image.Rect(r.Min.X+s.px(36), r.Min.Y, r.Max.X-s.px(8), r.Max.Y), s.palette.Ink, o, false)
	}
	s.focused(b.ID, image.Rect(x, s.y, x+width, s.y+high))
	s.y += high
}

// box is the square of a choice or a check.
func (s *sheet) box(at image.Point, size int) image.Rectangle {
	r := image.Rectangle{Min: at, Max: at.Add(image.Pt(size, size))}
	s.strokes = append(s.strokes, stroke{area: r, fill: s.palette.Surface, edge: s.palette.Field, thick: max(s.px(1), 1)})
	return r
}

func (s *sheet) check(b *Block, x, width int) {
	t, size := s.style(textSize, true), s.px(20)
	lines := s.fonts.wrap(t, b.Words, width-s.px(44))
	high := max(len(lines)*s.fonts.height(t)+s.px(14), s.px(touch))
	r := image.Rect(x, s.y, x+width, s.y+high)
	s.places[b.ID] = r
	s.strokes = append(s.strokes, stroke{area: r, fill: s.palette.Sunken, edge: s.palette.Field, thick: max(s.px(1), 1)})
	box := s.box(image.Pt(x+s.px(10), s.y+(high-size)/2), size)
	if b.On {
		s.strokes = append(s.strokes, stroke{area: box.Inset(s.px(4)), fill: s.palette.Accent})
	}
	s.centred(t, image.Rect(x+s.px(40), r.Min.Y, r.Max.X-s.px(4), r.Max.Y), s.palette.Ink, b.Words, false)
	s.focused(b.ID, r)
	s.y += high
}

func (s *sheet) field(b *Block, x, width int) {
	s.label(b, x, width)
	r := image.Rect(x, s.y, x+width/2, s.y+s.px(touch))
	s.places[b.ID] = r
	s.strokes = append(s.strokes, stroke{area: r, fill: s.palette.Surface, edge: s.palette.Field, thick: max(s.px(1), 1)})
	shown := b.Value
	if b.Secret {
		shown = strings.Repeat("•", utf8.RuneCountInString(shown))
	}
	if s.form.Focus() == b.ID {
		shown += "|"
	}
	s.centred(s.style(textSize, false), image.Rect(r.Min.X+s.px(12), r.Min.Y, r.Max.X-s.px(12), r.Max.Y), s.palette.Ink, shown, false)
	s.focused(b.ID, r)
	s.y += r.Dy()
}

// centred writes words in the middle of an area's height, from the left or
// around its middle.
func (s *sheet) centred(t style, r image.Rectangle, ink color.Color, words string, middle bool) {
	lines := s.fonts.wrap(t, words, r.Dx())
	height := s.fonts.height(t)
	y := r.Min.Y + (r.Dy()-len(lines)*height)/2
	for i, line := range lines {
		x := r.Min.X
		if middle {
			x += (r.Dx() - s.fonts.width(t, line)) / 2
		}
		s.strokes = append(s.strokes, stroke{words: line, style: t, ink: ink, at: image.Pt(x, y+i*height),
			area: image.Rect(r.Min.X, y+i*height, r.Max.X, y+(i+1)*height)})
	}
}

func (s *sheet) buttons(b *Block, x, width int) {
	n, between := max(len(b.Buttons), 1), s.px(18)
	each := (width - (n-1)*between) / n
	high := s.px(touch)
	for _, one := range b.Buttons {
		t := s.style(textSize, true)
		high = max(high, len(s.fonts.wrap(t, one.Label, each-s.px(16)))*s.fonts.height(t)+s.px(14))
	}
	for i, one := range b.Buttons {
		s.button(one, image.Rect(x+i*(each+between), s.y, x+i*(each+between)+each, s.y+high))
	}
	s.y += high
}

func (s *sheet) button(b Button, r image.Rectangle) {
	s.places[b.ID] = r
	p := s.palette
	fill, ink := p.Sunken, p.Ink
	switch {
	case !b.Enabled:
		ink = p.Muted
	case b.Style == Stop:
		fill, ink = p.Stop.Paper, p.Stop.Ink
	case b.Style == Primary:
		fill, ink = p.Primary.Paper, p.Primary.Ink
	}
	s.strokes = append(s.strokes, stroke{area: r, fill: fill, edge: p.Field, thick: max(s.px(1), 1)})
	s.centred(s.style(textSize, true), image.Rect(r.Min.X+s.px(8), r.Min.Y, r.Max.X-s.px(8), r.Max.Y), ink, b.Label, true)
	s.focused(b.ID, r)
}

// row is a bar: words on the left, buttons on the right.
func (s *sheet) row(b *Block) {
	pad, t, small := s.px(12), s.style(textSize, true), s.style(smallSize, false)
	right := s.width - pad
	buttons := s.px(touch) - s.px(8)
	var places []image.Rectangle
	for i := len(b.Buttons) - 1; i >= 0; i-- {
		w := s.fonts.width(t, b.Buttons[i].Label) + s.px(44)
		places = append(places, image.Rect(right-w, 0, right, buttons))
		right -= w + s.px(8)
	}
	width := right - pad
	back := len(s.strokes)
	s.strokes = append(s.strokes, stroke{})
	y := s.y + s.px(8)
	for i, row := range b.Rows {
		face := small
		if i == 0 {
			face = t
		}
		y += s.lines(face, pad, y, width, look.HeaderInk, row[0], 1)
	}
	bottom := max(y+s.px(8), s.y+buttons+2*s.px(8))
	s.strokes[back] = stroke{area: image.Rect(0, s.y, s.width, bottom), fill: s.palette.Headers[b.Tone][0]}
	for i, r := range places {
		one := b.Buttons[len(b.Buttons)-1-i]
		s.button(one, r.Add(image.Pt(0, s.y+(bottom-s.y-buttons)/2)))
	}
	s.y = bottom
}
