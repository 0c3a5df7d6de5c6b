package part

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// fieldLayout is as long as all rows together; the list places those in sight.
type fieldLayout struct{ list *List }

func (f fieldLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(0, float32(f.list.rows.Len())*f.list.height)
}

func (f fieldLayout) Layout([]fyne.CanvasObject, fyne.Size) { f.list.arrange(false) }

// listCell is one row in sight: what is in it, and what shows that it is
// chosen or pointed at.
type listCell struct {
	widget.BaseWidget
	list       *List
	key        uint64
	index      int
	child      fyne.CanvasObject
	back, ring *canvas.Rectangle
}

// left is called when the row went out of sight.
func (c *listCell) left() {
	if c.list.hovered == c.key {
		c.list.hovered = 0
	}
}

func (c *listCell) mark() {
	l := c.list
	fill := color.Color(color.Transparent)
	if c.key != 0 && c.key == l.hovered {
		fill = l.kit.Palette.Window
	}
	chosen := l.focused && c.key == l.cursor && c.key != 0
	if c.back.FillColor == fill && c.ring.Hidden == !chosen {
		return
	}
	c.back.FillColor, c.ring.Hidden = fill, !chosen
	c.back.Refresh()
	c.ring.Refresh()
}

func (c *listCell) Inside() []fyne.CanvasObject { return []fyne.CanvasObject{c.child} }

func (c *listCell) Tapped(*fyne.PointEvent) {
	c.list.cursor = c.key
	c.list.open(c.key)
}

func (c *listCell) MouseIn(*desktop.MouseEvent) {
	c.list.hovered = c.key
	c.list.marks()
}

func (c *listCell) MouseMoved(*desktop.MouseEvent) {
	if c.list.hovered != c.key {
		c.MouseIn(nil)
	}
}

func (c *listCell) MouseOut() {
	c.left()
	c.list.marks()
}

func (c *listCell) Cursor() desktop.Cursor { return desktop.PointerCursor }

func (c *listCell) CreateRenderer() fyne.WidgetRenderer { return &cellRenderer{c} }

type cellRenderer struct{ cell *listCell }

func (r *cellRenderer) MinSize() fyne.Size { return fyne.NewSize(0, r.cell.list.height) }

func (r *cellRenderer) Layout(size fyne.Size) {
	r.cell.back.Resize(size)
	r.cell.ring.Move(fyne.NewPos(2, 2))
	r.cell.ring.Resize(size.SubtractWidthHeight(4, 4))
	r.cell.child.Resize(size)
}

func (r *cellRenderer) Refresh() {
	r.cell.back.Refresh()
	r.cell.ring.Refresh()
	r.cell.child.Refresh()
}

func (r *cellRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.cell.back, r.cell.child, r.cell.ring}
}

func (r *cellRenderer) Destroy() {}
