package server

import (
	"context"
	"fmt"
	"runtime/debug"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/tap"

	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/protocol"
)

// admit decides about every call when its headers arrive, before its message
// is read: whoever may not call makes us hold nothing. The context it returns
// is the call's.
func (s *Server) admit(ctx context.Context, info *tap.Info) (context.Context, error) {
	c := connOf(ctx)
	if c == nil {
		return nil, Fail(codes.Unauthenticated, protocol.CodeUnknownCaller, "the system does not say who is calling", "")
	}
	if s.stopping.Err() != nil {
		return nil, stopping()
	}
	m, err := s.check(c, info.FullMethodName)
	if err != nil {
		s.gate.warn("a call was refused", "method", info.FullMethodName, "caller", c.actor, "error", err)
		c.refuse()
		return nil, err
	}
	leave, ok := s.gate.enter(c)
	if !ok {
		c.refuse()
		return nil, Fail(codes.ResourceExhausted, protocol.CodeTooMany, "too many calls at once", "")
	}
	// The transport ends ctx when the stream is closed, whatever happens.
	context.AfterFunc(ctx, leave)
	return s.limit(identity.NewContext(ctx, c.actor), m), nil
}

func (s *Server) check(c *conn, name string) (method, error) {
	m, known := s.methods[name]
	switch {
	case !known:
		return m, Fail(codes.Unimplemented, protocol.CodeUnknownMethod, "the service has no such call", "")
	case !c.peer.Alive():
		// Its descriptor lives on in another process (scenario 2).
		return m, Fail(codes.Unauthenticated, protocol.CodeUnknownCaller, "the program that connected has ended", "")
	case m.hello:
		return m, nil
	case c.greeting.Load() == nil:
		return m, Fail(codes.FailedPrecondition, protocol.CodeHelloMissing, "Hello comes first on every connection", "")
	case m.picture != (c.class == protocol.Picture):
		return m, Fail(codes.PermissionDenied, protocol.CodeNotPermitted, "this connection is not for this call", "")
	}
	return m, s.options.Authorize(name, c.actor)
}

// limit bounds a call in time: a stream by the server's life (see endsWithUs),
// any other call by Limits.Call, so that a message that drips in cannot hold its
// place for ever (scenario 3).
func (s *Server) limit(ctx context.Context, m method) context.Context {
	if !m.stream {
		limited, cancel := context.WithTimeout(ctx, s.options.Limits.Call)
		context.AfterFunc(ctx, cancel)
		return limited
	}
	limited, cancel := context.WithCancel(ctx)
	context.AfterFunc(ctx, cancel)
	return context.WithValue(limited, cancelKey{}, cancel)
}

// cancelKey finds what ends a stream's context.
type cancelKey struct{}

// endsWithUs has a stream end when the server stops. A stream whose context is
// over already when gRPC opens it, or reads its request, is answered by gRPC
// itself, without saying that we stop. So it is called when that is behind it.
func (s *Server) endsWithUs(ctx context.Context) {
	if cancel, ok := ctx.Value(cancelKey{}).(context.CancelFunc); ok {
		detach := context.AfterFunc(s.stopping, cancel)
		context.AfterFunc(ctx, func() { detach() })
	}
}

// asked is a stream whose caller sends one request and then listens.
type asked struct {
	grpc.ServerStream
	server *Server
}

func (a asked) RecvMsg(m any) error {
	err := a.ServerStream.RecvMsg(m)
	if err == nil {
		a.server.endsWithUs(a.Context())
	}
	return err
}

func (s *Server) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (reply any, err error) {
	defer func() { err = s.outcome(ctx, info.FullMethod, recover(), err) }()
	return handler(ctx, req)
}

func (s *Server) stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	defer func() { err = s.outcome(stream.Context(), info.FullMethod, recover(), err) }()
	if info.IsClientStream {
		s.endsWithUs(stream.Context())
		return handler(srv, stream)
	}
	return handler(srv, asked{stream, s})
}

// outcome is what the caller gets. A panic ends the call, never the service.
func (s *Server) outcome(ctx context.Context, method string, panicked any, err error) error {
	if panicked != nil {
		s.options.Log.Error("a call panicked", "method", method, "panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
		return Fail(codes.Internal, protocol.CodeInternal, "the service failed", "")
	}
	if err != nil && ctx.Err() != nil && s.stopping.Err() != nil {
		return stopping()
	}
	out, unforeseen := normalise(err)
	if unforeseen {
		s.options.Log.Error("a call failed", "method", method, "error", err)
	}
	return out
}

// Greeting is what a caller said in Hello.
type Greeting struct {
	Oldest, Newest uint32
	Program        string
	Version        string
}

// Range is the protocols a server speaks. Zero means those of this build.
type Range struct{ Oldest, Newest uint32 }

// Greet negotiates and opens the connection for other calls. A second Hello
// on a connection may not turn it into another program's.
func Greet(ctx context.Context, r Range, g Greeting) (uint32, error) {
	if r == (Range{}) {
		r = Range{protocol.Oldest, protocol.Newest}
	}
	c := connOf(ctx)
	if c == nil {
		return 0, Fail(codes.Unauthenticated, protocol.CodeUnknownCaller, "the system does not say who is calling", "")
	}
	if len(g.Program) > 64 || len(g.Version) > 64 || g.Program == "" {
		return 0, Fail(codes.InvalidArgument, protocol.CodeInvalidRequest, "Hello needs a program and short texts", "")
	}
	agreed, err := protocol.Negotiate(g.Oldest, g.Newest, r.Oldest, r.Newest)
	if incompatible, ok := err.(protocol.Incompatible); ok {
		return 0, Fail(codes.FailedPrecondition, protocol.CodeIncompatible, incompatible.Error(), incompatible.Action())
	}
	if err != nil {
		return 0, Fail(codes.InvalidArgument, protocol.CodeInvalidRequest, err.Error(), "")
	}
	said := &greeting{protocol: agreed, program: g.Program, version: g.Version}
	if !c.greeting.CompareAndSwap(nil, said) {
		if before := c.greeting.Load(); *before != *said {
			return 0, Fail(codes.FailedPrecondition, protocol.CodeInvalidRequest, "this connection is another program's", "")
		}
	}
	c.greeted()
	return agreed, nil
}
