// Package client talks to the service over the local pipe.
//
// A Client says Hello on every connection it makes, and makes a new one by
// itself when the service was restarted. Follow watches events for ever.
// Errors are typed: Detail returns what the service said, and what the pipe
// itself has to say (not running, squatted, incompatible) in the same form.
package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/pipe"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ipc/upgradepb"
)

// Config says whom to call and as what.
type Config struct {
	Socket  string
	Account string // the service's account; empty: pipe.DefaultAccount
	Program string // protocol.Tray, protocol.Window, …
	Version string // of this program

	// Oldest and Newest are the protocols to offer; zero: this build's.
	Oldest, Newest uint32
	// DialPipe opens the pipe. Nil: pipe.Dial. Tests connect in memory.
	DialPipe func(ctx context.Context) (net.Conn, error)
}

func (c Config) withDefaults() Config {
	if c.Oldest == 0 && c.Newest == 0 {
		c.Oldest, c.Newest = protocol.Oldest, protocol.Newest
	}
	if c.DialPipe == nil {
		target := pipe.DialConfig{Path: c.Socket, Account: c.Account}
		c.DialPipe = func(ctx context.Context) (net.Conn, error) { return pipe.Dial(ctx, target) }
	}
	return c
}

func (c Config) class() protocol.Class {
	if c.Program == protocol.Desktop {
		return protocol.Picture
	}
	return protocol.Calls
}

// Client is a connection to the service.
type Client struct {
	Host hostpb.HostClient

	link  *link
	hello func() *hostpb.HelloReply
}

// Hello is what the service answered on the newest connection.
func (c *Client) Hello() *hostpb.HelloReply { return c.hello() }

// Close ends the connection and every call on it.
func (c *Client) Close() error { return c.link.close() }

// Dial connects to the host pipe and says Hello. When it cannot, the error
// says why: see Detail and Code.
func Dial(ctx context.Context, c Config) (*Client, error) {
	c = c.withDefaults()
	var mu sync.Mutex
	var newest *hostpb.HelloReply
	l, err := newLink(c, func(ctx context.Context, conn grpc.ClientConnInterface) error {
		reply, err := hostpb.NewHostClient(conn).Hello(ctx, &hostpb.HelloRequest{
			MinProtocol: c.Oldest, MaxProtocol: c.Newest, Program: c.Program, Version: c.Version,
		})
		if err != nil {
			return err
		}
		if err := c.speaks(reply.GetProtocol()); err != nil {
			return err
		}
		mu.Lock()
		newest = reply
		mu.Unlock()
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := l.open(ctx); err != nil {
		return nil, err
	}
	return &Client{
		Host: hostpb.NewHostClient(l.conn), link: l,
		hello: func() *hostpb.HelloReply { mu.Lock(); defer mu.Unlock(); return newest },
	}, nil
}

// Upgrader is a connection to the upgrade service.
type Upgrader struct {
	upgradepb.UpgraderClient
	link *link
}

// Close ends the connection and every call on it.
func (u *Upgrader) Close() error { return u.link.close() }

// DialUpgrader connects to the upgrade service's pipe and says Hello.
func DialUpgrader(ctx context.Context, c Config) (*Upgrader, error) {
	c = c.withDefaults()
	l, err := newLink(c, func(ctx context.Context, conn grpc.ClientConnInterface) error {
		reply, err := upgradepb.NewUpgraderClient(conn).Hello(ctx, &upgradepb.HelloRequest{
			MinProtocol: c.Oldest, MaxProtocol: c.Newest, Version: c.Version,
		})
		if err != nil {
			return err
		}
		return c.speaks(reply.GetProtocol())
	})
	if err != nil {
		return nil, err
	}
	if err := l.open(ctx); err != nil {
		return nil, err
	}
	return &Upgrader{UpgraderClient: upgradepb.NewUpgraderClient(l.conn), link: l}, nil
}

// speaks checks what the service chose: the negotiation is checked by both
// sides, so that a faulty service is found here and not in mid-session.
func (c Config) speaks(agreed uint32) error {
	_, err := protocol.Negotiate(agreed, agreed, c.Oldest, c.Newest)
	if err == nil {
		return nil
	}
	old := protocol.Incompatible{Old: protocol.Server}
	if agreed > c.Newest {
		old.Old = protocol.Caller
	}
	return failure(codes.FailedPrecondition, protocol.CodeIncompatible, old.Error(), old.Action(), old)
}

// connectTime is how long one attempt to connect may take.
const connectTime = 5 * time.Second

// link is a gRPC connection that says Hello on each transport it makes.
type link struct {
	config Config
	conn   *grpc.ClientConn
	hello  func(context.Context, grpc.ClientConnInterface) error

	closed atomic.Bool // by us

	mu     sync.Mutex
	cause  error         // why the newest attempt to open the pipe failed
	failed chan struct{} // closed when the next attempt to open the pipe fails
	opened uint64        // pipes opened so far
	said   uint64        // the pipe Hello was said on
}

func newLink(c Config, hello func(context.Context, grpc.ClientConnInterface) error) (*link, error) {
	l := &link{config: c, hello: hello, failed: make(chan struct{})}
	conn, err := grpc.NewClient("passthrough:///beckmanconnect",
		grpc.WithContextDialer(l.dial),
		grpc.WithTransportCredentials(verified{}),
		grpc.WithUnaryInterceptor(l.unary),
		grpc.WithStreamInterceptor(l.stream),
		grpc.WithIdleTimeout(0),
		grpc.WithDisableServiceConfig(),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 5 * time.Second},
			MinConnectTimeout: connectTime,
		}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: time.Minute, Timeout: 20 * time.Second, PermitWithoutStream: true}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(protocol.MaxDesktopMessage)),
	)
	if err != nil {
		return nil, fmt.Errorf("ipc client: %w", err)
	}
	l.conn = conn
	return l, nil
}

func (l *link) close() error {
	l.closed.Store(true)
	return l.conn.Close()
}

// dial opens the pipe, verifies the server and passes its gate. gRPC drops a
// dialler's error on the way to the caller, so the cause is kept here.
func (l *link) dial(ctx context.Context, _ string) (net.Conn, error) {
	conn, err := l.config.DialPipe(ctx)
	if err == nil {
		err = enter(ctx, conn, l.config.class())
		if err != nil {
			conn.Close()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cause = err
	if err != nil {
		close(l.failed)
		l.failed = make(chan struct{})
		return nil, err
	}
	l.opened++
	return conn, nil
}

// enter says the opening and reads the answer.
func enter(ctx context.Context, conn net.Conn, class protocol.Class) error {
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	// A service that refuses at once may have closed before this is written:
	// why it did can be read all the same.
	wrote := protocol.WriteOpening(conn, class)
	answer, err := protocol.ReadAnswer(conn)
	switch {
	case err != nil:
		return cmp.Or(wrote, err)
	case answer == protocol.RefusedMany:
		return errTooMany
	case answer == protocol.RefusedCaller:
		return errUnknownCaller
	case answer != protocol.Welcome:
		return protocol.ErrOpening
	}
	return wrote
}

var (
	errTooMany       = errors.New("too many connections of this account")
	errUnknownCaller = errors.New("the service could not find out who is calling")
)

// open makes the first connection. It does not try twice: whoever calls Dial
// wants to know whether the service is there.
func (l *link) open(ctx context.Context) error {
	l.conn.Connect()
	for {
		state := l.conn.GetState()
		switch state {
		case connectivity.Ready:
			if err := l.ensure(ctx); err != nil {
				l.conn.Close()
				return err
			}
			return nil
		case connectivity.TransientFailure, connectivity.Shutdown:
			l.conn.Close()
			return l.explain(status.Error(codes.Unavailable, "cannot connect"))
		case connectivity.Idle:
			// Not begun yet, or open and lost again before this looked: then gRPC
			// waits to be asked, and we would wait for gRPC. It is asked once.
			if l.pipes() > 1 {
				l.conn.Close()
				return l.explain(status.Error(codes.Unavailable, "the connection was lost as soon as it was made"))
			}
			l.conn.Connect()
		}
		if !l.conn.WaitForStateChange(ctx, state) {
			l.conn.Close()
			return l.explain(status.FromContextError(ctx.Err()).Err())
		}
	}
}

// retry makes an attempt of this call's own where an earlier one failed: gRPC
// refuses calls for up to MaxDelay after that, also once the service is back, and
// whoever presses a button then would be told that it is not there.
func (l *link) retry(ctx context.Context) {
	if l.conn.GetState() != connectivity.TransientFailure {
		return
	}
	l.mu.Lock()
	failed := l.failed
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-failed:
			cancel()
		case <-over:
		}
	}()
	l.conn.ResetConnectBackoff()
	for state := l.conn.GetState(); state != connectivity.Ready && state != connectivity.Shutdown; state = l.conn.GetState() {
		if !l.conn.WaitForStateChange(ctx, state) {
			return
		}
	}
}

// pipes is how many pipes were opened so far.
func (l *link) pipes() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.opened
}

// ensure says Hello if the newest pipe has not heard it yet.
func (l *link) ensure(ctx context.Context) error {
	l.mu.Lock()
	opened, said := l.opened, l.said
	l.mu.Unlock()
	if said == opened && opened > 0 {
		return nil
	}
	return l.greet(ctx, opened)
}

func (l *link) greet(ctx context.Context, opened uint64) error {
	if err := l.hello(ctx, plain{l.conn}); err != nil {
		return l.explain(err)
	}
	l.mu.Lock()
	l.said = max(l.said, opened)
	l.mu.Unlock()
	return nil
}

type greetingKey struct{}

// plain makes calls that say Hello themselves.
type plain struct{ grpc.ClientConnInterface }

func (p plain) Invoke(ctx context.Context, method string, in, out any, o ...grpc.CallOption) error {
	return p.ClientConnInterface.Invoke(context.WithValue(ctx, greetingKey{}, true), method, in, out, o...)
}

func (l *link) unary(ctx context.Context, method string, in, out any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, o ...grpc.CallOption) error {
	l.retry(ctx)
	if ctx.Value(greetingKey{}) != nil {
		return l.explain(invoke(ctx, method, in, out, conn, o...))
	}
	if err := l.ensure(ctx); err != nil {
		return err
	}
	err := invoke(ctx, method, in, out, conn, o...)
	// The service came back between Hello and the call. It refused the call
	// before reading it, so saying it again does nothing twice.
	if Code(err) == protocol.CodeHelloMissing {
		if err := l.greet(ctx, 0); err != nil {
			return err
		}
		err = invoke(ctx, method, in, out, conn, o...)
	}
	return l.explain(err)
}

// stream says Hello first, always: a stream cannot be opened again behind the
// caller's back, and there are few of them.
func (l *link) stream(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, o ...grpc.CallOption) (grpc.ClientStream, error) {
	if err := l.greet(ctx, 0); err != nil {
		return nil, err
	}
	s, err := open(ctx, desc, conn, method, o...)
	if err != nil {
		return nil, l.explain(l.ended(ctx, err))
	}
	return explained{s, l, ctx}, nil
}

type explained struct {
	grpc.ClientStream
	link  *link
	asked context.Context // the caller's
}

func (e explained) RecvMsg(m any) error { return e.explain(e.ClientStream.RecvMsg(m)) }
func (e explained) SendMsg(m any) error { return e.explain(e.ClientStream.SendMsg(m)) }

func (e explained) explain(err error) error { return e.link.explain(e.link.ended(e.asked, err)) }
