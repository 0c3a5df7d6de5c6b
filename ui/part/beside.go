package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Beside places an object right after the end of a text; a text that is too
// long for what is left of the width wraps.
func Beside(gap float32, t *Text, o fyne.CanvasObject) *fyne.Container {
	return container.New(besideLayout{gap}, t, o)
}

type besideLayout struct{ gap float32 }

func (l besideLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(a.Width+l.gap+b.Width, max(a.Height, b.Height))
}

func (l besideLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	t, m := o[0].(*Text), o[1].MinSize()
	// Half a unit more than its letters are wide: a width that is just enough
	// must not wrap for a rounding.
	width := fyne.MeasureText(t.content, t.size, fyne.TextStyle{Bold: t.bold}).Width + 0.5
	width = min(width, size.Width-l.gap-m.Width)
	t.Resize(fyne.NewSize(width, t.MinSize().Height)) // the width first: it may change the height
	h := t.MinSize().Height
	t.Resize(fyne.NewSize(width, h))
	t.Move(fyne.NewPos(0, (size.Height-h)/2))
	o[1].Resize(m)
	o[1].Move(fyne.NewPos(width+l.gap, (size.Height-m.Height)/2))
}
