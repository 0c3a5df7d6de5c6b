package relay

import (
	"context"
	"math/rand/v2"
	"time"

	"beckmanconnect/internal/cloudapi"
)

var goingDown = &parting{cloudapi.CloseShutdown, "the relay is going down"}

// Drain lets nobody in any more and has everybody dial again elsewhere, each
// meeting at a moment of its own within spread, both ends of it together. It
// returns when all have left, or when ctx ends. A session that is sent away
// goes on within its lease (B5).
func (l *Relay) Drain(ctx context.Context, spread time.Duration) {
	l.mu.Lock()
	l.draining = true
	all := make([]*meeting, 0, len(l.meetings))
	for _, m := range l.meetings {
		all = append(all, m)
	}
	l.mu.Unlock()
	for _, m := range all {
		wait := time.Duration(0)
		if spread > 0 {
			wait = rand.N(spread)
		}
		t := time.AfterFunc(wait, func() { m.sendAway(goingDown) })
		defer t.Stop()
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		l.open.Wait()
	}()
	select {
	case <-gone:
	case <-ctx.Done():
		l.Close() // whoever is left goes now, by the same code
		<-gone
	}
}

// leaving tells whether newcomers are to go elsewhere.
func (l *Relay) leaving() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.draining || l.ctx.Err() != nil
}
