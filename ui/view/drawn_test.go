package view_test

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"beckmanconnect/ui/part"
)

// box is a place on the canvas.
type box struct{ x, y, w, h float32 }

func (b box) right() float32  { return b.x + b.w }
func (b box) bottom() float32 { return b.y + b.h }
func (b box) cut(o box) box {
	x, y := max(b.x, o.x), max(b.y, o.y)
	return box{x, y, max(min(b.right(), o.right())-x, 0), max(min(b.bottom(), o.bottom())-y, 0)}
}
func (b box) holds(x, y float32) bool {
	return x >= b.x && x <= b.right() && y >= b.y && y <= b.bottom()
}
func (b box) String() string { return fmt.Sprintf("%.0f,%.0f %.0f×%.0f", b.x, b.y, b.w, b.h) }

// piece is something that is drawn: in the order of drawing.
type piece struct {
	object fyne.CanvasObject
	at     box
	clip   box // what of the canvas its scrolled areas leave
	inList bool
	scroll bool // it lies in something that scrolls
	room   box  // what all that it lies in leaves it from side to side
	within string
}

// pieces lists all that is drawn, the insides of parts too.
func pieces(w fyne.Window) []piece {
	size := w.Canvas().Size()
	var out []piece
	var walk func(o fyne.CanvasObject, p piece)
	walk = func(o fyne.CanvasObject, p piece) {
		if o == nil || !o.Visible() {
			return
		}
		p.object = o
		p.at = box{p.at.x + o.Position().X, p.at.y + o.Position().Y, o.Size().Width, o.Size().Height}
		if named, ok := o.(part.Identified); ok && named.WidgetID() != "" {
			p.within = named.WidgetID()
		}
		if p.at.w > 0 { // what is placed by hand may lie in a field without a size
			p.room = p.room.cut(box{p.at.x, p.room.y, p.at.w, p.room.h})
		}
		out = append(out, p)
		switch o := o.(type) {
		case *fyne.Container:
			for _, child := range o.Objects {
				walk(child, p)
			}
			return
		case *part.List:
			p.inList = true
		case *container.Scroll:
			p.clip, p.scroll = p.clip.cut(p.at), true
		}
		if widget, ok := o.(fyne.Widget); ok {
			for _, child := range test.WidgetRenderer(widget).Objects() {
				walk(child, p)
			}
		}
	}
	all := box{0, 0, size.Width, size.Height}
	walk(w.Content(), piece{clip: all, room: all})
	return out
}

// written is a text with the place its letters take.
type written struct {
	piece
	text *canvas.Text
	ink  box
}

func texts(all []piece) []written {
	var out []written
	for _, p := range all {
		t, ok := p.object.(*canvas.Text)
		if !ok || strings.TrimSpace(t.Text) == "" {
			continue
		}
		m := t.MinSize()
		ink := box{p.at.x, p.at.y, m.Width, m.Height}
		switch t.Alignment {
		case fyne.TextAlignCenter:
			ink.x += (p.at.w - m.Width) / 2
		case fyne.TextAlignTrailing:
			ink.x += p.at.w - m.Width
		}
		out = append(out, written{p, t, ink})
	}
	return out
}
