package single_test

import (
	"errors"
	"testing"

	"beckmanconnect/app/single"
)

func TestOneOfEach(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	t.Setenv("DISPLAY", ":7")
	release, err := single.Acquire("tray")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := single.Acquire("tray"); !errors.Is(err, single.ErrRunning) {
		t.Errorf("a second tray: %v", err)
	}
	other, err := single.Acquire("window")
	if err != nil {
		t.Errorf("another program: %v", err)
	} else {
		defer other()
	}
	t.Setenv("DISPLAY", ":8")
	elsewhere, err := single.Acquire("tray")
	if err != nil {
		t.Errorf("another log-on: %v", err)
	} else {
		defer elsewhere()
	}
	t.Setenv("DISPLAY", ":7")
	release()
	again, err := single.Acquire("tray")
	if err != nil {
		t.Fatalf("after the first ended: %v", err)
	}
	again()
}

// Without a runtime folder the lock stands in one that nobody else may use.
func TestWithoutRuntimeFolder(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", "")
	t.Setenv("TMPDIR", t.TempDir())
	release, err := single.Acquire("tray")
	if err != nil {
		t.Fatal(err)
	}
	release()
}
