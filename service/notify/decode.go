package notify

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// encoding is how a log file is written. UTF-8 stands for code page 1252 too:
// which of the two a line is in is decided line by line, since software that
// writes one often mixes in the other.
type encoding int

const (
	encodingUTF8 encoding = iota
	encodingUTF16LE
	encodingUTF16BE
)

// detectBytes is how much of a file's head the decision is made from.
const detectBytes = 512

// detect tells a file's encoding from its head. A byte order mark decides;
// without one, NUL bytes on one side of the pairs do.
func detect(head []byte) (e encoding, mark int) {
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		return encodingUTF8, 3
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		return encodingUTF16LE, 2
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return encodingUTF16BE, 2
	}
	var even, odd int
	for i, b := range head[:len(head)&^1] {
		if b == 0 && i%2 == 0 {
			even++
		} else if b == 0 {
			odd++
		}
	}
	switch half := len(head) / 4; {
	case odd > even && odd > half:
		return encodingUTF16LE, 0
	case even > odd && even > half:
		return encodingUTF16BE, 0
	}
	return encodingUTF8, 0
}

// newline finds the first line end in b and gives the length of the line
// without and with it; ok is false when there is none yet.
func (e encoding) newline(b []byte) (line, whole int, ok bool) {
	if e == encodingUTF8 {
		i := bytes.IndexByte(b, '\n')
		return i, i + 1, i >= 0
	}
	for i := 0; i+1 < len(b); i += 2 {
		if e.order().Uint16(b[i:]) == '\n' {
			return i, i + 2, true
		}
	}
	return 0, 0, false
}

func (e encoding) order() binary.ByteOrder {
	if e == encodingUTF16BE {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// whole cuts what may be the beginning of a character off the end of b.
func (e encoding) whole(b []byte) []byte {
	if e == encodingUTF8 {
		for back := 1; back < utf8.UTFMax && back <= len(b); back++ {
			if c := b[len(b)-back]; utf8.RuneStart(c) {
				if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-back:]) {
					return b[:len(b)-back]
				}
				return b
			}
		}
		return b
	}
	b = b[:len(b)&^1]
	if n := len(b); n > 0 {
		if u := e.order().Uint16(b[n-2:]); u >= 0xD800 && u < 0xDC00 {
			b = b[:n-2]
		}
	}
	return b
}

// text decodes one line. It never fails: a byte that cannot be decoded becomes
// a replacement character and the rest of the line can still match.
func (e encoding) text(line []byte) string {
	var s string
	switch {
	case e != encodingUTF8:
		units := make([]uint16, 0, len(line)/2)
		for i := 0; i+1 < len(line); i += 2 {
			units = append(units, e.order().Uint16(line[i:]))
		}
		s = string(utf16.Decode(units))
	case utf8.Valid(line):
		s = string(line)
	default:
		var b strings.Builder
		for _, c := range line {
			b.WriteRune(charmap.Windows1252.DecodeByte(c))
		}
		s = b.String()
	}
	return strings.TrimSuffix(s, "\r")
}
