package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/protocol"
)

// gate stands between the pipe and gRPC. It reads the opening, asks the
// kernel who calls, counts places, and only then hands the connection on.
type gate struct {
	log      *slog.Logger
	limits   Limits
	rules    identity.Rules
	identify func(net.Conn) (*identity.Peer, error)
	calls    *handover
	pictures *handover // nil: this server takes no pictures
	openings chan struct{}
	quiet    *rate.Limiter // for log lines a hostile caller could cause
	pending  sync.WaitGroup

	mu      sync.Mutex
	open    int            // connections
	places  map[string]int // connections by identity
	helpers map[string]int // desktop helpers' connections by identity
	inCall  map[string]int // calls in progress by identity
}

func newGate(o Options) *gate {
	g := &gate{
		log: o.Log, limits: o.Limits, rules: o.Rules, identify: o.Identify,
		calls:    newHandover(),
		openings: make(chan struct{}, o.Limits.Openings),
		quiet:    rate.NewLimiter(rate.Every(time.Second), 5),
		places:   map[string]int{},
		helpers:  map[string]int{},
		inCall:   map[string]int{},
	}
	if len(o.PictureMethods) > 0 {
		g.pictures = newHandover()
	}
	return g
}

// accept takes connections until ctx ends or the listener fails for good.
func (g *gate) accept(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	wait := 5 * time.Millisecond
	for {
		// A place among the openings first: while all are taken, callers queue
		// in the kernel, where they cost us nothing.
		select {
		case g.openings <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		raw, err := l.Accept()
		if err == nil {
			wait = 5 * time.Millisecond
			g.pending.Go(func() { g.bring(raw) })
			continue
		}
		<-g.openings
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, net.ErrClosed) {
			return err
		}
		// Out of descriptors, or a caller that was gone before we looked.
		g.warn("a connection could not be accepted", "error", err)
		select {
		case <-time.After(wait):
			wait = min(2*wait, time.Second)
		case <-ctx.Done():
			return nil
		}
	}
}

// bring takes one connection through the gate, or closes it. It holds a place
// among the openings until Hello was said.
func (g *gate) bring(raw net.Conn) {
	opened := sync.OnceFunc(func() { <-g.openings })
	c, err := g.admit(raw)
	if err != nil {
		raw.Close() // admit gave back the places
		opened()
		g.warn("a connection was refused", "error", err)
		return
	}
	c.opened, c.gate = opened, g
	// Made first and started second: Close, which the timer calls, stops it.
	c.hello = time.AfterFunc(time.Hour, func() {
		if c.greeting.Load() == nil {
			c.Close()
		}
	})
	c.hello.Reset(g.limits.Opening)
	to := g.calls
	if c.class == protocol.Picture {
		to = g.pictures
	}
	if !to.put(c) {
		c.Close()
	}
}

func (g *gate) admit(raw net.Conn) (_ *conn, err error) {
	if err := raw.SetDeadline(time.Now().Add(g.limits.Opening)); err != nil {
		return nil, err
	}
	c := &conn{Conn: raw, write: g.limits.Write}
	defer func() {
		if err == nil {
			return
		}
		g.free(c)
		if c.peer != nil {
			_ = c.peer.Close()
		}
	}()
	// Who it is comes first, so that one account's silent connections take
	// that account's places and nobody else's.
	if !identity.AfterRead {
		if err := g.recognise(c); err != nil {
			return nil, err
		}
	}
	if c.class, err = protocol.ReadOpening(raw); err != nil {
		return nil, err // whoever is not one of ours gets no answer at all
	}
	if identity.AfterRead {
		if err := g.recognise(c); err != nil {
			return nil, err
		}
	}
	if err := g.takePicture(c); err != nil {
		return nil, err
	}
	return c, errors.Join(protocol.WriteAnswer(raw, protocol.Welcome), raw.SetDeadline(time.Time{}))
}

// recognise asks who calls and takes one of that account's places.
func (g *gate) recognise(c *conn) error {
	peer, err := g.identify(c.Conn)
	if err != nil {
		_ = protocol.WriteAnswer(c.Conn, protocol.RefusedCaller)
		return err
	}
	c.peer, c.actor = peer, peer.Actor
	c.actor.Roles = g.rules.Roles(peer.Actor)
	id := c.actor.ID
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open >= g.limits.Connections || g.places[id] >= g.limits.PerIdentity {
		_ = protocol.WriteAnswer(c.Conn, protocol.RefusedMany)
		return errTooMany
	}
	g.open++
	g.places[id]++
	c.release = append(c.release, func() { g.open--; drop(g.places, id) })
	return nil
}

// takePicture counts a desktop helper's connection once more, among its like.
func (g *gate) takePicture(c *conn) error {
	if c.class != protocol.Picture {
		return nil
	}
	if g.pictures == nil {
		return protocol.ErrOpening
	}
	id := c.actor.ID
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.helpers[id] >= g.limits.Pictures {
		_ = protocol.WriteAnswer(c.Conn, protocol.RefusedMany)
		return errTooMany
	}
	g.helpers[id]++
	c.release = append(c.release, func() { drop(g.helpers, id) })
	return nil
}

// free gives back the places a connection took.
func (g *gate) free(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, release := range c.release {
		release()
	}
	c.release = nil
}

var errTooMany = errors.New("too many connections")

func drop(counts map[string]int, id string) {
	if counts[id]--; counts[id] == 0 {
		delete(counts, id)
	}
}

// enter counts a call in; leave must be called exactly once when it ends.
func (g *gate) enter(c *conn) (leave func(), ok bool) {
	if c.calls.Add(1) > int32(g.limits.PerConn) {
		c.calls.Add(-1)
		return nil, false
	}
	id := c.actor.ID
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inCall[id] >= g.limits.Calls {
		c.calls.Add(-1)
		return nil, false
	}
	g.inCall[id]++
	return func() {
		c.calls.Add(-1)
		g.mu.Lock()
		defer g.mu.Unlock()
		drop(g.inCall, id)
	}, true
}

// shut ends what is still on its way in.
func (g *gate) shut() {
	g.calls.Close()
	if g.pictures != nil {
		g.pictures.Close()
	}
}

// warn logs what a caller can cause at will, a few lines a second at most.
func (g *gate) warn(msg string, args ...any) {
	if g.quiet.Allow() {
		g.log.Warn(msg, args...)
	}
}

// handover is the listener gRPC sees: it yields connections that came through
// the gate.
type handover struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newHandover() *handover {
	return &handover{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (h *handover) put(c net.Conn) bool {
	select {
	case h.conns <- c:
		return true
	case <-h.done:
		return false
	}
}

func (h *handover) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

func (h *handover) Close() error {
	h.once.Do(func() { close(h.done) })
	return nil
}

func (h *handover) Addr() net.Addr { return &net.UnixAddr{Name: "gate", Net: "unix"} }
