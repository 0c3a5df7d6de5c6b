package keys

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestScanOf(t *testing.T) {
	for _, row := range []struct {
		key  Key
		want Scan
		ok   bool
	}{
		{Key{"Enter", "Enter"}, Scan{0x1c, false}, true},
		{Key{"NumpadEnter", "Enter"}, Scan{0x1c, true}, true},
		{Key{"ArrowUp", "ArrowUp"}, Scan{0x48, true}, true},
		{Key{"Numpad8", "ArrowUp"}, Scan{0x48, true}, true}, // the block without Num Lock
		{Key{"Numpad8", "8"}, Scan{}, false},
		{Key{"", "Backspace"}, Scan{0x0e, false}, true}, // an on-screen keyboard
		{Key{"F12", "F12"}, Scan{0x58, false}, true},
		{Key{"ControlRight", "Control"}, Scan{0x1d, true}, true},
		{Key{"ShiftRight", "Shift"}, Scan{0x36, false}, true},
		{Key{"AltRight", "Alt"}, Scan{0x38, true}, true},
		{Key{"AltRight", "AltGraph"}, Scan{}, false}, // it is not passed on
		{Key{"ContextMenu", "ContextMenu"}, Scan{0x5d, true}, true},
		{Key{"KeyA", "a"}, Scan{}, false},
		{Key{"CapsLock", "CapsLock"}, Scan{}, false},
		{Key{"NumLock", "NumLock"}, Scan{}, false},
		{Key{"Pause", "Pause"}, Scan{}, false},
		{Key{"PrintScreen", "PrintScreen"}, Scan{}, false},
		{Key{"Pause", "Enter"}, Scan{}, false},
	} {
		if got, ok := ScanOf(row.key); got != row.want || ok != row.ok {
			t.Errorf("%+v: %+v %v", row.key, got, ok)
		}
	}
	for code, s := range scans {
		if s.Forbidden() || s.Modifier() != (Key{Code: code}).Modifier() {
			t.Errorf("%s: %+v", code, s)
		}
	}
}

// qwertz is a piece of a German layout, with a dead key and a trap: a key that
// says it carries a character and types another.
type qwertz struct{}

var onBoard = map[rune]Chord{
	'a': {Scan: Scan{Code: 0x1e}}, 'A': {Scan: Scan{Code: 0x1e}, Shift: true},
	'7': {Scan: Scan{Code: 0x08}}, '/': {Scan: Scan{Code: 0x08}, Shift: true}, '{': {Scan: Scan{Code: 0x08}, Control: true, Alt: true},
	'^': {Scan: Scan{Code: 0x29}}, 'x': {Scan: Scan{Code: 0x2d}}, '\x01': {Scan: Scan{Code: 0x1e}, Control: true},
	'p': {Scan: Scan{Code: 0x45}}, 's': {Scan: ScanShift}, 'ä': {Scan: Scan{Code: 0x28}}, 'd': {Scan: Scan{0x37, true}},
}

func (qwertz) Find(r rune) (Chord, bool) { c, ok := onBoard[r]; return c, ok }
func (qwertz) Types(c Chord) rune {
	for r, each := range onBoard {
		if each == c && r != '^' && r != 'x' {
			return r
		}
	}
	return 0
}

func TestPlan(t *testing.T) {
	for _, row := range []struct {
		r    rune
		caps bool
		ok   bool
	}{
		{'a', false, true}, {'A', false, true}, {'7', true, true}, {'/', false, true}, {'{', false, true}, {'ä', false, true},
		{'a', true, false}, {'ä', true, false}, // Caps Lock
		{'^', false, false}, {'x', false, false}, // a dead key; another character
		{'€', false, false}, {'\x01', false, false}, // not there; a command
		{'p', false, false}, {'s', false, false}, {'d', false, false}, // the kill key, a modifier, Print
	} {
		got, ok := Plan(qwertz{}, row.r, row.caps)
		if ok != row.ok || ok && got != onBoard[row.r] {
			t.Errorf("%q with caps %v: %+v %v", row.r, row.caps, got, ok)
		}
	}
}

// Whatever the engineer holds: the key goes down with exactly what it needs,
// nothing else is held at that moment, and everything is as before afterwards.
func TestPresses(t *testing.T) {
	modifiers := []Scan{ScanShift, scanShiftR, ScanControl, scanControlR, scanAlt, ScanAltGr, scanMeta, scanMetaR}
	rapid.Check(t, func(t *rapid.T) {
		held := rapid.SliceOfNDistinct(rapid.SampledFrom(modifiers), 0, len(modifiers), rapid.ID).Draw(t, "held")
		third := rapid.Bool().Draw(t, "AltGr")
		c := Chord{Scan: Scan{Code: 0x1e}, Shift: rapid.Bool().Draw(t, "shift"), Control: third, Alt: third}
		down := map[Scan]bool{}
		for _, s := range held {
			down[s] = true
		}
		before, typed := maps.Clone(down), 0
		for _, p := range Presses(c, held) {
			if p.Scan.Forbidden() || p.Up != down[p.Scan] {
				t.Fatalf("%+v while it is down: %v", p, down[p.Scan])
			}
			if p.Scan == c.Scan && !p.Up {
				typed++
				if shift := down[ScanShift] || down[scanShiftR]; shift != c.Shift || down[ScanControl] != third || down[ScanAltGr] != third ||
					down[scanControlR] || down[scanAlt] || down[scanMeta] || down[scanMetaR] {
					t.Fatalf("typed with %v", slices.Collect(maps.Keys(down)))
				}
			}
			if p.Up {
				delete(down, p.Scan)
			} else {
				down[p.Scan] = true
			}
		}
		if typed != 1 || !maps.Equal(before, down) {
			t.Fatalf("typed %d times, held %v afterwards", typed, down)
		}
	})
}

// B5: whatever a browser claims and a layout holds, the kill key never comes of
// it, nor what locks or goes past every window.
func TestNoForbiddenScan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.OneOf(rapid.SampledFrom([]string{"Pause", "Cancel", "PrintScreen", "CapsLock", "NumLock", "ScrollLock", "Enter", "KeyA", "a"}), rapid.String())
		k := Key{Code: word.Draw(t, "code"), Text: word.Draw(t, "text")}
		if s, ok := ScanOf(k); ok && (s.Forbidden() || k.Forbidden()) {
			t.Fatalf("%+v: %+v", k, s)
		}
		s := Scan{uint16(rapid.IntRange(0, 0xff).Draw(t, "scan")), rapid.Bool().Draw(t, "extended")}
		if c, ok := Plan(oneKey{s}, 'a', false); ok && c.Scan.Forbidden() {
			t.Fatalf("%+v", c)
		}
	})
}

type oneKey struct{ s Scan }

func (k oneKey) Find(rune) (Chord, bool) { return Chord{Scan: k.s}, true }
func (oneKey) Types(Chord) rune          { return 'a' }
