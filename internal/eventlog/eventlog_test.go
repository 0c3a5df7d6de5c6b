package eventlog

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

type recorder struct {
	lines []string
	err   error
}

func (r *recorder) put(level string, id uint32, text string) error {
	if id == 0 || id > 1000 {
		return errors.New("EventCreate shows no such event")
	}
	r.lines = append(r.lines, level+" "+text)
	return r.err
}

func (r *recorder) Warning(id uint32, text string) error { return r.put("warning", id, text) }
func (r *recorder) Error(id uint32, text string) error   { return r.put("error", id, text) }
func (r *recorder) Close() error                         { return nil }

func TestHandler(t *testing.T) {
	var own bytes.Buffer
	r := &recorder{}
	log := slog.New(Handler(slog.NewTextHandler(&own, nil), r))
	log.Debug("nobody's")
	log.Info("ready")
	log.With("device", "x1").WithGroup("disk").Warn("nearly full", "free", 3, slog.Group("at", "path", "C:"))
	log.Error("cannot\r\nwrite \x1b[31m\u202e", "error", errors.New("line\n2"), "token", "T0K3N", "email", "a@b.example", slog.Group("who", "account", "jane"))
	want := []string{
		"warning nearly full; device: x1; disk.free: 3; disk.at.path: C:",
		"error cannot write [31m; error: line 2; token: [hidden]; email: [hidden]; who.account: [hidden]",
	}
	if strings.Join(r.lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(r.lines, "\n"))
	}
	if text := own.String(); !strings.Contains(text, "ready") || strings.Contains(text, "nobody's") || strings.Count(text, "\n") != 3 {
		t.Errorf("the program's own log: %q", text)
	}
	log.Error(strings.Repeat("ü", 5000))
	if last := r.lines[len(r.lines)-1]; utf8.RuneCountInString(last) > maxText+len("error ") {
		t.Errorf("%d characters", utf8.RuneCountInString(last))
	}
	// Trouble with the event log is none of the program's own log.
	r.err = errors.New("full")
	before := own.Len()
	log.Error("once more")
	if own.Len() == before {
		t.Error("the program's own log lost a line")
	}
}

// A program in trouble does not fill the log that others share.
func TestHandlerIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		log := slog.New(Handler(slog.DiscardHandler, r))
		for range 10_000 {
			log.Error("again")
		}
		if len(r.lines) != perMinute {
			t.Errorf("%d entries at once", len(r.lines))
		}
		time.Sleep(time.Minute)
		for range 10_000 {
			log.Error("again")
		}
		if len(r.lines) != 2*perMinute {
			t.Errorf("%d entries after a minute", len(r.lines))
		}
	})
}

func TestHandlerEnabled(t *testing.T) {
	h := Handler(slog.NewTextHandler(&bytes.Buffer{}, &slog.HandlerOptions{Level: slog.LevelError}), &recorder{})
	for level, want := range map[slog.Level]bool{slog.LevelInfo: false, slog.LevelWarn: true, slog.LevelError: true} {
		if h.Enabled(context.Background(), level) != want {
			t.Error(level)
		}
	}
}
