// Package logtext reads the lines of a log file of any size, in whatever it is
// encoded: for trying a profile on a file, and for the lines that go with a
// request for help.
package logtext

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Encoding is the hint of a profile how a log is written.
type Encoding string

// The hints. Auto looks at the head of the file; where neither a byte order
// mark nor NUL bytes decide, a line that is no UTF-8 is read as code page 1252,
// since software that writes one often mixes in the other.
const (
	Auto        Encoding = "auto"
	UTF8        Encoding = "utf-8"
	UTF16       Encoding = "utf-16"
	Windows1252 Encoding = "windows-1252"
)

// Encodings are the hints there are.
var Encodings = []Encoding{Auto, UTF8, UTF16, Windows1252}

// MaxLine is the longest line in bytes of the file; what is longer is cut off,
// up to the next line end.
const MaxLine = 64 << 10

const (
	headBytes = 512
	readBytes = 64 << 10
)

// order of the bytes of UTF-16; none: a byte is a unit.
type order int

const (
	none order = iota
	little
	big
)

// Scanner gives one line after the other, decoded and without its end.
type Scanner struct {
	r       *bufio.Reader
	hint    Encoding
	order   order
	started bool
	line    string
	whole   bool
	offset  int64
	err     error
}

// NewScanner reads from r. An empty hint is Auto.
func NewScanner(r io.Reader, hint Encoding) (*Scanner, error) {
	switch hint {
	case "":
		hint = Auto
	case Auto, UTF8, UTF16, Windows1252:
	default:
		return nil, fmt.Errorf("logtext: encoding %q is not known", hint)
	}
	return &Scanner{r: bufio.NewReaderSize(r, readBytes), hint: hint}, nil
}

// Scan reads on; false at the end or after a failure, which Err tells.
func (s *Scanner) Scan() bool {
	if s.err != nil {
		return false
	}
	if !s.started {
		s.begin()
	}
	raw, err := s.next()
	if err != nil {
		s.err = err
		return false
	}
	s.line = decode(raw, s.hint, s.order)
	return true
}

// Text is the line.
func (s *Scanner) Text() string { return s.line }

// Whole is false for a last line without its end: it may still be written.
func (s *Scanner) Whole() bool { return s.whole }

// Offset is how many bytes of the file were gone through so far.
func (s *Scanner) Offset() int64 { return s.offset }

// Err is what ended the reading, nil at the end of the file.
func (s *Scanner) Err() error {
	if s.err == io.EOF {
		return nil
	}
	return s.err
}

func (s *Scanner) begin() {
	s.started = true
	head, _ := s.r.Peek(headBytes) // what failed fails again with the first line
	var mark int
	s.order, mark = detect(head, s.hint)
	_, _ = s.r.Discard(mark)
	s.offset += int64(mark)
}

// From reads from the first whole line behind offset from, in a file whose head
// says how all of it is encoded.
func From(file io.ReaderAt, from int64, hint Encoding) (*Scanner, error) {
	s, err := NewScanner(io.NewSectionReader(file, 0, headBytes), hint)
	if err != nil {
		return nil, err
	}
	s.begin()
	at := s.offset // behind the mark
	if from > at {
		at = from
		if s.order != none {
			at += from % 2
		}
	}
	s.r = bufio.NewReaderSize(io.NewSectionReader(file, at, 1<<62-at), readBytes)
	s.offset = at
	if from > 0 {
		if _, err := s.next(); err != nil {
			s.err = err // there is no whole line any more
		}
	}
	return s, nil
}

// detect tells the order of bytes and the length of a byte order mark.
func detect(head []byte, hint Encoding) (o order, mark int) {
	switch {
	case hint == Windows1252:
		return none, 0
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}) && hint != UTF16:
		return none, 3
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}) && hint != UTF8:
		return little, 2
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}) && hint != UTF8:
		return big, 2
	case hint == UTF8:
		return none, 0
	}
	var even, odd int
	for i, b := range head[:len(head)&^1] {
		if b == 0 && i%2 == 0 {
			even++
		} else if b == 0 {
			odd++
		}
	}
	quarter := len(head) / 4
	switch {
	case even > odd && even > quarter:
		return big, 0
	case hint == UTF16, odd > even && odd > quarter:
		return little, 0
	}
	return none, 0
}

// next gives the bytes of a line without its end, at most MaxLine of them.
func (s *Scanner) next() ([]byte, error) {
	var line []byte
	s.whole = true
	for begun := false; ; begun = true {
		var unit [2]byte
		n := 1
		if s.order != none {
			n = 2
		}
		if _, err := io.ReadFull(s.r, unit[:n]); err != nil {
			if err == io.ErrUnexpectedEOF {
				err = io.EOF // half a unit at the end
			}
			if err == io.EOF && begun {
				s.whole = false
				return line, nil
			}
			return nil, err
		}
		s.offset += int64(n)
		switch {
		case s.order == none && unit[0] == '\n', s.order == little && unit == [2]byte{'\n', 0}, s.order == big && unit == [2]byte{0, '\n'}:
			return line, nil
		case len(line) < MaxLine:
			line = append(line, unit[:n]...)
		}
	}
}

// decode never fails: what cannot be decoded becomes a replacement character
// and the rest of the line can still match.
func decode(line []byte, hint Encoding, o order) string {
	var s string
	switch {
	case o != none:
		units := make([]uint16, 0, len(line)/2)
		for i := 0; i+1 < len(line); i += 2 {
			if o == little {
				units = append(units, uint16(line[i])|uint16(line[i+1])<<8)
			} else {
				units = append(units, uint16(line[i+1])|uint16(line[i])<<8)
			}
		}
		s = string(utf16.Decode(units))
	case hint == UTF8:
		s = strings.ToValidUTF8(string(line), "\ufffd")
	case hint == Auto && utf8.Valid(line):
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
