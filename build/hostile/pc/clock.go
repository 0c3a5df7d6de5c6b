package pc

import (
	"sync"
	"time"

	"beckmanconnect/service/support"
)

// Clock is the real one, plus what the script lets pass.
type Clock struct {
	mu    sync.Mutex
	start time.Time
	added time.Duration
}

// NewClock starts one.
func NewClock() *Clock { return &Clock{start: time.Now()} }

// Now is the present on both clocks.
func (c *Clock) Now() support.Moment {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := time.Now()
	return support.Moment{Wall: t.Round(0).Add(c.added), Mono: t.Sub(c.start) + c.added}
}

// Pass lets time pass.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.added += d
}
