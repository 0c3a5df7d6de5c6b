package console_test

import (
	"unicode/utf8"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// Modifiers as the protocol counts them.
const (
	alt   = input.ModifierAlt
	ctrl  = input.ModifierCtrl
	shift = input.ModifierShift
)

// key is one event of a key; text is what it writes when nobody takes it.
func key(kind input.KeyType, name, code string, m input.Modifier) *input.DispatchKeyEventParams {
	e := input.DispatchKeyEvent(kind).WithKey(name).WithCode(code).WithModifiers(m)
	if kind == input.KeyDown && utf8.RuneCountInString(name) == 1 && m&(alt|ctrl) == 0 {
		e = e.WithText(name)
	}
	switch code {
	case "Enter":
		e = e.WithWindowsVirtualKeyCode(13)
		if kind == input.KeyDown && m&(alt|ctrl) == 0 {
			e = e.WithText("\r")
		}
	case "Escape":
		e = e.WithWindowsVirtualKeyCode(27)
	}
	if code == "KeyV" && m == ctrl {
		e = e.WithCommands([]string{"paste"})
	}
	return e
}

// press is a key pressed and let go.
func press(name, code string, m input.Modifier) []chromedp.Action {
	return []chromedp.Action{key(input.KeyDown, name, code, m), key(input.KeyUp, name, code, m)}
}
