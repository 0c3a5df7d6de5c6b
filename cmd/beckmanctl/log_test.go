package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/store"
)

// TestLogScripts plays testdata/log*.txtar. In them "log ARGS" is
// "beckmanctl log ARGS", "make-log DIR" makes a log as the service would,
// "make-session DIR" one of a session, with a clock that is set back in it, and
// "flip FILE OLD NEW" changes bytes of a file in place.
func TestLogScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/log",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"log":          scriptLog,
			"make-log":     scriptMakeLog,
			"make-session": scriptMakeSession,
			"flip":         scriptFlip,
		},
	})
}

func scriptLog(ts *testscript.TestScript, neg bool, args []string) {
	for i, a := range args {
		path := i > 0 && slices.Contains([]string{"--db", "--config", "--out", "--key", "--witness", "check", "check-export"}, args[i-1])
		if path && !strings.HasPrefix(a, "--") {
			args[i] = ts.MkAbs(a)
		}
	}
	var out bytes.Buffer
	err := logCommand(context.Background(), slog.New(slog.DiscardHandler), args, &out)
	fmt.Fprint(ts.Stdout(), out.String())
	if err != nil {
		fmt.Fprintln(ts.Stderr(), err)
	}
	if neg != (err != nil) {
		ts.Fatalf("log %v: %v", args, err)
	}
}

func scriptMakeLog(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Dir: ts.MkAbs(args[0])})
	ts.Check(err)
	for i := range 5 {
		ts.Check(s.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Append(store.Entry{Kind: "session.granted", Actor: "technician", Subject: fmt.Sprintf("session-%d", i),
				Fields:   map[string]string{"capability": "view", "reason": "line\r\nbreak \x1b[31m red \u202e and \x00", "formula": "=HYPERLINK(\"x\")"},
				Personal: map[string]string{"account": "anna.weber@vendor.example"}})
			return err
		}))
	}
	ts.Check(s.Close())
}

// scriptMakeSession makes a log of a session on the last day of March 2026, UTC.
// Halfway through the clock is set back by one and a half hours.
func scriptMakeSession(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	now := time.Date(2026, 3, 31, 22, 0, 0, 0, time.UTC)
	s, err := store.Open(ctx, store.Options{Dir: ts.MkAbs(args[0]), Now: func() time.Time { return now }})
	ts.Check(err)
	person := map[string]string{"engineer": "eva@vendor.example"}
	for i, e := range []store.Entry{
		{Kind: "help.requested", Subject: "req-1", Personal: map[string]string{"technician": "anna", "reason": "the arm stops"}},
		{Kind: "session.authenticated", Subject: "ses-1", Fields: map[string]string{"request": "req-1"}, Personal: person},
		{Kind: "prompt.shown", Subject: "ses-1", Fields: map[string]string{"prompt": "p1", "capability": "view"}, Personal: person},
		{Kind: "session.granted", Subject: "ses-1", Fields: map[string]string{"prompt": "p1", "capability": "view", "answer": "allowed", "duration": "session"}, Personal: person},
		{Kind: "session.ended", Subject: "ses-1", Fields: map[string]string{"why": "technician", "seconds": "5400"}, Personal: person},
	} {
		if now = now.Add(45 * time.Minute); i == 3 {
			now = now.Add(-90 * time.Minute)
		}
		e.Actor = "technician"
		ts.Check(s.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Append(e)
			return err
		}))
	}
	ts.Check(s.Close())
}

// scriptFlip changes bytes in place, the way a disk or an editor would.
func scriptFlip(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	if len(args[1]) != len(args[2]) || bytes.Count(b, []byte(args[1])) == 0 {
		ts.Fatalf("flip: %q is not there, or %q is of another length", args[1], args[2])
	}
	at := bytes.Index(b, []byte(args[1]))
	copy(b[at:], args[2])
	ts.Check(os.WriteFile(path, b, 0o600))
}

// scenario 49: whatever an entry holds, a terminal gets nothing but text, and
// JSON still means the same.
func TestLogOutputIsInert(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	nasty := "a\r\nb\x00\x1b]0;title\a\u202egnp.exe\u2028\u200b\u009b31m 😀 \U000e0041 ü =1+1"
	if err := s.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(store.Entry{Kind: "test.entry", Actor: "it", Subject: nasty, Fields: map[string]string{"v": nasty}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"list", "export"} {
		var out bytes.Buffer
		if err := logCommand(ctx, slog.New(slog.DiscardHandler), []string{verb, "--db", s.Path()}, &out); err != nil {
			t.Fatal(err)
		}
		for _, r := range out.String() {
			if r != '\n' && (r < ' ' || strings.ContainsRune("\u202e\u2028\u200b\u009b\U000e0041", r)) {
				t.Fatalf("%s lets %U through", verb, r)
			}
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if verb == "list" {
			if len(lines) != 2 || !strings.Contains(lines[0], "😀") {
				t.Fatalf("list: %q", lines)
			}
			continue
		}
		if len(lines) != 4 {
			t.Fatalf("export: %q", lines)
		}
		l, err := logproof.ParseLine([]byte(lines[2]))
		if err != nil || l.Entry.Subject != nasty {
			t.Fatalf("export: %v, %q", err, lines)
		}
		if fields, err := logproof.DecodeFields(l.Entry.Fields); err != nil || fields["v"] != nasty {
			t.Fatalf("export: %v, %q", err, fields)
		}
	}
}
