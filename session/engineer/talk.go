package engineer

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"beckmanconnect/session/channel"
	"beckmanconnect/session/wire"
)

// watch keeps the link alive and notices when it is not: a browser cannot ping
// below, and a black hole never says that it is one (scenario 56).
func (c *Client) watch(ctx context.Context, lost context.CancelFunc, conn *channel.Conn, heard *atomic.Int64) {
	tick := time.NewTicker(c.conf.Quiet / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if time.Since(time.Unix(0, heard.Load())) > c.conf.Quiet {
			lost()
			return
		}
		if err := c.say(ctx, conn, wire.Message{Type: "ping"}); err != nil {
			lost()
			return
		}
	}
}

func (c *Client) say(ctx context.Context, conn *channel.Conn, m wire.Message) error {
	m.V = wire.Version
	raw, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("engineer: %w", err)
	}
	return conn.Send(ctx, wire.FrameControl, raw)
}

// Send passes a frame of the page on to the host, once the host has proved
// itself on this channel.
func (c *Client) Send(ctx context.Context, kind byte, payload []byte) error {
	c.mu.Lock()
	l := c.line
	if l != nil && !l.proved {
		l = nil
	}
	c.mu.Unlock()
	if l == nil {
		return ErrNotConnected
	}
	if kind == wire.FramePiece {
		return l.conn.SendPiece(ctx, payload)
	}
	return l.conn.Send(ctx, kind, payload)
}

// Bye ends the session from the engineer's side.
func (c *Client) Bye(ctx context.Context) {
	c.mu.Lock()
	l, first := c.line, !c.bye
	c.bye = true
	c.mu.Unlock()
	if !first {
		return
	}
	close(c.wake)
	if l != nil {
		_ = c.say(ctx, l.conn, wire.Message{Type: "bye"})
		// A host that does not answer must not keep the engineer.
		time.AfterFunc(byeWithin, func() { _ = l.conn.Close() })
	}
}

// use notes the channel that Send goes to; false when Bye was said already.
func (c *Client) use(l *line) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.line = l
	return !c.bye
}

func (c *Client) left() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bye
}
