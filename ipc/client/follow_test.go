package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"pgregory.net/rapid"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/pipe"
	"beckmanconnect/ipc/protocol"
)

// cuttable is a configuration whose newest pipe can be cut.
type cuttable struct {
	mu   sync.Mutex
	conn net.Conn
}

func (c *cuttable) wrap(config client.Config) client.Config {
	dial := config.DialPipe
	config.DialPipe = func(ctx context.Context) (net.Conn, error) {
		conn, err := dial(ctx)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.conn = conn
		return conn, err
	}
	return config
}

func (c *cuttable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		c.conn.Close()
	}
}

// scenario 7: whatever happens to pipe and service, a follower sees every
// committed event, in order, once.
func TestFollowLosesAndRepeatsNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := ipctest.Start(t, ipctest.Config{Behind: rapid.IntRange(1, 8).Draw(rt, "behind")})
		defer f.Stop()
		var link cuttable
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ready := make(chan struct{})
		start := sync.OnceFunc(func() { close(ready) })
		var seen []uint64
		followed := make(chan struct{})
		go func() {
			defer close(followed)
			_ = client.Follow(ctx, link.wrap(f.Client(ipctest.Technician("anna"), protocol.Tray)), func(e *hostpb.Event) {
				start()
				if n := e.GetNotification(); n != nil {
					seen = append(seen, e.GetSeq())
					if n.GetCode() == "last" {
						cancel()
					}
				}
			}, nil)
		}()
		<-ready
		raised := uint64(0)
		for range rapid.IntRange(1, 4).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"raise", "raise", "cut", "restart", "raise while away"}).Draw(rt, "step") {
			case "raise":
				for range rapid.IntRange(1, 30).Draw(rt, "events") {
					f.Raise(&hostpb.Notification{Code: "disk-nearly-full"})
					raised++
				}
			case "cut":
				link.cut()
			case "restart":
				f.Stop()
				f.Run()
			case "raise while away":
				f.Stop()
				for range 5 {
					f.History.Commit(&hostpb.Event{Body: &hostpb.Event_Notification{Notification: &hostpb.Notification{}}})
					raised++
				}
				f.Run()
			}
		}
		f.Raise(&hostpb.Notification{Code: "last"})
		raised++
		<-followed
		if uint64(len(seen)) != raised {
			rt.Fatalf("%d events of %d: %v", len(seen), raised, seen)
		}
		for i, seq := range seen {
			if seq != uint64(i)+1 {
				rt.Fatalf("event %d came in place %d: %v", seq, i+1, seen)
			}
		}
	})
}

// A database put back to an older state has another epoch or smaller numbers:
// the follower is reset, and does not wait for numbers that never come.
func TestFollowIsResetByAnotherDatabase(t *testing.T) {
	var f *ipctest.Fixture
	current := func(ctx context.Context) (net.Conn, error) {
		return f.Client(ipctest.Technician("anna"), protocol.Tray).DialPipe(ctx)
	}
	f = ipctest.Start(t, ipctest.Config{})
	f.Raise(&hostpb.Notification{Code: "a"})
	f.Raise(&hostpb.Notification{Code: "b"})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var resets []uint64
	_ = client.Follow(ctx, client.Config{Program: protocol.Tray, DialPipe: current}, func(e *hostpb.Event) {
		switch {
		case e.GetReset_() != nil:
			resets = append(resets, e.GetReset_().GetSnapshot().GetLastSeq())
			if len(resets) == 2 {
				f.Raise(&hostpb.Notification{Code: "c"})
				return
			}
			f.Stop()
			f = ipctest.Start(t, ipctest.Config{Epoch: "restored"})
		case e.GetNotification().GetCode() == "c":
			cancel()
		}
	}, nil)
	if fmt.Sprint(resets) != "[2 0]" {
		t.Errorf("resets at %v", resets)
	}
}

func TestFollowTellsTheState(t *testing.T) {
	f := ipctest.Start(t, ipctest.Config{})
	f.Stop()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var told []string
	_ = client.Follow(ctx, f.Client(ipctest.Technician("anna"), protocol.Tray), func(*hostpb.Event) {}, func(connected bool, err error) {
		told = append(told, fmt.Sprintf("%v %s", connected, client.Code(err)))
		switch len(told) {
		case 1, 3:
			f.Run()
		case 2:
			f.Stop()
		case 4:
			cancel()
		}
	})
	want := "[false service-unavailable true  false service-unavailable true ]"
	if fmt.Sprint(told) != want {
		t.Errorf("told %v, want %s", told, want)
	}
}

// scenario 7: the service goes away in mid-call. The caller gets a typed
// error, and the same client works again when the service is back.
func TestServiceStopsInMidCall(t *testing.T) {
	f := ipctest.Start(t, ipctest.Config{})
	reached := make(chan struct{})
	f.Host.Handle(func(h *ipctest.Handlers) {
		h.RequestHelp = func(ctx context.Context, _ *hostpb.RequestHelpRequest) (*hostpb.HelpRequested, error) {
			close(reached)
			<-ctx.Done()
			return nil, ctx.Err()
		}
	})
	c := f.Dial(ipctest.Technician("anna"), protocol.Window)
	bar, err := c.Host.HoldSessionBar(t.Context(), &hostpb.HoldSessionBarRequest{})
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		_, err := c.Host.RequestHelp(t.Context(), &hostpb.RequestHelpRequest{})
		failed <- err
	}()
	<-reached
	f.Stop()
	if d := client.Detail(<-failed); d.GetCode() != protocol.CodeUnavailable || !d.GetRetryable() {
		t.Errorf("the call ended with %v", d)
	}
	if _, err := bar.Recv(); client.Code(err) != protocol.CodeUnavailable {
		t.Errorf("the stream ended with %v", err)
	}
	// Ten failures, after which gRPC waits for seconds before it tries by itself.
	for range 10 {
		_, err = c.Host.GetStatus(t.Context(), &hostpb.GetStatusRequest{})
		if client.Code(err) != protocol.CodeUnavailable || !errors.Is(err, pipe.ErrNotRunning) {
			t.Errorf("while it is away: %v", err)
		}
	}
	f.Run()
	if _, err := c.Host.GetStatus(t.Context(), &hostpb.GetStatusRequest{}); err != nil {
		t.Errorf("the first call when it is back: %v", err)
	}
	if _, err := c.Host.ListActivity(t.Context(), &hostpb.ListActivityRequest{}); err != nil {
		t.Error(err)
	}
}

// A stream in both directions whose service reads from it when it stops: gRPC
// answers for the service there, that the stream was cancelled. Nobody here did;
// who closes the connection or gives up did, and is told that.
func TestServiceStopsWhileItReads(t *testing.T) {
	f := ipctest.Start(t, ipctest.Config{})
	reached := make(chan struct{}, 3)
	f.Host.Handle(func(h *ipctest.Handlers) {
		h.AttachDesktop = func(s grpc.BidiStreamingServer[hostpb.HelperMessage, hostpb.HelperCommand]) error {
			reached <- struct{}{}
			for {
				if _, err := s.Recv(); err != nil {
					return err
				}
			}
		}
	})
	attach := func(ctx context.Context) (*client.Client, grpc.BidiStreamingClient[hostpb.HelperMessage, hostpb.HelperCommand]) {
		t.Helper()
		c := f.Dial(ipctest.Technician("anna"), protocol.Desktop)
		s, err := c.Host.AttachDesktop(ctx)
		if err != nil {
			t.Fatal(err)
		}
		<-reached
		return c, s
	}
	closing, closed := attach(t.Context())
	if err := closing.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := closed.Recv(); client.Code(err) != protocol.CodeCancelled {
		t.Errorf("closed here, the stream ended with %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, left := attach(ctx)
	cancel()
	if _, err := left.Recv(); client.Code(err) != protocol.CodeCancelled {
		t.Errorf("given up here, the stream ended with %v", err)
	}
	_, s := attach(t.Context())
	f.Stop()
	if _, err := s.Recv(); client.Code(err) != protocol.CodeUnavailable || !client.Detail(err).GetRetryable() {
		t.Errorf("the stream ended with %v", err)
	}
}

// brief is a pipe that breaks right after the service's first words to gRPC.
type brief struct {
	net.Conn
	welcome bool // the gate's answer was read
	said    bool
}

func (b *brief) Read(p []byte) (int, error) {
	if b.said {
		b.Conn.Close()
		return 0, io.EOF
	}
	n, err := b.Conn.Read(p)
	b.said, b.welcome = b.welcome, true
	return n, err
}

// A pipe that breaks as soon as it is open, as on a busy PC or when the service
// stops just then, ends Dial and is followed on from, whether Dial saw it open
// or not.
func TestDialEndsWithABriefPipe(t *testing.T) {
	f := ipctest.Start(t, ipctest.Config{})
	config := f.Client(ipctest.Technician("anna"), protocol.Window)
	dial := config.DialPipe
	var whole atomic.Bool
	config.DialPipe = func(ctx context.Context) (net.Conn, error) {
		conn, err := dial(ctx)
		if err != nil || whole.Load() {
			return conn, err
		}
		return &brief{Conn: conn}, nil
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // whoever waits for ever is told from whoever is answered
	defer cancel()
	for range 100 {
		if c, err := client.Dial(ctx, config); client.Code(err) != protocol.CodeUnavailable {
			t.Fatalf("a pipe that broke: %v, %v", c, err)
		}
	}
	whole.Store(true)
	c, err := client.Dial(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestDialSaysWhy(t *testing.T) {
	f := ipctest.Start(t, ipctest.Config{})
	good := f.Client(ipctest.Technician("anna"), protocol.Window)
	failing := func(cause error) client.Config {
		return client.Config{Program: protocol.Window, DialPipe: func(context.Context) (net.Conn, error) { return nil, cause }}
	}
	nobody := f.Client(identity.Actor{}, protocol.Window)
	for name, tt := range map[string]struct {
		config client.Config
		want   string
	}{
		"well":        {good, ""},
		"not running": {failing(pipe.ErrNotRunning), protocol.CodeUnavailable},
		"squatted":    {failing(fmt.Errorf("dial: %w", pipe.ErrUntrusted)), protocol.CodeUntrusted},
		"nobody":      {nobody, protocol.CodeUnknownCaller},
		"too new":     {client.Config{Program: protocol.Window, DialPipe: good.DialPipe, Oldest: 7, Newest: 8}, protocol.CodeIncompatible},
	} {
		c, err := client.Dial(t.Context(), tt.config)
		if client.Code(err) != tt.want {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			c.Close()
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.Dial(ctx, good); client.Code(err) != protocol.CodeCancelled {
		t.Errorf("given up: %v", err)
	}
}
