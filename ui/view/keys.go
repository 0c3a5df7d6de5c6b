package view

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"beckmanconnect/ui/model"
)

// keyed is a page that has a use for keys of its own.
type keyed interface{ key(*fyne.KeyEvent) }

// stepped is a page with parts of its own to go back from. back says whether
// there was a step.
type stepped interface{ back() bool }

// searched is a page with a field to search in.
type searched interface{ search() fyne.CanvasObject }

// TypedKey is a key that no part has a use for: F1 is help, Escape goes back.
func (w *Window) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyF1 {
		w.actions.Navigate(Help)
		return
	}
	p := w.pages[w.present]
	if own, ok := p.(keyed); ok {
		own.key(e)
		return
	}
	if e.Name != fyne.KeyEscape {
		return
	}
	if s, ok := p.(stepped); ok && s.back() {
		return
	}
	if w.present != Home {
		w.actions.Navigate(Home)
	}
}

// Shortcuts adds the window's to what takes them, which is its canvas.
func (w *Window) Shortcuts(add func(fyne.Shortcut, func(fyne.Shortcut))) {
	ctrl := func(key fyne.KeyName, do func()) {
		add(&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierControl}, func(fyne.Shortcut) { do() })
	}
	for i, page := range Pages() {
		ctrl(fyne.KeyName(rune('1'+i)), func() { w.actions.Navigate(page) })
	}
	ctrl(fyne.KeyComma, func() { w.actions.Navigate(Settings) })
	ctrl(fyne.KeyF, func() {
		if s, ok := w.pages[w.present].(searched); ok {
			if field := s.search(); field != nil {
				focusOn(field)
			}
		}
	})
}

// unfocusNavigation takes the focus out of a navigation that goes out of sight: a key must
// not press what nobody sees.
func (w *Window) unfocusNavigation() {
	c := fyne.CurrentApp().Driver().CanvasForObject(w.place)
	if c == nil {
		return
	}
	if focused, ok := c.Focused().(navEntry); ok {
		for _, entries := range w.nav {
			for _, e := range entries {
				if e == focused {
					c.Unfocus()
					return
				}
			}
		}
	}
}

func (p *notificationsPage) search() fyne.CanvasObject {
	if p.present != model.PlaceList {
		return nil
	}
	return p.list.filter.search
}

func (p *activityPage) search() fyne.CanvasObject {
	if p.open {
		return nil
	}
	return p.list.search
}
