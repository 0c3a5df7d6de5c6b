package logexport

import (
	"bytes"
	"compress/zlib"
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"

	"pgregory.net/rapid"

	"beckmanconnect/internal/logproof"
)

// nasty are texts that do something in a terminal, a spreadsheet or a page.
var nasty = []string{
	"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＋1", "－1", "＠a", "=HYPERLINK(\"http://x\",\"y\")", "=cmd|' /C calc'!A0",
	"a;=1+1", "a,=1+1", "a\",=1+1,\"", "a|@x", " =1", "\u00a0=1", "a\r\n=1+1", "a\nb", "\x00", "\x1b[31mred\x1b[0m", "\x1b]0;title\a", "\u009b31m",
	"\u202egnp.exe", "\u2066x\u2069", "\u200e\u200f\u061c", "\u2028\u2029", "\ufeff", "\u200b", "\U000e0041", "😀", "漢字", "שלום", "\\u003d1", "\\", "a\\=1", "'=1", "''", "\"", "{nb}", "\ue000", "", "ü — ß",
}

// unescape takes a cell's text back to the value.
func unescape(t rapid.TB, s string) string {
	t.Helper()
	var out []uint16
	for i := 0; i < len(s); {
		switch {
		case strings.HasPrefix(s[i:], `\\`):
			out, i = append(out, '\\'), i+2
		case strings.HasPrefix(s[i:], `\u`):
			n, err := strconv.ParseUint(s[i+2:i+6], 16, 16)
			if err != nil {
				t.Fatal(err)
			}
			out, i = append(out, uint16(n)), i+6
		default:
			r := []rune(s[i:])[0]
			out, i = utf16.AppendRune(out, r), i+len(string(r))
		}
	}
	return string(utf16.Decode(out))
}

// scenario 49: whatever an entry holds, a spreadsheet gets text: no cell starts
// a formula, wherever a reader thinks that cells begin, nothing acts, and every
// value can be read back.
func TestCellsAreInert(t *testing.T) {
	outer := t
	check := func(t rapid.TB, subject, name, value string) {
		l := newLog(outer)
		l.add("test.entry", "it", subject, map[string]string{"n" + name: value}, map[string]string{"p": value})
		m := l.meta()
		raw := l.export(CSV, m, nil)
		text, ok := bytes.CutPrefix(raw, []byte("\ufeff"))
		if !ok {
			t.Fatal("no byte order mark")
		}
		rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil || len(rows) != 3 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		if n := bytes.Count(text, []byte("\r\n")); n != 3 {
			t.Fatalf("%d line ends", n)
		}
		for _, r := range strings.ReplaceAll(string(text), "\r\n", "") {
			if !unicode.IsPrint(r) {
				t.Fatalf("%U stands in %q", r, text)
			}
		}
		if got := unescape(t, rows[1][6]); got != subject {
			t.Fatalf("%q came back as %q", subject, got)
		}
		field, ok := strings.CutPrefix(rows[1][7], string(appendCell(nil, "n"+name, "=;"+cellEnds))+"=")
		if got := unescape(t, field); !ok || got != value {
			t.Fatalf("%q came back as %q", value, got)
		}
		if got := unescape(t, strings.TrimPrefix(rows[1][8], "p=")); got != value {
			t.Fatalf("%q came back as %q", value, got)
		}
		// Readers differ in what separates cells and whether they trim.
		flat := strings.ReplaceAll(string(text), "\r\n", ",")
		for _, end := range []string{`","`, ",", ";", "|", `"`} {
			for _, part := range strings.Split(flat, end) {
				part = strings.TrimLeft(part, " \u00a0\"'")
				if part != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(part)[0]) {
					t.Fatalf("between %q a cell begins %q", end, part)
				}
			}
		}
	}
	for _, s := range nasty {
		t.Run(fmt.Sprintf("%q", s), func(t *testing.T) { check(t, s, s, s) })
	}
	texts := rapid.Custom(func(rt *rapid.T) string {
		parts := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(nasty), rapid.String()), 0, 4).Draw(rt, "parts")
		return strings.Join(parts, "")
	})
	rapid.Check(t, func(rt *rapid.T) {
		check(rt, texts.Draw(rt, "subject"), texts.Draw(rt, "name"), texts.Draw(rt, "value"))
	})
}

var (
	streams = regexp.MustCompile(`(?s)stream\n(.*?)\nendstream`)
	shown   = regexp.MustCompile(`(?s)\(((?:\\.|[^\\)])*)\) ?Tj`)
)

// pdfLines gives the lines of text on the pages of one of our documents.
func pdfLines(t *testing.T, b []byte) (pages [][]string) {
	t.Helper()
	for _, m := range streams.FindAllSubmatch(b, -1) {
		z, err := zlib.NewReader(bytes.NewReader(m[1]))
		if err != nil {
			continue
		}
		content, err := io.ReadAll(z)
		if err != nil || !bytes.Contains(content, []byte(")Tj")) {
			continue
		}
		var page []string
		for _, s := range shown.FindAllSubmatch(content, -1) {
			page = append(page, decodeText(s[1]))
		}
		pages = append(pages, page)
	}
	return pages
}

func decodeText(s []byte) string {
	var raw []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
			raw = append(raw, map[byte]byte{'r': '\r', 'n': '\n'}[s[i]]|map[bool]byte{true: s[i]}[s[i] != 'r' && s[i] != 'n'])
			continue
		}
		raw = append(raw, s[i])
	}
	var units []uint16
	for i := 0; i+1 < len(raw); i += 2 {
		units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
	}
	return string(utf16.Decode(units))
}

// scenario 49: a page holds letters and nothing that acts on them, and long
// texts are on it whole.
func TestPagesAreInertAndWhole(t *testing.T) {
	l := newLog(t)
	long := strings.Repeat("word ", 400) + strings.Repeat("x", 3000)
	for _, s := range append(nasty, long) {
		l.add("test.entry", "it", s, map[string]string{"v": s}, map[string]string{"p": s})
	}
	m := l.meta()
	m.Session, m.Device, m.Program, m.Filter = "s\x1b[31m", strings.Repeat("d\u202e", 200), "p\x00", "f\u202e"
	pages := pdfLines(t, l.export(PDF, m, nil))
	if len(pages) < 3 {
		t.Fatalf("%d pages", len(pages))
	}
	var all strings.Builder
	for n, page := range pages {
		for _, line := range page {
			for _, r := range line {
				if !unicode.IsPrint(r) || unicode.In(r, unicode.Hebrew) || r > 0xffff {
					t.Fatalf("%U stands on page %d in %q", r, n+1, line)
				}
			}
			all.WriteString(line)
		}
		if last := page; !strings.Contains(strings.Join(last, "\n"), fmt.Sprintf("Page %d of %d", n+1, len(pages))) {
			t.Errorf("page %d does not say which it is", n+1)
		}
	}
	for _, want := range []string{strings.Repeat("x", 3000), `\u001b[31mred`, `\u202egnp.exe`, `\ud83d\ude00`, "漢字", "ü — ß", "{nb}", `\ue000`, "=1+1"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("%.40q is not on the pages", want)
		}
	}
	if n := strings.Count(all.String(), "word"); n != 4*400 { // subject in words and as it is, field, personal field
		t.Errorf("%d words", n)
	}
}

// No line is wider than its column.
func TestLinesFitTheirColumn(t *testing.T) {
	s, err := newSheet("t", "en", "p", newLog(t).now)
	if err != nil {
		t.Fatal(err)
	}
	s.font(regular, 8, inkText)
	rapid.Check(t, func(rt *rapid.T) {
		text := s.writable(rapid.StringN(0, 300, -1).Draw(rt, "text"))
		width := rapid.Float64Range(20, 170).Draw(rt, "width")
		var together strings.Builder
		for _, line := range s.lines(text, width) {
			if w := s.width(line); w > width+0.01 {
				rt.Fatalf("%q is %.2f wide, the column %.2f", line, w, width)
			}
			together.WriteString(line)
		}
		if strip(together.String()) != strip(text) {
			rt.Fatalf("%q became %q", text, together.String())
		}
		if w := s.width(s.fit(text, width)); w > width {
			rt.Fatalf("cut to %.2f of %.2f", w, width)
		}
	})
}

func strip(s string) string { return strings.Join(strings.Fields(s), "") }

// Every export of everything is one that a terminal can show.
func TestJSONLIsInert(t *testing.T) {
	l := newLog(t)
	for _, s := range nasty {
		l.add("test.entry", "it", s, map[string]string{"v": s}, map[string]string{"p": s})
	}
	m := l.meta()
	m.Device, m.Filter = "\x1b[31m", "\u202e"
	b := l.export(JSONL, m, nil)
	for _, r := range string(b) {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Fatalf("%U stands in the file", r)
		}
	}
	if _, err := l.check(b); err != nil {
		t.Fatal(err)
	}
	if _, err := logproof.ParseLine(bytes.Split(b, []byte("\n"))[1]); err != nil {
		t.Fatal(err)
	}
}
