package view_test

import (
	"fmt"
	"image/color"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
)

// pressed are the parts that are there to be pressed or typed into, in sight.
func pressed(w fyne.Window) []piece {
	var out []piece
	for _, p := range pieces(w) {
		_, tappable := p.object.(fyne.Tappable)
		_, focusable := p.object.(fyne.Focusable)
		named, ok := p.object.(part.Identified)
		if b, is := p.object.(*part.Button); is && !b.Enabled() {
			continue
		}
		if d, is := p.object.(fyne.Disableable); is && d.Disabled() {
			continue
		}
		middle := p.at.cut(p.clip)
		if (tappable || focusable) && ok && named.WidgetID() != "" && middle.h > p.at.h/2 && middle.w > 0 {
			out = append(out, p)
		}
	}
	return out
}

// B12: what is pressed is high enough for a finger in a glove, is reached with
// Tab in the order it is read, and back, and says in words what it is.
func TestByTouchAndKeyboard(t *testing.T) {
	for i, p := range []theme.Palette{theme.Light(), theme.HighContrast()} {
		name := []string{"light", "contrast"}[i]
		k := sized(t, "en", p, "normal")
		for n, s := range sample.Screens("en") {
			if raceDetector && n%4 != i {
				continue
			}
			w := show(t, k, s, fyne.NewSize(980, 690))
			for _, fault := range append(tooLow(w), byKeyboard(w)...) {
				t.Errorf("%s in %s: %s", s.Name, name, fault)
			}
			w.Close()
		}
	}
}

func tooLow(w fyne.Window) []string {
	var out []string
	for _, p := range pressed(w) {
		if p.at.h < theme.Touch-0.1 {
			out = append(out, fmt.Sprintf("%s is %.0f high", p.within, p.at.h))
		}
	}
	return out
}

// row is how far up the focus may go within what is read as one line.
const row = theme.Touch + 12

func byKeyboard(w fyne.Window) []string {
	var out []string
	c := w.Canvas()
	at := func() (fyne.CanvasObject, string) {
		o, _ := c.Focused().(fyne.CanvasObject)
		if named, ok := o.(part.Identified); ok {
			return o, named.WidgetID()
		}
		return o, ""
	}
	place := func(o fyne.CanvasObject) box {
		p := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
		return box{p.X, p.Y, o.Size().Width, o.Size().Height}
	}
	var order []fyne.CanvasObject
	visited := map[fyne.CanvasObject]bool{}
	want := pressed(w)
	c.Unfocus()
	for range 200 {
		c.FocusNext()
		o, id := at()
		if o == nil || visited[o] {
			break
		}
		visited[o] = true
		spoken, ok := o.(part.Spoken)
		if id == "" || !ok || strings.TrimSpace(spoken.Spoken()) == "" {
			out = append(out, fmt.Sprintf("what has the focus has no name: %T %q", o, id))
		}
		if here := place(o); !ringed(o) {
			out = append(out, fmt.Sprintf("%s has the focus and does not show it (%v)", id, here))
		}
		if len(order) > 0 {
			before, now := place(order[len(order)-1]), place(o)
			first, _ := order[len(order)-1].(part.Identified)
			// A question's no is where the focus begins; what a yes needs stands above.
			if now.y < before.y-row && now.x < before.right()-1 && first.WidgetID() != "prompt.deny" {
				out = append(out, fmt.Sprintf("the focus jumps up from %v to %s at %v", before, id, now))
			}
		}
		order = append(order, o)
	}
	for _, p := range want {
		// A choice of Segments is moved with the arrow keys, a row with the list's.
		if _, ok := p.object.(fyne.Focusable); ok && !visited[p.object] {
			out = append(out, p.within+" is not reached with Tab")
		}
	}
	if len(order) > 0 {
		c.Focus(order[len(order)-1].(fyne.Focusable))
	}
	// Back it goes through the same; only what holds others, such as a list, comes
	// before them in Fyne's order.
	back := map[fyne.CanvasObject]bool{}
	for range order {
		o, _ := at()
		back[o] = true
		c.FocusPrevious()
	}
	if len(back) != len(order) {
		out = append(out, fmt.Sprintf("back it goes through %d parts of %d", len(back), len(order)))
	}
	return out
}

// ringed says whether a ring is drawn in what has the focus, or right around it.
func ringed(o fyne.CanvasObject) bool {
	accent := fyne.CurrentApp().Settings().Theme().Color("primary", 0)
	found := false
	var walk func(o fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		if r, ok := o.(*canvas.Rectangle); ok && r.Visible() && r.StrokeWidth >= 2.5 && (r.StrokeColor == accent || r.StrokeColor == color.Color(theme.HeaderInk)) {
			found = true
		}
		if c, ok := o.(*fyne.Container); ok {
			for _, child := range c.Objects {
				walk(child)
			}
		}
		if w, ok := o.(fyne.Widget); ok && o.Visible() {
			for _, child := range test.WidgetRenderer(w).Objects() {
				walk(child)
			}
		}
	}
	walk(o)
	if s, ok := o.(*part.Select); ok {
		found = s.Ringed()
	}
	return found
}
