package keys

// Layout is the host's keyboard map as X11's core protocol tells it: for each
// key code PerCode symbols.
type Layout struct {
	First   byte // lowest key code
	PerCode int
	Syms    []Keysym
}

// Stroke is how a symbol is typed on a layout.
type Stroke struct {
	Code   byte
	Shift  bool
	Level3 bool
}

// columns are a group's four levels in the core map: X11 interleaves the first
// two levels of two groups, and appends the third and fourth of each.
func columns(group int) [4]int {
	if group == 1 {
		return [4]int{2, 3, 6, 7}
	}
	return [4]int{0, 1, 4, 5}
}

// At is the symbol of a code in one column.
func (l Layout) At(code byte, column int) Keysym {
	if code < l.First || column >= l.PerCode {
		return NoSymbol
	}
	i := int(code-l.First)*l.PerCode + column
	if i >= len(l.Syms) {
		return NoSymbol
	}
	return l.Syms[i]
}

// Bind gives a code the same symbol on every level.
func (l Layout) Bind(code byte, s Keysym) {
	for column := range l.PerCode {
		if i := int(code)*l.PerCode - int(l.First)*l.PerCode + column; i >= 0 && i < len(l.Syms) {
			l.Syms[i] = s
		}
	}
}

// Codes is how many key codes the layout has.
func (l Layout) Codes() int {
	if l.PerCode == 0 {
		return 0
	}
	return len(l.Syms) / l.PerCode
}

// Find looks up how to type s in a group. Easy strokes win: no modifier, then
// Shift, then AltGr, then both.
func (l Layout) Find(s Keysym, group int) (Stroke, bool) {
	if s == NoSymbol || ForbiddenSym(s) {
		return Stroke{}, false
	}
	for level, column := range columns(group) {
		for i := range l.Codes() {
			code := l.First + byte(i)
			if l.At(code, column) == s && !l.Forbidden(code) {
				return Stroke{Code: code, Shift: level&1 != 0, Level3: level&2 != 0}, true
			}
		}
	}
	return Stroke{}, false
}

// Forbidden says whether a key code carries a symbol that may never be sent.
// The kill key's code is refused on every level: the grab counts the code.
func (l Layout) Forbidden(code byte) bool {
	for column := range min(l.PerCode, 2) {
		if ForbiddenSym(l.At(code, column)) && !functionKey(l.At(code, 0)) {
			return true
		}
	}
	return false
}

// functionKey exempts F1…F12, which carry the switch of the virtual terminal
// on a level only Ctrl+Alt reaches; that chord is dropped by its keys.
func functionKey(s Keysym) bool { return s >= 0xffbe && s <= 0xffc9 }

// Spare returns key codes that carry no symbol at all, from the highest down.
func (l Layout) Spare() []byte {
	var out []byte
next:
	for i := l.Codes() - 1; i >= 0; i-- {
		code := l.First + byte(i)
		for column := range l.PerCode {
			if l.At(code, column) != NoSymbol {
				continue next
			}
		}
		out = append(out, code)
	}
	return out
}

// Letter says whether Caps Lock turns a symbol's case.
func Letter(s Keysym) bool {
	return s >= 'a' && s <= 'z' || s >= 'A' && s <= 'Z' || s >= 0xc0 && s <= 0xff && s != 0xd7 && s != 0xf7 && s != 0xdf
}
