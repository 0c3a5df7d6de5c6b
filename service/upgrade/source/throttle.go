package source

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/time/rate"
)

// Clock is what a rate is kept by.
type Clock interface {
	Now() time.Time
	// Sleep returns after d, or with the context's error.
	Sleep(ctx context.Context, d time.Duration) error
}

// throttle keeps a rate: one piece may go at once, the rest as time passes.
type throttle struct {
	limit *rate.Limiter
	clock Clock
}

// newThrottle makes one for so many kbit/s, 1 at least.
func newThrottle(kbit int, clock Clock) *throttle {
	if clock == nil {
		clock = passing{}
	}
	return &throttle{rate.NewLimiter(rate.Limit(kbit)*1000/8, piece), clock}
}

// wait returns when n more bytes may be read, a piece at most.
func (t *throttle) wait(ctx context.Context, n int) error {
	now := t.clock.Now()
	r := t.limit.ReserveN(now, n)
	if !r.OK() {
		return fmt.Errorf("%d bytes are more than a piece", n)
	}
	return t.clock.Sleep(ctx, r.DelayFrom(now))
}

// passing is time as it passes.
type passing struct{}

func (passing) Now() time.Time { return time.Now() }

func (passing) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
