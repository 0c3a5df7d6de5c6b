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
	"beckmanconnect/service/profile"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

func containsAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(s, p) })
}

func sample(t testing.TB) *profile.Profile {
	t.Helper()
	text, err := profiles.Read("sample")
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
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
		source := LogSource{Path: path, Name: "instrument.log", Profile: sample(t), Alarms: a, OnRun: func(r Run) { runs <- r }, Log: slog.New(slog.DiscardHandler)}
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

// B7: what another profile made of the run is not known to this one; the lines
// are not read again.
func TestAnotherProfileKnowsNothingOfTheRun(t *testing.T) {
	a := newAlarms(t)
	path := filepath.Join(t.TempDir(), "instrument.log")
	put(t, path, "")
	reader := func(p *profile.Profile) *logReader {
		r := &logReader{LogSource: LogSource{Path: path, Name: "instrument.log", Profile: p, Alarms: a, OnRun: func(Run) {}, Log: slog.New(slog.DiscardHandler)}, run: RunUnknown}
		if err := r.restore(t.Context()); err != nil {
			t.Fatal(err)
		}
		return r
	}
	step := func(r *logReader) {
		if _, err := r.step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	r := reader(sample(t))
	step(r)
	put(t, path, "RUN 1 FINISHED\n")
	step(r)
	if again := reader(sample(t)); again.run != RunIdle {
		t.Errorf("the same profile: %s", again.run)
	}
	text, err := profiles.Read("sample")
	if err != nil {
		t.Fatal(err)
	}
	other, err := profile.Parse(text + "# changed\n")
	if err != nil {
		t.Fatal(err)
	}
	again := reader(other)
	if again.run != RunUnknown {
		t.Errorf("another profile: %s", again.run)
	}
	step(again)
	if again.run != RunUnknown {
		t.Errorf("the lines were read again: %s", again.run)
	}
}

// Killed at any commit, each line counts exactly once: the count of the
// notification, which lives in the store, is the number of lines.
func TestLinesCountOnceThroughCrashes(t *testing.T) {
	base := t.TempDir()
	known := sample(t)
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
			r := &logReader{LogSource: LogSource{Path: path, Name: "instrument.log", Profile: known, Alarms: a, OnRun: func(Run) {}, Log: slog.New(slog.DiscardHandler)}}
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
					found, _ := r.lines.Read(line)
					seen = append(seen, observations(found, true)...)
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
	source := LogSource{Path: dir, Name: "instrument.log", Profile: sample(t), Alarms: a, OnRun: func(Run) {}, Log: slog.New(slog.DiscardHandler)}
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
