package far

import (
	"context"

	"beckmanconnect/session/proof"
	"beckmanconnect/session/wire"
)

// Proof is what an end that was let in keeps to come back with after a lost
// link. This file is the one place that knows how a code is proved.
type Proof struct {
	Session string
	Age     int // how often the session was come back to before it

	key  proof.Key
	made []byte // sent as it is, instead of what the key gives
}

// Forge makes a proof of what was made up, or overheard.
func Forge(session string, made []byte) Proof {
	return Proof{Session: session, made: append([]byte{}, made...)}
}

// Stands says whether an engineer whose newest proof is newest may come back
// with p: the host keeps the one before, too, until the newest is used.
func (p Proof) Stands(newest Proof) bool {
	return p.made == nil && p.Session == newest.Session && p.Age >= newest.Age-1
}

// Leaves implements proof.Channel.
func (c *Peer) Leaves() (host, engineer []byte) {
	return c.tls.ConnectionState().PeerCertificates[0].Raw, c.leaf
}

// bind binds to this channel; what cannot be bound to proves nothing.
func (c *Peer) bind() (*proof.Binding, error) { return proof.Bind(c, c.to.Device, c.to.Request) }

// Try begins to prove a code, and does not go on with it.
func (c *Peer) Try(code string) error {
	_, err := c.begin(code)
	return err
}

func (c *Peer) begin(code string) (*proof.Trial, error) {
	b, err := c.bind()
	if err != nil {
		return nil, err
	}
	c.tries++
	trial, share, err := b.Begin(code, c.tries)
	if err != nil {
		return nil, err
	}
	return trial, c.Say(wire.Message{Type: "pake", Data: share})
}

// Share sends any bytes as a try's share.
func (c *Peer) Share(data []byte) error {
	c.tries++
	return c.Say(wire.Message{Type: "pake", Data: data})
}

// Prove joins with a code. in says whether the host let this end in; right is
// the script's own knowledge of the code.
func (c *Peer) Prove(ctx context.Context, code string, right bool) (in bool, err error) {
	trial, err := c.begin(code)
	if err != nil {
		return false, ended(err)
	}
	m, err := c.Hear(ctx, "an answer to the code", Type("pake", "authenticated", "wrong-code", "end"))
	if err != nil {
		return false, err
	}
	if m.Type == "pake" {
		confirmation, err := trial.Answer(m.Data)
		if err != nil {
			return false, err
		}
		if err := c.Say(wire.Message{Type: "pake-confirm", Data: confirmation}); err != nil {
			return false, ended(err)
		}
		if m, err = c.Hear(ctx, "an answer to the confirmation", Type("authenticated", "wrong-code", "end")); err != nil {
			return false, err
		}
	}
	if m.Type != "authenticated" {
		return false, nil
	}
	c.pc.Ledger().Entered(m.Session, c.ID.Account, right)
	key, err := trial.Confirm(m.Data)
	if err != nil {
		return true, err // the host let us in and does not know the code itself
	}
	c.note(func() { c.session, c.proof = m.Session, Proof{Session: m.Session, key: key} })
	return true, nil
}

// Proof is this end's newest.
func (c *Peer) Proof() Proof {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.proof
}

// Claim is what a proof says over this channel.
func (c *Peer) Claim(p Proof) ([]byte, error) {
	if p.made != nil {
		return p.made, nil
	}
	b, err := c.bind()
	if err != nil {
		return nil, err
	}
	return p.key.Claim(b.Resume()), nil
}

// Resume comes back into a session. right says that the proof is this end's
// own, and one that stands.
func (c *Peer) Resume(ctx context.Context, p Proof, right bool) (in bool, err error) {
	claim, err := c.Claim(p)
	if err != nil {
		return false, err
	}
	if right {
		c.pc.Ledger().Resumes(c.ID.Account)
	}
	if err := c.Say(wire.Message{Type: "resume", Data: claim}); err != nil {
		return false, ended(err)
	}
	m, err := c.Hear(ctx, "an answer to the resumption", Type("authenticated", "end"))
	if err != nil || m.Type != "authenticated" {
		return false, err
	}
	c.pc.Ledger().Resumed(m.Session, c.ID.Account, right)
	next := Proof{Session: m.Session, Age: p.Age + 1}
	if b, err := c.bind(); err == nil && p.made == nil {
		if next.key, err = p.key.Accept(b.Resume(), m.Data); err != nil {
			return true, err // the host let us back in and does not know the key itself
		}
	}
	c.note(func() { c.session, c.proof = m.Session, next })
	return true, nil
}
