package clipboard

import (
	"log/slog"
	"strings"
	"testing"

	"beckmanconnect/session/wire"
)

// Two programs' clipboards: what one sets the other is told while it watches,
// nobody is told their own, and what was there before comes back.
func TestWin32(t *testing.T) {
	open := func() *Win32 {
		c, err := OpenWin32(slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	ours, other := open(), open()
	if err := other.Set("the technician's"); err != nil {
		t.Fatal(err)
	}
	ours.Watch(true)
	if err := ours.Set("the engineer's\nGrüße 漢字"); err != nil {
		t.Fatal(err)
	}
	other.Watch(true)
	if err := ours.Set("second"); err != nil {
		t.Fatal(err)
	}
	if got := <-other.Texts(); got != "second" {
		t.Errorf("the other is told %q", got)
	}
	select {
	case got := <-ours.Texts():
		t.Errorf("told our own %q", got)
	default:
	}
	if err := ours.Set(strings.Repeat("x", wire.MaxClipboard+1)); err == nil {
		t.Error("a text that is too long was taken")
	}
	if err := ours.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-other.Texts(); got != "the technician's" {
		t.Errorf("left behind %q", got)
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
}
