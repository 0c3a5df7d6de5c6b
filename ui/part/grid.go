package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Grid2 places two objects side by side in halves, both at the top; where a
// half would be too narrow for either, one below the other.
func Grid2(gap float32, left, right fyne.CanvasObject) *fyne.Container {
	return container.New(&halvesLayout{gap: gap}, left, right)
}

// halvesLayout remembers its width: only with it the height is known.
type halvesLayout struct{ gap, width float32 }

func (l *halvesLayout) apart(o []fyne.CanvasObject) bool {
	return l.width <= 0 || 2*max(o[0].MinSize().Width, o[1].MinSize().Width)+l.gap <= l.width+0.5
}

func (l *halvesLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	size := fyne.NewSize(max(a.Width, b.Width), max(a.Height, b.Height))
	if !l.apart(o) && b.Height > 0 {
		size.Height = a.Height + l.gap + b.Height
	}
	return size
}

func (l *halvesLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	apart := l.apart(o)
	w, x, y := size.Width, float32(0), float32(0)
	if apart {
		w = (size.Width - l.gap) / 2
	}
	for _, half := range o {
		half.Resize(fyne.NewSize(w, half.MinSize().Height))
		half.Resize(fyne.NewSize(w, half.MinSize().Height))
		half.Move(fyne.NewPos(x, y))
		if apart {
			x += w + l.gap
		} else {
			y += half.Size().Height + l.gap
		}
	}
}
