package main

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// escapeRune writes a rune that shows itself as it is and any other as \uXXXX.
func escapeRune(b *strings.Builder, r rune) {
	switch {
	case unicode.IsPrint(r):
		b.WriteRune(r)
	case r > 0xffff:
		hi, lo := utf16.EncodeRune(r)
		fmt.Fprintf(b, `\u%04x\u%04x`, hi, lo)
	default:
		fmt.Fprintf(b, `\u%04x`, r)
	}
}
