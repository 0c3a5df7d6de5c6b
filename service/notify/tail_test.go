package notify

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

// all looks until nothing more comes and commits every step.
func all(t interface{ Fatal(...any) }, tail *Tail) []string {
	var lines []string
	for {
		step, err := tail.Next()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if err == nil || len(step.Lines) > 0 {
			tail.Commit(step.After)
		}
		lines = append(lines, step.Lines...)
		if len(step.Lines) == 0 && !step.More {
			return lines
		}
	}
}

// rig writes a log as software does, and reads it with a tail that is killed
// now and then.
type rig struct {
	dir, path string
	tail      *Tail
	committed *Position
	next      int
	pending   string // of a line whose end is not written yet
	want, got []string
}

func (r *rig) write(t *rapid.T, text string) {
	f, err := os.OpenFile(r.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) line(t *rapid.T) {
	r.finish(t)
	s := fmt.Sprintf("line %d %s", r.next, strings.Repeat("x", rapid.IntRange(0, 600).Draw(t, "length")))
	r.next++
	cut := rapid.IntRange(0, len(s)).Draw(t, "cut")
	r.want = append(r.want, s)
	r.write(t, s[:cut])
	r.pending = s[cut:] + "\n"
	if cut == len(s) || rapid.Bool().Draw(t, "whole") {
		r.finish(t)
	}
}

func (r *rig) finish(t *rapid.T) {
	if r.pending != "" {
		r.write(t, r.pending)
		r.pending = ""
	}
}

// shift makes room for name.1.
func (r *rig) shift(t *rapid.T) {
	for i := 40; i >= 1; i-- {
		err := os.Rename(fmt.Sprintf("%s.%d", r.path, i), fmt.Sprintf("%s.%d", r.path, i+1))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

func (r *rig) rename(t *rapid.T) {
	r.finish(t)
	if _, err := os.Stat(r.path); err != nil {
		return
	}
	r.shift(t)
	if err := os.Rename(r.path, r.path+".1"); err != nil {
		t.Fatal(err)
	}
	if rapid.Bool().Draw(t, "new one at once") {
		r.write(t, "")
	}
}

func (r *rig) copyAndCut(t *rapid.T) {
	r.finish(t)
	b, err := os.ReadFile(r.path)
	if err != nil {
		return
	}
	r.shift(t)
	if err := os.WriteFile(r.path+".1", b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(r.path, 0); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) look(t *rapid.T) {
	step, err := r.tail.Next()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if err != nil && len(step.Lines) == 0 {
		return
	}
	if step.Gap {
		t.Fatal("a gap, but nothing was deleted")
	}
	if rapid.Bool().Draw(t, "killed before the commit") {
		r.restart(t)
		return
	}
	r.tail.Commit(step.After)
	r.committed = &step.After
	r.got = append(r.got, step.Lines...)
}

func (r *rig) restart(*rapid.T) { r.tail = NewTail(r.path, r.committed) }

// Each line exactly once and in order, through random writes, both kinds of
// rotation and restarts (scenario 47 for the log).
func TestEachLineExactlyOnce(t *testing.T) {
	base := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		dir := filepath.Join(base, fmt.Sprint(n))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		r := &rig{dir: dir, path: filepath.Join(dir, "instrument.log"), committed: &Position{}}
		r.restart(t)
		t.Repeat(map[string]func(*rapid.T){
			"line": r.line, "another": r.line, "rename": r.rename, "copy and cut": r.copyAndCut, "look": r.look, "look again": r.look, "restart": r.restart,
		})
		r.finish(t)
		r.got = append(r.got, all(t, r.tail)...)
		if !slices.Equal(r.got, r.want) {
			t.Fatalf("got %d lines, want %d\n got %.60q\nwant %.60q", len(r.got), len(r.want), r.got, r.want)
		}
	})
}

func put(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, tail *Tail, want ...string) {
	t.Helper()
	if got := all(t, tail); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHistoryIsNoNews(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.log")
	put(t, path, "old\nhalf")
	tail := NewTail(path, nil)
	expect(t, tail)
	put(t, path, " and half\nnew\n")
	expect(t, tail, "half and half", "new")
}

func TestALogThatComesLater(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sub", "a.log")
	tail := NewTail(path, nil)
	expect(t, tail)
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, path+".1", "rotated before we ever looked\n")
	put(t, path, "one\ntwo\n")
	expect(t, tail, "rotated before we ever looked", "one", "two")
}

func TestADeletedLogIsAGap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.log")
	put(t, path, "x\n")
	tail := NewTail(path, nil)
	expect(t, tail)
	put(t, path, "one\n")
	expect(t, tail, "one")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	put(t, path, "two\n")
	step, err := tail.Next()
	if err != nil || !step.Gap || !slices.Equal(step.Lines, []string{"two"}) {
		t.Errorf("%+v %v", step, err)
	}
}

// Two logs that begin alike are still two.
func TestTheSameBanner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.log")
	put(t, path, "=== log opened ===\n")
	tail := NewTail(path, &Position{})
	expect(t, tail, "=== log opened ===")
	put(t, path, "last of the old\n")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	put(t, path, "=== log opened ===\nfirst of the new\n")
	expect(t, tail, "last of the old", "=== log opened ===", "first of the new")
}

func TestTheEndOfAnOldLogIsALine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.log")
	put(t, path, "one\nno line end")
	tail := NewTail(path, &Position{})
	expect(t, tail, "one")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	expect(t, tail)
	put(t, path, "two\n")
	expect(t, tail, "no line end", "two")
}

func TestLongLinesAreCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.log")
	put(t, path, "a\n"+strings.Repeat("y", 3*readChunk)+"\nb\n"+strings.Repeat("z", maxLine+1)+"\nc\n")
	expect(t, NewTail(path, &Position{}), "a", strings.Repeat("y", maxLine), "b", strings.Repeat("z", maxLine), "c")
}

func TestEncodings(t *testing.T) {
	utf16of := func(s string, big, mark bool) string {
		var b []byte
		units := utf16.Encode([]rune(s))
		if mark {
			units = append([]uint16{0xFEFF}, units...)
		}
		for _, u := range units {
			if big {
				b = append(b, byte(u>>8), byte(u))
			} else {
				b = append(b, byte(u), byte(u>>8))
			}
		}
		return string(b)
	}
	const text = "Gerät bereit\r\n20 µl 試薬\r\nRUN STARTED Ċ\r\n" // Ċ is U+010A: its low byte is a line end
	want := []string{"Gerät bereit", "20 µl 試薬", "RUN STARTED Ċ"}
	for name, row := range map[string]struct {
		written string
		want    []string
	}{
		"utf-8":                   {text, want},
		"utf-8 with mark":         {"\xEF\xBB\xBF" + text, want},
		"utf-16 little with mark": {utf16of(text, false, true), want},
		"utf-16 big with mark":    {utf16of(text, true, true), want},
		"utf-16 little":           {utf16of(text, false, false), want},
		"utf-16 big":              {utf16of(text, true, false), want},
		"1252":                    {"Ger\xE4t \x80 5\r\nplain\r\n", []string{"Gerät € 5", "plain"}},
		"1252 and utf-8 mixed":    {"Ger\xE4t\nGerät\n", []string{"Gerät", "Gerät"}},
		"nonsense":                {"\xff\x00\x81\n\x00\n", []string{"ÿ\x00\uFFFD", "\x00"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.log")
			tail := NewTail(path, &Position{})
			var got []string
			for i := 0; i < len(row.written); i += 7 { // torn anywhere
				put(t, path, row.written[i:min(i+7, len(row.written))])
				got = append(got, all(t, tail)...)
			}
			if got = append(got, all(t, tail)...); !slices.Equal(got, row.want) {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestRotatedNames(t *testing.T) {
	for _, row := range []struct {
		log, name string
		number    int
		ok        bool
	}{
		{"a.log", "a.log", 0, true},
		{"a.log", "a.log.1", 1, true},
		{"a.log", "a.log.12", 12, true},
		{"a.log", "a.log-20261124", 0, true},
		{"a.log", "a.log.old", 0, true},
		{"a.log", "a.1.log", 1, true},
		{"a.log", "a-2026-11-24T10.log", 0, true},
		{"a.log", "a-audit.log", 0, false},
		{"a.log", "a.log.1.gz", 0, false},
		{"a.log", "ab.log", 0, false},
		{"a.log", "a2.log", 0, false},
		{"a.log", "a20261124.log", 0, true},
		{"a.log", "b.log", 0, false},
		{"log", "log.1", 1, true},
	} {
		if number, ok := rotated(row.log, row.name); number != row.number || ok != row.ok {
			t.Errorf("%s of %s: %d %v", row.name, row.log, number, ok)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("a\r\nb\n"))
	f.Add([]byte{0xFF, 0xFE, 'a', 0, '\n', 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		e, mark := detect(b)
		rest := b[mark:]
		for {
			line, whole, ok := e.newline(rest)
			if !ok {
				return
			}
			if line < 0 || whole <= line || whole > len(rest) {
				t.Fatalf("line %d whole %d of %d", line, whole, len(rest))
			}
			_ = e.text(rest[:line])
			rest = rest[whole:]
		}
	})
}
