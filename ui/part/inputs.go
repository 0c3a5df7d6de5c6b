package part

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"beckmanconnect/ui/theme"
)

// Entry is a text field with a stable name.
type Entry struct {
	widget.Entry
	ID string
	// Label is what it is for, in words: its field sets it. "": the hint says it.
	Label string
	// OnKey gets Escape and the keys that scroll, which a field has no use for. With it the field has no
	// menu either: Escape would close that first.
	OnKey func(*fyne.KeyEvent)
	// Fits says which of what is typed or pasted may stand in the field.
	Fits func(string) string

	ring   *canvas.Rectangle
	hinted float32 // the width in which its hint is not cut
}

// Entry makes a text field.
func (k *Kit) Entry(id, hint string) *Entry {
	e := &Entry{ID: id, ring: k.Ring(11)}
	e.PlaceHolder = hint
	if hint != "" {
		e.hinted = min(k.Hinted(hint), hintMost)
	}
	e.ExtendBaseWidget(e)
	return e
}

// Hinted is the width of a field in which a hint is not cut.
func (k *Kit) Hinted(hint string) float32 {
	return fyne.MeasureText(hint, k.Size(theme.TextBody), fyne.TextStyle{}).Width + 28
}

// hintMost is the widest a field gets for the sake of its hint.
const hintMost float32 = 420

// Secret makes a field for digits that shows dots, and has no button to show
// what is behind them.
func (k *Kit) Secret(id, hint string, fits func(string) string) *Entry {
	e := k.Entry(id, hint)
	e.Password, e.ActionItem, e.Fits = true, canvas.NewRectangle(color.Transparent), fits
	return e
}

// WidgetID is the stable name.
func (e *Entry) WidgetID() string { return e.ID }

// Spoken is what a screen reader says.
func (e *Entry) Spoken() string { return or(e.Label, e.PlaceHolder) }

// MinSize is Fyne's, as high as a finger needs.
func (e *Entry) MinSize() fyne.Size {
	size := touched(e.Entry.MinSize(), theme.Touch)
	size.Width = max(size.Width, e.hinted)
	return size
}

// CreateRenderer is Fyne's, with the ring.
func (e *Entry) CreateRenderer() fyne.WidgetRenderer {
	return ringed{e.Entry.CreateRenderer(), e.ring}
}

// FocusGained shows the ring.
func (e *Entry) FocusGained() { e.ring.Show(); e.Entry.FocusGained(); Reveal(e) }

// FocusLost hides it.
func (e *Entry) FocusLost() { e.ring.Hide(); e.Entry.FocusLost() }

// TypedKey hands on what a field does not use.
func (e *Entry) TypedKey(key *fyne.KeyEvent) {
	if leaves(key) || e.OnKey != nil && (key.Name == fyne.KeyPageUp || key.Name == fyne.KeyPageDown) {
		given(e, e.OnKey, key)
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
	if toWindow(e, s) {
		return
	}
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

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
