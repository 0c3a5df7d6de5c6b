package keys

import (
	"testing"

	"pgregory.net/rapid"
)

// german is a small piece of a German map: 8 columns, as X11 sends it.
func german() Layout {
	l := Layout{First: 8, PerCode: 8, Syms: make([]Keysym, 8*20)}
	set := func(code byte, s ...Keysym) { copy(l.Syms[int(code-8)*8:], s) }
	set(10, 'q', 'Q', 0, 0, '@', 0x7d9)
	set(11, 'a', 'A', 0, 0, 0xe6, 0xc6)
	set(12, '7', '/', 0, 0, '{', 0xaf)
	set(13, SymPause, SymBreak, SymPause, SymBreak)
	set(14, 0xffc0, 0xffc0, 0, 0, symSwitchVT1)
	set(15, 'x', SymPause)
	return l
}

func TestFind(t *testing.T) {
	l := german()
	for _, test := range []struct {
		sym  Keysym
		want Stroke
		ok   bool
	}{
		{'a', Stroke{Code: 11}, true},
		{'A', Stroke{Code: 11, Shift: true}, true},
		{'@', Stroke{Code: 10, Level3: true}, true},
		{0xaf, Stroke{Code: 12, Shift: true, Level3: true}, true},
		{'€', Stroke{}, false},
		{SymPause, Stroke{}, false},
		{SymBreak, Stroke{}, false},
		{'x', Stroke{}, false}, // shares its key with Pause
		{0xffc0, Stroke{Code: 14}, true},
		{symSwitchVT1, Stroke{}, false},
		{NoSymbol, Stroke{}, false},
	} {
		if got, ok := l.Find(test.sym, 0); got != test.want || ok != test.ok {
			t.Errorf("%#x: %+v %v, want %+v %v", test.sym, got, ok, test.want, test.ok)
		}
	}
	spare := l.Spare()
	l.Bind(spare[0], SymOfRune('你'))
	if got, ok := l.Find(SymOfRune('你'), 1); !ok || got.Code != spare[0] {
		t.Errorf("a lent key: %+v %v", got, ok)
	}
}

func TestKeysymOf(t *testing.T) {
	for _, test := range []struct {
		key  Key
		want Keysym
	}{
		{Key{"KeyA", "a"}, 'a'},
		{Key{"KeyQ", "@"}, '@'}, // AltGr+Q on a German keyboard
		{Key{"KeyA", "A"}, 'A'},
		{Key{"", "€"}, SymEuro},
		{Key{"", "你"}, 0x01004f60},
		{Key{"Enter", "Enter"}, 0xff0d},
		{Key{"NumpadEnter", "Enter"}, 0xff8d},
		{Key{"Numpad4", "ArrowLeft"}, 0xff51},
		{Key{"Numpad4", "4"}, '4'},
		{Key{"ShiftRight", "Shift"}, SymShiftR},
		{Key{"AltRight", "AltGraph"}, SymLevel3},
		{Key{"AltRight", "Alt"}, SymAltR},
		{Key{"KeyA", "Dead"}, NoSymbol},
		{Key{"Unknown", "Unidentified"}, NoSymbol},
		{Key{"KeyA", "ab"}, NoSymbol},
		{Key{"KeyA", "\x00"}, NoSymbol},
		{Key{"KeyA", "\u202e"}, NoSymbol},
		{Key{"Pause", "Pause"}, NoSymbol},
		{Key{"Pause", "p"}, NoSymbol},
		{Key{"ScrollLock", "Cancel"}, NoSymbol},
		{Key{"PrintScreen", "x"}, NoSymbol},
	} {
		if got := KeysymOf(test.key); got != test.want {
			t.Errorf("%+v: %#x, want %#x", test.key, got, test.want)
		}
	}
}

func TestLatin(t *testing.T) {
	for code, want := range map[string]rune{"KeyC": 'c', "KeyZ": 'z', "Digit7": '7', "Key": 0, "KeyÄ": 0, "Numpad7": 0, "DigitX": 0, "": 0} {
		if got := (Key{Code: code}).Latin(); got != want {
			t.Errorf("%q: %q", code, got)
		}
	}
}

func TestLockAndAltGr(t *testing.T) {
	for _, test := range []struct {
		key         Key
		lock, altGr bool
	}{
		{Key{"CapsLock", "CapsLock"}, true, false},
		{Key{"KeyA", "CapsLock"}, true, false}, // Caps Lock put elsewhere
		{Key{"CapsLock", "Control"}, true, false},
		{Key{"NumLock", "NumLock"}, true, false},
		{Key{"ScrollLock", "ScrollLock"}, false, false},
		{Key{"AltRight", "AltGraph"}, false, true},
		{Key{"AltRight", "Alt"}, false, false},
	} {
		if test.key.Lock() != test.lock || test.key.AltGr() != test.altGr {
			t.Errorf("%+v: lock %v, AltGr %v", test.key, test.key.Lock(), test.key.AltGr())
		}
	}
}

func TestCased(t *testing.T) {
	for r, want := range map[rune]bool{'a': true, 'Z': true, 'ö': true, 'ß': false, 'Ж': true, 'œ': true, '1': false, '你': false, '÷': false} {
		if got := Cased(SymOfRune(r)); got != want {
			t.Errorf("%q: %v", r, got)
		}
	}
	if Cased(SymReturn) || Cased(SymShiftL) {
		t.Error("a named key has a case")
	}
}

// B5: whatever an engineer's browser claims, the kill key never comes of it, on
// any layout.
func TestTheKillKeyNeverComesOut(t *testing.T) {
	symbols := rapid.SampledFrom([]Keysym{0, 0, 'a', 'A', SymPause, SymBreak, SymSysReq, SymPrint, SymShiftL, symSwitchVT1, 0xffbe})
	rapid.Check(t, func(t *rapid.T) {
		l := Layout{First: 8, PerCode: rapid.IntRange(1, 8).Draw(t, "columns")}
		l.Syms = rapid.SliceOfN(symbols, 12*l.PerCode, 12*l.PerCode).Draw(t, "map")
		k := Key{Code: rapid.OneOf(rapid.Just("Pause"), rapid.Just("KeyA"), rapid.Just("ScrollLock"), rapid.String()).Draw(t, "code"),
			Text: rapid.OneOf(rapid.Just("Pause"), rapid.Just("Cancel"), rapid.Just("a"), rapid.String()).Draw(t, "text")}
		s := KeysymOf(k)
		if ForbiddenSym(s) {
			t.Fatalf("%+v is %#x", k, s)
		}
		stroke, ok := l.Find(s, rapid.IntRange(0, 3).Draw(t, "group"))
		if !ok {
			return
		}
		if base := l.At(stroke.Code, 0); base == SymPause || base == SymBreak || base == SymSysReq {
			t.Fatalf("%+v is typed with the key of %#x", k, base)
		}
	})
}
