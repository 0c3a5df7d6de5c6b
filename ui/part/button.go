package part

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"beckmanconnect/ui/icons"
)

// Identified is a part that tests and screen readers find by a stable name.
type Identified interface{ WidgetID() string }

// Spoken is a part that says in words what it is: every part that can have the
// focus. Fyne has no way yet to hand it to the system's screen reader.
type Spoken interface{ Spoken() string }

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
	Name     string // what it does, in words, where it shows none
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

// SmallButton is a Button for rows: less wide, as high for a finger in a glove.
func (k *Kit) SmallButton(id string, look Look, icon icons.Name, label string, tapped func()) *Button {
	b := k.Button(id, look, icon, label, tapped)
	b.small = true
	return b
}

// WidgetID is the stable name.
func (b *Button) WidgetID() string { return b.ID }

// Spoken is what a screen reader says.
func (b *Button) Spoken() string {
	name := or(b.label, b.Name)
	if b.badge == "" || b.badge == Dot {
		return name
	}
	return name + ", " + b.badge
}

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
		given(b, b.OnKey, e)
	}
}

// TypedRune hands a letter on: a button has no use for one.
func (b *Button) TypedRune(r rune) {
	if b.OnRune != nil && r != ' ' {
		b.OnRune(r)
	}
}

// FocusGained shows the ring.
func (b *Button) FocusGained() { b.focused = true; b.Refresh(); Reveal(b) }

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
	r := &buttonRenderer{button: b, box: canvas.NewRectangle(color.Transparent), ring: b.kit.Ring(12),
		label: canvas.NewText("", color.White), image: &canvas.Image{FillMode: canvas.ImageFillContain},
		mark: canvas.NewRectangle(color.Transparent), badge: canvas.NewText("", color.White)}
	r.apply()
	return r
}
