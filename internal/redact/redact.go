// Package redact makes text harmless before it is shown, logged or sent: text
// that came from outside becomes one inert line, and secrets never reach a
// log.
package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Hidden stands for what was taken out.
const Hidden = "[hidden]"

// Line makes s one plain line of at most limit characters: no line breaks, no
// control characters or escape sequences, nothing invisible and nothing that
// turns the direction of reading (scenarios 15, 49). What was cut off ends in
// "…".
func Line(s string, limit int) string {
	var b strings.Builder
	space, n := false, 0
	for _, r := range s {
		switch {
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			space = n > 0
			continue
		case r == utf8.RuneError, unicode.IsControl(r), invisible(r):
			continue
		}
		if space {
			b.WriteByte(' ')
			n++
			space = false
		}
		if n >= limit {
			return cut(b.String(), limit)
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// invisible: format characters (right-to-left marks, joiners, tags), private
// use and what is not assigned.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs) || !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs)
}

func cut(s string, limit int) string {
	if limit < 1 {
		return ""
	}
	runes := []rune(s)
	return strings.TrimRight(string(runes[:limit-1]), " ") + "…"
}
