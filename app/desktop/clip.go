package desktop

import (
	"context"
	"log/slog"
	"sync"

	"beckmanconnect/app/desktop/clipboard"
)

// clip carries text between the technician's clipboard and the service. The
// service decides who may have what; here nothing is looked at unless it is
// watched.
type clip struct {
	log   *slog.Logger
	board clipboard.Clipboard
	send  func(text string) error

	mu      sync.Mutex
	watched bool
	set     *string // newest that waits to be put there
	wake    chan struct{}
}

func newClip(log *slog.Logger, board clipboard.Clipboard, send func(string) error) *clip {
	return &clip{log: log, board: board, send: send, wake: make(chan struct{}, 1)}
}

func (c *clip) change(f func()) {
	c.mu.Lock()
	f()
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default: // one is waiting already
	}
}

// watch has new texts told, or not any more.
func (c *clip) watch(on bool) { c.change(func() { c.watched = on }) }

// put puts a text on the clipboard; only the newest one counts.
func (c *clip) put(text string) { c.change(func() { c.set = &text }) }

// run ends with ctx, or when send fails.
func (c *clip) run(ctx context.Context) error {
	watching := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case text := <-c.board.Texts():
			c.mu.Lock()
			on := c.watched
			c.mu.Unlock()
			if !on { // switched off while it was read
				continue
			}
			if err := c.send(text); err != nil {
				return err
			}
		case <-c.wake:
			c.mu.Lock()
			on, set := c.watched, c.set
			c.set = nil
			c.mu.Unlock()
			if on != watching {
				watching = on
				c.board.Watch(on)
			}
			if set != nil {
				if err := c.board.Set(*set); err != nil {
					c.log.Warn("text did not get on the clipboard", "error", err)
				}
			}
		}
	}
}
