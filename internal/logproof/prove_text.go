package logproof

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Printable writes s so that a terminal does nothing but show it: controls,
// line breaks, right-to-left marks and what is no text stand as \uXXXX, a
// backslash as two (scenario 49).
func Printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\\' {
			b.WriteString(`\\`)
		} else {
			b.Write(AppendInert(nil, r))
		}
	}
	return b.String()
}

// AppendInert appends a rune that shows itself as it is and any other as
// \uXXXX, as JSON and Go write it.
func AppendInert(dst []byte, r rune) []byte {
	if r >= ' ' && r < 0x7f || r >= utf8.RuneSelf && unicode.IsPrint(r) {
		return utf8.AppendRune(dst, r)
	}
	return AppendEscape(dst, r)
}

// AppendEscape appends a rune as \uXXXX, above U+FFFF as two of them.
func AppendEscape(dst []byte, r rune) []byte {
	if r > 0xffff {
		hi, lo := utf16.EncodeRune(r)
		return fmt.Appendf(dst, `\u%04x\u%04x`, hi, lo)
	}
	return fmt.Appendf(dst, `\u%04x`, r)
}

// AppendInertJSON appends encoded JSON, which has no white space outside of its
// strings, so that a terminal shows it as it is. It still means the same.
func AppendInertJSON(dst, j []byte) []byte {
	for len(j) > 0 {
		if c := j[0]; c >= ' ' && c < 0x7f {
			dst, j = append(dst, c), j[1:]
			continue
		}
		r, n := utf8.DecodeRune(j)
		dst, j = AppendInert(dst, r), j[n:]
	}
	return dst
}

// appendQuoted appends s as a JSON string that a terminal shows as it is.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		if r == '"' || r == '\\' {
			dst = append(dst, '\\')
		}
		dst = AppendInert(dst, r)
	}
	return append(dst, '"')
}
