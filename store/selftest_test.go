package store

import (
	"os"
	"slices"
	"testing"
)

// The self-test leaves no file anywhere.
func TestSelfTest(t *testing.T) {
	names := func() (all []string) {
		t.Helper()
		entries, err := os.ReadDir(".")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			all = append(all, e.Name())
		}
		return all
	}
	before := names()
	if err := SelfTest(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := names(); !slices.Equal(before, after) {
		t.Errorf("left behind: %v, before %v", after, before)
	}
}
