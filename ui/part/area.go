package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Area is a text field of several lines with a stable name. Tab leaves it.
type Area struct {
	widget.Entry
	ID    string
	Label string // what it is for, in words: its field sets it
	OnKey func(*fyne.KeyEvent)

	ring *canvas.Rectangle
}

// Area makes a field of so many lines.
func (k *Kit) Area(id, hint string, lines int) *Area {
	a := &Area{ID: id, ring: k.Ring(11)}
	a.MultiLine, a.Wrapping, a.PlaceHolder = true, fyne.TextWrapWord, hint
	a.SetMinRowsVisible(lines)
	a.ExtendBaseWidget(a)
	return a
}

// WidgetID is the stable name.
func (a *Area) WidgetID() string { return a.ID }

// Spoken is what a screen reader says.
func (a *Area) Spoken() string { return or(a.Label, a.PlaceHolder) }

// CreateRenderer is Fyne's, with the ring.
func (a *Area) CreateRenderer() fyne.WidgetRenderer {
	return ringed{a.Entry.CreateRenderer(), a.ring}
}

// FocusGained shows the ring.
func (a *Area) FocusGained() { a.ring.Show(); a.Entry.FocusGained(); Reveal(a) }

// FocusLost hides it.
func (a *Area) FocusLost() { a.ring.Hide(); a.Entry.FocusLost() }

// AcceptsTab is Fyne's: the Tab key goes on to the next part.
func (a *Area) AcceptsTab() bool { return false }

// TypedKey hands on Escape, which a field has no use for.
func (a *Area) TypedKey(e *fyne.KeyEvent) {
	if leaves(e) {
		given(a, a.OnKey, e)
		return
	}
	a.Entry.TypedKey(e)
}
