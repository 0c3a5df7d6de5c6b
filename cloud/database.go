package cloud

import (
	"context"
	"time"

	"beckmanconnect/cloud/data"
)

// openData opens the database, and closes what this node left open there.
func (c *Cloud) openData(ctx context.Context) error {
	config, err := c.DataConfig()
	if err != nil {
		return err
	}
	if c.data, err = data.OpenConfig(ctx, config); err != nil {
		return err
	}
	return c.data.AllOffline(ctx)
}

// beat tells the other nodes that this one is there, and notices those that
// are gone.
func (c *Cloud) beat(ctx context.Context) {
	tick := time.NewTicker(data.NodeBeat)
	defer tick.Stop()
	for {
		gone, err := c.data.Beat(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			c.Log.Error("database", "error", err)
		case gone:
			c.Log.Warn("a node is gone; its devices count as offline")
			c.feed.Changed()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
