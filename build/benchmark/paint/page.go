package paint

import (
	"fmt"
	"image"
	"math/rand/v2"

	"github.com/jezek/xgb/xproto"
	"golang.org/x/image/font"
)

// typedFrom is the upper edge of the first line that is typed, in the page.
const typedFrom = 420

// typing is an editor with some text in it. A step writes one character and
// moves the caret behind it.
type typing struct {
	window xproto.Window
	page   *surface
	face   font.Face
	text   []rune
	x, y   int // the caret: left edge, upper edge of its line
}

const margin = 28

func newTyping(x *screen, random *rand.Rand) (scene, error) {
	f, err := sans(11)
	if err != nil {
		return nil, err
	}
	page, err := x.surface(pageAt.Dx(), pageAt.Dy())
	if err != nil {
		return nil, err
	}
	page.fill(page.Bounds(), paper)
	page.fill(image.Rect(0, 0, page.w, 30), frame)
	write(page, f, paper, 12, 21, "Notes - maintenance of BC-4711")
	for y := 60; y < typedFrom-10; y += lineHigh {
		write(page, f, ink, margin, y, fit(f, sentence(random, 140), page.w-2*margin))
	}
	t := &typing{page: page, face: f, text: []rune(sentence(random, 4000)), x: margin, y: typedFrom}
	t.caret(ink)
	t.window, err = x.window(pageAt, page, 0)
	return t, err
}

// fit cuts a text to a width.
func fit(f font.Face, text string, width int) string {
	for len(text) > 0 && font.MeasureString(f, text).Ceil() > width {
		text = text[:len(text)-1]
	}
	return text
}

func (t *typing) caret(c uint32) {
	t.page.fill(image.Rect(t.x, t.y+2, t.x+2, t.y+lineHigh-2), c)
}

func (t *typing) step(n int) error {
	changed := image.Rect(t.x, t.y, t.x+2, t.y+lineHigh)
	t.caret(paper)
	t.x = write(t.page, t.face, ink, t.x, t.y+15, string(t.text[n%len(t.text)]))
	if t.x > t.page.w-2*margin {
		if err := t.page.put(xproto.Drawable(t.window), changed, changed.Min); err != nil {
			return err
		}
		t.x, t.y = margin, t.y+lineHigh
		if t.y+lineHigh > t.page.h { // a full page: again from its middle
			t.page.fill(image.Rect(0, typedFrom, t.page.w, t.page.h), paper)
			t.y = typedFrom
			changed = image.Rect(0, typedFrom, t.page.w, t.page.h)
		}
	}
	t.caret(ink)
	changed = changed.Union(image.Rect(t.x, t.y, t.x+2, t.y+lineHigh))
	if changed.Dy() == 2*lineHigh { // the line is new: only the caret is there
		changed = image.Rect(t.x, t.y, t.x+2, t.y+lineHigh)
	}
	return t.page.put(xproto.Drawable(t.window), changed, changed.Min)
}

// scroll is a terminal with an instrument's log. A step moves all lines up by
// one, inside the server as terminals do it, and writes the next.
type scroll struct {
	x      *screen
	window xproto.Window
	line   *surface
	face   font.Face
	random *rand.Rand
	number int
}

func newScroll(x *screen, random *rand.Rand) (scene, error) {
	f, err := mono(10)
	if err != nil {
		return nil, err
	}
	page, err := x.surface(pageAt.Dx(), pageAt.Dy())
	if err != nil {
		return nil, err
	}
	line, err := x.surface(pageAt.Dx(), lineHigh)
	if err != nil {
		return nil, err
	}
	s := &scroll{x: x, line: line, face: f, random: random}
	for y := 0; y < page.h; y += lineHigh {
		s.next()
		copy(page.pix[y*page.w:], line.pix)
	}
	s.window, err = x.window(pageAt, page, 0)
	return s, err
}

// next writes the next line of the log.
func (s *scroll) next() {
	s.number++
	s.line.fill(s.line.Bounds(), dark)
	at := write(s.line, s.face, 0x8fa9c4, 8, 15, fmt.Sprintf("08:%02d:%02d.%03d ", s.number/60%60, s.number%60, s.random.IntN(1000)))
	level, colour := "INFO  ", uint32(green)
	switch s.random.IntN(9) {
	case 0:
		level, colour = "ERROR ", red
	case 1, 2:
		level, colour = "WARN  ", amber
	}
	at = write(s.line, s.face, colour, at, 15, level)
	write(s.line, s.face, pale, at, 15, sentence(s.random, 30+s.random.IntN(60)))
}

func (s *scroll) step(int) error {
	s.next()
	w := xproto.Drawable(s.window)
	height := pageAt.Dy() - lineHigh
	xproto.CopyArea(s.x.c, w, w, s.x.gc, 0, int16(lineHigh), 0, 0, uint16(pageAt.Dx()), uint16(height))
	return s.line.put(w, s.line.Bounds(), image.Pt(0, height))
}
