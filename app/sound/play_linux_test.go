package sound

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestFind(t *testing.T) {
	for name, row := range map[string]struct {
		there map[string]string
		want  string
	}{
		"none":                      {nil, ""},
		"the first":                 {map[string]string{"aplay": "/usr/bin/aplay", "paplay": "/usr/bin/paplay"}, "/usr/bin/paplay"},
		"not of the working folder": {map[string]string{"pw-play": "pw-play", "aplay": "/usr/bin/aplay"}, "/usr/bin/aplay"},
	} {
		got, _, err := find(func(name string) (string, error) {
			if at, ok := row.there[name]; ok {
				return at, nil
			}
			return "", errors.New("not there")
		})
		if got != row.want || (err == nil) != (row.want != "") {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
}

// The program gets the whole sound as a file, which is gone afterwards.
func TestPlaysAFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	heard := filepath.Join(dir, "heard")
	if err := os.WriteFile(filepath.Join(dir, "pw-play"), []byte("#!/bin/sh\ncp \"$1\" "+heard+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := play(context.Background(), []byte("RIFF of some kind")); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(heard)
	if err != nil || string(got) != "RIFF of some kind" {
		t.Errorf("%q %v", got, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.wav")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
