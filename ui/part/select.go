package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"
)

// Select is Fyne's, but outlives its page: a key or a press that reaches it when
// the page has been drawn anew would be taken for a nil pointer by Fyne, and a
// crash of the window program ends the session.
type Select struct {
	widget.Select
}

// NewSelect makes a choice of one of the options.
func NewSelect(options []string, changed func(string)) *Select {
	s := &Select{}
	s.Options, s.OnChanged, s.PlaceHolder = options, changed, lang.L("(Select one)")
	s.ExtendBaseWidget(s)
	return s
}

func (s *Select) shown() bool { return fyne.CurrentApp().Driver().CanvasForObject(s) != nil }

// TypedKey implements fyne.Focusable.
func (s *Select) TypedKey(e *fyne.KeyEvent) {
	if s.shown() {
		s.Select.TypedKey(e)
	}
}

// Tapped implements fyne.Tappable.
func (s *Select) Tapped(e *fyne.PointEvent) {
	if s.shown() {
		s.Select.Tapped(e)
	}
}
