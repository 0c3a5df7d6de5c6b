// Package part holds the pieces every view is made of: text, cards, chips,
// buttons, banners. They take colours and words from a Kit, draw nothing by
// themselves and know nothing of instruments or sessions.
package part

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"beckmanconnect/assets/fonts"
	"beckmanconnect/internal/linebreak"
)

// Text is text that wraps, without the padding Fyne's labels bring along. It
// takes no focus and cannot be typed in.
type Text struct {
	widget.BaseWidget
	content string
	lang    string // whose fonts it is drawn with where they can write it
	size    float32
	bold    bool
	ink     color.Color
	align   fyne.TextAlign
	single  bool // one line, shortened with an ellipsis when too long
}

// Set changes the words.
func (t *Text) Set(s string) {
	if t.content == s {
		return
	}
	t.content = s
	t.Refresh()
}

// Content is what it says.
func (t *Text) Content() string { return t.content }

// Shortened says whether it was too long for its one line.
func (t *Text) Shortened() bool {
	return t.single && t.Size().Width > 0 && fyne.MeasureText(t.content, t.size, fyne.TextStyle{Bold: t.bold}).Width > t.Size().Width+0.5
}

// Centered aligns the lines in the middle.
func (t *Text) Centered() *Text { t.align = fyne.TextAlignCenter; return t }

// SingleLine keeps the text on one line.
func (t *Text) SingleLine() *Text { t.single = true; return t }

// CreateRenderer is Fyne's.
func (t *Text) CreateRenderer() fyne.WidgetRenderer { return &textRenderer{text: t, width: -1} }

type textRenderer struct {
	text  *Text
	lines []*canvas.Text
	width float32
	min   fyne.Size
	of    string
	font  fyne.Resource
}

func (r *textRenderer) style() fyne.TextStyle { return fyne.TextStyle{Bold: r.text.bold} }

// source is the font where it is not the theme's: for a name in another script.
func (r *textRenderer) source() fyne.Resource {
	return fonts.Source(r.text.lang, r.text.content, r.text.bold)
}

func (r *textRenderer) measure(s string) float32 {
	return measure(s, r.text.size, r.text.bold, r.font)
}

func measure(s string, size float32, bold bool, font fyne.Resource) float32 {
	m, _ := fyne.CurrentApp().Driver().RenderedTextSize(s, size, fyne.TextStyle{Bold: bold}, font)
	return m.Width
}

func (r *textRenderer) Layout(size fyne.Size) {
	if size.Width != r.width || r.of != r.text.content {
		r.flow(size.Width)
	}
	y := float32(0)
	for _, l := range r.lines {
		h := l.MinSize().Height
		l.Move(fyne.NewPos(0, y))
		l.Resize(fyne.NewSize(size.Width, h))
		y += h
	}
}

// flow breaks the text into lines for a width.
func (r *textRenderer) flow(width float32) {
	r.width, r.of, r.font = width, r.text.content, r.source()
	var lines []string
	switch {
	case r.text.single:
		lines = []string{r.shorten(strings.ReplaceAll(r.text.content, "\n", " "), width)}
	case width <= 0:
		lines = strings.Split(r.text.content, "\n")
	default:
		lines = linebreak.Wrap(r.text.content, width+slack, r.measure)
	}
	for len(r.lines) < len(lines) {
		r.lines = append(r.lines, canvas.NewText("", r.text.ink))
	}
	r.lines = r.lines[:len(lines)]
	height := float32(0)
	for i, s := range lines {
		l := r.lines[i]
		l.Text, l.TextSize, l.TextStyle, l.Color, l.Alignment, l.FontSource = s, r.text.size, r.style(), r.text.ink, r.text.align, r.font
		l.Refresh()
		height += l.MinSize().Height
	}
	// A wrapping text is content with little width; its height is what its
	// present width needs. Fyne lays the parents out again when it grows.
	r.min = fyne.NewSize(r.least(), height)
}

// least is the width nothing should be squeezed below: the longest word, or
// all of a short text that stays on one line. Chinese and Japanese have no words
// to see; a few characters stay side by side, or a label would stand upright.
func (r *textRenderer) least() float32 {
	if r.text.single {
		return min(r.measure(r.text.content), 48)
	}
	widest, wide := float32(0), false
	for _, piece := range linebreak.Pieces(r.text.content) {
		widest = max(widest, r.measure(strings.TrimSpace(piece)))
		wide = wide || strings.ContainsFunc(piece, linebreak.Wide)
	}
	if wide {
		widest = max(widest, min(r.measure(r.text.content), leastWide*r.text.size))
	}
	return min(widest, 220)
}

// leastWide is how many wide characters are kept side by side.
const leastWide = 6

func (r *textRenderer) shorten(s string, width float32) string {
	if width <= 0 {
		return s
	}
	return linebreak.Shorten(s, width+slack, r.measure)
}

// slack is how much more than its room a line may take, for rounding.
const slack = 0.5

// Shorten cuts one line of text to a width, with an ellipsis where it was cut.
func Shorten(s string, width, size float32, bold bool) string {
	return linebreak.Shorten(s, width+slack, func(s string) float32 { return measure(s, size, bold, nil) })
}

func (r *textRenderer) MinSize() fyne.Size {
	if r.width < 0 || r.of != r.text.content {
		width := r.width
		if width < 0 {
			width = 0
		}
		r.flow(width)
	}
	return r.min
}

func (r *textRenderer) Refresh() {
	r.flow(max(r.width, 0))
	r.Layout(r.text.Size())
	canvas.Refresh(r.text)
}

func (r *textRenderer) Objects() []fyne.CanvasObject {
	out := make([]fyne.CanvasObject, len(r.lines))
	for i, l := range r.lines {
		out[i] = l
	}
	return out
}

func (r *textRenderer) Destroy() {}
