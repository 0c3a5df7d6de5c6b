package offers

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/upgradepb"
)

// fake is an upgrade service in memory.
type fake struct {
	upgradepb.UpgraderClient
	states    chan *upgradepb.State
	installed chan string
}

func (f *fake) Close() error { return nil }

func (f *fake) Watch(ctx context.Context, _ *upgradepb.WatchRequest, _ ...grpc.CallOption) (grpc.ServerStreamingClient[upgradepb.State], error) {
	return &watch{ctx: ctx, states: f.states}, nil
}

func (f *fake) Install(_ context.Context, r *upgradepb.InstallRequest, _ ...grpc.CallOption) (*upgradepb.State, error) {
	f.installed <- r.GetDigest()
	return &upgradepb.State{}, nil
}

type watch struct {
	grpc.ClientStream
	ctx    context.Context
	states chan *upgradepb.State
}

func (w *watch) Recv() (*upgradepb.State, error) {
	select {
	case s := <-w.states:
		if s == nil {
			return nil, errors.New("gone")
		}
		return s, nil
	case <-w.ctx.Done():
		return nil, w.ctx.Err()
	}
}

func TestFollowsTheUpgradeService(t *testing.T) {
	f := &fake{states: make(chan *upgradepb.State), installed: make(chan string, 1)}
	changed, restarted := make(chan *hostpb.Upgrade, 10), make(chan struct{}, 10)
	dials := 0
	o := New(Config{
		Dial: func(context.Context) (Upgrader, error) {
			if dials++; dials == 1 {
				return nil, errors.New("not there yet")
			}
			return f, nil
		},
		Changed: func(u *hostpb.Upgrade) { changed <- u }, Restart: func() { restarted <- struct{}{} }, Version: "1", Pause: time.Microsecond,
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx, func(string, string) {}) }()

	f.states <- &upgradepb.State{Phase: "idle"}
	if err := o.Install("d"); !errors.Is(err, ErrNotOffered) {
		t.Errorf("install of nothing: %v", err)
	}
	f.states <- &upgradepb.State{Phase: "offered", Digest: "d", Version: "2", Notes: []*upgradepb.Note{{Language: "en", Title: "T", Text: "X"}}}
	if u := <-changed; u.GetState() != "offered" || u.GetNotes()[0].GetAdvice() != "X" || !o.Offered("d") || o.Offered("e") || o.Offered("") {
		t.Errorf("%v", u)
	}
	if err := o.Install("e"); !errors.Is(err, ErrNotOffered) {
		t.Errorf("install of another: %v", err)
	}
	if err := o.Install("d"); err != nil || <-f.installed != "d" {
		t.Error(err)
	}
	f.states <- &upgradepb.State{Phase: "installing", Digest: "d"}
	if u := <-changed; u.GetState() != "installing" || o.Offered("d") {
		t.Errorf("%v", u)
	}
	f.states <- &upgradepb.State{Phase: "restarting", Digest: "d", Restart: true, RunningVersion: "2"}
	<-restarted
	f.states <- &upgradepb.State{Phase: "installed", Digest: "d", Restart: true, RunningVersion: "1"} // it is this one
	if u := <-changed; u.GetState() != "installed" {
		t.Errorf("%v", u)
	}
	f.states <- nil // the upgrade service goes away and comes back
	if u := <-changed; u != nil {
		t.Errorf("still shown: %v", u)
	}
	f.states <- &upgradepb.State{Phase: "rolled-back", Digest: "d", ErrorCode: "health"}
	if u := <-changed; u.GetState() != "rolled-back" || u.GetErrorCode() != "health" {
		t.Errorf("%v", u)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if len(restarted) > 0 {
		t.Error("a service that is the current version was asked to restart")
	}
}
