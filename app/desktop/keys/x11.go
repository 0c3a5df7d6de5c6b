package keys

import "unicode"

// Keysym is an X11 key symbol.
type Keysym uint32

// The symbols that are decided on.
const (
	NoSymbol      Keysym = 0
	SymPause      Keysym = 0xff13
	SymBreak      Keysym = 0xff6b
	SymPrint      Keysym = 0xff61
	SymSysReq     Keysym = 0xff15
	SymShiftL     Keysym = 0xffe1
	SymShiftR     Keysym = 0xffe2
	SymControlL   Keysym = 0xffe3
	SymControlR   Keysym = 0xffe4
	SymAltL       Keysym = 0xffe9
	SymAltR       Keysym = 0xffea
	SymLevel3     Keysym = 0xfe03 // AltGr
	SymSuperL     Keysym = 0xffeb
	SymSuperR     Keysym = 0xffec
	SymEuro       Keysym = 0x20ac
	symUnicode    Keysym = 0x01000000
	symSwitchVT1  Keysym = 0x1008fe01
	symSwitchVT12 Keysym = 0x1008fe0c
	symTerminate  Keysym = 0xfed5
	SymCapsLock   Keysym = 0xffe5
	SymReturn     Keysym = 0xff0d
	SymTab        Keysym = 0xff09
)

// named holds the keys that are no characters, by UI Events code.
var named = map[string]Keysym{
	"Enter": 0xff0d, "NumpadEnter": 0xff8d, "Tab": 0xff09, "Escape": 0xff1b, "Backspace": 0xff08, "Delete": 0xffff, "Insert": 0xff63,
	"Home": 0xff50, "End": 0xff57, "PageUp": 0xff55, "PageDown": 0xff56,
	"ArrowLeft": 0xff51, "ArrowUp": 0xff52, "ArrowRight": 0xff53, "ArrowDown": 0xff54,
	"F1": 0xffbe, "F2": 0xffbf, "F3": 0xffc0, "F4": 0xffc1, "F5": 0xffc2, "F6": 0xffc3,
	"F7": 0xffc4, "F8": 0xffc5, "F9": 0xffc6, "F10": 0xffc7, "F11": 0xffc8, "F12": 0xffc9,
	"ShiftLeft": SymShiftL, "ShiftRight": SymShiftR, "ControlLeft": SymControlL, "ControlRight": SymControlR,
	"AltLeft": SymAltL, "AltRight": SymAltR, "MetaLeft": SymSuperL, "MetaRight": SymSuperR, "OSLeft": SymSuperL, "OSRight": SymSuperR,
	"CapsLock": 0xffe5, "NumLock": 0xff7f, "ScrollLock": 0xff14, "ContextMenu": 0xff67,
}

// namedText is for keys whose code says less than their meaning: a numeric pad
// without Num Lock, and on-screen keyboards that send no code.
var namedText = map[string]Keysym{
	"Enter": 0xff0d, "Tab": 0xff09, "Escape": 0xff1b, "Backspace": 0xff08, "Delete": 0xffff, "Insert": 0xff63,
	"Home": 0xff50, "End": 0xff57, "PageUp": 0xff55, "PageDown": 0xff56,
	"ArrowLeft": 0xff51, "ArrowUp": 0xff52, "ArrowRight": 0xff53, "ArrowDown": 0xff54,
}

// KeysymOf is what a key is to X11; NoSymbol when it has to be dropped.
func KeysymOf(k Key) Keysym {
	if k.Forbidden() {
		return NoSymbol
	}
	if k.AltGr() {
		return SymLevel3
	}
	if s, ok := named[k.Code]; ok {
		return s
	}
	if r := k.Rune(); r != 0 {
		return SymOfRune(r)
	}
	return namedText[k.Text]
}

// SymOfRune is the symbol of a character: Latin-1 stands for itself, the rest
// by its Unicode number. The euro has an older symbol that layouts use.
func SymOfRune(r rune) Keysym {
	switch {
	case r >= 0x20 && r <= 0x7e, r >= 0xa0 && r <= 0xff:
		return Keysym(r)
	case r == '€':
		return SymEuro
	case r < 0x20 || r > 0x10ffff || r >= 0x7f && r < 0xa0:
		return NoSymbol
	}
	return symUnicode | Keysym(r)
}

// Cased says whether a symbol is a character that has another case, which Caps
// Lock may turn it into.
func Cased(s Keysym) bool {
	r := rune(s &^ symUnicode)
	if s > 0xff && s&symUnicode == 0 {
		return false
	}
	return unicode.ToUpper(r) != r || unicode.ToLower(r) != r
}

// ForbiddenSym says whether a symbol may never be sent, whatever key of the
// host carries it.
func ForbiddenSym(s Keysym) bool {
	switch {
	case s == SymPause, s == SymBreak, s == SymPrint, s == SymSysReq, s == symTerminate:
		return true
	case s >= symSwitchVT1 && s <= symSwitchVT12:
		return true
	}
	return false
}
