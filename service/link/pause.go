package link

import (
	"context"
	"time"
)

// backoff makes the pauses between connections: full jitter, so that devices
// that lost the same cloud at the same moment come back spread out (scenario
// 56). Already the first pause is drawn from spread times first: ten thousand
// devices knock at fewer than 2,000 a second, not at once.
type backoff struct {
	first, most time.Duration
	bound       time.Duration // of the next pause; 0: the first one's
}

const spread = 8

func (b *backoff) reset() { b.bound = 0 }

// next is the next pause; chance is in [0, 1). It is never below half of first,
// so that nothing makes this PC dial in a loop.
func (b *backoff) next(chance float64) time.Duration {
	bound := b.bound
	if bound == 0 {
		bound = min(spread*b.first, b.most)
	}
	b.bound = min(2*bound, b.most)
	return time.Duration(chance*float64(bound)) + b.first/2
}

// pause waits for d, or a short while when it is urgent: never not at all, so
// that no caller can make this PC dial in a loop.
func (l *Link) pause(ctx context.Context, d time.Duration) {
	until := time.After(d)
	urgent := l.urgent
	for {
		select {
		case <-ctx.Done():
			return
		case <-until:
			return
		case <-urgent:
			until, urgent = time.After(min(d, l.config.First)), nil
		}
	}
}
