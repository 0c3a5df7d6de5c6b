package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Sides places what matters most at the left and a narrower column of a fixed
// width beside it; where the left would get less than its least width, or than
// it needs, below it.
func Sides(gap, side, least float32, main, beside fyne.CanvasObject) *fyne.Container {
	return container.New(&sidesLayout{gap: gap, side: side, least: least}, main, beside)
}

// sidesLayout remembers its width: only with it the height is known.
type sidesLayout struct{ gap, side, least, width float32 }

func (l *sidesLayout) apart(main fyne.CanvasObject) bool {
	return l.width >= max(l.least, main.MinSize().Width)+l.gap+l.side
}

// MinSize is Fyne's. What is stacked needs the width of the wider one.
func (l *sidesLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	size := fyne.NewSize(max(a.Width, b.Width), a.Height+l.gap+b.Height)
	if l.apart(o[0]) {
		size.Height = max(a.Height, b.Height)
	}
	return size
}

// Layout is Fyne's. The width first: it changes the heights.
func (l *sidesLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	place := func(o fyne.CanvasObject, x, y, w float32) float32 {
		o.Resize(fyne.NewSize(w, o.MinSize().Height))
		h := o.MinSize().Height
		o.Resize(fyne.NewSize(w, h))
		o.Move(fyne.NewPos(x, y))
		return h
	}
	if !l.apart(o[0]) {
		h := place(o[0], 0, 0, size.Width)
		place(o[1], 0, h+l.gap, size.Width)
		return
	}
	place(o[0], 0, 0, size.Width-l.gap-l.side)
	place(o[1], size.Width-l.side, 0, l.side)
}
