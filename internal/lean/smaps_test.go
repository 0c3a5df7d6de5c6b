package lean

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const program = "/opt/a program/beckmanconnect-tray"

// part is one range as Linux tells it.
func part(at, rights, file, anonymous string) string {
	return at + " " + rights + " 00000000 fe:00 247278                     " + file + "\nSize:                  8 kB\nRss:                   8 kB\nAnonymous:             " + anonymous + " kB\nVmFlags: rd ex mr mw me sd\n"
}

func TestUntouched(t *testing.T) {
	for name, row := range map[string]struct {
		smaps string
		want  []span
		fails bool
	}{
		"code and constants":       {part("400000-500000", "r-xp", program, "0") + part("500000-600000", "r--p", program, "0"), []span{{0x400000, 0x500000}, {0x500000, 0x600000}}, false},
		"what can be written":      {part("400000-500000", "rw-p", program, "0"), nil, false},
		"what is shared":           {part("400000-500000", "r--s", program, "0"), nil, false},
		"relocated, then kept":     {part("400000-500000", "r--p", program, "4"), nil, false},
		"another file":             {part("400000-500000", "r-xp", program+"2", "0"), nil, false},
		"a version that went away": {part("400000-500000", "r-xp", program+" (deleted)", "0"), nil, false},
		"no file":                  {"400000-500000 r--p 00000000 00:00 0 \nAnonymous: 0 kB\n" + "400000-500000 r--p 00000000 00:00 0\nAnonymous: 0 kB\n", nil, false},
		"nothing":                  {"", nil, false},
		"something else":           {"400000-500000\n", nil, true},
		"no addresses":             {"here-there r-xp 0 0 0 " + program + "\n", nil, true},
	} {
		got, err := untouched(strings.NewReader(row.smaps), program)
		if !slices.Equal(got, row.want) || (err != nil) != row.fails {
			t.Errorf("%s: %v, %v; want %v", name, got, err, row.want)
		}
	}
}

// What is given back comes back by itself: the program goes on, with what it
// had in memory.
func TestGoesOn(t *testing.T) {
	kept := make([]byte, 1<<20)
	for i := range kept {
		kept[i] = byte(i)
	}
	for range 3 {
		GiveBack()
		for i := range kept {
			if kept[i] != byte(i) {
				t.Fatalf("byte %d was lost", i)
			}
		}
	}
	if exe, err := os.Executable(); err != nil || exe == "" {
		t.Errorf("%q %v", exe, err)
	}
}

// Soon after the start, then ever more rarely, and not while it is busy.
func TestKeep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 34*time.Minute)
		defer cancel()
		began := time.Now()
		var asked []time.Duration
		Keep(ctx, Config{Busy: func() bool { asked = append(asked, time.Since(began)); return true }})
		want := []time.Duration{10 * time.Second, 30 * time.Second, 70 * time.Second, 150 * time.Second, 310 * time.Second, 630 * time.Second, 1230 * time.Second, 1830 * time.Second}
		if !slices.Equal(asked, want) {
			t.Errorf("at %v, want %v", asked, want)
		}
	})
}
