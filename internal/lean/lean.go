// Package lean gives back what a program needed only to start: memory of Go's
// and C's heaps that is free by now, and the pages of its own file that
// start-up ran through once. A program that stands all day on an instrument's
// PC is not to keep what it used in its first second.
package lean

import (
	"cmp"
	"context"
	"runtime/debug"
	"time"
)

// Config of Keep.
type Config struct {
	First time.Duration // from the start to the first time; 0: 10 s
	Last  time.Duration // the pauses double until they are this long; 0: 10 min
	// Busy says whether the program has something to do that must not stumble,
	// nil: never. It is asked just before.
	Busy func() bool
}

// percent is how much of the memory in use may gather as garbage before Go
// collects it. Go's own 100 trades memory for processor time that programs
// which mostly wait do not need.
const percent = 50

// Keep keeps the program lean until ctx ends: soon after the start, then ever
// more rarely. It is one wake-up in ten minutes in the end, of some
// milliseconds.
func Keep(ctx context.Context, c Config) {
	debug.SetGCPercent(percent)
	wait, longest := cmp.Or(c.First, 10*time.Second), cmp.Or(c.Last, 10*time.Minute)
	for {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		wait = min(2*wait, longest)
		if c.Busy == nil || !c.Busy() {
			GiveBack()
		}
	}
}

// GiveBack does it once. Nothing that is in use is lost: pages of the file come
// back by themselves, from the system's cache, when they are run again.
func GiveBack() {
	debug.FreeOSMemory()
	giveBack()
}
