package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"beckmanconnect/assets/profiles"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

func containsAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(s, p) })
}

func sample(t testing.TB) *Profile {
	t.Helper()
	text, err := profiles.Read("sample")
	if err != nil {
		t.Fatal(err)
	}
	p, err := ParseProfile(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Every profile that ships can be read, says in its header whether it is a
// sample, and speaks the languages of B12.
func TestProfilesThatShip(t *testing.T) {
	for _, name := range profiles.Names() {
		text, err := profiles.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ParseProfile(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if p.Name != name || p.Sample != strings.HasPrefix(text, "# SAMPLE") {
			t.Errorf("%s: name %q, sample %v", name, p.Name, p.Sample)
		}
		texts := [][]store.Text{}
		for _, r := range p.Rules {
			texts = append(texts, r.Texts)
		}
		if p.Disk != nil {
			texts = append(texts, p.Disk.Texts)
		}
		for _, all := range texts {
			var languages []string
			for _, t := range all {
				languages = append(languages, t.Language)
			}
			if !slices.Equal(languages, []string{"de", "en", "es", "fr", "it", "ja", "zh-Hans"}) {
				t.Errorf("%s: %v", name, languages)
			}
		}
	}
	if _, err := profiles.Read("../sample"); err == nil {
		t.Error("a path was taken for a name")
	}
	if _, err := profiles.Read("none"); err == nil || !strings.Contains(err.Error(), "sample") {
		t.Errorf("an unknown name: %v", err)
	}
}

func TestSampleRules(t *testing.T) {
	p := sample(t)
	for _, row := range []struct {
		line string
		want []string
		run  Run
	}{
		{"2026-11-24 10:00:00 ERROR SYR-02 Sample syringe A2 worn, 98 %", []string{"sample-syringe-worn A2"}, ""},
		{"2026-11-24 10:00:00 ERROR SYR-02 Sample syringe worn, Mr Miller", []string{"sample-syringe-worn "}, ""},
		{"INFO SYR-00 Sample syringe A2 replaced", []string{"sample-syringe-worn A2 over"}, ""},
		{"ERROR TMP-11 Incubator temperature 39.1 out of range", []string{"sample-temperature-out-of-range "}, ""},
		{"INFO TMP-10 incubator temperature in range", []string{"sample-temperature-out-of-range  over"}, ""},
		{"RUN 17 STARTED", nil, RunRunning},
		{"RUN 17 FINISHED", nil, RunIdle},
		{"SYSTEM READY", nil, RunIdle},
		{"RUN 17 FINISHED, RUN 18 STARTED", nil, RunRunning},
		{"patient 4711 result 3.2", nil, ""},
	} {
		seen, run := p.Read(row.line)
		var got []string
		for _, o := range seen {
			s := o.Code + " " + o.Subject
			if o.Clear {
				s += " over"
			}
			got = append(got, s)
		}
		if !slices.Equal(got, row.want) || run != row.run {
			t.Errorf("%q: %q run %q", row.line, got, run)
		}
	}
}

func TestBadProfilesAreRefused(t *testing.T) {
	const head = "version=1\nname=\"x\"\ntitle=\"X\"\n"
	const text = "[rule.text.en]\ntitle=\"t\"\nadvice=\"a\"\n"
	for name, row := range map[string]struct{ profile, part string }{
		"not toml":               {"version = ", "line 1"},
		"version":                {"version=2\nname=\"x\"\ntitle=\"X\"\n", "version 2"},
		"unknown":                {head + "colour=1\n", "colour"},
		"bad pattern":            {head + "[[rule]]\ncode=\"ab\"\nseverity=\"low\"\nmatch='('\n" + text, "rule ab: match"},
		"no match":               {head + "[[rule]]\ncode=\"ab\"\nseverity=\"low\"\n" + text, "match is missing"},
		"severity":               {head + "[[rule]]\ncode=\"ab\"\nseverity=\"bad\"\nmatch='x'\n" + text, "severity"},
		"no English":             {head + "[[rule]]\ncode=\"ab\"\nseverity=\"low\"\nmatch='x'\n", "text.en"},
		"open subject":           {head + "[[rule]]\ncode=\"ab\"\nseverity=\"low\"\nmatch='(?P<subject>.*)'\n" + text, "subjects must list"},
		"twice":                  {head + strings.Repeat("[[rule]]\ncode=\"ab\"\nseverity=\"low\"\nmatch='x'\n"+text, 2), "twice"},
		"disk limits":            {head + "[disk]\ncode=\"dd\"\nseverity=\"low\"\nraise_used_percent=80.0\nclear_used_percent=85.0\n[disk.text.en]\ntitle=\"t\"\nadvice=\"a\"\n", "disk"},
		"run pattern":            {head + "[run]\nstarted='['\n", "run.started"},
		"two lines":              {head + "[[rule]]\ncode=\"ab\"\nseverity=\"low\"\nmatch='x'\n[rule.text.en]\ntitle=\"a\\nb\"\nadvice=\"a\"\n", "one line"},
		"mask without id":        {head + "[[mask]]\ntitle='x'\n", "mask 1: id"},
		"mask of nothing":        {head + "[[mask]]\nid=\"ab\"\n", "mask ab: it hides nothing"},
		"mask, unknown key":      {head + "[[mask]]\nid=\"ab\"\ntitle='x'\ncolour=1\n", "mask.colour"},
		"mask, bad pattern":      {head + "[[mask]]\nid=\"ab\"\ntitle='('\n", "mask ab: title"},
		"mask, any title":        {head + "[[mask]]\nid=\"ab\"\ntitle='.*'\n", "mask ab: title"},
		"mask, long pattern":     {head + "[[mask]]\nid=\"ab\"\ntitle='" + strings.Repeat("x", 513) + "'\n", "512"},
		"mask of both kinds":     {head + "[[mask]]\nid=\"ab\"\ntitle='x'\nx=0\n", "mask ab: title"},
		"mask, part of a region": {head + "[[mask]]\nid=\"ab\"\nx=0\ny=0\nwidth=10\n", "mask ab: height is missing"},
		"mask, no width":         {head + "[[mask]]\nid=\"ab\"\nx=0\ny=0\nwidth=0\nheight=1\n", "mask ab: width is 0"},
		"mask, negative height":  {head + "[[mask]]\nid=\"ab\"\nx=0\ny=0\nwidth=1\nheight=-1\n", "mask ab: height is -1"},
		"mask, far away":         {head + "[[mask]]\nid=\"ab\"\nx=99999\ny=0\nwidth=1\nheight=1\n", "mask ab: x is 99999"},
		"mask twice":             {head + strings.Repeat("[[mask]]\nid=\"ab\"\ntitle='x'\n", 2), "mask ab stands twice"},
		"too many masks":         {head + strings.Repeat("[[mask]]\nid=\"ab\"\ntitle='x'\n", 65), "65 masks"},
		"code with space":        {head + "[[rule]]\ncode=\"a b\"\nseverity=\"low\"\nmatch='x'\n" + text, "code"},
	} {
		if _, err := ParseProfile(row.profile); err == nil || !strings.Contains(err.Error(), row.part) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// B6: what a profile masks, as it is handed on.
func TestMasksOfAProfile(t *testing.T) {
	p, err := ParseProfile(`version = 1
name = "x"
title = "X"
[[mask]]
id = "patient-list"
title = '(?i)patients?\b'
class = "Lis"
process = "lis"
[[mask]]
id = "corner"
x = -10
y = 0
width = 300
height = 40
`)
	want := []Mask{{ID: "patient-list", Title: `(?i)patients?\b`, Class: "Lis", Process: "lis"}, {ID: "corner", X: -10, Width: 300, Height: 40}}
	if err != nil || !slices.Equal(p.Masks, want) {
		t.Errorf("%+v, want %+v: %v", p, want, err)
	}
}

// until waits for the store to show what the test wants.
func until(t *testing.T, s *store.Store, what string, ok func([]store.Notification) bool) {
	t.Helper()
	told := make(chan struct{}, 1)
	cancel := s.Subscribe(func(store.Event) {
		select {
		case told <- struct{}{}:
		default:
		}
	})
	defer cancel()
	for {
		all, _, err := s.Notifications(t.Context(), 0, 1000, false)
		if err != nil {
			t.Fatal(err)
		}
		if ok(all) {
			return
		}
		select {
		case <-told:
		case <-t.Context().Done():
			t.Fatalf("%s never came", what)
		}
	}
}

func TestLogSource(t *testing.T) {
	a := newAlarms(t)
	path := filepath.Join(t.TempDir(), "instrument.log")
	runs := make(chan Run, 10)
	start := func() (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		source := LogSource{Path: path, Profile: sample(t), Alarms: a, OnRun: func(r Run) { runs <- r }, Log: slog.New(slog.DiscardHandler)}
		go func() { ended <- source.Run(ctx, func(string, string) {}) }()
		return func() {
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
	}
	put(t, path, "ERROR SYR-02 Sample syringe A1 worn\nRUN 1 STARTED\n") // history
	stop := start()
	if r := <-runs; r != RunUnknown {
		t.Errorf("run %s before anything was read", r)
	}
	// The place at the end of the history is committed before new lines count.
	for {
		if _, ok, err := a.Store.Setting(t.Context(), settingTail); err != nil {
			t.Fatal(err)
		} else if ok {
			break
		}
	}
	put(t, path, "ERROR SYR-02 Sample syringe A1 worn\nERROR SYR-02 Sample syringe A1 worn\nRUN 2 STARTED\n")
	if r := <-runs; r != RunRunning {
		t.Errorf("run %s", r)
	}
	until(t, a.Store, "raised", func(n []store.Notification) bool { return len(n) == 1 && n[0].Count == 2 && n[0].Subject == "A1" })
	stop()
	put(t, path, "INFO SYR-00 syringe A1 replaced\nRUN 2 FINISHED\n") // while nobody listens
	stop = start()
	if r := <-runs; r != RunRunning { // as it was left
		t.Errorf("run %s after the restart", r)
	}
	if r := <-runs; r != RunIdle {
		t.Errorf("run %s", r)
	}
	until(t, a.Store, "cleared", func(n []store.Notification) bool {
		return len(n) == 1 && n[0].State == store.Cleared && n[0].Count == 2
	})
	stop()
}

// Killed at any commit, each line counts exactly once: the count of the
// notification, which lives in the store, is the number of lines.
func TestLinesCountOnceThroughCrashes(t *testing.T) {
	base := t.TempDir()
	profile := sample(t)
	a := newAlarms(t) // one for all: another log begins anew
	counted := func(rt *rapid.T) (total int) {
		all, _, err := a.Store.Notifications(context.Background(), 0, 1000, false)
		if err != nil {
			rt.Fatal(err)
		}
		for _, x := range all {
			total += int(x.Count)
		}
		return total
	}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		before := counted(rt)
		path := filepath.Join(base, fmt.Sprint(n), "instrument.log")
		if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
			rt.Fatal(err)
		}
		fresh := func() *logReader {
			r := &logReader{LogSource: LogSource{Path: path, Profile: profile, Alarms: a, OnRun: func(Run) {}, Log: slog.New(slog.DiscardHandler)}}
			if err := r.restore(context.Background()); err != nil {
				rt.Fatal(err)
			}
			return r
		}
		r := fresh()
		if _, err := r.step(context.Background()); err != nil {
			rt.Fatal(err)
		}
		lines := 0
		rt.Repeat(map[string]func(*rapid.T){
			"write": func(rt *rapid.T) {
				k := rapid.IntRange(1, 5).Draw(rt, "lines")
				put(t, path, strings.Repeat("WARN RGT-05 Reagent 3 low\nnothing\n", k))
				lines += k
			},
			"read": func(rt *rapid.T) {
				if _, err := r.step(context.Background()); err != nil && !errors.Is(err, os.ErrNotExist) {
					rt.Fatal(err)
				}
			},
			"killed": func(*rapid.T) { r = fresh() },
			"killed in the commit": func(rt *rapid.T) {
				step, err := r.tail.Next()
				if err != nil && !errors.Is(err, os.ErrNotExist) {
					rt.Fatal(err)
				}
				var seen []Observation
				for _, line := range step.Lines {
					o, _ := profile.Read(line)
					seen = append(seen, o...)
				}
				if err := a.Apply(context.Background(), seen, func(*store.Tx) error { return errors.New("killed") }); err == nil {
					rt.Fatal("no error")
				}
				r = fresh()
			},
		})
		for more := true; more; {
			var err error
			if more, err = r.step(context.Background()); err != nil && !errors.Is(err, os.ErrNotExist) {
				rt.Fatal(err)
			}
		}
		if total := counted(rt) - before; total != lines {
			rt.Fatalf("counted %d of %d lines", total, lines)
		}
	})
}

func TestALogSourceThatCannotReadSaysSo(t *testing.T) {
	a := newAlarms(t)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	said := make(chan string, 10)
	source := LogSource{Path: dir, Profile: sample(t), Alarms: a, OnRun: func(Run) {}, Log: slog.New(slog.DiscardHandler)}
	ended := make(chan error, 1)
	go func() {
		ended <- source.Run(ctx, func(state, detail string) {
			if state == supervise.Degraded {
				said <- detail
			}
		})
	}()
	if s := <-said; !strings.Contains(s, "not a file") {
		t.Error(s)
	}
	cancel()
	<-ended
}
