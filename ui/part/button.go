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

// Identified is a part that tests and screen readers find by a stable name.
type Identified interface{ WidgetID() string }

// Looks of a button.
type Look int

const (
	Primary Look = iota // the one thing to do
	Quiet               // everything else
	Stop                // ends, denies
	Ghost               // inside rows and bars: no box until the pointer is there
	Nav                 // an entry of the navigation
	Pick                // one of several that can be on together
)

// Button is pressed with the pointer, or with space while it has the focus.
// Enter never presses it: who types when a window comes up presses nothing
// (scenario 10).
type Button struct {
	widget.BaseWidget

	ID       string
	OnTapped func()
	// Guarded: only a press that began while the button could be pressed
	// counts, so that a click under way when it arms does nothing.
	Guarded bool
	// OnKey gets the keys the button does not use itself.
	OnKey func(*fyne.KeyEvent)
	// OnRune gets the letters.
	OnRune func(rune)

	kit      *Kit
	look     Look
	label    string
	icon     icons.Name
	small    bool
	left     bool
	badge    string
	selected bool
	disabled bool
	focused  bool
	hovered  bool
	begun    bool
	byKey    bool
}

// Button makes a button. icon may be empty.
func (k *Kit) Button(id string, look Look, icon icons.Name, label string, tapped func()) *Button {
	b := &Button{ID: id, OnTapped: tapped, kit: k, look: look, label: label, icon: icon, left: look == Nav}
	b.ExtendBaseWidget(b)
	return b
}

// SmallButton is a Button for rows, still high enough for a finger.
func (k *Kit) SmallButton(id string, look Look, icon icons.Name, label string, tapped func()) *Button {
	b := k.Button(id, look, icon, label, tapped)
	b.small = true
	return b
}

// WidgetID is the stable name.
func (b *Button) WidgetID() string { return b.ID }

// Label is what the button says.
func (b *Button) Label() string { return b.label }

// SetLabel changes what the button says.
func (b *Button) SetLabel(s string) {
	if b.label != s {
		b.label = s
		b.Refresh()
	}
}

// Dot is a badge without words.
const Dot = "•"

// SetBadge shows a small number or mark at the button's end.
func (b *Button) SetBadge(s string) {
	if b.badge != s {
		b.badge = s
		b.Refresh()
	}
}

// SetSelected marks a navigation entry as the present one, and what can be
// picked as picked.
func (b *Button) SetSelected(on bool) {
	if b.selected != on {
		b.selected = on
		b.Refresh()
	}
}

// SetEnabled says whether it can be pressed.
func (b *Button) SetEnabled(on bool) {
	if b.disabled == on {
		b.disabled, b.begun = !on, false
		b.Refresh()
	}
}

// Selected says whether it is marked.
func (b *Button) Selected() bool { return b.selected }

// Enabled says whether it can be pressed.
func (b *Button) Enabled() bool { return !b.disabled }

// MouseDown is where a press begins.
func (b *Button) MouseDown(*desktop.MouseEvent) { b.begun = !b.disabled }

// MouseUp is Fyne's; Tapped follows it when the pointer is still inside.
func (b *Button) MouseUp(*desktop.MouseEvent) {}

// Tapped is a click or a touch.
func (b *Button) Tapped(*fyne.PointEvent) {
	b.byKey = false
	b.press()
}

// ByKey says how the last press was made, for OnTapped to ask.
func (b *Button) ByKey() bool { return b.byKey }

func (b *Button) press() {
	begun := b.begun
	b.begun = false
	if b.disabled || b.OnTapped == nil || (b.Guarded && !begun) {
		return
	}
	b.OnTapped()
}

// KeyDown is a fresh press; a key held down repeats TypedKey alone.
func (b *Button) KeyDown(e *fyne.KeyEvent) {
	if e.Name == fyne.KeySpace {
		b.begun = !b.disabled
	}
}

// KeyUp is Fyne's.
func (b *Button) KeyUp(*fyne.KeyEvent) {}

// TypedKey presses with space, never with Enter.
func (b *Button) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace:
		b.byKey = true
		b.press()
	case fyne.KeyReturn, fyne.KeyEnter:
	default:
		if b.OnKey != nil {
			b.OnKey(e)
		}
	}
}

// TypedRune hands a letter on: a button has no use for one.
func (b *Button) TypedRune(r rune) {
	if b.OnRune != nil && r != ' ' {
		b.OnRune(r)
	}
}

// FocusGained shows the ring.
func (b *Button) FocusGained() { b.focused = true; b.Refresh() }

// FocusLost hides it.
func (b *Button) FocusLost() { b.focused, b.begun = false, false; b.Refresh() }

// MouseIn, MouseMoved and MouseOut are the pointer over it.
func (b *Button) MouseIn(*desktop.MouseEvent) { b.hovered = true; b.Refresh() }

// MouseMoved is Fyne's.
func (b *Button) MouseMoved(*desktop.MouseEvent) {}

// MouseOut is Fyne's.
func (b *Button) MouseOut() { b.hovered, b.begun = false, false; b.Refresh() }

// Cursor is a hand where a press does something.
func (b *Button) Cursor() desktop.Cursor {
	if b.disabled {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// CreateRenderer is Fyne's.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	r := &buttonRenderer{button: b, box: canvas.NewRectangle(color.Transparent), ring: canvas.NewRectangle(color.Transparent),
		label: canvas.NewText("", color.White), image: &canvas.Image{FillMode: canvas.ImageFillContain},
		mark: canvas.NewRectangle(color.Transparent), badge: canvas.NewText("", color.White)}
	r.apply()
	return r
}

type buttonRenderer struct {
	button          *Button
	box, ring, mark *canvas.Rectangle
	label, badge    *canvas.Text
	image           *canvas.Image
	drawn           fyne.Resource // in image: reading a picture costs
}

func (r *buttonRenderer) colours() (ink, paper color.NRGBA, line color.NRGBA) {
	b, p := r.button, r.button.kit.Palette
	clear := color.NRGBA{}
	switch {
	case b.disabled:
		return p.Muted, p.Sunken, p.Line
	case b.look == Primary:
		return p.Primary.Ink, p.Primary.Paper, clear
	case b.look == Stop:
		return p.Stop.Ink, p.Stop.Paper, clear
	case (b.look == Nav || b.look == Pick) && b.selected:
		return p.Chips[theme.Note].Ink, p.Chips[theme.Note].Paper, clear
	case b.look == Nav:
		return p.Ink, clear, clear
	case b.look == Ghost:
		return p.Accent, clear, clear
	}
	return p.Ink, p.Sunken, p.Line
}

func (r *buttonRenderer) apply() {
	b, p := r.button, r.button.kit.Palette
	ink, paper, line := r.colours()
	r.box.FillColor, r.box.CornerRadius = paper, 9
	if paper.A == 0 {
		r.box.FillColor = color.Transparent // the one that Fyne does not paint pixel by pixel
	}
	r.box.StrokeColor, r.box.StrokeWidth = line, 0
	if line.A > 0 {
		r.box.StrokeWidth = 1
	}
	if b.look == Pick && b.selected {
		r.box.StrokeColor, r.box.StrokeWidth = p.Accent, 1.5
	}
	if b.hovered && !b.disabled {
		r.box.FillColor = over(paper, ink, p.Window)
	}
	r.ring.FillColor, r.ring.StrokeColor, r.ring.StrokeWidth, r.ring.CornerRadius = color.Transparent, p.Accent, 2.5, 12
	r.ring.Hidden = !b.focused
	r.label.Text, r.label.Color, r.label.TextSize = b.label, ink, theme.TextBody
	r.label.TextStyle = fyne.TextStyle{Bold: (b.look != Nav && b.look != Pick) || b.selected}
	r.image.Hidden = b.icon == ""
	if b.icon != "" {
		icon := b.icon
		if b.look == Pick && b.selected {
			icon = icons.Check // a colour never stands alone
		}
		r.image.Resource = icons.Resource(icon, ink)
	}
	r.mark.Hidden, r.badge.Hidden = b.badge == "", b.badge == ""
	r.mark.FillColor, r.mark.CornerRadius = p.Stop.Paper, 9
	if b.badge == Dot {
		r.mark.FillColor, r.mark.CornerRadius, r.badge.Hidden = p.Accent, 5, true
	}
	r.badge.Text, r.badge.Color, r.badge.TextSize, r.badge.TextStyle = b.badge, p.Stop.Ink, theme.TextSmall, fyne.TextStyle{Bold: true}
}

// over mixes a little ink into a paper, for the pointer above it.
func over(paper, ink, behind color.NRGBA) color.NRGBA {
	if paper.A == 0 {
		paper = behind
	}
	mix := func(a, b uint8) uint8 { return uint8((int(a)*9 + int(b)) / 10) }
	return color.NRGBA{R: mix(paper.R, ink.R), G: mix(paper.G, ink.G), B: mix(paper.B, ink.B), A: 0xFF}
}

const (
	buttonIcon  float32 = 19
	buttonInset float32 = 16
)

func (r *buttonRenderer) inset() float32 {
	if r.button.small || r.button.look == Nav {
		return 12
	}
	return buttonInset
}

func (r *buttonRenderer) height() float32 {
	if r.button.small {
		return 38
	}
	return theme.Touch
}

func (r *buttonRenderer) contentWidth() float32 {
	w := float32(0)
	if r.button.label != "" {
		w = r.label.MinSize().Width
	}
	if r.button.icon != "" {
		w += buttonIcon
		if r.button.label != "" {
			w += 9
		}
	}
	return w
}

func (r *buttonRenderer) MinSize() fyne.Size {
	w := r.contentWidth() + 2*r.inset()
	if r.button.badge != "" {
		w += r.badge.MinSize().Width + 20
	}
	return fyne.NewSize(max(w, r.height()), r.height())
}

func (r *buttonRenderer) Layout(size fyne.Size) {
	r.box.Resize(size)
	r.ring.Move(fyne.NewPos(-3, -3))
	r.ring.Resize(size.Add(fyne.NewSize(6, 6)))
	x := (size.Width - r.contentWidth()) / 2
	if r.button.left {
		x = r.inset()
	}
	if r.button.icon != "" {
		r.image.Resize(fyne.NewSquareSize(buttonIcon))
		r.image.Move(fyne.NewPos(x, (size.Height-buttonIcon)/2))
		x += buttonIcon + 9
	}
	m := r.label.MinSize()
	r.label.Resize(m)
	r.label.Move(fyne.NewPos(x, (size.Height-m.Height)/2))
	bm := r.badge.MinSize()
	if r.button.badge == Dot {
		r.mark.Resize(fyne.NewSquareSize(10))
		r.mark.Move(fyne.NewPos(size.Width-24, (size.Height-10)/2))
		return
	}
	w := max(bm.Width+12, 20)
	r.mark.Resize(fyne.NewSize(w, 18))
	r.mark.Move(fyne.NewPos(size.Width-w-10, (size.Height-18)/2))
	r.badge.Resize(bm)
	r.badge.Move(fyne.NewPos(size.Width-10-w/2-bm.Width/2, (size.Height-bm.Height)/2))
}

func (r *buttonRenderer) Refresh() {
	r.apply()
	r.Layout(r.button.Size())
	for _, o := range r.Objects() {
		if o == fyne.CanvasObject(r.image) {
			if r.image.Resource == r.drawn || (r.drawn != nil && r.image.Resource != nil && r.image.Resource.Name() == r.drawn.Name()) {
				continue
			}
			r.drawn = r.image.Resource
		}
		o.Refresh()
	}
}

func (r *buttonRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ring, r.box, r.image, r.label, r.mark, r.badge}
}

func (r *buttonRenderer) Destroy() {}
