package upgrade

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"beckmanconnect/ipc/server"
	"beckmanconnect/ipc/upgradepb"
)

// CodeNotOffered: a call named a digest that is not offered.
const CodeNotOffered = "not-offered"

// Watch streams the state.
func (u *Upgrader) Watch(_ *upgradepb.WatchRequest, stream grpc.ServerStreamingServer[upgradepb.State]) error {
	for {
		state, changed := u.board.watch()
		if err := stream.Send(state); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

// Check asks the repository now. While something is being installed it only
// returns the state.
func (u *Upgrader) Check(ctx context.Context, _ *upgradepb.CheckRequest) (*upgradepb.State, error) {
	if busy(u.board.get()) {
		return u.board.get(), nil
	}
	done := make(chan struct{})
	select {
	case u.checks <- done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case <-done:
		return u.board.get(), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func busy(s *upgradepb.State) bool {
	switch s.GetPhase() {
	case downloading, installing, restarting, healthCheck:
		return true
	}
	return false
}

// Install starts the installation of what is offered and returns at once; what
// becomes of it is watched.
func (u *Upgrader) Install(_ context.Context, r *upgradepb.InstallRequest) (*upgradepb.State, error) {
	offer, ok := u.board.accept(r.GetDigest())
	if !ok {
		return nil, server.Fail(codes.FailedPrecondition, CodeNotOffered, "this is not what is offered", "")
	}
	u.installs <- offer // has room: accept succeeds once for each time it is emptied
	return u.board.get(), nil
}
