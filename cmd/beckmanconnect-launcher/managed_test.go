package main

import (
	"slices"
	"testing"
)

// The launcher is the service; what it starts stands under it, with the same
// words.
func TestHandedOn(t *testing.T) {
	for name, tt := range map[string]struct {
		args, want []string
		managed    bool
	}{
		"as installed": {[]string{"--scm", "--config", `C:\x`}, []string{"--supervised", "--config", `C:\x`}, true},
		"last":         {[]string{"--config", `C:\x`, "--scm"}, []string{"--config", `C:\x`, "--supervised"}, true},
		"by hand":      {[]string{"--config", `C:\x`}, []string{"--config", `C:\x`}, false},
		"a verb":       {[]string{"install", "--set", "PHONE=--scm"}, []string{"install", "--set", "PHONE=--scm"}, false},
		"nothing":      {nil, nil, false},
	} {
		before := slices.Clone(tt.args)
		got, managed := handedOn(tt.args)
		if managed != tt.managed || !slices.Equal(got, tt.want) || !slices.Equal(before, tt.args) {
			t.Errorf("%s: %q, %v", name, got, managed)
		}
	}
	// A start under the manager is one of the upgrade service's starts, and is
	// counted as such (scenario 41).
	if args, _ := handedOn([]string{"--scm", "--config", "x"}); !keeper("beckmanconnect-upgrade.exe", args) {
		t.Error("a start under the manager is not counted")
	}
}
