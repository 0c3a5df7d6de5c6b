package cloud

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// drain leaves in order: not ready any more, a while for balancers to notice,
// then nobody new, and everybody who is here away, each at a moment of its own,
// to dial again at another node or, later, at this one. It takes no longer than
// the configuration says.
func (c *Cloud) drain(ctx context.Context, server *http.Server) error {
	c.draining.Store(true)
	c.Log.Info("draining", "notice", c.Drain.Notice, "spread", c.Drain.Spread, "limit", c.Drain.Limit)
	if c.Drain.Notice > 0 {
		select {
		case <-time.After(c.Drain.Notice):
		case <-ctx.Done():
		}
	}
	began := c.Now()
	ctx, cancel := context.WithTimeout(ctx, c.Drain.Limit)
	defer cancel()
	var err error
	var work sync.WaitGroup
	work.Go(func() { // from here on the port refuses, and what is asked already is answered
		stop, cancel := context.WithTimeout(ctx, max(stopTimeout, c.Drain.Spread))
		defer cancel()
		if err = server.Shutdown(stop); err != nil {
			err = errors.Join(err, server.Close())
		}
	})
	work.Go(func() { c.broker.Drain(ctx, c.Drain.Spread) })
	c.relay.Drain(ctx, c.Drain.Spread)
	c.feed.Close()
	work.Wait()
	c.Log.Info("drained", "took", c.Now().Sub(began).Round(time.Millisecond))
	return err
}
