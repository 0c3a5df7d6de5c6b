// Package toast shows the tray's messages: by D-Bus on Linux, by go-toast on
// Windows.
package toast

import "strings"

// AppName is what the system shows beside a toast.
const AppName = "BeckmanConnect"

// inert makes a text safe to stand in the script go-toast writes: its template
// puts texts into a PowerShell here-string, where a dollar sign or a backtick
// would be run and an XML end mark would end the text (scenario 49). Look-alike
// characters take their place, so that people still read the same.
func inert(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '$':
			return '＄'
		case '`':
			return 'ˋ'
		case '"':
			return '”'
		case '\'', '‘', '’', '‚', '‛':
			return 'ʼ'
		case '<':
			return '‹'
		case '>':
			return '›'
		case '&':
			return '＆'
		case ']':
			return '］'
		case '@':
			return '＠'
		case '{':
			return '｛'
		case '}':
			return '｝'
		}
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xfffd {
			return ' '
		}
		return r
	}, s)
}
