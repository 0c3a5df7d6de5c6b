package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Area is a text field of several lines with a stable name. Tab leaves it.
type Area struct {
	widget.Entry
	ID    string
	OnKey func(*fyne.KeyEvent)
}

// Area makes a field of so many lines.
func (k *Kit) Area(id, hint string, lines int) *Area {
	a := &Area{ID: id}
	a.MultiLine, a.Wrapping, a.PlaceHolder = true, fyne.TextWrapWord, hint
	a.SetMinRowsVisible(lines)
	a.ExtendBaseWidget(a)
	return a
}

// WidgetID is the stable name.
func (a *Area) WidgetID() string { return a.ID }

// AcceptsTab is Fyne's: the Tab key goes on to the next part.
func (a *Area) AcceptsTab() bool { return false }

// TypedKey hands on Escape, which a field has no use for.
func (a *Area) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyEscape && a.OnKey != nil {
		a.OnKey(e)
		return
	}
	a.Entry.TypedKey(e)
}
