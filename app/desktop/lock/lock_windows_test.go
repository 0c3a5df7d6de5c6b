package lock

import (
	"context"
	"log/slog"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Scenario 17: a change that the system sends to our window ends what was
// granted at once.
func TestHeardFromWindows(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	locked := Watch(ctx, slog.New(slog.DiscardHandler))
	find, post := user32.NewProc("FindWindowExW"), user32.NewProc("PostMessageW")
	var w uintptr
	for limit := time.Now().Add(20 * time.Second); w == 0 && time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		w, _, _ = find.Call(messageOnly, 0, uintptr(unsafe.Pointer(className)), 0)
	}
	if w == 0 {
		t.Skip("this system tells of no changes")
	}
	if _, _, err := post.Call(w, wmSessionChange, 5, 0); err != windows.Errno(0) {
		t.Fatal(err)
	}
	if len(locked) != 0 {
		t.Error("a log-on ends what was granted")
	}
	_, _, _ = post.Call(w, wmSessionChange, changeLock, 0)
	select {
	case <-locked:
	case <-time.After(20 * time.Second):
		t.Fatal("the lock is not noticed")
	}
}
