package part

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

// RailEntry is an entry of the narrow navigation: an icon above a short word.
type RailEntry struct {
	widget.BaseWidget
	ID       string
	OnTapped func()

	kit      *Kit
	icon     icons.Name
	label    string
	badge    string
	selected bool
	focused  bool
	hovered  bool
}

// RailEntry makes one.
func (k *Kit) RailEntry(id string, icon icons.Name, label string, tapped func()) *RailEntry {
	e := &RailEntry{ID: id, OnTapped: tapped, kit: k, icon: icon, label: label}
	e.ExtendBaseWidget(e)
	return e
}

// WidgetID is the stable name.
func (e *RailEntry) WidgetID() string { return e.ID }

// Spoken is what a screen reader says.
func (e *RailEntry) Spoken() string {
	if e.badge == "" || e.badge == Dot {
		return e.label
	}
	return e.label + ", " + e.badge
}

// Label is what it says.
func (e *RailEntry) Label() string { return e.label }

// SetBadge shows a small number or mark beside the icon.
func (e *RailEntry) SetBadge(s string) {
	if e.badge != s {
		e.badge = s
		e.Refresh()
	}
}

// SetSelected marks it as the present one.
func (e *RailEntry) SetSelected(on bool) {
	if e.selected != on {
		e.selected = on
		e.Refresh()
	}
}

// Tapped is a click or a touch.
func (e *RailEntry) Tapped(*fyne.PointEvent) { e.OnTapped() }

// TypedKey presses with space, as a Button.
func (e *RailEntry) TypedKey(key *fyne.KeyEvent) {
	if key.Name == fyne.KeySpace {
		e.OnTapped()
		return
	}
	Unused(e, key)
}

// TypedRune is Fyne's.
func (e *RailEntry) TypedRune(rune) {}

// FocusGained shows the ring.
func (e *RailEntry) FocusGained() { e.focused = true; e.Refresh() }

// FocusLost hides it.
func (e *RailEntry) FocusLost() { e.focused = false; e.Refresh() }

// MouseIn, MouseMoved and MouseOut are the pointer over it.
func (e *RailEntry) MouseIn(*desktop.MouseEvent) { e.hovered = true; e.Refresh() }

// MouseMoved is Fyne's.
func (e *RailEntry) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is Fyne's.
func (e *RailEntry) MouseOut() { e.hovered = false; e.Refresh() }

// Cursor is a hand.
func (e *RailEntry) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer is Fyne's.
func (e *RailEntry) CreateRenderer() fyne.WidgetRenderer {
	r := &railRenderer{entry: e, box: canvas.NewRectangle(color.Transparent), ring: e.kit.Ring(9), mark: canvas.NewRectangle(color.Transparent),
		label: canvas.NewText(e.label, color.White), badge: canvas.NewText("", color.White), image: &canvas.Image{FillMode: canvas.ImageFillContain}}
	r.apply()
	return r
}

type railRenderer struct {
	entry           *RailEntry
	box, ring, mark *canvas.Rectangle
	label, badge    *canvas.Text
	image           *canvas.Image
}

const (
	railIcon  float32 = 20
	railInset float32 = 4
)

func (r *railRenderer) apply() {
	e, p := r.entry, r.entry.kit.Palette
	ink := p.Ink
	r.box.CornerRadius, r.box.FillColor = 9, color.Transparent
	switch {
	case e.selected:
		ink = p.Chips[theme.Note].Ink
		r.box.FillColor = p.Chips[theme.Note].Paper
	case e.hovered:
		r.box.FillColor = p.Sunken
	}
	r.ring.Hidden = !e.focused
	r.label.Text, r.label.Color, r.label.TextSize = e.label, ink, e.kit.Size(theme.TextSmall)
	r.label.TextStyle, r.label.Alignment = fyne.TextStyle{Bold: e.selected}, fyne.TextAlignCenter
	r.image.Resource = icons.Resource(e.icon, ink)
	r.mark.Hidden, r.badge.Hidden = e.badge == "", e.badge == ""
	r.mark.FillColor, r.mark.CornerRadius = p.Stop.Paper, 9
	if e.badge == Dot {
		r.mark.FillColor, r.mark.CornerRadius, r.badge.Hidden = p.Accent, 5, true
	}
	r.badge.Text, r.badge.Color, r.badge.TextSize, r.badge.TextStyle = e.badge, p.Stop.Ink, theme.TextSmall, fyne.TextStyle{Bold: true}
}

// MinSize has room for the word when it is the chosen one, so that nothing moves.
func (r *railRenderer) MinSize() fyne.Size {
	word := fyne.MeasureText(r.entry.label, r.label.TextSize, fyne.TextStyle{Bold: true})
	return fyne.NewSize(max(word.Width+2*railInset+4, 72), max(railIcon+word.Height+2*railInset+1, theme.Touch))
}

func (r *railRenderer) Layout(size fyne.Size) {
	r.box.Resize(size)
	r.ring.Resize(size)
	word := r.label.MinSize()
	top := (size.Height - railIcon - 1 - word.Height) / 2
	r.image.Resize(fyne.NewSquareSize(railIcon))
	r.image.Move(fyne.NewPos((size.Width-railIcon)/2, top))
	r.label.Resize(fyne.NewSize(size.Width, word.Height))
	r.label.Move(fyne.NewPos(0, top+railIcon+1))
	x := size.Width/2 + railIcon/2 + 2
	if r.entry.badge == Dot {
		r.mark.Resize(fyne.NewSquareSize(10))
		r.mark.Move(fyne.NewPos(x, top))
		return
	}
	b := r.badge.MinSize()
	w := max(b.Width+10, 18)
	r.mark.Resize(fyne.NewSize(w, 18))
	r.mark.Move(fyne.NewPos(x, top-1))
	r.badge.Resize(b)
	r.badge.Move(fyne.NewPos(x+(w-b.Width)/2, top-1+(18-b.Height)/2))
}

func (r *railRenderer) Refresh() {
	r.apply()
	r.Layout(r.entry.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *railRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.box, r.image, r.label, r.mark, r.badge, r.ring}
}

func (r *railRenderer) Destroy() {}
