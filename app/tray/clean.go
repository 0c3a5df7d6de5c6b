package tray

import (
	"strings"
	"unicode"
)

// clean makes text of others fit for one place in a toast: one line, nothing
// invisible, nothing that turns the direction of reading, at most limit
// characters (scenario 15).
func clean(s string, limit int) string {
	out := make([]rune, 0, min(len(s), limit))
	for _, r := range s {
		if unicode.IsSpace(r) {
			r = ' '
		}
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Other_Default_Ignorable_Code_Point) {
			continue
		}
		if r == ' ' && (len(out) == 0 || out[len(out)-1] == ' ') {
			continue
		}
		if len(out) == limit {
			return string(out[:limit-1]) + "…"
		}
		out = append(out, r)
	}
	return strings.TrimRight(string(out), " ")
}
