package winservice

import (
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

// SID is the account NT SERVICE\name, as Windows makes it from the name: it
// needs no look-up and is the same on every PC.
func SID(name string) string {
	var text []byte
	for _, u := range utf16.Encode([]rune(strings.ToUpper(name))) {
		text = binary.LittleEndian.AppendUint16(text, u)
	}
	sum := sha1.Sum(text) // Windows' choice
	sid := "S-1-5-80"
	for i := 0; i < len(sum); i += 4 {
		sid += fmt.Sprintf("-%d", binary.LittleEndian.Uint32(sum[i:]))
	}
	return sid
}
