// Package part holds the pieces every view is made of: text, cards, chips,
// buttons, banners. They take colours and words from a Kit, draw nothing by
// themselves and know nothing of instruments or sessions.
package part

import (
	"image/color"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Text is text that wraps, without the padding Fyne's labels bring along. It
// takes no focus and cannot be typed in.
type Text struct {
	widget.BaseWidget
	content string
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
}

func (r *textRenderer) style() fyne.TextStyle { return fyne.TextStyle{Bold: r.text.bold} }

func (r *textRenderer) measure(s string) float32 {
	return fyne.MeasureText(s, r.text.size, r.style()).Width
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
	r.width, r.of = width, r.text.content
	var lines []string
	switch {
	case r.text.single:
		lines = []string{r.shorten(strings.ReplaceAll(r.text.content, "\n", " "), width)}
	case width <= 0:
		lines = strings.Split(r.text.content, "\n")
	default:
		for _, paragraph := range strings.Split(r.text.content, "\n") {
			lines = append(lines, wrap(paragraph, width, r.measure)...)
		}
	}
	for len(r.lines) < len(lines) {
		r.lines = append(r.lines, canvas.NewText("", r.text.ink))
	}
	r.lines = r.lines[:len(lines)]
	height := float32(0)
	for i, s := range lines {
		l := r.lines[i]
		l.Text, l.TextSize, l.TextStyle, l.Color, l.Alignment = s, r.text.size, r.style(), r.text.ink, r.text.align
		l.Refresh()
		height += l.MinSize().Height
	}
	// A wrapping text is content with little width; its height is what its
	// present width needs. Fyne lays the parents out again when it grows.
	r.min = fyne.NewSize(r.least(), height)
}

// least is the width nothing should be squeezed below: the longest word, or
// all of a short text that stays on one line.
func (r *textRenderer) least() float32 {
	if r.text.single {
		return min(r.measure(r.text.content), 48)
	}
	widest := float32(0)
	for _, piece := range pieces(r.text.content) {
		widest = max(widest, r.measure(strings.TrimSpace(piece)))
	}
	return min(widest, 220)
}

func (r *textRenderer) shorten(s string, width float32) string {
	if width <= 0 {
		return s
	}
	return shorten(s, width, r.measure)
}

// Shorten cuts one line of text to a width, with an ellipsis where it was cut.
func Shorten(s string, width, size float32, bold bool) string {
	return shorten(s, width, func(s string) float32 { return fyne.MeasureText(s, size, fyne.TextStyle{Bold: bold}).Width })
}

func shorten(s string, width float32, measure func(string) float32) string {
	all := measure(s)
	if all <= width+0.5 {
		return s
	}
	runes := []rune(s)
	short := func(n int) string { return strings.TrimRight(string(runes[:n]), " ") + "…" }
	// The longest beginning that fits, looked for from where it most likely is:
	// measuring is what costs.
	n := max(0, min(int(float32(len(runes))*width/all), len(runes)-1))
	for n > 0 && measure(short(n)) > width {
		n--
	}
	for n < len(runes)-1 && measure(short(n+1)) <= width {
		n++
	}
	if n == 0 {
		return "…"
	}
	return short(n)
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

// wrap breaks one paragraph into lines no wider than width.
func wrap(s string, width float32, measure func(string) float32) []string {
	var lines []string
	line := ""
	for _, piece := range pieces(s) {
		if line == "" || measure(strings.TrimRight(line+piece, " ")) <= width+0.5 {
			line += piece
		} else {
			lines = append(lines, strings.TrimRight(line, " "))
			line = piece
		}
		// A word longer than a line, such as a path or a hash, is cut.
		for measure(strings.TrimRight(line, " ")) > width+0.5 {
			head, tail := cut(line, width, measure)
			if tail == "" {
				break
			}
			lines, line = append(lines, head), tail
		}
	}
	return append(lines, strings.TrimRight(line, " "))
}

func cut(s string, width float32, measure func(string) float32) (head, tail string) {
	runes := []rune(s)
	n := len(runes) - 1
	for n > 1 && measure(string(runes[:n])) > width {
		n--
	}
	if n < 1 {
		return s, ""
	}
	return string(runes[:n]), string(runes[n:])
}

// pieces splits where a line may break: after spaces, and between the
// characters of Chinese and Japanese.
func pieces(s string) []string {
	var out []string
	start := 0
	runes := []rune(s)
	for i, r := range runes {
		if i+1 >= len(runes) {
			break
		}
		next := runes[i+1]
		if (r == ' ' && next != ' ') || (breaksAround(r) && !closes(next)) || (breaksAround(next) && r != ' ' && !opens(r)) {
			out = append(out, string(runes[start:i+1]))
			start = i + 1
		}
	}
	return append(out, string(runes[start:]))
}

func breaksAround(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || (r >= 0x3000 && r <= 0x303F) || (r >= 0xFF00 && r <= 0xFFEF)
}

// closes are characters that never begin a line.
func closes(r rune) bool {
	return strings.ContainsRune("、。，．！？：；）」』】》ー.,!?:;)…", r)
}

// opens are characters that never end one.
func opens(r rune) bool { return strings.ContainsRune("（「『【《(", r) }
