package window

import (
	"context"
	"sync"
	"time"
)

const (
	// drawPace is the least rest between two turns that take in what the service
	// said: a flood must leave the windows time to answer a hand. Where drawing
	// takes longer, so does the rest: restTimes as long, up to restMost.
	drawPace  = 20 * time.Millisecond
	restTimes = 2
	restMost  = 80 * time.Millisecond
	// inboxMost is how much waits at most; then the service has to.
	inboxMost = 4096
)

// inbox collects what the service says between two turns of the windows'
// goroutine, so that a thousand events a second are drawn at most fifty times
// a second. The first after a quiet moment goes at once, and the order stays.
type inbox struct {
	do   func(func()) // runs on the windows' goroutine
	draw func()       // after each turn

	mu      sync.Mutex
	waiting []func()
	due     bool          // a turn is on its way
	asked   time.Time     // when it should be
	last    time.Time     // when the last one ended
	rest    time.Duration // from then to the next
	room    chan struct{}
}

// put has f run on the windows' goroutine. It waits while the inbox is full.
func (b *inbox) put(ctx context.Context, f func()) {
	b.mu.Lock()
	for len(b.waiting) >= inboxMost {
		if b.room == nil {
			b.room = make(chan struct{})
		}
		room := b.room
		b.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return
		}
		b.mu.Lock()
	}
	b.waiting = append(b.waiting, f)
	due, wait := b.due, b.rest-time.Since(b.last)
	if !due {
		b.due, b.asked = true, time.Now().Add(max(wait, 0))
	}
	b.mu.Unlock()
	if !due {
		b.schedule(ctx, wait)
	}
}

func (b *inbox) schedule(ctx context.Context, wait time.Duration) {
	turn := func() {
		if ctx.Err() == nil {
			b.do(func() { b.turn(ctx) })
		}
	}
	if wait <= 0 {
		turn()
		return
	}
	time.AfterFunc(wait, turn)
}

// turn does what waits, draws, and sees to the next turn.
func (b *inbox) turn(ctx context.Context) {
	b.mu.Lock()
	all := b.waiting
	b.waiting = nil
	// A turn that came late had to wait for the drawing of the one before.
	b.rest = min(max(drawPace, restTimes*time.Since(b.asked)), restMost)
	if b.room != nil {
		close(b.room)
		b.room = nil
	}
	b.mu.Unlock()
	for _, f := range all {
		f()
	}
	b.draw()
	b.mu.Lock()
	b.last = time.Now()
	b.due, b.asked = len(b.waiting) > 0, b.last.Add(b.rest)
	again, rest := b.due, b.rest
	b.mu.Unlock()
	if again {
		b.schedule(ctx, rest)
	}
}
