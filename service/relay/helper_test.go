package relay

import (
	"context"
	"io"
	"testing"
	"time"

	"beckmanconnect/ipc/hostpb"
)

// helperEnd is a desktop helper in this process.
type helperEnd struct {
	ctx    context.Context
	cancel context.CancelFunc
	up     chan *hostpb.HelperMessage
	down   chan *hostpb.HelperCommand
	done   chan error
}

func (h *helperEnd) Context() context.Context { return h.ctx }

func (h *helperEnd) Send(c *hostpb.HelperCommand) error {
	select {
	case h.down <- c:
		return nil
	case <-h.ctx.Done():
		return h.ctx.Err()
	}
}

func (h *helperEnd) Recv() (*hostpb.HelperMessage, error) {
	select {
	case m := <-h.up:
		return m, nil
	case <-h.ctx.Done():
		return nil, io.EOF
	}
}

// attach starts a helper with the n-th token that was given out.
func (r *rig) attach(n int) *helperEnd {
	r.Helper()
	var w *hostpb.DesktopWanted
	r.await("a desktop wanted", func(d *desk) bool {
		if len(d.wanted) >= n {
			w = d.wanted[n-1]
		}
		return w != nil
	})
	return r.attachWith(&hostpb.HelperHello{Token: w.Token, SessionId: w.SessionId})
}

func (r *rig) attachWith(hello *hostpb.HelperHello) *helperEnd {
	ctx, cancel := context.WithCancel(context.Background())
	h := &helperEnd{ctx: ctx, cancel: cancel, up: make(chan *hostpb.HelperMessage), down: make(chan *hostpb.HelperCommand), done: make(chan error, 1)}
	go func() {
		err := r.s.AttachDesktop(h)
		cancel()
		h.done <- err
	}()
	r.Cleanup(cancel)
	h.tell(&hostpb.HelperMessage{Body: &hostpb.HelperMessage_Hello{Hello: hello}})
	return h
}

func (h *helperEnd) tell(m *hostpb.HelperMessage) {
	select {
	case h.up <- m:
	case <-h.ctx.Done():
	}
}

// get passes over commands until want says yes.
func (h *helperEnd) get(t testing.TB, want func(*hostpb.HelperCommand) bool) *hostpb.HelperCommand {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case c := <-h.down:
			if want(c) {
				return c
			}
		case <-deadline:
			t.Fatal("the helper was never told")
		case err := <-h.done:
			t.Fatalf("the helper's stream ended: %v", err)
		}
	}
}
