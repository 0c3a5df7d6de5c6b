package keys

import "slices"

// Scan is a key's place on a PC's keyboard, by the codes that keyboards have
// sent since the first one (set 1) and Windows still speaks. Programs that look
// at places, as terminals and virtual machines do, get what a hand would send.
type Scan struct {
	Code     uint16
	Extended bool // came with the larger keyboards: E0 goes before it
}

// The keys that are decided on.
var (
	ScanShift    = Scan{Code: 0x2a}
	scanShiftR   = Scan{Code: 0x36}
	ScanControl  = Scan{Code: 0x1d}
	scanControlR = Scan{0x1d, true}
	scanAlt      = Scan{Code: 0x38}
	ScanAltGr    = Scan{0x38, true}
	scanMeta     = Scan{0x5b, true}
	scanMetaR    = Scan{0x5c, true}

	ScanEnter = Scan{Code: 0x1c}
	ScanTab   = Scan{Code: 0x0f}
)

// scans holds the keys that are no characters, by UI Events code.
var scans = map[string]Scan{
	"Enter": ScanEnter, "NumpadEnter": {0x1c, true}, "Tab": ScanTab, "Escape": {Code: 0x01}, "Backspace": {Code: 0x0e},
	"Delete": {0x53, true}, "Insert": {0x52, true}, "Home": {0x47, true}, "End": {0x4f, true}, "PageUp": {0x49, true}, "PageDown": {0x51, true},
	"ArrowLeft": {0x4b, true}, "ArrowUp": {0x48, true}, "ArrowRight": {0x4d, true}, "ArrowDown": {0x50, true},
	"F1": {Code: 0x3b}, "F2": {Code: 0x3c}, "F3": {Code: 0x3d}, "F4": {Code: 0x3e}, "F5": {Code: 0x3f}, "F6": {Code: 0x40},
	"F7": {Code: 0x41}, "F8": {Code: 0x42}, "F9": {Code: 0x43}, "F10": {Code: 0x44}, "F11": {Code: 0x57}, "F12": {Code: 0x58},
	"ShiftLeft": ScanShift, "ShiftRight": scanShiftR, "ControlLeft": ScanControl, "ControlRight": scanControlR,
	"AltLeft": scanAlt, "AltRight": ScanAltGr, "MetaLeft": scanMeta, "MetaRight": scanMetaR, "OSLeft": scanMeta, "OSRight": scanMetaR,
	"ScrollLock": {Code: 0x46}, "ContextMenu": {0x5d, true},
}

// scanText is for keys whose code says less than their meaning, as those of the
// numeric block without Num Lock.
var scanText = []string{
	"Enter", "Tab", "Escape", "Backspace", "Delete", "Insert", "Home", "End", "PageUp", "PageDown", "ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown",
}

// ScanOf is the place of a key that is no character; false for characters, which
// Plan or their number types, and for what is never sent.
func ScanOf(k Key) (Scan, bool) {
	if k.Forbidden() || k.Lock() || k.AltGr() {
		return Scan{}, false
	}
	if s, ok := scans[k.Code]; ok {
		return s, true
	}
	if slices.Contains(scanText, k.Text) {
		return scans[k.Text], true
	}
	return Scan{}, false
}

// Forbidden says whether a place may never be pressed: the kill key (Pause, and
// Ctrl with it), Print and SysRq, and the keys that lock.
func (s Scan) Forbidden() bool {
	switch s.Code {
	case 0x45, 0x54, 0x3a: // Pause and Num Lock, SysRq, Caps Lock
		return true
	case 0x37, 0x46: // Print, Break; without E0 the star of the numeric block, Scroll Lock
		return s.Extended
	case 0x5e, 0x5f, 0x63: // power, sleep, wake
		return s.Extended
	}
	return s.Code == 0 || s.Code > 0x7f
}

// Modifier says whether a place is one of Shift, Control, Alt and the system key.
func (s Scan) Modifier() bool {
	return s == ScanShift || s == scanShiftR || s == ScanControl || s == scanControlR || s == scanAlt || s == ScanAltGr || s == scanMeta || s == scanMetaR
}

// Command says whether a modifier makes a letter a command.
func (s Scan) Command() bool {
	return s.Modifier() && s != ScanShift && s != scanShiftR && s != ScanAltGr
}
