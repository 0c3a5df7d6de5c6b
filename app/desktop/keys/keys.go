// Package keys knows keys by the UI Events names the engineer's browser sends,
// and what they are to X11 and Windows. It is tables and decisions only.
package keys

import (
	"strings"
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

// AltGr says whether the key is the one for the third characters of keys.
// Browsers on Windows tell it as Ctrl and AltGr together.
func (k Key) AltGr() bool { return k.Code == "AltRight" && k.Text == "AltGraph" }

// Lock says whether the key switches the host's keyboard into another state,
// which would stay with the technician. It is not passed on: what the engineer's
// own locks change is in the characters already, and the host's are allowed for.
func (k Key) Lock() bool {
	return k.Code == "CapsLock" || k.Code == "NumLock" || k.Text == "CapsLock" || k.Text == "NumLock"
}

// Latin is the letter or digit that a physical key carries on most keyboards,
// 0 for others: what a shortcut means when the engineer's layout has none of
// them there, as a Cyrillic or Greek one.
func (k Key) Latin() rune {
	switch {
	case len(k.Code) == 4 && k.Code[:3] == "Key" && k.Code[3] >= 'A' && k.Code[3] <= 'Z':
		return rune(k.Code[3]) + 'a' - 'A'
	case len(k.Code) == 6 && k.Code[:5] == "Digit" && k.Code[5] >= '0' && k.Code[5] <= '9':
		return rune(k.Code[5])
	}
	return 0
}

// MaxText is the most characters that one event of text types.
const MaxText = 256

// Typed are the characters of a text that an input method made, if all of it can
// be typed: printable ones, new lines and tabs, at most MaxText.
func Typed(text string) ([]rune, bool) {
	if len(text) > MaxText*utf8.UTFMax || !utf8.ValidString(text) {
		return nil, false
	}
	out := []rune(strings.ReplaceAll(text, "\r\n", "\n"))
	for _, r := range out {
		if r != '\n' && r != '\t' && !typeable(r) {
			return nil, false
		}
	}
	return out, len(out) <= MaxText
}

// typeable lets marks through that people write with, as between the letters of
// Persian and in emoji, but nothing that turns the direction of text around.
func typeable(r rune) bool {
	return unicode.IsPrint(r) || r == '\u200c' || r == '\u200d' || unicode.Is(unicode.Zs, r)
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
