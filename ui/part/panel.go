package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/theme"
)

// Panel is a card without room inside, for a list that has its own. It is the
// largest field there is, and a field with round corners costs twice as much a
// pixel as a plain one where no graphics driver is: so only its ends are round.
func (k *Kit) Panel(content fyne.CanvasObject) fyne.CanvasObject {
	paper, line := k.Palette.Surface, k.Palette.Line
	if k.Palette.Edges {
		return k.card(paper, line, 4, content) // its edge has no seams
	}
	end := func() *canvas.Rectangle {
		r := canvas.NewRectangle(paper)
		r.StrokeColor, r.StrokeWidth = line, 1
		return r
	}
	top, bottom := end(), end()
	top.TopLeftCornerRadius, top.TopRightCornerRadius = theme.Radius, theme.Radius
	bottom.BottomLeftCornerRadius, bottom.BottomRightCornerRadius = theme.Radius, theme.Radius
	left, right := end(), end()
	left.CornerRadius, right.CornerRadius = 0.1, 0.1 // so that their edge is drawn as the ends' is
	// The middle covers the edges that these have inside.
	box := container.New(panelLayout{}, top, bottom, left, right, canvas.NewRectangle(paper))
	return container.NewStack(box, Inset(4, 4, 4, 4, content))
}

// panelLayout places the two ends, the two sides and the middle of a panel.
type panelLayout struct{}

func (panelLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSquareSize(2 * theme.Radius)
}

func (panelLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	const end, side = 2 * theme.Radius, theme.Radius
	place := func(o fyne.CanvasObject, x, y, w, h float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(max(w, 0), max(h, 0)))
	}
	place(o[0], 0, 0, size.Width, end)
	place(o[1], 0, size.Height-end, size.Width, end)
	place(o[2], 0, end, side, size.Height-2*end)
	place(o[3], size.Width-side, end, side, size.Height-2*end)
	place(o[4], 1.5, theme.Radius, size.Width-3, size.Height-end)
}
