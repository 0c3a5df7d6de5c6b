package model

import (
	"slices"
	"time"
)

const (
	// seenAfter is how long a notification stands before somebody's eyes until
	// it counts as seen.
	seenAfter = 2 * time.Second
	// seenGap is the longest time between two looks that still counts.
	seenGap = time.Second
	// seenMost is how many are told at once.
	seenMost = 200
)

// Seen finds out which notifications somebody has had before their eyes: on
// the screen, in a window in front, for two seconds.
type Seen struct {
	since map[uint64]time.Duration
	told  map[uint64]bool
	last  time.Time
}

// Look notes which notifications are in sight at a moment, and gives those
// that are to be told as seen. Nothing is in sight while the window is not in
// front.
func (s *Seen) Look(now time.Time, inSight []uint64) (tell []uint64) {
	passed := now.Sub(s.last)
	s.last = now
	if passed < 0 || passed > seenGap {
		passed = 0 // the clock jumped, or nobody has looked for a while
	}
	next := map[uint64]time.Duration{}
	for _, id := range inSight {
		before, was := s.since[id]
		if s.told[id] || id == 0 {
			continue
		}
		next[id] = before
		if was {
			next[id] += passed
		}
		if next[id] >= seenAfter && len(tell) < seenMost {
			tell = append(tell, id)
		}
	}
	s.since = next
	for _, id := range tell {
		if s.told == nil {
			s.told = map[uint64]bool{}
		}
		s.told[id] = true
		delete(s.since, id)
	}
	slices.Sort(tell)
	return tell
}

// Forget lets them be told again: the service did not take it.
func (s *Seen) Forget(ids []uint64) {
	for _, id := range ids {
		delete(s.told, id)
	}
}
