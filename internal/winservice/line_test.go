package winservice

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestLines(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		want []Line
		bad  bool
	}{
		"none":               {"", nil, false},
		"stop":               {"stop\n", []Line{{Kind: Stop}}, false},
		"lock, shutdown":     {"session 7 1\npreshutdown\n", []Line{{SessionChanged, Session{Lock, 1}}, {Kind: PreShutdown}}, false},
		"of another version": {"power suspend\nstop\n", []Line{{Kind: Stop}}, false},
		"largest":            {"session 4294967295 4294967295\n", []Line{{SessionChanged, Session{1<<32 - 1, 1<<32 - 1}}}, false},
		"no end":             {"stop", nil, true},
		"empty":              {"\n", nil, true},
		"too long":           {strings.Repeat("a", maxLine) + "\n", nil, true},
		"a word too much":    {"stop now\n", nil, true},
		"no number":          {"session lock 1\n", nil, true},
		"negative":           {"session -7 1\n", nil, true},
		"too large":          {"session 4294967296 1\n", nil, true},
		"two spaces":         {"session  7 1\n", nil, true},
		"carriage return":    {"stop\r\n", nil, true},
		"NUL":                {"stop\x00\n", nil, true},
	} {
		var got []Line
		err := readLines(strings.NewReader(tt.in), func(l Line) { got = append(got, l) })
		if !slices.Equal(got, tt.want) || errors.Is(err, ErrLine) != tt.bad || err != nil && !tt.bad {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		for _, l := range tt.want {
			if back, known, err := parseLine(l.String()); back != l || !known || err != nil {
				t.Errorf("%s: %q comes back as %v, %v", name, l, back, err)
			}
		}
	}
}

func FuzzLines(f *testing.F) {
	for _, s := range []string{"stop\n", "preshutdown\n", "session 7 1\nstop\n", "power\n", "session 7\n", "\n", "stop"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		var said strings.Builder
		err := readLines(strings.NewReader(in), func(l Line) { said.WriteString(l.String() + "\n") })
		if err != nil && !errors.Is(err, ErrLine) {
			t.Fatal(err)
		}
		// What was understood is understood the same way again.
		again := ""
		if err := readLines(strings.NewReader(said.String()), func(l Line) { again += l.String() + "\n" }); err != nil || again != said.String() {
			t.Fatalf("%q, then %q, %v", said.String(), again, err)
		}
	})
}

// scenario 17: who left the desktop.
func TestLeaves(t *testing.T) {
	leaves := []SessionEvent{ConsoleDisconnect, RemoteDisconnect, Logoff, Lock, RemoteControl, SessionTerminated}
	for e := SessionEvent(0); e < 20; e++ {
		if got := (Session{Event: e}).Leaves(); got != slices.Contains(leaves, e) {
			t.Errorf("event %d: %v", e, got)
		}
	}
}

func TestSupervised(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		want error
	}{
		"stop":          {"session 7 1\nstop\nsession 8 1\n", ErrStop},
		"shutdown":      {"session 7 1\npreshutdown\n", ErrShutdown},
		"launcher gone": {"session 7 1\n", ErrNoLauncher},
		"garbage":       {"session 7 1\nsession\n", ErrLine},
	} {
		sessions := make(chan Session, 4)
		ctx, cancel := Supervised(t.Context(), strings.NewReader(tt.in), func(s Session) { sessions <- s })
		<-ctx.Done()
		if err := context.Cause(ctx); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
		if s := <-sessions; s != (Session{Lock, 1}) {
			t.Errorf("%s: %+v", name, s)
		}
		cancel()
	}
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := Supervised(t.Context(), r, nil)
	if _, err := io.WriteString(w, "session 7 1\nnews\n"); err != nil || ctx.Err() != nil {
		t.Errorf("it ended without reason: %v, %v", err, context.Cause(ctx))
	}
	cancel()
	<-ctx.Done()
}

type recorder struct {
	strings.Builder
	closed chan struct{}
}

func (r *recorder) Close() error { close(r.closed); return nil }

func TestWords(t *testing.T) {
	r := &recorder{closed: make(chan struct{})}
	w := newWords(r)
	for _, l := range []Line{{SessionChanged, Session{Lock, 2}}, {Kind: Stop}, {Kind: Stop}, {SessionChanged, Session{Lock, 3}}} {
		if err := w.say(l); err != nil {
			t.Error(err)
		}
	}
	w.end()
	<-r.closed
	if r.String() != "session 7 2\nstop\n" {
		t.Errorf("%q", r.String())
	}
}

// A program that reads nothing is found out, and not waited for.
func TestWordsToTheDeaf(t *testing.T) {
	in, out := io.Pipe()
	defer in.Close()
	w := newWords(out)
	var err error
	for range maxWaiting + 2 {
		if err = w.say(Line{SessionChanged, Session{Lock, 1}}); err != nil {
			break
		}
	}
	if !errors.Is(err, errDeaf) {
		t.Errorf("%v", err)
	}
}
