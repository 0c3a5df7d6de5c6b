package linebreak

import "unicode"

// clusters gives where each character as people see it ends, in bytes: a letter
// with the marks on it, a flag, a joined sign.
func clusters(s string) []int {
	var ends []int
	before, flags := rune(-1), 0
	for at, r := range s {
		pair := flag(before) && flag(r) && flags%2 == 1
		if before >= 0 && !joins(before, r) && !pair {
			ends = append(ends, at)
		}
		if before = r; flag(r) {
			flags++
		} else {
			flags = 0
		}
	}
	if s != "" {
		ends = append(ends, len(s))
	}
	return ends
}

// joins says whether two code points are parts of one character.
func joins(a, b rune) bool {
	const joiner = '\u200d'
	switch {
	case a == '\r' && b == '\n':
		return true
	case unicode.IsControl(a) || unicode.IsControl(b):
		return false
	}
	return a == joiner || b == joiner || unicode.In(b, unicode.Mn, unicode.Me, unicode.Mc) || b >= 0x1F3FB && b <= 0x1F3FF || b == 0xFF9E || b == 0xFF9F
}

// flag is half of a country's flag.
func flag(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }
