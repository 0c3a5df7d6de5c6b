package offers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/notify"
	"beckmanconnect/store"
)

// fake is an upgrade service in memory that notes what it is asked.
type fake struct {
	upgradepb.UpgraderClient
	states  chan *upgradepb.State
	asked   []string
	journal []*upgradepb.JournalEntry
	refuse  map[string]error
}

func (f *fake) Close() error { return nil }

func (f *fake) ask(what, digest string) (*upgradepb.State, error) {
	f.asked = append(f.asked, strings.TrimSpace(what+" "+digest))
	return &upgradepb.State{}, f.refuse[what]
}

func (f *fake) Watch(ctx context.Context, _ *upgradepb.WatchRequest, _ ...grpc.CallOption) (grpc.ServerStreamingClient[upgradepb.State], error) {
	return &watch{ctx: ctx, states: f.states}, nil
}

func (f *fake) Hold(_ context.Context, r *upgradepb.HoldRequest, _ ...grpc.CallOption) (*upgradepb.State, error) {
	return f.ask("hold", r.GetReason())
}

func (f *fake) Download(_ context.Context, r *upgradepb.DownloadRequest, _ ...grpc.CallOption) (*upgradepb.State, error) {
	return f.ask("download", r.GetDigest())
}

func (f *fake) Install(_ context.Context, r *upgradepb.InstallRequest, _ ...grpc.CallOption) (*upgradepb.State, error) {
	return f.ask("install", r.GetDigest())
}

func (f *fake) Cancel(_ context.Context, r *upgradepb.CancelRequest, _ ...grpc.CallOption) (*upgradepb.State, error) {
	return f.ask("cancel", r.GetDigest())
}

func (f *fake) Check(context.Context, *upgradepb.CheckRequest, ...grpc.CallOption) (*upgradepb.State, error) {
	s, err := f.ask("check", "")
	s.Phase, s.CheckedMs = "idle", 17
	return s, err
}

func (f *fake) Journal(_ context.Context, r *upgradepb.JournalRequest, _ ...grpc.CallOption) (*upgradepb.JournalReply, error) {
	return &upgradepb.JournalReply{Entries: f.journal[:min(len(f.journal), int(r.GetLimit()))]}, f.refuse["journal"]
}

func (f *fake) Taken(_ context.Context, r *upgradepb.TakenRequest, _ ...grpc.CallOption) (*upgradepb.TakenReply, error) {
	if err := f.refuse["taken"]; err != nil {
		return nil, err
	}
	f.journal = slices.DeleteFunc(f.journal, func(e *upgradepb.JournalEntry) bool { return e.GetSequence() <= r.GetSequence() })
	return &upgradepb.TakenReply{}, nil
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

// bench is an Offers on a real store, one step at a time, with a clock that is
// set by hand.
type bench struct {
	*Offers
	t     *testing.T
	store *store.Store
	fake  *fake
	c     *connection
	facts Facts
	now   time.Time
	shown []string
}

var anna = notify.Person{Role: "technician", Account: "anna", Initials: "AW"}

// afternoon is a Tuesday.
var afternoon = time.Date(2026, 3, 17, 14, 5, 0, 0, time.UTC)

func newBench(t *testing.T) *bench {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	b := &bench{t: t, store: s, now: afternoon, facts: Facts{Run: notify.RunIdle}}
	b.start()
	return b
}

// start is a start of the service, on what is in the store.
func (b *bench) start() {
	b.t.Helper()
	var err error
	b.Offers, err = New(b.t.Context(), Config{
		Store: b.store, Facts: func() Facts { return b.facts }, Now: func() time.Time { return b.now }, Version: "1",
		Changed: func(_ context.Context, u *hostpb.Upgrade) {
			b.shown = append(b.shown, strings.Join(slices.DeleteFunc([]string{u.GetState(), u.GetWhen(), u.GetHeld()}, func(s string) bool { return s == "" }), " "))
		},
		Restart: func() { b.shown = append(b.shown, "restart") },
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.fake = &fake{refuse: map[string]error{}}
	b.c = &connection{offers: b.Offers, upgrader: b.fake}
	b.connect(b.fake)
}

func offer(phase string, edit ...func(*upgradepb.State)) *upgradepb.State {
	s := &upgradepb.State{Phase: phase, Digest: "d1", Version: "2", RunningVersion: "1", Disturbs: "connection"}
	for _, e := range edit {
		e(s)
	}
	return s
}

func mandatory(s *upgradepb.State)  { s.Mandatory = true }
func disturbing(s *upgradepb.State) { s.Disturbs = "instrument" }

// tell is a new state, and the step that follows.
func (b *bench) tell(s *upgradepb.State) {
	b.t.Helper()
	b.mu.Lock()
	b.state = s
	b.mu.Unlock()
	b.c.fresh = true
	b.step()
}

func (b *bench) step() {
	b.t.Helper()
	if err := b.c.step(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) accept(when string) {
	b.t.Helper()
	if _, err := b.Accept(b.t.Context(), Acceptance{Digest: "d1", When: when, By: anna}); err != nil {
		b.t.Fatal(err)
	}
	b.step()
}

// want compares what the upgrade service was asked since the last time.
func (b *bench) want(what string, asked ...string) {
	b.t.Helper()
	if !slices.Equal(b.fake.asked, asked) {
		b.t.Errorf("%s: asked %q, want %q", what, b.fake.asked, asked)
	}
	b.fake.asked = nil
}

func (b *bench) shows(what, state, when, held string) {
	b.t.Helper()
	u := b.Current()
	if u.GetState() != state || u.GetWhen() != when || u.GetHeld() != held {
		b.t.Errorf("%s: %s %q held %q, want %s %q %q", what, u.GetState(), u.GetWhen(), u.GetHeld(), state, when, held)
	}
}

// log is what is on record, oldest first.
func (b *bench) log() (out []string) {
	b.t.Helper()
	list, _, err := b.store.Entries(b.t.Context(), 0, 200)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range slices.Backward(list) {
		if strings.HasPrefix(e.Kind, "upgrade.") {
			out = append(out, fmt.Sprintf("%s %s", strings.TrimPrefix(e.Kind, "upgrade."), e.Subject))
		}
	}
	return out
}

func (b *bench) logged(what string, want ...string) {
	b.t.Helper()
	if got := b.log(); !slices.Equal(got, want) {
		b.t.Errorf("%s: on record %q, want %q", what, got, want)
	}
}
