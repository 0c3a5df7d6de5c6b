package engineer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"beckmanconnect/session/channel"
	"beckmanconnect/session/lane"
	"beckmanconnect/session/proof"
	"beckmanconnect/session/wire"
)

// maxTries is how often a code may be tried in one session: what the host
// allows, held here too, so that nobody in its place gets more guesses at what
// the engineer types.
const maxTries = 5

// whyBurnt is the host's word for a code that was tried too often.
const whyBurnt = "code-burnt"

// line is one open channel and what was proved over it. Its fields below
// binding belong to Client.mu.
type line struct {
	conn    *channel.Conn
	binding *proof.Binding

	tries  uint32
	trial  *proof.Trial
	proved bool // the other end knows the code, or the key that came of it

	lanes bool // the host speaks our version of the file lane; Run's goroutine only
}

// Try proves the code to the other end, and has it prove that it knows it. How
// it went comes as "wrong-code" or as State. The code does not leave this end.
func (c *Client) Try(ctx context.Context, code string) error {
	c.mu.Lock()
	l := c.line
	switch {
	case l == nil || l.proved || c.said >= maxTries:
		c.mu.Unlock()
		return ErrNotConnected
	case l.trial != nil:
		c.mu.Unlock()
		return ErrTrying
	}
	trial, share, err := l.binding.Begin(code, l.tries+1)
	if err != nil {
		c.mu.Unlock()
		return fmt.Errorf("engineer: try: %w", err)
	}
	l.tries++
	c.said++
	l.trial = trial
	c.mu.Unlock()
	return c.say(ctx, l.conn, wire.Message{Type: "pake", Data: share})
}

// take looks at one frame of the other end. What it returns goes on to the
// page: before the other end proved itself, nothing that a session is made of.
func (c *Client) take(ctx context.Context, l *line, kind byte, payload []byte) ([]byte, error) {
	c.mu.Lock()
	proved := l.proved
	c.mu.Unlock()
	if kind != wire.FrameControl {
		if !proved {
			return nil, &ended{WhyIdentity, errors.New("engineer: a picture before any proof")}
		}
		return payload, nil
	}
	var m wire.Message
	if err := json.Unmarshal(payload, &m); err != nil || m.V != wire.Version {
		return nil, &ended{WhyProtocol, errors.Join(errors.New("engineer: unreadable message"), err)}
	}
	switch m.Type {
	case "hello":
		if !slices.Contains(m.Versions, wire.Version) {
			return nil, &ended{WhyProtocol, fmt.Errorf("engineer: the host speaks versions %v", m.Versions)}
		}
		if m.Words != "" && m.Words != l.conn.Words() {
			return nil, &ended{WhyIdentity, errors.New("engineer: the host's words are not this channel's")}
		}
		l.lanes = slices.Contains(m.Lanes, lane.Version) && l.conn.HasLane()
		return payload, nil
	case "pake":
		return nil, c.answer(ctx, l, m.Data)
	case "wrong-code":
		c.mu.Lock()
		tried, burnt := l.trial != nil, c.said >= maxTries
		l.trial = nil
		c.mu.Unlock()
		switch {
		case !tried:
			return nil, nil
		case burnt:
			return nil, &ended{whyBurnt, nil}
		}
		return payload, nil
	case "authenticated":
		if err := c.authenticated(l, m.Data); err != nil {
			return nil, &ended{WhyIdentity, fmt.Errorf("engineer: %w", err)}
		}
		if err := c.openLane(l); err != nil {
			return nil, &ended{WhyInternal, err}
		}
		c.conf.State(State{Phase: Session, Device: c.known, Words: l.conn.Words(), Lane: l.lanes})
		m.Data = nil // the page has no use for it
		return json.Marshal(m)
	case "end":
		return nil, &ended{m.Why, nil}
	case "pong":
		if m.Seq == 0 {
			return nil, nil // the keepalive's own
		}
	}
	if !proved {
		return nil, &ended{WhyIdentity, fmt.Errorf("engineer: %q before any proof", m.Type)}
	}
	return payload, nil
}

// answer goes on with a try after the host's share.
func (c *Client) answer(ctx context.Context, l *line, share []byte) error {
	c.mu.Lock()
	trial := l.trial
	c.mu.Unlock()
	if trial == nil {
		return &ended{WhyProtocol, errors.New("engineer: a share that nobody waits for")}
	}
	confirmation, err := trial.Answer(share)
	if err != nil {
		return &ended{WhyIdentity, fmt.Errorf("engineer: %w", err)}
	}
	return c.say(ctx, l.conn, wire.Message{Type: "pake-confirm", Data: confirmation})
}

// authenticated holds the host's proof against what it must be. A host that
// shows none is not the one the technician sits at.
func (c *Client) authenticated(l *line, data []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var next proof.Key
	var err error
	switch {
	case l.proved:
		return errors.New("authenticated twice")
	case c.key.Known():
		next, err = c.key.Accept(l.binding.Resume(), data)
	case l.trial != nil:
		next, err = l.trial.Confirm(data)
	default:
		return errors.New("authenticated without a try")
	}
	if err != nil {
		return err
	}
	c.key, l.trial, l.proved = next, nil, true
	return nil
}

// openLane opens the file lane of a channel over which the host has proved
// itself, where it speaks our version of it.
func (c *Client) openLane(l *line) error {
	if !l.lanes {
		return nil
	}
	toHost, toEngineer, err := l.binding.Lane()
	if err != nil {
		return fmt.Errorf("engineer: %w", err)
	}
	err = l.conn.OpenLane(channel.LaneConfig{ToHost: toHost, ToEngineer: toEngineer, NewCipher: c.conf.NewCipher})
	if err != nil {
		return fmt.Errorf("engineer: %w", err)
	}
	return nil
}
