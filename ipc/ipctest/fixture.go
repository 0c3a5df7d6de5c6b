// Package ipctest is the service's side of the local pipe for tests of the
// tray and the windows: a real server, hub and client in one process, with
// callers that the test names and a host that answers what the test says.
package ipctest

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/test/bufconn"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/pipe"
	"beckmanconnect/ipc/server"
)

// Epoch and Version are what the fixture's service says about itself.
const (
	Epoch   = "test-epoch"
	Version = "0.1.0-test"
)

// Config of a fixture. The zero value suits most tests.
type Config struct {
	Limits   server.Limits
	Protocol server.Range
	Behind   int                   // see server.HubConfig
	Write    time.Duration         // see server.HubConfig
	Presence func(server.Presence) // see server.HubConfig
	Host     hostpb.HostServer     // nil: Fixture.Host
	Epoch    string                // empty: Epoch
}

// Fixture is a running service with nothing behind it.
type Fixture struct {
	Host    *Host
	Hub     *server.Hub
	History *History

	t      testing.TB
	config Config

	mu     sync.Mutex
	pipe   *memory // nil while stopped
	cancel context.CancelFunc
	served chan error
}

// Start starts the fixture; it stops with the test.
func Start(t testing.TB, c Config) *Fixture {
	t.Helper()
	if c.Epoch == "" {
		c.Epoch = Epoch
	}
	f := &Fixture{t: t, config: c, History: &History{}}
	f.Host = newHost()
	f.Run()
	t.Cleanup(f.Stop)
	return f
}

// Run starts the service again after Stop. As after a real restart it knows
// what was committed, and has a new Hub.
func (f *Fixture) Run() {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pipe != nil {
		return
	}
	hub, err := server.NewHub(context.Background(), server.HubConfig{
		Epoch: f.config.Epoch, History: f.History, Behind: f.config.Behind, Write: f.config.Write, Presence: f.config.Presence,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	f.Hub, f.Host.hub = hub, hub
	host := f.config.Host
	if host == nil {
		host = f.Host
	}
	s, err := server.New(server.Config{
		Host: host, Version: Version, Epoch: f.config.Epoch, Limits: f.config.Limits, Protocol: f.config.Protocol,
		// Nobody is the service's own account: the actors' roles are their own.
		Rules: identity.Rules{Self: "uid:nobody"}, Identify: identify,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.pipe, f.cancel, f.served = newMemory(), cancel, make(chan error, 1)
	go func(l net.Listener, served chan<- error) { served <- s.Serve(ctx, l) }(f.pipe, f.served)
}

// Stop ends the service as SIGTERM does, and returns when it has ended.
func (f *Fixture) Stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pipe == nil {
		return
	}
	f.cancel()
	if err := <-f.served; err != nil {
		f.t.Errorf("the server ended with %v", err)
	}
	f.pipe = nil
}

// Client is the configuration of a client that the server sees as a.
func (f *Fixture) Client(a identity.Actor, program string) client.Config {
	return client.Config{
		Socket: "memory", Program: program, Version: Version,
		DialPipe: func(ctx context.Context) (net.Conn, error) {
			f.mu.Lock()
			p := f.pipe
			f.mu.Unlock()
			if p == nil {
				return nil, pipe.ErrNotRunning
			}
			return p.dial(ctx, a)
		},
	}
}

// Dial connects as a and fails the test when that does not work.
func (f *Fixture) Dial(a identity.Actor, program string) *client.Client {
	f.t.Helper()
	c, err := client.Dial(f.t.Context(), f.Client(a, program))
	if err != nil {
		f.t.Fatalf("dial as %v: %v", a, err)
	}
	f.t.Cleanup(func() { c.Close() })
	return c
}

// Technician is a person at this PC.
func Technician(name string) identity.Actor {
	return identity.Actor{ID: "uid:" + name, User: name, PID: 1000, Start: 1, Session: "1", Seat: identity.SeatLocal}
}

// IT is root, or an elevated administrator.
func IT() identity.Actor {
	return identity.Actor{ID: "uid:0", User: "root", PID: 1001, Start: 1, Elevated: true, SystemAccount: true}
}

// Stranger is an account with no role: a program's, or somebody over SSH.
func Stranger() identity.Actor {
	return identity.Actor{ID: "uid:stranger", User: "stranger", PID: 1002, Start: 1, Seat: identity.SeatNone, SystemAccount: true}
}

// Connection is one end of the pipe with its caller's name on it.
type connection struct {
	net.Conn
	actor identity.Actor
}

func identify(c net.Conn) (*identity.Peer, error) {
	named, ok := c.(*connection)
	if !ok || !named.actor.Known() {
		return nil, identity.ErrUnknown
	}
	return identity.Fixed(named.actor), nil
}

// memory is a pipe inside the process.
type memory struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newMemory() *memory { return &memory{conns: make(chan net.Conn), done: make(chan struct{})} }

func (m *memory) dial(ctx context.Context, a identity.Actor) (net.Conn, error) {
	near, far, err := pair()
	if err != nil {
		return nil, err
	}
	select {
	case m.conns <- &connection{far, a}:
		return near, nil
	case <-m.done:
		err = pipe.ErrNotRunning
	case <-ctx.Done():
		err = ctx.Err()
	}
	return nil, errors.Join(err, near.Close(), far.Close())
}

// pair makes two ends with a buffer between them; net.Pipe has none, and HTTP/2
// needs both ends to be able to write first.
func pair() (near, far net.Conn, err error) {
	l := bufconn.Listen(64 << 10)
	dialled := make(chan error, 1)
	go func() {
		var err error
		near, err = l.Dial() // returns when the other end was accepted
		dialled <- err
	}()
	far, err = l.Accept()
	return near, far, errors.Join(err, <-dialled)
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.done:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error {
	m.once.Do(func() { close(m.done) })
	return nil
}

func (m *memory) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }
