package upgrade

import (
	"context"
	"slices"
	"sync"
	"time"
)

// What an upgrade may have to keep still for.
var reasons = []string{"", "session", "run", "hours"}

// The bounds of a hold. It ends by itself, so that a service that died does
// not stop upgrades for ever.
const (
	minHold = time.Second
	maxHold = 300 * time.Second
)

func validHold(reason string, seconds uint32) bool {
	d := time.Duration(seconds) * time.Second
	return slices.Contains(reasons, reason) && (reason == "" || d >= minHold && d <= maxHold)
}

// hold keeps downloads and the switch still. It is a source.Gate, safe for concurrent
// use. Time is the monotonic clock's: setting the PC's clock moves nothing.
type hold struct {
	told func(reason string) // of every change; called with the lock held

	mu     sync.Mutex
	reason string        // "": nothing is held
	free   chan struct{} // closed when nothing is
	end    *time.Timer
	turn   uint64 // counts set: an end that fires late ends nothing newer
}

func newHold(told func(string)) *hold {
	free := make(chan struct{})
	close(free)
	return &hold{told: told, free: free}
}

// set holds for a reason, in the place of the one before; "" lets go.
func (h *hold) set(reason string, span time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.turn++
	if h.end != nil {
		h.end.Stop()
		h.end = nil
	}
	h.put(reason)
	if reason != "" {
		turn := h.turn
		h.end = time.AfterFunc(span, func() { h.lapse(turn) })
	}
}

// lapse ends a hold that was not renewed.
func (h *hold) lapse(turn uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.turn == turn {
		h.put("")
	}
}

func (h *hold) put(reason string) {
	switch {
	case reason == h.reason:
		return
	case reason == "":
		close(h.free)
	case h.reason == "":
		h.free = make(chan struct{})
	}
	h.reason = reason
	h.told(reason)
}

// Wait implements source.Gate.
func (h *hold) Wait(ctx context.Context) error {
	for {
		h.mu.Lock()
		free, held := h.free, h.reason != ""
		h.mu.Unlock()
		if err := ctx.Err(); err != nil || !held {
			return err
		}
		select {
		case <-free:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// pass does something that a hold must come before or after, never in between.
// It is not done while something is held.
func (h *hold) pass(do func() bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reason == "" && do()
}
