package ask

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// NameLimit is the longest name, organisation or file name shown, in runes.
const NameLimit = 64

// Clean makes text that came from the other side fit to be shown: one line,
// nothing invisible, nothing that turns the direction of reading, at most
// limit runes (scenario 15). The service does the same; a window that trusted
// it would be one fault away from a forged prompt.
func Clean(s string, limit int) string {
	var b strings.Builder
	n, space := 0, false
	for _, r := range s {
		if unicode.IsSpace(r) {
			space = n > 0
			continue
		}
		if r == utf8.RuneError || !unicode.IsPrint(r) || invisible(r) {
			continue
		}
		if space && n+1 < limit {
			b.WriteByte(' ')
			n++
		}
		space = false
		if n >= limit {
			return b.String() + "…"
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// invisible is what Unicode calls printable or ignorable and nobody sees.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Co, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point, unicode.Bidi_Control)
}

// CleanName is Clean for a name.
func CleanName(s string) string { return Clean(s, NameLimit) }
