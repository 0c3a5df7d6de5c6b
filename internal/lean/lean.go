// Package lean gives back what a program needed only to start: memory of Go's
// and C's heaps that is free by now, and the pages of its own file that
// start-up ran through once. A program that stands all day on an instrument's
// PC is not to keep what it used in its first second.
package lean

import (
	"context"
	"runtime/debug"
	"time"
)

// Config of Keep.
type Config struct {
	After time.Duration // from the start to the first time; 0: 10 s
	Every time.Duration // from then on; 0: 10 min
	// Busy says whether the program has something to do that must not stumble,
	// nil: never. It is asked just before.
	Busy func() bool
}

// percent is how much of the memory in use may gather as garbage before Go
// collects it. Go's own 100 trades memory for processor time that programs
// which mostly wait do not need.
const percent = 50

// Keep keeps the program lean until ctx ends. It is one wake-up in ten minutes,
// of some milliseconds.
func Keep(ctx context.Context, c Config) {
	debug.SetGCPercent(percent)
	wait := c.After
	if wait <= 0 {
		wait = 10 * time.Second
	}
	if c.Every <= 0 {
		c.Every = 10 * time.Minute
	}
	for {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		wait = c.Every
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
