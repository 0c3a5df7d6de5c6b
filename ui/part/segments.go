package part

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"beckmanconnect/ui/theme"
)

// Segment is one of a few choices, all of them in sight.
type Segment struct{ ID, Label string }

// Segments lets one of a few be chosen. The arrow keys move the choice while
// it has the focus.
type Segments struct {
	widget.BaseWidget
	ID    string
	Label string // what is chosen, in words
	OnKey func(*fyne.KeyEvent)
	// OnChanged gets the index of what was chosen.
	OnChanged func(int)

	kit      *Kit
	items    []*segment
	selected int
	box      *fyne.Container
	ring     *canvas.Rectangle
}

// Segments makes the choice; the first is selected.
func (k *Kit) Segments(id string, choices []Segment) *Segments {
	s := &Segments{ID: id, kit: k}
	var objects []fyne.CanvasObject
	for i, c := range choices {
		item := &segment{owner: s, index: i, ID: id + "." + c.ID, label: c.Label}
		item.ExtendBaseWidget(item)
		s.items = append(s.items, item)
		objects = append(objects, item)
	}
	back := canvas.NewRectangle(k.Palette.Sunken)
	back.CornerRadius, back.StrokeColor, back.StrokeWidth = 10, k.Palette.Field, k.Edge()
	s.ring = k.Ring(12)
	s.box = container.NewStack(back, Inset(segmentsInset, segmentsInset, segmentsInset, segmentsInset, container.New(&segmentsLayout{}, objects...)), s.ring)
	s.ExtendBaseWidget(s)
	return s
}

// segmentsInset is the room around the choices.
const segmentsInset float32 = 3

// natural is the width in which all choices stand in one line.
func (s *Segments) natural() float32 {
	widest := float32(0)
	for _, item := range s.items {
		widest = max(widest, item.MinSize().Width)
	}
	return widest*float32(len(s.items)) + 2*segmentsInset
}

// segmentsLayout gives all choices one width, in as few lines as they fit.
type segmentsLayout struct{ width float32 }

func (l *segmentsLayout) columns(o []fyne.CanvasObject, least float32) int {
	for n := len(o); n > 1; n-- {
		if len(o)%n == 0 && (l.width <= 0 || float32(n)*least <= l.width+0.5) {
			return n
		}
	}
	return 1
}

func (l *segmentsLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	size := fyne.Size{}
	for _, each := range o {
		size = size.Max(each.MinSize())
	}
	size.Height *= float32(len(o) / l.columns(o, size.Width))
	return size
}

func (l *segmentsLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	l.width = size.Width
	least := float32(0)
	for _, each := range o {
		least = max(least, each.MinSize().Width)
	}
	n := l.columns(o, least)
	w, h := size.Width/float32(n), size.Height/float32(len(o)/n)
	for i, each := range o {
		each.Resize(fyne.NewSize(w, h))
		each.Move(fyne.NewPos(float32(i%n)*w, float32(i/n)*h))
	}
}

// WidgetID is the stable name.
func (s *Segments) WidgetID() string { return s.ID }

// Spoken is what a screen reader says.
func (s *Segments) Spoken() string {
	chosen := s.items[s.selected].label
	if s.Label == "" {
		return chosen
	}
	return s.Label + ": " + chosen
}

// Selected is the index of the choice.
func (s *Segments) Selected() int { return s.selected }

// Select chooses.
func (s *Segments) Select(i int) {
	if i < 0 || i >= len(s.items) || i == s.selected {
		return
	}
	s.selected = i
	for _, item := range s.items {
		item.Refresh()
	}
	if s.OnChanged != nil {
		s.OnChanged(i)
	}
}

// FocusGained is Fyne's.
func (s *Segments) FocusGained() { s.ring.Show(); s.ring.Refresh(); Reveal(s) }

// FocusLost is Fyne's.
func (s *Segments) FocusLost() { s.ring.Hide(); s.ring.Refresh() }

// TypedRune is Fyne's.
func (s *Segments) TypedRune(rune) {}

// TypedKey moves the choice.
func (s *Segments) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft, fyne.KeyUp:
		s.Select(s.selected - 1)
	case fyne.KeyRight, fyne.KeyDown:
		s.Select(s.selected + 1)
	default:
		given(s, s.OnKey, e)
	}
}

// Inside is what tests find inside.
func (s *Segments) Inside() []fyne.CanvasObject { return []fyne.CanvasObject{s.box} }

// CreateRenderer is Fyne's.
func (s *Segments) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(s.box) }

// segment is one choice of Segments.
type segment struct {
	widget.BaseWidget
	ID    string
	owner *Segments
	index int
	label string
}

func (s *segment) WidgetID() string        { return s.ID }
func (s *segment) Tapped(*fyne.PointEvent) { s.owner.Select(s.index) }
func (s *segment) Cursor() desktop.Cursor  { return desktop.PointerCursor }

func (s *segment) CreateRenderer() fyne.WidgetRenderer {
	r := &segmentRenderer{segment: s, box: canvas.NewRectangle(color.Transparent), label: canvas.NewText(s.label, color.Transparent)}
	r.apply()
	return r
}

type segmentRenderer struct {
	segment *segment
	box     *canvas.Rectangle
	label   *canvas.Text
}

func (r *segmentRenderer) apply() {
	p := r.segment.owner.kit.Palette
	chosen := r.segment.owner.selected == r.segment.index
	r.box.CornerRadius = 8
	r.box.FillColor, r.box.StrokeColor, r.box.StrokeWidth = color.Transparent, color.Transparent, 0
	r.label.TextSize, r.label.Alignment = r.segment.owner.kit.Size(theme.TextBody), fyne.TextAlignCenter
	r.label.Color, r.label.TextStyle = p.Muted, fyne.TextStyle{}
	if chosen {
		r.box.FillColor, r.box.StrokeColor, r.box.StrokeWidth = p.Surface, p.Accent, 1.5*r.segment.owner.kit.Edge()
		r.label.Color, r.label.TextStyle = p.Accent, fyne.TextStyle{Bold: true}
	}
}

func (r *segmentRenderer) MinSize() fyne.Size {
	return fyne.NewSize(r.label.MinSize().Width+28, max(theme.Touch, r.label.MinSize().Height+16))
}

func (r *segmentRenderer) Layout(size fyne.Size) {
	r.box.Resize(size)
	h := r.label.MinSize().Height
	r.label.Move(fyne.NewPos(0, (size.Height-h)/2))
	r.label.Resize(fyne.NewSize(size.Width, h))
}

func (r *segmentRenderer) Refresh() {
	r.apply()
	r.box.Refresh()
	r.label.Refresh()
}

func (r *segmentRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.box, r.label} }
func (r *segmentRenderer) Destroy()                     {}
