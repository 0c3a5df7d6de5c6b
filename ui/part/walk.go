package part

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// Place is where a named part is on its canvas, in Fyne's units.
type Place struct {
	ID     string
	Object fyne.CanvasObject
	Pos    fyne.Position
	Size   fyne.Size
}

// Places lists the named parts that can be seen under a root, cut to what the
// scrolled areas around them leave in sight.
func Places(root fyne.CanvasObject) []Place {
	var out []Place
	walk(root, fyne.NewPos(0, 0), rect{max: fyne.NewPos(1e6, 1e6)}, func(o fyne.CanvasObject, r rect) {
		if named, ok := o.(Identified); ok && named.WidgetID() != "" && r.max.X > r.min.X && r.max.Y > r.min.Y {
			out = append(out, Place{ID: named.WidgetID(), Object: o, Pos: r.min, Size: fyne.NewSize(r.max.X-r.min.X, r.max.Y-r.min.Y)})
		}
	})
	return out
}

// Find returns the part of a name under a root, in sight or not, or nil.
func Find(root fyne.CanvasObject, id string) fyne.CanvasObject {
	var found fyne.CanvasObject
	walk(root, fyne.NewPos(0, 0), rect{max: fyne.NewPos(1e6, 1e6)}, func(o fyne.CanvasObject, _ rect) {
		if named, ok := o.(Identified); ok && named.WidgetID() == id && found == nil {
			found = o
		}
	})
	return found
}

// Written is all that is written under an object, one text after the other.
func Written(root fyne.CanvasObject) string {
	var words []string
	walk(root, fyne.NewPos(0, 0), rect{max: fyne.NewPos(1e6, 1e6)}, func(o fyne.CanvasObject, _ rect) {
		switch t := o.(type) {
		case *Text:
			words = append(words, t.Content())
		case *canvas.Text:
			words = append(words, t.Text)
		}
	})
	return strings.Join(words, ". ")
}

type rect struct{ min, max fyne.Position }

func (r rect) cut(o rect) rect {
	return rect{fyne.NewPos(max(r.min.X, o.min.X), max(r.min.Y, o.min.Y)), fyne.NewPos(min(r.max.X, o.max.X), min(r.max.Y, o.max.Y))}
}

func walk(o fyne.CanvasObject, at fyne.Position, clip rect, visit func(fyne.CanvasObject, rect)) {
	if o == nil || !o.Visible() {
		return
	}
	at = at.Add(o.Position())
	here := rect{at, at.AddXY(o.Size().Width, o.Size().Height)}
	visit(o, here.cut(clip))
	switch c := o.(type) {
	case *fyne.Container:
		for _, child := range c.Objects {
			walk(child, at, clip, visit)
		}
	case *container.Scroll:
		walk(c.Content, at, clip.cut(here), visit)
	case interface{ Inside() []fyne.CanvasObject }:
		for _, child := range c.Inside() {
			walk(child, at, clip, visit)
		}
	}
}
