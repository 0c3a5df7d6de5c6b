package link

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"beckmanconnect/internal/cloudapi"
)

// notKept are the kinds that go when they were acknowledged: the technician
// agreed to send lines of the instrument's log once.
var notKept = []string{cloudapi.KindHelpLogs}

// offerAgain tells the cloud what could be sent again. It asks, where it lacks
// any of it; until then, and when it never does, everything goes on.
func (c *connection) offerAgain(ctx context.Context) error {
	oldest, newest, err := c.config.Store.Kept(ctx)
	if err != nil {
		c.config.Log.Error("what could be sent again cannot be read", "error", err)
		return nil // the store says more about it
	}
	if newest == 0 {
		return nil
	}
	body, err := json.Marshal(cloudapi.Kept{V: cloudapi.AgainVersion, Epoch: c.config.Store.Epoch(), Oldest: oldest, Newest: newest})
	if err != nil {
		return err
	}
	token, err := c.send(cloudapi.Envelope{V: cloudapi.Version, Kind: cloudapi.KindKept, Time: c.config.Now().UnixMilli(), Body: body})
	if err != nil {
		return err
	}
	if err := c.wait(ctx, token, ackWithin); err != nil {
		return fmt.Errorf("kept: %w", err)
	}
	return nil
}

// askedAgain takes what the cloud asks for. Once a connection: a cloud that
// asked over and over would have the same messages sent for ever.
func (c *connection) askedAgain(body []byte) {
	var a cloudapi.Again
	if json.Unmarshal(body, &a) != nil || a.V != cloudapi.AgainVersion || a.Epoch != c.config.Store.Epoch() ||
		len(a.Ranges) == 0 || len(a.Ranges) > cloudapi.MaxAgain || slices.ContainsFunc(a.Ranges, func(r cloudapi.Range) bool { return r.From == 0 || r.From > r.To }) {
		return
	}
	c.mu.Lock()
	before := c.wasAsked
	c.wasAsked = true
	c.mu.Unlock()
	if !before {
		c.asked <- a.Ranges
		c.Kick()
	}
}

// sendAgain lets wait what was asked for. It and drain take turns: what begins
// to wait while a window is on its way would count as acknowledged with it.
func (c *connection) sendAgain(ctx context.Context) {
	select {
	case ranges := <-c.asked:
		n, err := c.config.Store.Again(ctx, ranges)
		if err != nil {
			c.config.Log.Error("what the cloud asks for again cannot be sent", "error", err)
			return
		}
		c.config.Log.Info("the cloud asks for messages again", "ranges", len(ranges), "messages", n)
	default:
	}
}
