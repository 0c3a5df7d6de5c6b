package far

import (
	"context"

	"beckmanconnect/session/wire"
)

// Proof is what an end that was let in keeps to come back with after a lost
// link. This file is the one place that knows how a code is proved.
type Proof struct {
	Session string
	token   string
}

// Prove joins with a code. in says whether the host let this end in; right is
// the script's own knowledge of the code.
func (c *Peer) Prove(ctx context.Context, code string, right bool) (in bool, err error) {
	if err := c.Try(code); err != nil {
		return false, err
	}
	m, err := c.Hear(ctx, "an answer to the code", Type("authenticated", "wrong-code", "end"))
	if err != nil || m.Type != "authenticated" {
		return false, err
	}
	c.note(func() { c.session, c.proof = m.Session, Proof{m.Session, m.Token} })
	c.pc.Ledger().Entered(m.Session, c.ID.Account, right)
	return true, nil
}

// Try begins to prove a code and does not wait for an answer.
func (c *Peer) Try(code string) error { return c.Say(wire.Message{Type: "code", Code: code}) }

// Proof is this end's newest.
func (c *Peer) Proof() Proof {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.proof
}

// Resume comes back into a session. right says that the proof is this end's
// own and its newest.
func (c *Peer) Resume(ctx context.Context, p Proof, right bool) (in bool, err error) {
	if right {
		c.pc.Ledger().Resumes(c.ID.Account)
	}
	if err := c.Say(wire.Message{Type: "resume", Token: p.token}); err != nil {
		return false, err
	}
	m, err := c.Hear(ctx, "an answer to the resumption", Type("authenticated", "end"))
	if err != nil || m.Type != "authenticated" {
		return false, err
	}
	c.note(func() { c.session, c.proof = m.Session, Proof{m.Session, m.Token} })
	c.pc.Ledger().Resumed(m.Session, c.ID.Account, right)
	return true, nil
}

// Forge makes a proof of what was made up.
func Forge(session string, made []byte) Proof { return Proof{session, string(made)} }
