//go:build cgo

package video

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
)

// private is the process's memory outside of Go's own, in MB.
func private(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory() // the frames' memory is Go's, which keeps it for a while
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text))
	resident, err1 := strconv.Atoi(fields[1])
	shared, err2 := strconv.Atoi(fields[2])
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return (resident - shared) * os.Getpagesize() >> 20
}

// scenario 52: what moves comes and goes for hours, and each time an encoder of
// its own, on whichever thread: nothing of those that are gone stays behind.
func TestEncodersLeaveNothingBehind(t *testing.T) {
	one := func() {
		runtime.LockOSThread() // the thread ends with the goroutine
		v, err := NewVP8(1280, 720)
		if err != nil {
			t.Error(err)
			return
		}
		for n := range 3 {
			if _, _, err := v.Encode(nil, smooth(1280, 720, n), n == 0, 500_000, 0); err != nil {
				t.Error(err)
			}
		}
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}
	round := func() {
		const threads = 6
		done := make(chan struct{})
		for range threads {
			go func() { one(); done <- struct{}{} }()
		}
		for range threads {
			<-done
		}
	}
	// Twice: the race detector's own pages come with the first of each thread.
	round()
	round()
	before := private(t)
	for range 5 {
		round()
	}
	if after := private(t); after > before+40 { // an encoder of this size has 30 MB
		t.Errorf("%d MB before, %d MB after 30 encoders", before, after)
	} else {
		t.Logf("%d MB before, %d MB after 30 encoders", before, after)
	}
}
