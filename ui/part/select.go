package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"beckmanconnect/ui/theme"
)

// Select is Fyne's, but outlives its page: a key or a press that reaches it when
// the page has been drawn anew would be taken for a nil pointer by Fyne, and a
// crash of the window program ends the session.
type Select struct {
	widget.Select
	Label string // what it is for, in words: its field sets it

	id   string            // of what names it, with ".choice"
	ring *canvas.Rectangle // nil: it is not boxed
}

// NewSelect makes a choice of one of the options.
func NewSelect(options []string, changed func(string)) *Select {
	s := &Select{}
	s.Options, s.OnChanged, s.PlaceHolder = options, changed, "–" // Fyne's own speaks the system's language
	s.ExtendBaseWidget(s)
	return s
}

// WidgetID is the stable name, next to that of the field around it.
func (s *Select) WidgetID() string { return s.id }

// Spoken is what a screen reader says.
func (s *Select) Spoken() string {
	if s.Label == "" || s.Selected == "" {
		return or(s.Label, s.Selected)
	}
	return s.Label + ": " + s.Selected
}

// MinSize is Fyne's, as high as a finger needs.
func (s *Select) MinSize() fyne.Size { return touched(s.Select.MinSize(), theme.Touch) }

// Ringed says whether the ring is drawn.
func (s *Select) Ringed() bool { return s.ring != nil && s.ring.Visible() }

// FocusGained shows the ring.
func (s *Select) FocusGained() {
	if s.ring != nil {
		s.ring.Show()
	}
	s.Select.FocusGained()
	Reveal(s)
}

// FocusLost hides it.
func (s *Select) FocusLost() {
	if s.ring != nil {
		s.ring.Hide()
	}
	s.Select.FocusLost()
}

func (s *Select) shown() bool { return fyne.CurrentApp().Driver().CanvasForObject(s) != nil }

// TypedKey implements fyne.Focusable.
func (s *Select) TypedKey(e *fyne.KeyEvent) {
	switch {
	case leaves(e):
		Unused(s, e)
	case s.shown():
		s.Select.TypedKey(e)
	}
}

// Tapped implements fyne.Tappable.
func (s *Select) Tapped(e *fyne.PointEvent) {
	if s.shown() {
		s.Select.Tapped(e)
	}
}
