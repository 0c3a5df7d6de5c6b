package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// Unused hands a key that a part has no use for to its window: Fyne gives keys
// to what has the focus alone, and F1 or Escape mean the same wherever it is.
func Unused(o fyne.CanvasObject, e *fyne.KeyEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil && c.OnTypedKey() != nil {
		c.OnTypedKey()(e)
	}
}

// given hands a key to who asked for what a part does not use, or to its window,
// whose F1 is everywhere.
func given(o fyne.CanvasObject, to func(*fyne.KeyEvent), e *fyne.KeyEvent) {
	if to != nil && e.Name != fyne.KeyF1 {
		to(e)
		return
	}
	Unused(o, e)
}

// leaves says whether a key is none that a field that text is written in, or a
// choice, has a use for.
func leaves(e *fyne.KeyEvent) bool { return e.Name == fyne.KeyEscape || e.Name == fyne.KeyF1 }

// ForWindow says whether a shortcut is one of the window's, and none of a field
// that text is written in.
func ForWindow(s fyne.Shortcut) bool {
	custom, ok := s.(*desktop.CustomShortcut)
	if !ok || custom.Modifier != fyne.KeyModifierControl {
		return false
	}
	switch custom.KeyName {
	case fyne.KeyF, fyne.KeyComma, fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key5, fyne.Key6, fyne.Key7, fyne.Key8:
		return true
	}
	return false
}

// toWindow hands such a shortcut on. It says whether it was one.
func toWindow(o fyne.CanvasObject, s fyne.Shortcut) bool {
	if !ForWindow(s) {
		return false
	}
	if c, ok := fyne.CurrentApp().Driver().CanvasForObject(o).(fyne.Shortcutable); ok {
		c.TypedShortcut(s)
	}
	return true
}

// TypedShortcut hands the window's shortcuts on, and uses the field's.
func (a *Area) TypedShortcut(s fyne.Shortcut) {
	if !toWindow(a, s) {
		a.Entry.TypedShortcut(s)
	}
}
