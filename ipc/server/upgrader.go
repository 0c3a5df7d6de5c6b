package server

import (
	"context"
	"errors"
	"log/slog"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ipc/upgradepb"
)

// UpgraderConfig makes the server of the upgrade service's pipe.
type UpgraderConfig struct {
	Upgrader upgradepb.UpgraderServer // its Hello is never called
	Version  string
	Log      *slog.Logger

	Rules    identity.Rules // Service is the account of beckmanconnect-service
	Limits   Limits
	Identify func(net.Conn) (*identity.Peer, error) // tests only
}

// NewUpgrader makes the server of the upgrade service's pipe. Only the
// service's account and administrators may call it.
func NewUpgrader(c UpgraderConfig) (*Server, error) {
	if c.Upgrader == nil || c.Version == "" {
		return nil, errors.New("ipc server: Upgrader and Version are needed")
	}
	greeter := &upgraderWithHello{UpgraderServer: c.Upgrader, version: c.Version}
	return NewWith(Options{
		Register:  func(r grpc.ServiceRegistrar) { upgradepb.RegisterUpgraderServer(r, greeter) },
		Authorize: AuthorizeUpgrader,
		Hello:     upgradepb.Upgrader_Hello_FullMethodName,
		Log:       c.Log, Rules: c.Rules, Limits: c.Limits, Identify: c.Identify,
	})
}

// AuthorizeUpgrader: every call needs the service's account or IT.
func AuthorizeUpgrader(_ string, a identity.Actor) error {
	if a.Roles.Any(identity.Service | identity.IT) {
		return nil
	}
	return Fail(codes.PermissionDenied, protocol.CodeNotPermitted, "only the service may ask for upgrades", "")
}

type upgraderWithHello struct {
	upgradepb.UpgraderServer
	version string
}

func (u *upgraderWithHello) Hello(ctx context.Context, r *upgradepb.HelloRequest) (*upgradepb.HelloReply, error) {
	agreed, err := Greet(ctx, Range{}, Greeting{
		Oldest: r.GetMinProtocol(), Newest: r.GetMaxProtocol(), Program: protocol.Host, Version: r.GetVersion(),
	})
	if err != nil {
		return nil, err
	}
	return &upgradepb.HelloReply{Protocol: agreed, Version: u.version}, nil
}
