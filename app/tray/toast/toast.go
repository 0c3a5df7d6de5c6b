// Package toast shows the tray's messages: by D-Bus on Linux, by go-toast on
// Windows. None is trusted to have been seen.
package toast

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"beckmanconnect/internal/version"
)

// AppName is what the system shows beside a toast.
const AppName = "BeckmanConnect"

// AppID is the program's AppUserModelID: the process says it, the shortcut in
// the Start menu has it, and Windows shows toasts of nobody else.
func AppID() string { return version.ID() }

// Most characters of a text in a script; what is longer is cut.
const (
	maxTitle = 200
	maxBody  = 600
)

// words makes a text fit for the place that go-toast's template has for it: a
// CDATA section in a PowerShell here-string. The section is ended, the text
// follows as nothing but letters, digits, blanks and numbered XML entities, and
// another section is begun, so that whatever the text is, the script's tokens
// are the same, and people read the text as it was written (scenario 49).
func words(s string, limit int) string {
	if s = numbered(s, limit); s == "" {
		return "" // the template leaves the place out
	}
	return "]]>" + s + "<![CDATA["
}

// attribute does the same for a place in an attribute, such as a file's path.
func attribute(s string) string { return numbered(s, maxBody) }

// numbered writes everything but ASCII letters, digits and blanks as an entity.
// What XML has no place for, and what turns the direction of reading, is left
// out.
func numbered(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		switch {
		case n == limit:
			return b.String() + "&#8230;"
		case r == utf8.RuneError, r >= 0xFFFE && r <= 0xFFFF, unicode.In(r, unicode.Bidi_Control, unicode.Noncharacter_Code_Point):
			continue
		case r == '\n', r == '\r', r == '\t', r == 0x85, r == 0x2028, r == 0x2029:
			r = ' '
		case unicode.IsControl(r):
			continue
		}
		n++
		if r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == ' ') {
			b.WriteRune(r)
			continue
		}
		b.WriteString("&#" + strconv.Itoa(int(r)) + ";")
	}
	return b.String()
}
