package web

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"golang.org/x/time/rate"
)

// maxCallers bounds the memory of buckets.
const maxCallers = 10_000

// buckets holds a token bucket for each caller. When there are too many callers
// it forgets the half that may try most: whoever has tried too often stays known
// for as long as that half is made of others, so that nobody gets a fresh bucket
// by coming from thousands of addresses in between.
type buckets[K comparable] struct {
	mu sync.Mutex
	of map[K]*rate.Limiter
}

// get gives a caller's bucket, a full one where it has none.
func (b *buckets[K]) get(caller K, every rate.Limit, burst int) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	one := b.of[caller]
	if one != nil {
		return one
	}
	switch {
	case b.of == nil:
		b.of = map[K]*rate.Limiter{}
	case len(b.of) >= maxCallers:
		b.forget()
	}
	one = rate.NewLimiter(every, burst)
	b.of[caller] = one
	return one
}

// forget drops the fuller half; mu is held.
func (b *buckets[K]) forget() {
	left := make(map[K]float64, len(b.of)) // each asked once: tokens come back meanwhile
	for caller, one := range b.of {
		left[caller] = one.Tokens()
	}
	callers := slices.SortedFunc(maps.Keys(left), func(x, y K) int { return cmp.Compare(left[x], left[y]) })
	for _, caller := range callers[len(callers)/2:] {
		delete(b.of, caller)
	}
}
