package data

import "strings"

// mentions tells whether a text holds an address as a whole.
func mentions(text, address string) bool {
	text, address = strings.ToLower(text), strings.ToLower(address)
	for at := 0; ; {
		n := strings.Index(text[at:], address)
		if n < 0 {
			return false
		}
		begin, end := at+n, at+n+len(address)
		if (begin == 0 || !inAddress(text[begin-1])) && (end == len(text) || !inAddress(text[end]) || text[end] == '.' && (end+1 == len(text) || !inAddress(text[end+1]))) {
			return true
		}
		at = begin + 1
	}
}

func inAddress(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 0x80 || strings.IndexByte("._%+-@", c) >= 0
}
