package keys

// Board is the keyboard layout of the program that has the keyboard.
type Board interface {
	// Find is the key that carries a character, and what must be held with it.
	Find(r rune) (with Chord, ok bool)
	// Types is what that key types with that, when no dead key waits; 0: nothing,
	// a dead key, or several characters.
	Types(with Chord) rune
}

// Chord is a key with what is held while it is pressed. Control and Alt
// together are AltGr.
type Chord struct {
	Scan                Scan
	Shift, Control, Alt bool
}

// AltGr says whether both are held that make the third characters of a key.
func (c Chord) AltGr() bool { return c.Control && c.Alt }

// Plan is the chord that types a character on a layout. False: it is sent by
// its number, as one is that this layout lacks, that needs a dead key, or that
// Caps Lock would turn into another.
func Plan(b Board, r rune, capsLock bool) (Chord, bool) {
	c, ok := b.Find(r)
	switch {
	case !ok, c.Scan.Forbidden(), c.Scan.Modifier(), c.Control != c.Alt:
		return Chord{}, false
	case capsLock && Cased(SymOfRune(r)):
		return Chord{}, false
	case b.Types(c) != r:
		return Chord{}, false
	}
	return c, true
}

// Press is one key going down or up.
type Press struct {
	Scan Scan
	Up   bool
}

// Presses types a chord while held is down: what does not belong to it goes up
// before and down again afterwards, so that a character never becomes a command.
func Presses(c Chord, held []Scan) []Press {
	var before, after []Press
	shift := false
	for _, s := range held {
		if isShift := s == ScanShift || s == scanShiftR; isShift && c.Shift {
			shift = true
			continue
		} else if !isShift && !s.Modifier() {
			continue
		}
		before = append(before, Press{s, true})
		after = append(after, Press{s, false})
	}
	hold := func(s Scan) {
		before = append(before, Press{s, false})
		after = append([]Press{{s, true}}, after...)
	}
	if c.Shift && !shift {
		hold(ScanShift)
	}
	if c.AltGr() {
		hold(ScanControl)
		hold(ScanAltGr)
	}
	return append(append(before, Press{c.Scan, false}, Press{c.Scan, true}), after...)
}
