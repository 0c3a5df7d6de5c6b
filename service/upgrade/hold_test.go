package upgrade

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A hold holds, says what for, is replaced by the next one, and ends by itself
// when nobody renews it.
func TestHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := ""
		h := newHold(func(reason string) { told = reason })
		said := func() string { h.mu.Lock(); defer h.mu.Unlock(); return told }
		passed := make(chan error, 1)
		wait := func() {
			go func() { passed <- h.Wait(t.Context()) }()
			synctest.Wait()
		}
		wait()
		if err := <-passed; err != nil {
			t.Fatal(err)
		}
		h.set("session", 60*time.Second)
		wait()
		if len(passed) > 0 || said() != "session" || h.pass(func() bool { return true }) {
			t.Fatalf("passed while held for %q", said())
		}
		time.Sleep(59 * time.Second)
		h.set("run", 60*time.Second) // in its place, and longer
		time.Sleep(59 * time.Second)
		synctest.Wait()
		if len(passed) > 0 || said() != "run" {
			t.Fatalf("passed while held for %q", said())
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if err := <-passed; err != nil || said() != "" || !h.pass(func() bool { return true }) {
			t.Fatalf("a hold that was not renewed: %q, %v", said(), err)
		}
		h.set("hours", time.Minute)
		wait()
		h.set("", 0)
		synctest.Wait()
		if err := <-passed; err != nil || said() != "" {
			t.Fatalf("let go: %q, %v", said(), err)
		}
		time.Sleep(2 * time.Minute) // the end of the one before ends nothing now
		h.set("session", time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { passed <- h.Wait(ctx) }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		if err := <-passed; !errors.Is(err, context.Canceled) {
			t.Errorf("a wait that ended: %v", err)
		}
		h.set("", 0)
	})
}

func TestValidHold(t *testing.T) {
	for _, tt := range []struct {
		reason  string
		seconds uint32
		want    bool
	}{
		{"", 0, true}, {"session", 1, true}, {"run", 300, true}, {"hours", 60, true},
		{"session", 0, false}, {"session", 301, false}, {"lunch", 60, false}, {"Session", 60, false}, {"session", 1 << 31, false},
	} {
		if got := validHold(tt.reason, tt.seconds); got != tt.want {
			t.Errorf("%q for %d s: %v", tt.reason, tt.seconds, got)
		}
	}
}
