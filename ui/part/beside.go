package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Beside places an object right after the end of a text, or below it where the
// text has not room for one line beside it: a name is not broken for a mark.
func Beside(gap float32, t *Text, o fyne.CanvasObject) *fyne.Container {
	return container.New(&besideLayout{gap: gap}, t, o)
}

// besideLayout remembers its width: only with it the height is known.
type besideLayout struct{ gap, width float32 }

// belowGap is the room between a text and what stands below it.
const belowGap float32 = 4

// natural is the text's width on one line, half a unit more than its letters
// are wide: a width that is just enough must not wrap for a rounding.
func (l *besideLayout) natural(t *Text) float32 {
	return fyne.MeasureText(t.content, t.size, fyne.TextStyle{Bold: t.bold}).Width + 0.5
}

func (l *besideLayout) below(t *Text, mark fyne.Size) bool {
	return l.width > 0 && l.natural(t)+l.gap+mark.Width > l.width
}

func (l *besideLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	t, m := o[0].MinSize(), o[1].MinSize()
	size := fyne.NewSize(max(t.Width, m.Width), max(t.Height, m.Height))
	if l.below(o[0].(*Text), m) {
		size.Height = t.Height + belowGap + m.Height
	}
	return size
}

func (l *besideLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	t, m := o[0].(*Text), o[1].MinSize()
	l.width = size.Width
	below := l.below(t, m)
	width := min(l.natural(t), size.Width)
	t.Resize(fyne.NewSize(width, t.MinSize().Height)) // the width first: it may change the height
	h := t.MinSize().Height
	t.Resize(fyne.NewSize(width, h))
	o[1].Resize(m)
	if below {
		t.Move(fyne.NewPos(0, 0))
		o[1].Move(fyne.NewPos(0, h+belowGap))
		return
	}
	t.Move(fyne.NewPos(0, (size.Height-h)/2))
	o[1].Move(fyne.NewPos(width+l.gap, (size.Height-m.Height)/2))
}
