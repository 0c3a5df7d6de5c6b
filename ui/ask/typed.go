package ask

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// InitialsLimit is the longest initials, in characters.
const InitialsLimit = 8

// Initials is what somebody typed as their initials, in the one form they are
// kept in.
func Initials(typed string) string {
	return strings.ToUpper(Clean(strings.TrimSpace(typed), InitialsLimit))
}

// The bounds of a PIN's length, in digits.
const (
	PINLeast = 4
	PINMost  = 12
)

// Digits is what may stand in a field for a PIN.
func Digits(typed string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, typed)
}

// InitialsFit says whether initials can be somebody's.
func InitialsFit(typed string) bool {
	s := Initials(typed)
	if s == "" || utf8.RuneCountInString(strings.TrimSpace(typed)) > InitialsLimit {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) < 0
}
