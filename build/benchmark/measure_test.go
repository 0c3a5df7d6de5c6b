package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParsePSS(t *testing.T) {
	tests := map[string]struct {
		text string
		want float64
		bad  bool
	}{
		"usual":      {text: "559c-7ffd ---p 00000000 00:00 0 [rollup]\nRss:  39508 kB\nPss:  2048 kB\nPss_Dirty: 10132 kB\n", want: 2},
		"no pss":     {text: "Rss: 1 kB\nPss_Anon: 7 kB\n", bad: true},
		"no number":  {text: "Pss: many kB\n", bad: true},
		"empty file": {bad: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := parsePSS(strings.NewReader(tt.text))
			if got != tt.want || (err != nil) != tt.bad {
				t.Errorf("%v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

func TestParseStat(t *testing.T) {
	const after = " S 1 2 2 0 -1 4194560 3072 0 8 0 150 25 3 4 20 0 8 0 1234 99 100\n"
	tests := map[string]struct {
		text string
		want time.Duration
		bad  bool
	}{
		"usual":          {text: "27198 (beckmanconnect-)" + after, want: 1750 * time.Millisecond},
		"name of a liar": {text: "27198 (a) S 9 9 (b) R)" + after, want: 1750 * time.Millisecond},
		"cut":            {text: "27198 (x) S 1 2", bad: true},
		"no number":      {text: "1 (x)" + strings.Replace(after, "150", "abc", 1), bad: true},
		"nothing":        {bad: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := parseStat(tt.text)
			if got != tt.want || (err != nil) != tt.bad {
				t.Errorf("%v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

// The kernel's real files are read as the tables above are.
func TestOwnProcess(t *testing.T) {
	if mb, err := pss(os.Getpid()); err != nil || mb <= 0 {
		t.Errorf("pss: %v, %v", mb, err)
	}
	if _, err := cpuTime(os.Getpid()); err != nil {
		t.Error(err)
	}
}

// However the readers' looks fall between the writes, each line is seen once
// by each, in order, and forgetting drops figures and never lines.
func TestSightingsProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSightings()
		ours, floor := s.reader(), s.reader()
		lines, since := 0, 0 // since: seen by ours since forget
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				s.writing()
				lines++
			case 1:
				before := ours.seen
				s.saw(ours, rapid.IntRange(0, lines+2).Draw(t, "n"), time.Now())
				if ours.seen < before || ours.seen > lines {
					t.Fatalf("seen %d of %d, before %d", ours.seen, lines, before)
				}
				since += ours.seen - before
			case 2:
				s.saw(floor, lines, time.Now())
			case 3:
				s.forget()
				since = 0
			}
			if len(s.figures(ours)) != since {
				t.Fatalf("%d figures for %d lines", len(s.figures(ours)), since)
			}
		}
		s.saw(ours, lines, time.Now())
		s.saw(floor, lines, time.Now())
		if err := s.wait(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSightingsWaitEnds(t *testing.T) {
	s := newSightings()
	s.reader()
	s.writing()
	why := errors.New("tail ended")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if err := s.wait(ctx); !errors.Is(err, why) {
		t.Errorf("%v, want %v", err, why)
	}
}

// The log's bench, small and for real: product and peer both take entries.
func TestLogBench(t *testing.T) {
	rows, err := appendLog(t.Context(), options{dir: t.TempDir(), rounds: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, r := range rows {
		if r.Ours <= 0 || r.Peer <= 0 || r.Target <= 0 {
			t.Errorf("nothing measured: %+v", r)
		}
	}
}

func TestMeasureLeavesFile(t *testing.T) {
	dir := t.TempDir()
	o := options{dir: filepath.Join(dir, "work"), out: dir, rounds: 1}
	if err := measure(t.Context(), o, []string{"log"}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "bench-log.json")); err != nil {
		t.Fatal(err)
	}
	if err := measure(t.Context(), options{dir: dir, rounds: -1}, []string{"log"}); err == nil {
		t.Error("a negative number of rounds was accepted")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error("a wrong argument cost the folder")
	}
}
