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

// Entry is a text field with a stable name.
type Entry struct {
	widget.Entry
	ID string
	// OnKey gets Escape, which a field has no use for. With it the field has no
	// menu either: Escape would close that first.
	OnKey func(*fyne.KeyEvent)
	// Fits says which of what is typed or pasted may stand in the field.
	Fits func(string) string
}

// Entry makes a text field.
func (k *Kit) Entry(id, hint string) *Entry {
	e := &Entry{ID: id}
	e.PlaceHolder = hint
	e.ExtendBaseWidget(e)
	return e
}

// Secret makes a field for digits that shows dots, and has no button to show
// what is behind them.
func (k *Kit) Secret(id, hint string, fits func(string) string) *Entry {
	e := k.Entry(id, hint)
	e.Password, e.ActionItem, e.Fits = true, canvas.NewRectangle(color.Transparent), fits
	return e
}

// WidgetID is the stable name.
func (e *Entry) WidgetID() string { return e.ID }

// TypedKey hands on what a field does not use.
func (e *Entry) TypedKey(key *fyne.KeyEvent) {
	if key.Name == fyne.KeyEscape && e.OnKey != nil {
		e.OnKey(key)
		return
	}
	e.Entry.TypedKey(key)
}

// TypedRune takes in what fits.
func (e *Entry) TypedRune(r rune) {
	if e.Fits == nil || e.Fits(e.Text+string(r)) == e.Text+string(r) {
		e.Entry.TypedRune(r)
	}
}

// TypedShortcut takes in what fits of what is pasted.
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	e.Entry.TypedShortcut(s)
	if e.Fits == nil {
		return
	}
	if fit := e.Fits(e.Text); fit != e.Text {
		e.SetText(fit)
	}
}

// TappedSecondary is the field's menu.
func (e *Entry) TappedSecondary(at *fyne.PointEvent) {
	if e.OnKey == nil {
		e.Entry.TappedSecondary(at)
	}
}

// Choice is a text field that also offers values.
type Choice struct {
	widget.SelectEntry
	ID string
}

// Choice makes a field that offers values.
func (k *Kit) Choice(id, hint string, values []string) *Choice {
	c := &Choice{ID: id}
	c.ExtendBaseWidget(c)
	c.PlaceHolder = hint
	c.SetOptions(values)
	return c
}

// WidgetID is the stable name.
func (c *Choice) WidgetID() string { return c.ID }

// Check is a tick.
type Check struct {
	widget.Check
	ID    string
	OnKey func(*fyne.KeyEvent)
}

// Check makes a tick.
func (k *Kit) Check(id, label string, changed func(bool)) *Check {
	c := &Check{ID: id}
	c.Text, c.OnChanged = label, changed
	c.ExtendBaseWidget(c)
	return c
}

// WidgetID is the stable name.
func (c *Check) WidgetID() string { return c.ID }

// TypedKey hands on what a tick does not use.
func (c *Check) TypedKey(e *fyne.KeyEvent) {
	c.Check.TypedKey(e)
	if c.OnKey != nil {
		c.OnKey(e)
	}
}

// Field is an input with its label above and room for what is wrong below.
type Field struct {
	Content fyne.CanvasObject
	wrong   *Text
	place   *fyne.Container
}

// Field puts a label to an input.
func (k *Kit) Field(label string, input fyne.CanvasObject) *Field {
	f := &Field{wrong: k.text("", theme.TextSmall, true, k.Palette.Chips[theme.Danger].Ink)}
	f.wrong.Hide()
	f.place = Column(5, k.Bold(label), input, f.wrong)
	f.Content = f.place
	return f
}

// SetWrong says what is wrong, "" for nothing.
func (f *Field) SetWrong(s string) {
	f.wrong.Set(s)
	if s == "" {
		f.wrong.Hide()
	} else {
		f.wrong.Show()
	}
	f.place.Refresh()
}

// Wrong is what is said to be wrong.
func (f *Field) Wrong() string { return f.wrong.Content() }

// Segment is one of a few choices, all of them in sight.
type Segment struct{ ID, Label string }

// Segments lets one of a few be chosen. The arrow keys move the choice while
// it has the focus.
type Segments struct {
	widget.BaseWidget
	ID    string
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
	back.CornerRadius, back.StrokeColor, back.StrokeWidth = 10, k.Palette.Line, 1
	s.ring = canvas.NewRectangle(color.Transparent)
	s.ring.StrokeColor, s.ring.StrokeWidth, s.ring.CornerRadius = k.Palette.Accent, 2.5, 12
	s.ring.Hide()
	s.box = container.NewStack(back, Inset(3, 3, 3, 3, container.NewGridWithColumns(len(choices), objects...)), s.ring)
	s.ExtendBaseWidget(s)
	return s
}

// WidgetID is the stable name.
func (s *Segments) WidgetID() string { return s.ID }

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
func (s *Segments) FocusGained() { s.ring.Show(); s.ring.Refresh() }

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
		if s.OnKey != nil {
			s.OnKey(e)
		}
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
	r.label.TextSize, r.label.Alignment = theme.TextBody, fyne.TextAlignCenter
	r.label.Color, r.label.TextStyle = p.Muted, fyne.TextStyle{}
	if chosen {
		r.box.FillColor, r.box.StrokeColor, r.box.StrokeWidth = p.Surface, p.Accent, 1.5
		r.label.Color, r.label.TextStyle = p.Accent, fyne.TextStyle{Bold: true}
	}
}

func (r *segmentRenderer) MinSize() fyne.Size {
	return fyne.NewSize(r.label.MinSize().Width+28, theme.Touch-6)
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

// Named gives anything a stable name.
type Named struct {
	widget.BaseWidget
	ID      string
	Content fyne.CanvasObject
}

// NewNamed gives an object a stable name.
func NewNamed(id string, content fyne.CanvasObject) *Named {
	n := &Named{ID: id, Content: content}
	n.ExtendBaseWidget(n)
	return n
}

// WidgetID is the stable name.
func (n *Named) WidgetID() string { return n.ID }

// Inside is what tests find inside.
func (n *Named) Inside() []fyne.CanvasObject { return []fyne.CanvasObject{n.Content} }

// CreateRenderer is Fyne's.
func (n *Named) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(n.Content) }

// Bar is a progress bar.
type Bar struct {
	widget.BaseWidget
	kit      *Kit
	fraction float32
	height   float32
	tone     theme.Tone
}

// Progress makes a progress bar.
func (k *Kit) Progress(fraction float32) *Bar {
	b := &Bar{kit: k, fraction: fraction, height: 8, tone: theme.Note}
	b.ExtendBaseWidget(b)
	return b
}

// Set moves the bar.
func (b *Bar) Set(fraction float32) {
	if b.fraction != fraction {
		b.fraction = fraction
		b.Refresh()
	}
}

// CreateRenderer is Fyne's.
func (b *Bar) CreateRenderer() fyne.WidgetRenderer {
	r := &barRenderer{bar: b, back: canvas.NewRectangle(b.kit.Palette.Sunken), done: canvas.NewRectangle(b.kit.Palette.Accent)}
	r.back.CornerRadius, r.done.CornerRadius = b.height/2, b.height/2
	return r
}

type barRenderer struct {
	bar        *Bar
	back, done *canvas.Rectangle
}

func (r *barRenderer) MinSize() fyne.Size { return fyne.NewSize(40, r.bar.height) }

func (r *barRenderer) Layout(size fyne.Size) {
	r.back.Resize(fyne.NewSize(size.Width, r.bar.height))
	f := min(max(r.bar.fraction, 0), 1)
	r.done.Hidden = f == 0
	r.done.Resize(fyne.NewSize(max(size.Width*f, r.bar.height), r.bar.height))
}

func (r *barRenderer) Refresh() {
	r.Layout(r.bar.Size())
	r.back.Refresh()
	r.done.Refresh()
}

func (r *barRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.back, r.done} }
func (r *barRenderer) Destroy()                     {}
