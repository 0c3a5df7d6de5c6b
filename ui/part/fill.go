package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Fill stacks three things and gives the middle one all height that the first
// and the last leave. The Tab key goes through them as they are read, which in
// Fyne's border layout it does not. last may be nil.
func Fill(first, middle, last fyne.CanvasObject) *fyne.Container {
	if last == nil {
		return container.New(fillLayout{}, first, middle)
	}
	return container.New(fillLayout{}, first, middle, last)
}

type fillLayout struct{}

func (fillLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	size := fyne.Size{}
	for _, part := range o {
		m := part.MinSize()
		size = fyne.NewSize(max(size.Width, m.Width), size.Height+m.Height)
	}
	return size
}

func (fillLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	// The width first: it may change the height.
	fixed := func(o fyne.CanvasObject) float32 {
		o.Resize(fyne.NewSize(size.Width, o.MinSize().Height))
		h := o.MinSize().Height
		o.Resize(fyne.NewSize(size.Width, h))
		return h
	}
	top, bottom := fixed(o[0]), float32(0)
	if len(o) == 3 {
		bottom = fixed(o[2])
		o[2].Move(fyne.NewPos(0, size.Height-bottom))
	}
	o[0].Move(fyne.NewPos(0, 0))
	o[1].Move(fyne.NewPos(0, top))
	o[1].Resize(fyne.NewSize(size.Width, max(size.Height-top-bottom, 0)))
}
