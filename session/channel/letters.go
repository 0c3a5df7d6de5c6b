package channel

import (
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// eastAsian are the scripts beside Latin that names may be written in: none of
// their letters is taken for a Latin one.
var eastAsian = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo}

// prolonged is the sound mark that Japanese words hold and that belongs to no
// script of its own.
const prolonged = 'ー'

// readable is true for a name whose letters cannot pass for others: Latin, as
// it is written in Europe and Vietnam, or Chinese, Japanese, Korean; never both in one
// word. Cyrillic, Greek and the like have letters that look Latin, so people
// who write in them are named in Latin letters (scenario 15). What has another
// form with the same meaning (full width, styled letters, loose accents) is no
// name either.
func readable(s string) bool {
	if !norm.NFKC.IsNormalString(s) {
		return false
	}
	word := 0 // of the letters so far: 0 none, 1 Latin, 2 East Asian
	for _, r := range s {
		kind := 0
		switch {
		case r <= unicode.MaxASCII && !unicode.IsLetter(r):
		case r < 0x250 && unicode.Is(unicode.Latin, r), r >= 0x1e00 && r < 0x1f00 && unicode.Is(unicode.Latin, r):
			kind = 1
		case r == prolonged, unicode.In(r, eastAsian...):
			kind = 2
		case unicode.IsPunct(r), r == '®':
		default:
			return false
		}
		if kind != 0 && word != 0 && kind != word {
			return false
		}
		word = kind
	}
	return true
}
