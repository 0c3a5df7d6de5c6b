package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Sheet is a head and a foot that always stay in sight, and between them a body
// that scrolls where there is not room for all of it, by wheel, bar or finger.
type Sheet struct {
	*fyne.Container
	scroll *container.Scroll
	layout *sheetLayout
}

// NewSheet makes a sheet. more stands between body and foot while the body is
// higher than its room.
func NewSheet(head, body, more, foot fyne.CanvasObject) *Sheet {
	s := &Sheet{layout: &sheetLayout{body: body}}
	s.scroll = container.NewVScroll(container.NewStack(newPan(s.Move), body))
	s.Container = container.New(s.layout, head, s.scroll, more, foot)
	return s
}

// Limit gives the sheet its greatest height: 0 is none.
func (s *Sheet) Limit(height float32) { s.layout.limit = height }

// OnScrolled is told when another piece of the body is in sight.
func (s *Sheet) OnScrolled(f func()) { s.scroll.OnScrolled = func(fyne.Position) { f() } }

// InSight is which piece of the body can be seen, and how high all of it is.
func (s *Sheet) InSight() (top, bottom, height float32) {
	top = s.scroll.Offset.Y
	return top, top + s.scroll.Size().Height, s.layout.body.MinSize().Height
}

// Long says whether the body is higher than its room.
func (s *Sheet) Long() bool { return s.layout.long }

// overlap is what of a page stays in sight when the next one comes.
const overlap float32 = 24

// Page scrolls by so many pages, down where it is more than 0.
func (s *Sheet) Page(by float32) {
	s.Move(by * max(s.scroll.Size().Height-overlap, overlap))
}

// Move scrolls by a distance, down where it is more than 0.
func (s *Sheet) Move(by float32) {
	top, bottom, height := s.InSight()
	to := max(0, min(top+by, height-(bottom-top)))
	if to != top {
		s.scroll.ScrollToOffset(fyne.NewPos(0, to))
	}
}

// bodyLeast is the least of a body that is worth scrolling through.
const bodyLeast float32 = 96

type sheetLayout struct {
	body  fyne.CanvasObject
	limit float32
	long  bool
}

// whole is the height of all of it.
func (l *sheetLayout) whole(o []fyne.CanvasObject) float32 {
	return o[0].MinSize().Height + l.body.MinSize().Height + o[3].MinSize().Height
}

func (l *sheetLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	size := fyne.NewSize(0, l.whole(o))
	for _, one := range []fyne.CanvasObject{o[0], l.body, o[2], o[3]} {
		size.Width = max(size.Width, one.MinSize().Width)
	}
	if l.limit > 0 && size.Height > l.limit {
		size.Height = max(l.limit, o[0].MinSize().Height+bodyLeast+o[2].MinSize().Height+o[3].MinSize().Height)
	}
	return size
}

func (l *sheetLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	head, scroll, more, foot := o[0], o[1], o[2], o[3]
	// The width first: it may change the height of what wraps.
	for _, one := range []fyne.CanvasObject{head, l.body, foot} {
		one.Resize(fyne.NewSize(size.Width, one.Size().Height))
	}
	l.long = l.whole(o) > size.Height+0.5
	room := size.Height - head.MinSize().Height - foot.MinSize().Height
	if l.long {
		room -= more.MinSize().Height
		more.Show()
	} else {
		more.Hide()
	}
	y := float32(0)
	place := func(one fyne.CanvasObject, height float32) {
		one.Move(fyne.NewPos(0, y))
		one.Resize(fyne.NewSize(size.Width, height))
		y += height
	}
	place(head, head.MinSize().Height)
	place(scroll, max(room, 0))
	if l.long {
		place(more, more.MinSize().Height)
	}
	place(foot, foot.MinSize().Height)
}

// pan lies under what scrolls: a finger that draws over it takes the content
// along, as far as nothing above it wants the press.
type pan struct {
	widget.BaseWidget
	move func(by float32)
}

func newPan(move func(by float32)) *pan {
	p := &pan{move: move}
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer is Fyne's. There is nothing to see.
func (p *pan) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewWithoutLayout())
}

// Dragged is Fyne's.
func (p *pan) Dragged(e *fyne.DragEvent) { p.move(-e.Dragged.DY) }

// DragEnd is Fyne's.
func (p *pan) DragEnd() {}
