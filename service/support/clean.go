package support

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text from the other side fit to be shown to a technician and to
// be logged: one line, no control or invisible or direction-changing
// characters, at most limit runes (scenarios 15, 49).
func Clean(s string, limit int) string {
	var b strings.Builder
	space, n := false, 0
	for _, r := range s {
		if n >= limit {
			b.WriteRune('…')
			break
		}
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case r == utf8.RuneError, unicode.IsControl(r), hidden(r):
			continue
		}
		if space {
			b.WriteByte(' ')
			n++
			space = false
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// hidden is true for what changes how its neighbours are read without being
// seen: format characters (direction marks, zero-width, tags), variation
// selectors, private use and unassigned.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) ||
		!unicode.IsGraphic(r)
}

// Limits of texts from the other side, in runes.
const (
	maxReason = 200
	maxName   = 80
	maxTicket = 40
	maxID     = 64
)

func (e Engineer) cleaned() Engineer {
	e.Account = Clean(e.Account, maxName)
	e.Name = Clean(e.Name, maxName)
	e.Organisation = Clean(e.Organisation, maxName)
	e.Regions = append([]string(nil), e.Regions...)
	return e
}

// validID tells an identifier chosen by the engineer's side apart from junk.
func validID(id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	for _, r := range id {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return true
}
