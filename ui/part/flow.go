package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Flow places side by side, and goes on in a further line where the width
// ends: words of another language are longer.
func Flow(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(&flowLayout{gap: gap}, objects...)
}

// flowLayout remembers its width: only with it the height is known.
type flowLayout struct{ gap, width float32 }

func (l *flowLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	size := fyne.NewSize(0, l.each(objects, l.width, nil))
	for _, o := range objects {
		if o.Visible() {
			size.Width = max(size.Width, o.MinSize().Width)
		}
	}
	return size
}

func (l *flowLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	l.each(objects, size.Width, func(o fyne.CanvasObject, at fyne.Position, size fyne.Size) {
		o.Resize(size)
		o.Move(at)
	})
}

// each gives every object its place in a width, in the middle of its line, and
// returns the height.
func (l *flowLayout) each(objects []fyne.CanvasObject, width float32, place func(fyne.CanvasObject, fyne.Position, fyne.Size)) float32 {
	y := float32(0)
	var line []fyne.CanvasObject
	x, height := float32(0), float32(0)
	end := func() {
		at := float32(0)
		for _, o := range line {
			m := o.MinSize()
			if place != nil {
				place(o, fyne.NewPos(at, y+(height-m.Height)/2), m)
			}
			at += m.Width + l.gap
		}
		y += height
		line, x, height = line[:0], 0, 0
	}
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		if len(line) > 0 && width > 0 && x+m.Width > width {
			end()
			y += l.gap
		}
		line = append(line, o)
		x, height = x+m.Width+l.gap, max(height, m.Height)
	}
	end()
	return y
}
