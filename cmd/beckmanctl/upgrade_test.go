package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"google.golang.org/grpc"

	"beckmanconnect/ipc/pipe"
	"beckmanconnect/ipc/server"
	"beckmanconnect/ipc/upgradepb"
)

// testDigest names the release that the upgrade service of the scripts offers.
var testDigest = strings.Repeat("ab", 32)

// scriptedUpgrader is an upgrade service that finds a release when it is asked to look,
// and whose installations never come to an end.
type scriptedUpgrader struct {
	upgradepb.UnimplementedUpgraderServer

	mu      sync.Mutex
	state   *upgradepb.State
	changed chan struct{}
}

// serveUpgrades is that service on the socket it is given.
func serveUpgrades() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	u := &scriptedUpgrader{state: &upgradepb.State{Phase: "idle", RunningVersion: "1.0.0", CheckError: "unreachable"}, changed: make(chan struct{})}
	s, err := server.NewUpgrader(server.UpgraderConfig{Upgrader: u, Version: "1.0.0"})
	if err == nil {
		listener, e := pipe.Listen(pipe.Config{Path: os.Args[1]})
		if err = e; e == nil {
			err = s.Serve(ctx, listener)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (u *scriptedUpgrader) set(phase, digest string) (*upgradepb.State, error) {
	if digest != testDigest {
		return nil, errors.New("not what is offered")
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.state = &upgradepb.State{
		Phase: phase, Digest: testDigest, Version: "1.1.0", RunningVersion: "1.0.0", Channel: "pilot", Size: 640_000, Delta: true, Capabilities: []string{"annotate"},
		InstallSeconds: 8, Disturbs: "instrument", CheckedMs: 1_790_000_000_000,
	}
	close(u.changed)
	u.changed = make(chan struct{})
	return u.state, nil
}

func (u *scriptedUpgrader) Watch(_ *upgradepb.WatchRequest, stream grpc.ServerStreamingServer[upgradepb.State]) error {
	for {
		u.mu.Lock()
		state, changed := u.state, u.changed
		u.mu.Unlock()
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

func (u *scriptedUpgrader) Check(context.Context, *upgradepb.CheckRequest) (*upgradepb.State, error) {
	return u.set("offered", testDigest)
}

func (u *scriptedUpgrader) Download(_ context.Context, r *upgradepb.DownloadRequest) (*upgradepb.State, error) {
	return u.set("ready", r.GetDigest())
}

func (u *scriptedUpgrader) Install(_ context.Context, r *upgradepb.InstallRequest) (*upgradepb.State, error) {
	return u.set("downloading", r.GetDigest())
}

func (u *scriptedUpgrader) Cancel(_ context.Context, r *upgradepb.CancelRequest) (*upgradepb.State, error) {
	return u.set("ready", r.GetDigest())
}

func (u *scriptedUpgrader) Hold(context.Context, *upgradepb.HoldRequest) (*upgradepb.State, error) {
	return &upgradepb.State{}, nil
}

func (u *scriptedUpgrader) Journal(context.Context, *upgradepb.JournalRequest) (*upgradepb.JournalReply, error) {
	return &upgradepb.JournalReply{}, nil
}
