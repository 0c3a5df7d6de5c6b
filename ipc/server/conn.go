package server

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"

	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/protocol"
)

// conn is one admitted connection: who opened it, for what, and what it said
// in Hello. It is the AuthInfo of every call over it.
type conn struct {
	net.Conn
	peer  *identity.Peer
	actor identity.Actor // peer.Actor with its roles
	class protocol.Class
	write time.Duration

	greeting atomic.Pointer[greeting] // nil until Hello
	calls    atomic.Int32
	refused  atomic.Int32
	hello    *time.Timer // closes the connection that never says Hello

	once    sync.Once
	err     error
	opened  func() // gives back the place among the openings
	gate    *gate
	release []func() // give back the other places, see gate.free
}

// greeted ends the opening.
func (c *conn) greeted() {
	c.hello.Stop()
	c.opened()
}

// greeting is what a caller said in Hello, after negotiation.
type greeting struct {
	protocol uint32
	program  string
	version  string
}

// AuthType names the way callers are authenticated: by the kernel.
func (*conn) AuthType() string { return "local-kernel-identity" }

// Write gives up on a caller that does not read: only its own connection
// suffers (scenario 6).
func (c *conn) Write(b []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(c.write)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// Close closes once and gives back the places the connection took.
func (c *conn) Close() error {
	c.once.Do(func() {
		c.hello.Stop()
		c.opened()
		c.err = c.Conn.Close()
		_ = c.peer.Close()
		c.gate.free(c)
	})
	return c.err
}

// refuse counts a refused call. gRPC keeps a little memory for each until the
// connection ends, so a caller that collects refusals is disconnected.
func (c *conn) refuse() {
	if c.refused.Add(1) == refusals {
		go c.Close() // not under the transport's lock
	}
}

// kernelCredentials hands gRPC the identity that the gate took from the kernel.
type kernelCredentials struct{}

func (kernelCredentials) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	c, ok := raw.(*conn)
	if !ok {
		return nil, nil, identity.ErrUnknown
	}
	return c, c, nil
}

func (kernelCredentials) ClientHandshake(context.Context, string, net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, identity.ErrUnknown
}

func (kernelCredentials) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: "local"}
}

func (k kernelCredentials) Clone() credentials.TransportCredentials { return k }

func (kernelCredentials) OverrideServerName(string) error { return nil }

func connOf(ctx context.Context) *conn {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return nil
	}
	c, _ := p.AuthInfo.(*conn)
	return c
}

// Caller is what a handler may know about the other end of its call. Actor is
// the kernel's word; Program and Version are the caller's own and decide
// nothing about rights.
type Caller struct {
	Actor    identity.Actor
	Program  string
	Version  string
	Protocol uint32
}

// CallerFrom returns the caller of a call in progress, or nobody.
func CallerFrom(ctx context.Context) Caller {
	c := connOf(ctx)
	if c == nil {
		return Caller{Actor: identity.FromContext(ctx)}
	}
	caller := Caller{Actor: c.actor}
	if g := c.greeting.Load(); g != nil {
		caller.Program, caller.Version, caller.Protocol = g.program, g.version, g.protocol
	}
	return caller
}
