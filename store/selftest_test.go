package store

import (
	"os"
	"testing"
)

// The self-test leaves no file anywhere.
func TestSelfTest(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := SelfTest(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
