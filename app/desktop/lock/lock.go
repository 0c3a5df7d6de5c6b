// Package lock tells when the technician's screen was locked or another user
// was switched to: what was granted ends then (scenario 17).
package lock

import (
	"context"
	"log/slog"
	"sync"
)

// Watch watches until ctx ends. The channel gets one value when the screen is
// locked, or was already. A desktop that does not say anything about locking
// is not watched; the log says so.
func Watch(ctx context.Context, log *slog.Logger) <-chan struct{} {
	locked := make(chan struct{}, 1)
	say := func(_ string, on bool) {
		if !on {
			return
		}
		select {
		case locked <- struct{}{}:
		default: // it is known
		}
	}
	listen(ctx, log, say)
	go watch(ctx, log, say)
	return locked
}

// Screen knows whether the screen is locked now. It is safe for use by many
// goroutines.
type Screen struct {
	mu sync.Mutex
	by map[string]bool // who says that it is locked
}

// Follow follows the screen until ctx ends.
func Follow(ctx context.Context, log *slog.Logger) *Screen {
	s := &Screen{by: map[string]bool{}}
	listen(ctx, log, s.set)
	go watch(ctx, log, s.set)
	return s
}

// set notes what one of those who know says. Only who said that it is locked
// can take that back.
func (s *Screen) set(who string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on {
		s.by[who] = true
	} else {
		delete(s.by, who)
	}
}

// Locked says whether anybody says so.
func (s *Screen) Locked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.by) > 0
}
