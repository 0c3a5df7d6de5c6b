package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// ringRoom is how far outside its part a ring is drawn.
const ringRoom float32 = 3

// ringedLayout gives the last object, a ring, a little more than the others.
type ringedLayout struct{}

func (ringedLayout) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

func (ringedLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	for _, each := range o[:len(o)-1] {
		each.Move(fyne.NewPos(0, 0))
		each.Resize(size)
	}
	around(o[len(o)-1], size)
}

// around places a ring around what has a size.
func around(ring fyne.CanvasObject, size fyne.Size) {
	ring.Move(fyne.NewPos(-ringRoom, -ringRoom))
	ring.Resize(size.AddWidthHeight(2*ringRoom, 2*ringRoom))
}

// ringed draws a ring around one of Fyne's own inputs: they tell the focus by
// the colour of their edge alone.
type ringed struct {
	fyne.WidgetRenderer
	ring *canvas.Rectangle
}

func (r ringed) Layout(size fyne.Size) {
	r.WidgetRenderer.Layout(size)
	around(r.ring, size)
}

func (r ringed) Objects() []fyne.CanvasObject {
	return append([]fyne.CanvasObject{r.ring}, r.WidgetRenderer.Objects()...)
}

// touched is a size that a finger in a glove hits.
func touched(size fyne.Size, least float32) fyne.Size {
	size.Height = max(size.Height, least)
	return size
}
