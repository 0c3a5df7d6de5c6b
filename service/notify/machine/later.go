package machine

import (
	"context"
	"time"
)

// later is a look that may never come back, as one at a dead disk does. It is
// waited for only so long, goes on by itself, and is not begun again before it
// came back.
type later[T any] struct{ pending chan T }

// get begins the look, or goes on waiting for the one before. The error is
// errSlow, or that of ctx.
func (l *later[T]) get(ctx context.Context, wait time.Duration, look func() T) (found T, err error) {
	if l.pending == nil {
		l.pending = make(chan T, 1)
		go func(to chan<- T) { to <- look() }(l.pending) // ends when the system lets go of it
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case found = <-l.pending:
		l.pending = nil
		return found, nil
	case <-timer.C:
		return found, errSlow
	case <-ctx.Done():
		return found, ctx.Err()
	}
}

// waits says whether a look was begun that has not come back.
func (l *later[T]) waits() bool { return l.pending != nil }
