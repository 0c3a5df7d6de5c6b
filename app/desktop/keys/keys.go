// Package keys knows keys by the UI Events names the engineer's browser sends,
// and what they are to X11 and Windows. It is tables and decisions only.
package keys

import (
	"unicode"
	"unicode/utf8"
)

// Key is one key of the engineer's keyboard.
type Key struct {
	Code string // physical key, "KeyA", "Enter"
	Text string // what it means to the engineer, "a", "@", "Enter"
}

// Button is a mouse button as the browser counts them.
type Button uint32

// The buttons that are passed on; others are dropped.
const (
	Left   Button = 0
	Middle Button = 1
	Right  Button = 2
)

// Valid says whether a button may be passed on.
func (b Button) Valid() bool { return b <= Right }

// Rune is the one character the key stands for, 0 when it is a named key.
func (k Key) Rune() rune {
	r, size := utf8.DecodeRuneInString(k.Text)
	if size == 0 || size != len(k.Text) || r == utf8.RuneError || !unicode.IsPrint(r) {
		return 0
	}
	return r
}

// Modifier says whether the key is one that is held while others are pressed.
func (k Key) Modifier() bool {
	switch k.Code {
	case "ShiftLeft", "ShiftRight", "ControlLeft", "ControlRight", "AltLeft", "AltRight", "MetaLeft", "MetaRight", "OSLeft", "OSRight":
		return true
	}
	return false
}

// Forbidden says whether a key may never be sent: the kill key belongs to the
// technician alone (B5), and the system request key goes past every window.
func (k Key) Forbidden() bool {
	switch {
	case k.Code == "Pause" || k.Text == "Pause" || k.Text == "Cancel":
		return true // Cancel is what browsers call Ctrl+Pause
	case k.Code == "PrintScreen" || k.Text == "PrintScreen":
		return true // with Alt it is SysRq
	case k.Code == "Power" || k.Code == "Sleep" || k.Code == "WakeUp" || k.Code == "Eject":
		return true
	}
	return false
}

// Function says whether the key is F1…F12. With Ctrl and Alt they switch away
// from the technician's desktop and are dropped there.
func (k Key) Function() bool {
	switch k.Code {
	case "F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F10", "F11", "F12":
		return true
	}
	return false
}
