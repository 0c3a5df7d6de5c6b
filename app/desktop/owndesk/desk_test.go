package owndesk

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeSystem has desktops in memory.
type fakeSystem struct {
	mu     sync.Mutex
	acts   []string
	broken bool // none can be made
	lines  chan string
	facing Facing
}

func (s *fakeSystem) note(act string) {
	s.mu.Lock()
	s.acts = append(s.acts, act)
	s.mu.Unlock()
}

func (s *fakeSystem) did(act string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.acts, act)
}

func (s *fakeSystem) Open(args []string) (Place, error) {
	s.note("open " + strings.Join(args, " "))
	if s.broken {
		return nil, errors.New("no desktops here")
	}
	return fakePlace{s}, nil
}

type fakePlace struct{ *fakeSystem }

func (p fakePlace) Switch() error        { p.note("switch"); p.face(Own); return nil }
func (p fakePlace) Back() error          { p.note("back"); p.face(Shared); return nil }
func (p fakePlace) Close()               { p.note("close") }
func (p fakePlace) Said() (string, bool) { line, more := <-p.lines; return line, more }
func (p fakePlace) face(f Facing)        { p.mu.Lock(); p.facing = f; p.mu.Unlock() }
func (p fakePlace) Facing() Facing       { p.mu.Lock(); defer p.mu.Unlock(); return p.facing }

func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("never: %s", what)
		}
	}
}

func newDesk(s *fakeSystem) *Desk {
	return New(Config{System: s, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
}

// B3: the question's whole way, with the guard of the second program at the
// other end.
func TestDesk(t *testing.T) {
	system := &fakeSystem{lines: make(chan string, 16)}
	d := newDesk(system)
	defer d.Close()
	in, first := io.Pipe()
	guard := NewGuard(in, lineWriter(system.lines), func() error { system.note("guard back"); return nil })
	d.Want("p1\x00\xff", "--prompt-only")
	eventually(t, "opened", func() bool { return system.did("open --prompt-only") })
	guard.Beat()
	guard.Ready("p1\x00\xff")
	eventually(t, "switched", func() bool { return system.did("switch") })
	guard.Answered()
	eventually(t, "closed", func() bool { return system.did("close") })
	if !slices.Equal(system.acts, []string{"open --prompt-only", "switch", "back", "close"}) {
		t.Errorf("%q", system.acts)
	}
	if d.Falls("p1\x00\xff") {
		t.Error("an answered question falls on the shared desktop")
	}
	d.Want("")
	_ = first.Close()
	<-guard.Over()
	if !system.did("guard back") {
		t.Error("the second program does not bring anybody back")
	}
	close(system.lines)
}

// Where none can be made the question falls on the shared desktop; the program
// that ends brings it there too.
func TestDeskFalls(t *testing.T) {
	system := &fakeSystem{broken: true, lines: make(chan string)}
	d := newDesk(system)
	defer d.Close()
	d.Want("q", "--prompt-only")
	eventually(t, "falls", func() bool { return d.Falls("q") })
	if d.Falls("other") {
		t.Error("another question falls, too")
	}
	d.Want("")
	eventually(t, "rests", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return !d.runs })

	system = &fakeSystem{lines: make(chan string)}
	d = newDesk(system)
	defer d.Close()
	d.Want("q", "--prompt-only")
	eventually(t, "opened", func() bool { return system.did("open --prompt-only") })
	close(system.lines)
	eventually(t, "falls", func() bool { return d.Falls("q") })
	if !system.did("close") {
		t.Error("the desktop stays")
	}
	var none *Desk
	none.Want("q")
	none.Close()
	if !none.Falls("q") || New(Config{}) != nil {
		t.Error("a system without such desktops has one")
	}
}

// Ending in the middle leaves nobody there.
func TestDeskCloses(t *testing.T) {
	system := &fakeSystem{lines: make(chan string, 4)}
	d := newDesk(system)
	d.Want("q", "--prompt-only")
	eventually(t, "opened", func() bool { return system.did("open --prompt-only") })
	system.lines <- "ready 71"
	eventually(t, "switched", func() bool { return system.did("switch") })
	close(system.lines)
	d.Close()
	if n := len(system.acts); n < 4 || !slices.Equal(system.acts[n-2:], []string{"back", "close"}) {
		t.Errorf("%q", system.acts)
	}
	d.Want("q", "--prompt-only")
	if d.work.Wait(); d.runs && len(system.acts) > 4 {
		t.Errorf("opened after the end: %q", system.acts)
	}
}

// lineWriter hands lines on.
type lineWriter chan string

func (w lineWriter) Write(b []byte) (int, error) {
	w <- strings.TrimSuffix(string(b), "\n")
	return len(b), nil
}

// A first program that cannot be told anything is gone.
func TestGuardWithoutAListener(t *testing.T) {
	r, w := io.Pipe()
	_ = r.Close()
	in, first := io.Pipe()
	defer first.Close()
	backs := 0
	g := NewGuard(in, w, func() error { backs++; return nil })
	g.Beat()
	<-g.Over()
	g.Beat()
	if backs != 1 {
		t.Errorf("brought back %d times", backs)
	}
}

func TestRescue(t *testing.T) {
	var r Rescue
	at := func(d time.Duration) time.Time { return start.Add(d) }
	for i, row := range []struct {
		after         time.Duration
		shows, window bool
		want          bool
	}{
		{0, true, true, false},
		{time.Second, true, false, false},
		{3999 * time.Millisecond, true, false, false},
		{4 * time.Second, true, false, true},
		{5 * time.Second, false, false, false},
		{6 * time.Second, true, false, false},
		{8 * time.Second, true, true, false},
		{9 * time.Second, true, false, false},
	} {
		if got := r.Look(at(row.after), row.shows, row.window); got != row.want {
			t.Errorf("%d: %v", i, got)
		}
	}
	if IsOurs("Default") || IsOurs("Winlogon") || !IsOurs(prefix+"1") {
		t.Error("our desktops are not told from others")
	}
}

// Whatever the second program says, only its own words count.
func FuzzReport(f *testing.F) {
	for _, seed := range []string{"ready 7100ff", "ready zz", "beat", "answered", "gone", "answered\r", "ready", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		var r reported
		r.take(start, line)
		word, rest, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		if r.answered != (word == "answered") || r.ended != (word == "gone") || r.beat != start {
			t.Errorf("%q: %+v", line, &r)
		}
		if r.ready != "" {
			var out bytes.Buffer
			(&Guard{out: &out}).Ready(r.ready)
			if word != "ready" || !strings.EqualFold(strings.TrimSpace(out.String()), "ready "+rest) {
				t.Errorf("%q: ready %q", line, r.ready)
			}
		}
	})
}
