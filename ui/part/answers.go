package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Answers places a no at the left and a yes at the right, far apart, so that
// one is never hit for the other, with what a yes needs above both. The Tab key
// goes no, needs, yes. needs may be nil.
func Answers(no, needs, yes fyne.CanvasObject) *fyne.Container {
	if needs == nil {
		return container.New(&answersLayout{}, no, yes)
	}
	return container.New(&answersLayout{}, no, needs, yes)
}

// answersLayout remembers its width: where the two do not fit beside each other
// the yes stands below, still at the other end.
type answersLayout struct{ width float32 }

func (l *answersLayout) apart(no, yes fyne.CanvasObject) bool {
	least := max(answerWidth, no.MinSize().Width) + answersGap + max(answerWidth, yes.MinSize().Width)
	return l.width <= 0 || least <= l.width+0.5
}

const (
	answerWidth float32 = 190
	answersGap  float32 = 40 // the least between the two
	needsGap    float32 = 14 // between what a yes needs and the buttons
)

func (l *answersLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	no, yes := o[0].MinSize(), o[len(o)-1].MinSize()
	size := fyne.NewSize(max(2*answerWidth+answersGap, no.Width, yes.Width), max(no.Height, yes.Height))
	if !l.apart(o[0], o[len(o)-1]) {
		size.Height = no.Height + needsGap + yes.Height
	}
	if len(o) == 3 {
		m := o[1].MinSize()
		size = fyne.NewSize(max(size.Width, m.Width), size.Height+m.Height+needsGap)
	}
	return size
}

func (l *answersLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	y := float32(0)
	if len(o) == 3 {
		// The width first: it may change the height.
		o[1].Resize(fyne.NewSize(size.Width, o[1].MinSize().Height))
		h := o[1].MinSize().Height
		o[1].Resize(fyne.NewSize(size.Width, h))
		o[1].Move(fyne.NewPos(0, 0))
		y = h + needsGap
	}
	no, yes := o[0], o[len(o)-1]
	for _, b := range []fyne.CanvasObject{no, yes} {
		b.Resize(fyne.NewSize(max(answerWidth, b.MinSize().Width), b.MinSize().Height))
	}
	no.Move(fyne.NewPos(0, y))
	if !l.apart(no, yes) {
		y += no.Size().Height + needsGap
	}
	yes.Move(fyne.NewPos(size.Width-yes.Size().Width, y))
}
