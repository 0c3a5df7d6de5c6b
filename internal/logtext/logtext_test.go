package logtext

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func utf16Bytes(s string, order binary.AppendByteOrder, mark bool) []byte {
	var b []byte
	if mark {
		b = order.AppendUint16(b, 0xFEFF)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

func all(t testing.TB, s *Scanner, err error) []string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for s.Scan() {
		lines = append(lines, s.Text())
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return lines
}

func TestEncodings(t *testing.T) {
	const text = "10:00 Grüße\r\n试薬 ready\n\nlast"
	want := []string{"10:00 Grüße", "试薬 ready", "", "last"}
	for name, row := range map[string]struct {
		file []byte
		hint Encoding
		want []string
	}{
		"utf-8":                       {[]byte(text), "", want},
		"utf-8 with a mark":           {append([]byte{0xEF, 0xBB, 0xBF}, text...), Auto, want},
		"utf-16 little":               {utf16Bytes(text, binary.LittleEndian, true), Auto, want},
		"utf-16 big":                  {utf16Bytes(text, binary.BigEndian, true), Auto, want},
		"utf-16 without a mark":       {utf16Bytes("plain\nlines\n", binary.LittleEndian, false), Auto, []string{"plain", "lines"}},
		"utf-16 big without a mark":   {utf16Bytes("plain\nlines\n", binary.BigEndian, false), Auto, []string{"plain", "lines"}},
		"utf-16 as said":              {utf16Bytes("试薬试薬\n试", binary.LittleEndian, false), UTF16, []string{"试薬试薬", "试"}},
		"1252":                        {[]byte("Gr\xfc\xdfe\n"), Auto, []string{"Grüße"}},
		"1252 as said":                {[]byte("\xc3\xbc\n"), Windows1252, []string{"Ã¼"}},
		"utf-8 as said":               {[]byte("a\xfcb\n"), UTF8, []string{"a\ufffdb"}},
		"half a unit at the end":      {append(utf16Bytes("a\nb", binary.LittleEndian, true), 'c'), Auto, []string{"a", "b"}},
		"nothing":                     {nil, Auto, nil},
		"a line longer than possible": {[]byte(strings.Repeat("x", MaxLine+10) + "\nnext\n"), Auto, []string{strings.Repeat("x", MaxLine), "next"}},
	} {
		s, err := NewScanner(bytes.NewReader(row.file), row.hint)
		if got := all(t, s, err); !slices.Equal(got, row.want) {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
		s, err = From(bytes.NewReader(row.file), 0, row.hint)
		if got := all(t, s, err); !slices.Equal(got, row.want) {
			t.Errorf("%s, from its beginning: %q, want %q", name, got, row.want)
		}
	}
	if _, err := NewScanner(nil, "ebcdic"); err == nil {
		t.Error("an encoding that is none")
	}
}

// From the middle of a file on there are only whole lines, the ones that stand
// at the end of the file, and the offset is the file's.
func TestFrom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.StringMatching(`[a-zäß试 ]{0,12}`), 1, 20).Draw(t, "lines")
		text := strings.Join(lines, "\n") + "\n"
		file := rapid.SampledFrom([][]byte{[]byte(text), utf16Bytes(text, binary.LittleEndian, true), utf16Bytes(text, binary.BigEndian, true)}).Draw(t, "file")
		from := rapid.Int64Range(0, int64(len(file))+2).Draw(t, "from")
		s, err := From(bytes.NewReader(file), from, Auto)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for s.Scan() {
			got = append(got, s.Text())
			if !s.Whole() {
				t.Fatal("a line that is not whole")
			}
		}
		if s.Err() != nil || len(got) > len(lines) || !slices.Equal(got, lines[len(lines)-len(got):]) {
			t.Fatalf("%q of %q: %v", got, lines, s.Err())
		}
		if len(got) > 0 && s.Offset() != int64(len(file)) {
			t.Fatalf("offset %d of %d", s.Offset(), len(file))
		}
		if from == 0 && len(got) < len(lines) {
			t.Fatalf("from %d: %q of %q", from, got, lines)
		}
	})
}

func TestALineThatIsStillWritten(t *testing.T) {
	s, err := NewScanner(strings.NewReader("whole\npart"), Auto)
	if err != nil || !s.Scan() || !s.Whole() || !s.Scan() || s.Whole() {
		t.Error("the last line counts as whole")
	}
}

func FuzzScanner(f *testing.F) {
	f.Add([]byte("a\nb"), int64(1))
	f.Add(utf16Bytes("a\nb", binary.LittleEndian, true), int64(3))
	f.Fuzz(func(t *testing.T, file []byte, from int64) {
		if from < 0 || from > 1<<40 {
			return
		}
		for _, hint := range Encodings {
			s, err := From(bytes.NewReader(file), from, hint)
			if err != nil {
				t.Fatal(err)
			}
			for s.Scan() {
				if !utf8.ValidString(s.Text()) && hint != Auto {
					t.Fatalf("%q", s.Text())
				}
			}
		}
	})
}
