package identity

import (
	"errors"
	"fmt"
	"net"
)

// ErrUnknown is the cause when the kernel does not say who the peer is. No
// identity, no connection.
var ErrUnknown = errors.New("the system does not say who is calling")

// process is a hold on one process that cannot be confused with a later one
// of the same ID.
type process interface {
	alive() bool
	close() error
}

// Peer is the other end of one connection: who it is, and whether the process
// that opened the connection still runs.
type Peer struct {
	Actor   Actor
	process process
}

// FromConn asks the kernel who is at the other end of c. On Windows at least
// one byte must have been read from c before: the system refuses to name the
// client of a silent pipe.
func FromConn(c net.Conn) (*Peer, error) {
	p, err := fromConn(c)
	if err != nil {
		return nil, fmt.Errorf("identity: %w: %w", ErrUnknown, err)
	}
	return p, nil
}

// Fixed returns a peer that is who the test says and always alive.
func Fixed(a Actor) *Peer { return &Peer{Actor: a} }

// Alive reports whether the process that connected still runs. A descriptor
// handed on to a child outlives its process: calls over it are refused.
func (p *Peer) Alive() bool { return p.process == nil || p.process.alive() }

// Close releases what Alive needs.
func (p *Peer) Close() error {
	if p.process == nil {
		return nil
	}
	return p.process.close()
}
