package notify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"beckmanconnect/service/profile"
	"beckmanconnect/store"
)

// tokens finds every <N> in a line: one rule each.
type tokens struct{}

func (tokens) State() profile.State  { return profile.State{} }
func (tokens) Restore(profile.State) {}

// ReadRest leaves out what the beginning of the line said.
func (k tokens) ReadRest(early, line string) (found []profile.Found, run Run) {
	known, _ := k.Read(early)
	said := map[string]int{}
	for _, f := range known {
		said[f.Rule.Code]++
	}
	all, _ := k.Read(line)
	for _, f := range all {
		if said[f.Rule.Code]--; said[f.Rule.Code] < 0 {
			found = append(found, f)
		}
	}
	return found, ""
}

var token = regexp.MustCompile(`<(\d+)>`)

func (tokens) Read(line string) (found []profile.Found, run Run) {
	for _, m := range token.FindAllStringSubmatch(line, -1) {
		found = append(found, profile.Found{Rule: &profile.Rule{Code: "line-" + m[1], Severity: profile.Low}})
	}
	return found, ""
}

// model is a log as some software writes it, in one encoding, rotated in one of
// the ways there are, and read by a source that is killed now and then.
type model struct {
	dir, path string
	encoding  string
	alarms    *Alarms
	reader    *logReader
	now       time.Time
	next      int
	rotations int
	pending   string         // of a line whose end is not written yet
	written   map[string]int // by token, what stands in the log as a whole
	line      string         // the line that is being written, as far as it is
}

func encode(encoding, s string) []byte {
	var b []byte
	units := func(big bool) {
		for _, u := range utf16.Encode([]rune(s)) {
			if big {
				b = append(b, byte(u>>8), byte(u))
			} else {
				b = append(b, byte(u), byte(u>>8))
			}
		}
	}
	switch {
	case strings.HasPrefix(encoding, "utf-16le"):
		units(false)
	case strings.HasPrefix(encoding, "utf-16be"):
		units(true)
	case encoding == "1252":
		b, _ = charmap.Windows1252.NewEncoder().Bytes([]byte(s)) // only such characters are written
	default:
		b = []byte(s)
	}
	return b
}

func (m *model) mark() string {
	if strings.HasSuffix(m.encoding, "+mark") {
		return "\uFEFF"
	}
	return ""
}

func (m *model) write(t *rapid.T, s string) {
	info, err := os.Stat(m.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		s = m.mark() + s
	}
	f, err := os.OpenFile(m.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(encode(m.encoding, s)); err != nil {
		t.Fatal(err)
	}
	m.line += s
	for _, x := range token.FindAllStringSubmatch(m.line, -1) {
		m.written["line-"+x[1]] = 1
	}
}

func (m *model) begin(t *rapid.T) {
	m.finish(t)
	filler := rapid.SampledFrom([]string{"", "Gerät bereit ", "20 µl ", "x"}).Draw(t, "filler")
	if strings.HasPrefix(m.encoding, "utf") {
		filler += rapid.SampledFrom([]string{"", "試薬 ", "\U0001F9EA "}).Draw(t, "more")
	}
	s := fmt.Sprintf("%s<%d> %s<%d> %s", filler, m.next, strings.Repeat("y", rapid.IntRange(0, 300).Draw(t, "length")), m.next+1, filler)
	m.next += 2
	runes := []rune(s)
	cut := rapid.IntRange(0, len(runes)).Draw(t, "cut")
	if rapid.Bool().Draw(t, "whole") {
		cut = len(runes)
	}
	m.line = ""
	m.write(t, string(runes[:cut]))
	m.pending = string(runes[cut:]) + rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end")
	if cut == len(runes) && rapid.Bool().Draw(t, "with its end") {
		m.finish(t)
	}
}

func (m *model) finish(t *rapid.T) {
	if m.pending != "" {
		m.write(t, m.pending)
		m.pending = ""
	}
	m.line = ""
}

func (m *model) rotate(t *rapid.T) {
	m.finish(t)
	b, err := os.ReadFile(m.path)
	if err != nil {
		return
	}
	m.rotations++
	old := fmt.Sprintf("%s.%d", m.path, 1)
	how := rapid.SampledFrom([]string{"numbered", "dated", "copied"}).Draw(t, "how")
	if how == "dated" {
		old = strings.TrimSuffix(m.path, ".log") + fmt.Sprintf("-20260101-%06d.log", m.rotations)
	} else {
		for i := m.rotations; i >= 1; i-- {
			err := os.Rename(fmt.Sprintf("%s.%d", m.path, i), fmt.Sprintf("%s.%d", m.path, i+1))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
	}
	if how == "copied" {
		if err := os.WriteFile(old, b, 0o600); err != nil {
			t.Fatal(err)
		}
		err = os.Truncate(m.path, 0)
	} else {
		err = os.Rename(m.path, old)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// truncated: whoever cuts a log that was read to its end takes nothing away.
func (m *model) truncate(t *rapid.T) {
	m.finish(t)
	m.settle(t)
	if err := os.Truncate(m.path, 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}

func (m *model) step(t *rapid.T) (more bool) {
	more, err := m.reader.step(context.Background())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return more
}

func (m *model) settle(t *rapid.T) {
	for range 50 {
		before := m.reader.tail.place
		if more := m.step(t); !more && m.reader.tail.place.Offset == before.Offset && m.reader.tail.place.Early == before.Early {
			return
		}
	}
	t.Fatal("it never comes to rest")
}

func (m *model) restart(t *rapid.T) {
	r := &logReader{lines: tokens{}, LogSource: LogSource{Path: m.path, Alarms: m.alarms, OnRun: func(Run) {}, Log: slog.New(slog.DiscardHandler)}}
	if err := r.restore(context.Background()); err != nil {
		t.Fatal(err)
	}
	r.tail.now = func() time.Time { return m.now }
	m.reader = r
}

// counted is how often each token of this run, from one on, was told. Runs share
// a store, and what is older is not read again.
func (m *model) counted(t *rapid.T, from int) map[string]int {
	counts := map[string]int{}
	for before := uint64(0); ; {
		all, more, err := m.alarms.Store.Notifications(context.Background(), before, 100, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range all {
			counts[n.Code] += int(n.Count)
			before = n.ID
		}
		oldest := from
		for _, n := range all { // a flood's group stands among them
			if _, err := fmt.Sscanf(n.Code, "line-%d", &oldest); err != nil && n.Members == 0 {
				t.Fatalf("%s: %v", n.Code, err)
			}
		}
		if !more || oldest < from {
			return counts
		}
	}
}

// Whatever is written, in whatever encoding and however torn, rotated, cut, left
// unfinished for long, read by a source that is killed: each line's news is told
// exactly once.
func TestEveryLinesNewsOnce(t *testing.T) { // scenario 47
	base := t.TempDir()
	n := 0
	alarms := newAlarms(t)
	first := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		dir := filepath.Join(base, fmt.Sprint(n))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		m := &model{
			dir: dir, path: filepath.Join(dir, "instrument.log"), alarms: alarms, now: time.Unix(0, 0), next: first, written: map[string]int{},
			encoding: rapid.SampledFrom([]string{"utf-8", "utf-8+mark", "1252", "utf-16le", "utf-16le+mark", "utf-16be", "utf-16be+mark"}).Draw(t, "encoding"),
		}
		begun := first
		m.restart(t)
		m.step(t) // before the first line
		t.Repeat(map[string]func(*rapid.T){
			"line": m.begin, "another": m.begin, "end of line": m.finish, "look": func(t *rapid.T) { m.step(t) },
			"a while": func(t *rapid.T) {
				m.step(t)
				m.now = m.now.Add(patience)
				m.step(t)
			},
			"rotate": m.rotate, "truncate": m.truncate, "killed": m.restart,
		})
		m.finish(t)
		m.settle(t)
		first = m.next
		got := m.counted(t, begun)
		for i := begun; i < m.next; i++ {
			code := fmt.Sprint("line-", i)
			if got[code] != 1 {
				t.Fatalf("%s: token %d of %d was told %d times", m.encoding, i-begun, m.next-begun, got[code])
			}
		}
	})
}

// A line that stands without its end is taken after a while, as far as it goes,
// and what its end brings is told on its own.
func TestALineWithoutItsEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.log")
	put(t, path, "zero\n")
	tail := NewTail(path, nil)
	now := time.Unix(0, 0)
	tail.now = func() time.Time { return now }
	expect(t, tail)
	put(t, path, "one is\nERROR worn, 20 \xc2")
	expect(t, tail, "one is")
	expect(t, tail)
	now = now.Add(patience - 1)
	expect(t, tail) // not yet
	now = now.Add(1)
	expect(t, tail, "ERROR worn, 20 ")
	expect(t, tail) // once
	place := tail.place
	put(t, path, "\xb5l") // it goes on
	tail = NewTail(path, &place)
	tail.now = func() time.Time { return now }
	expect(t, tail)
	now = now.Add(patience)
	step, err := tail.Next()
	if err != nil || step.Early != "ERROR worn, 20 " || !slices.Equal(step.Lines, []string{"ERROR worn, 20 µl"}) {
		t.Fatalf("%+v %v", step, err)
	}
	tail.Commit(step.After)
	put(t, path, " left\ntwo\n")
	step, err = tail.Next()
	if err != nil || step.Early != "ERROR worn, 20 µl" || !slices.Equal(step.Lines, []string{"ERROR worn, 20 µl left", "two"}) {
		t.Fatalf("%+v %v", step, err)
	}
	tail.Commit(step.After)
	expect(t, tail)
}

func TestWholeCharacters(t *testing.T) {
	for _, row := range []struct {
		e       encoding
		in, out string
	}{
		{encodingUTF8, "", ""}, {encodingUTF8, "abc", "abc"}, {encodingUTF8, "a\xc2", "a"}, {encodingUTF8, "a\xc2\xb5", "a\xc2\xb5"},
		{encodingUTF8, "a\xf0\x9f\xa7", "a"}, {encodingUTF8, "a\xe4", "a"}, {encodingUTF8, "\xb5\xb5\xb5\xb5\xb5", "\xb5\xb5\xb5\xb5\xb5"},
		{encodingUTF16LE, "a\x00b", "a\x00"}, {encodingUTF16LE, "a\x00\x3e\xd8", "a\x00"}, {encodingUTF16LE, "\x3e\xd8\xea\xdd", "\x3e\xd8\xea\xdd"},
		{encodingUTF16BE, "\x00a\xd8\x3e", "\x00a"}, {encodingUTF16BE, "\xd8", ""},
	} {
		if got := string(row.e.whole([]byte(row.in))); got != row.out {
			t.Errorf("%d %q: %q, want %q", row.e, row.in, got, row.out)
		}
	}
}

// What was written while nobody listened is a backlog; what comes afterwards is
// not (B9).
func TestBacklog(t *testing.T) {
	a := newAlarms(t)
	path := filepath.Join(t.TempDir(), "a.log")
	put(t, path, "<1>\n") // history
	var seen []Observation
	fresh := func() *logReader {
		r := &logReader{lines: tokens{}, LogSource: LogSource{Path: path, Alarms: a, OnRun: func(Run) {}, Log: slog.New(slog.DiscardHandler)}}
		if err := r.restore(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.apply = func(ctx context.Context, all []Observation, also func(*store.Tx) error) error {
			seen = append(seen, all...)
			return a.Apply(ctx, all, also)
		}
		return r
	}
	step := func(r *logReader) {
		if _, err := r.step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	r := fresh()
	step(r)
	put(t, path, "<2>\n")
	step(r)
	put(t, path, "<3>\n")
	r = fresh()
	step(r)
	put(t, path, "<4>\n")
	step(r)
	put(t, path, "<5>\n")
	r.looked = r.looked.Add(-2 * asleepFor) // the PC slept
	step(r)
	put(t, path, "<6>\n")
	step(r)
	var got []string
	for _, o := range seen {
		got = append(got, fmt.Sprint(o.Code, " ", o.Backlog))
	}
	if want := []string{"line-2 false", "line-3 true", "line-4 false", "line-5 true", "line-6 false"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Two logs have places of their own.
func TestFurtherLogs(t *testing.T) {
	one, two := LogSource{Path: "/a.log"}, LogSource{Path: "/b.log", Further: true}
	three := LogSource{Path: "/x/b.log", Further: true}
	if one.key() != settingTail || two.key() == one.key() || two.key() == three.key() || two.Label() != SourceLog+"/b.log" || one.Label() != SourceLog {
		t.Error(one.key(), two.key(), three.key(), two.Label())
	}
}
