package console_test

import (
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
	if kind == input.KeyDown && len(name) == 1 && m&(alt|ctrl) == 0 {
		e = e.WithText(name)
	}
	if code == "Enter" {
		e = e.WithWindowsVirtualKeyCode(13)
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
