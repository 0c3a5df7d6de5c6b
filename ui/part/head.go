package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Head is a text at the left and what belongs to it at the right end of the
// same line; where the width ends that goes on below, in as many lines as it
// takes.
func Head(gap float32, t *Text, rest ...fyne.CanvasObject) *fyne.Container {
	return container.New(&headLayout{gap: gap, rest: flowLayout{gap: gap}}, append([]fyne.CanvasObject{t}, rest...)...)
}

// headLayout remembers its width: only with it the height is known.
type headLayout struct {
	gap, width float32
	rest       flowLayout
}

// beside is the width of everything that stands at the right, where it does;
// 0: it goes below.
func (l *headLayout) beside(o []fyne.CanvasObject) float32 {
	t, ends := o[0].(*Text), float32(0)
	for _, each := range o[1:] {
		if each.Visible() {
			ends += l.gap + each.MinSize().Width
		}
	}
	natural := fyne.MeasureText(t.content, t.size, fyne.TextStyle{Bold: t.bold}).Width + 0.5
	if l.width > 0 && natural+ends > l.width {
		return 0
	}
	return ends
}

func (l *headLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	size := o[0].MinSize()
	below := float32(0)
	for _, each := range o[1:] {
		if each.Visible() {
			m := each.MinSize()
			size.Width, below = max(size.Width, m.Width), max(below, m.Height)
		}
	}
	switch {
	case below == 0:
	case l.beside(o) > 0:
		size.Height = max(size.Height, below)
	default:
		size.Height += l.gap + l.rest.each(o[1:], l.width, nil)
	}
	return size
}

func (l *headLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	if ends := l.beside(o); ends > 0 {
		h := o[0].MinSize().Height
		o[0].Resize(fyne.NewSize(size.Width-ends, h))
		o[0].Move(fyne.NewPos(0, (size.Height-h)/2))
		x := size.Width - ends
		for _, each := range o[1:] {
			if each.Visible() {
				m := each.MinSize()
				each.Resize(m)
				each.Move(fyne.NewPos(x+l.gap, (size.Height-m.Height)/2))
				x += l.gap + m.Width
			}
		}
		return
	}
	o[0].Resize(fyne.NewSize(size.Width, o[0].MinSize().Height))
	h := o[0].MinSize().Height
	o[0].Resize(fyne.NewSize(size.Width, h))
	o[0].Move(fyne.NewPos(0, 0))
	l.rest.each(o[1:], size.Width, func(each fyne.CanvasObject, at fyne.Position, m fyne.Size) {
		each.Resize(m)
		each.Move(at.AddXY(0, h+l.gap))
	})
}
