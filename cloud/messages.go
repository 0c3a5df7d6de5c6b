package cloud

import (
	"context"
	"time"

	"beckmanconnect/cloud/broker"
	"beckmanconnect/cloud/cluster"
)

const (
	messagesAtOnce = 16
	houseEvery     = time.Hour
)

// wantMessages has waiting messages sent; it never blocks.
func (c *Cloud) wantMessages() {
	c.sendSoon()
	if c.cluster != nil {
		c.cluster.Tell(cluster.NewsMessages)
	}
}

func (c *Cloud) sendSoon() {
	select {
	case c.messages <- struct{}{}:
	default:
	}
}

// sendMessages sends new messages to the devices that are connected, until ctx
// ends.
func (c *Cloud) sendMessages(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.messages:
			c.broker.TellMessages()
		}
	}
}

func (c *Cloud) waiting(ctx context.Context, device string) []broker.Message {
	list, err := c.data.WaitingMessages(ctx, device, messagesAtOnce)
	if err != nil && ctx.Err() == nil {
		c.Log.Error("messages cannot be read", "device", device, "error", err)
	}
	out := make([]broker.Message, 0, len(list))
	for _, w := range list {
		out = append(out, broker.Message(w))
	}
	return out
}

func (c *Cloud) delivered(ctx context.Context, device, id string) {
	news, err := c.data.MessageDelivered(ctx, device, id)
	if err != nil && ctx.Err() == nil {
		c.Log.Error("a message's arrival is not on record; it is sent again", "device", device, "message", id, "error", err)
	}
	if news {
		c.feed.Noted()
	}
}

// keepHouse deletes what was kept long enough, until ctx ends.
func (c *Cloud) keepHouse(ctx context.Context) {
	tick := time.NewTicker(houseEvery)
	defer tick.Stop()
	for {
		if err := c.data.Expire(ctx); err != nil && ctx.Err() == nil {
			c.Log.Error("what is over cannot be deleted", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
