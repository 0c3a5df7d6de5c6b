// Package server serves the local pipe: gRPC whose callers the kernel names.
//
// A connection passes, in this order: the opening (package protocol), the
// kernel's answer who it is (package identity), the caps, Hello with both
// sides' versions, and then for every call the table of methods and roles.
// What a method may do in which state is the service's business; who may call
// it at all is decided here, before a byte of the message is read.
//
// The host pipe is made by New, the upgrade service's by NewUpgrader; both are
// NewWith underneath.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"

	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/protocol"
)

// Options make a server of any service.
type Options struct {
	// Register adds the services. It is called once for every gRPC server
	// there is inside (one, or two with PictureMethods).
	Register func(grpc.ServiceRegistrar)
	// Authorize decides who may call a method ("/package.Service/Method"). It
	// is asked before the message is read and must not block. Methods that
	// nobody registered are refused before it is asked.
	Authorize func(method string, a identity.Actor) error
	// Hello is the method that opens a connection; its handler calls Greet.
	Hello string
	// PictureMethods are served on picture connections only, with larger
	// messages, and nothing else is but Hello.
	PictureMethods []string

	Log    *slog.Logger
	Rules  identity.Rules // zero Self: the account this process runs as
	Limits Limits
	// Identify is identity.FromConn unless a test names its callers itself.
	Identify func(net.Conn) (*identity.Peer, error)
}

// Server serves one pipe.
type Server struct {
	options  Options
	gate     *gate
	calls    *grpc.Server
	pictures *grpc.Server // nil without PictureMethods
	methods  map[string]method
	stopping context.Context // ends when the server stops
	stop     context.CancelFunc
}

type method struct {
	stream  bool
	picture bool
	hello   bool
}

// NewWith makes a server of any service. It serves once.
func NewWith(o Options) (*Server, error) {
	if o.Register == nil || o.Authorize == nil || o.Hello == "" {
		return nil, errors.New("ipc server: Register, Authorize and Hello are needed")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Identify == nil {
		o.Identify = identity.FromConn
	}
	if o.Rules.Self == "" {
		self, err := identity.Self()
		if err != nil {
			return nil, fmt.Errorf("ipc server: own account: %w", err)
		}
		o.Rules.Self = self
	}
	o.Limits = o.Limits.withDefaults()
	s := &Server{options: o, gate: newGate(o), methods: map[string]method{}}
	s.stopping, s.stop = context.WithCancel(context.Background())
	s.calls = s.grpcServer(protocol.MaxMessage)
	if len(o.PictureMethods) > 0 {
		s.pictures = s.grpcServer(protocol.MaxDesktopMessage)
	}
	for service, info := range s.calls.GetServiceInfo() {
		for _, m := range info.Methods {
			name := "/" + service + "/" + m.Name
			s.methods[name] = method{
				stream:  m.IsClientStream || m.IsServerStream,
				picture: slices.Contains(o.PictureMethods, name),
				hello:   name == o.Hello,
			}
		}
	}
	if !s.methods[o.Hello].hello {
		return nil, fmt.Errorf("ipc server: %s is not registered", o.Hello)
	}
	return s, nil
}

func (s *Server) grpcServer(maxMessage int) *grpc.Server {
	l := s.options.Limits
	g := grpc.NewServer(
		grpc.Creds(kernelCredentials{}),
		grpc.InTapHandle(s.admit),
		grpc.UnaryInterceptor(s.unary),
		grpc.StreamInterceptor(s.stream),
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.MaxConcurrentStreams(uint32(l.PerConn)),
		grpc.MaxHeaderListSize(16<<10),
		grpc.ConnectionTimeout(l.Opening),
		grpc.WaitForHandlers(true),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 30 * time.Second, PermitWithoutStream: true}),
		// The kernel tells at once when the other end dies; this is for one
		// that hangs.
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 2 * time.Minute, Timeout: 20 * time.Second}),
	)
	s.options.Register(g)
	return g
}

// Serve serves the listener until ctx ends, then lets calls in progress finish
// for a moment, ends streams with a typed "service-unavailable", and returns
// nil when every handler has returned. It owns the listener.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.gate.accept(ctx, l) })
	group.Go(func() error { return serveGate(s.calls, s.gate.calls) })
	if s.pictures != nil {
		group.Go(func() error { return serveGate(s.pictures, s.gate.pictures) })
	}
	group.Go(func() error {
		<-ctx.Done()
		s.shutDown()
		return nil
	})
	err := group.Wait()
	l.Close()
	s.gate.pending.Wait()
	if err != nil {
		return fmt.Errorf("ipc server: %w", err)
	}
	return nil
}

func serveGate(g *grpc.Server, h *handover) error {
	err := g.Serve(h)
	if errors.Is(err, grpc.ErrServerStopped) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (s *Server) shutDown() {
	s.stop()
	servers := []*grpc.Server{s.calls}
	if s.pictures != nil {
		servers = append(servers, s.pictures)
	}
	late := time.AfterFunc(s.options.Limits.Grace, func() {
		for _, g := range servers {
			g.Stop()
		}
	})
	defer late.Stop()
	for _, g := range servers {
		g.GracefulStop()
	}
	s.gate.shut()
}
