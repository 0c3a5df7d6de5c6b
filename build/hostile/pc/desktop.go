package pc

import (
	"context"
	"encoding/binary"
	"io"
	"sync"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/screen"
)

// Desktop is a desktop helper that records what it is told and captures all
// the time, also when nobody may see: what the service lets through is its
// own doing.
type Desktop struct {
	p *PC

	mu      sync.Mutex
	now     *helperEnd
	stalled chan struct{} // closed when commands are taken again
	frames  uint32
}

// Viewing says whether the helper was told to capture for a session.
func (d *Desktop) Viewing(session string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now != nil && d.now.session == session && d.now.on
}

// Stall keeps the helper from taking commands until the returned function is
// called.
func (d *Desktop) Stall() (resume func()) {
	c := make(chan struct{})
	d.mu.Lock()
	d.stalled = c
	d.mu.Unlock()
	return sync.OnceFunc(func() { close(c) })
}

// Capture takes n pictures and hands them to the service.
func (d *Desktop) Capture(n int) {
	d.mu.Lock()
	h := d.now
	d.mu.Unlock()
	if h == nil {
		return
	}
	for range n {
		d.mu.Lock()
		d.frames++
		frame := screen.Frame{Pix: make([]byte, 4*32*16), Stride: 4 * 32, Width: 32, Height: 16}
		binary.LittleEndian.PutUint32(frame.Pix, d.frames&0xffffff) // no two are alike
		generation := h.generation
		d.mu.Unlock()
		update := screen.NewEncoder(screen.Config{}).Encode(nil, frame, nil, 0)
		d.p.ledger.captured(h.session, update)
		h.tell(&hostpb.HelperMessage{Generation: generation, Body: &hostpb.HelperMessage_ScreenUpdate{ScreenUpdate: update}})
	}
}

// Copy puts text on the technician's clipboard and tells the service, whether it
// watches or not.
func (d *Desktop) Copy(text string) {
	d.mu.Lock()
	h := d.now
	var generation uint64
	if h != nil {
		generation = h.generation
	}
	d.mu.Unlock()
	if h == nil {
		return
	}
	d.p.ledger.copied(h.session, text)
	h.tell(&hostpb.HelperMessage{Generation: generation, Body: &hostpb.HelperMessage_Clipboard{Clipboard: &hostpb.HelperClipboard{Text: text}}})
}

// attach serves one helper until its stream ends.
func (d *Desktop) attach(ctx context.Context, w *hostpb.DesktopWanted) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	h := &helperEnd{ctx: ctx, d: d, session: w.SessionId, generation: w.Generation, up: make(chan *hostpb.HelperMessage)}
	d.p.ledger.mu.Lock()
	d.p.ledger.tokens++
	d.p.ledger.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer cancel()
		_ = d.p.Driver.AttachDesktop(h) // refused when the session is over already
	}()
	h.tell(&hostpb.HelperMessage{Body: &hostpb.HelperMessage_Hello{Hello: &hostpb.HelperHello{Token: w.Token, SessionId: w.SessionId}}})
	h.tell(&hostpb.HelperMessage{Body: &hostpb.HelperMessage_State{State: &hostpb.HelperState{
		Width: 32, Height: 16, Capturing: true, Monitor: "m1",
		Monitors: []*hostpb.Monitor{{Id: "m1", Width: 32, Height: 16}, {Id: "m2", X: 32, Width: 32, Height: 16}},
	}}})
	d.mu.Lock()
	d.now = h
	d.mu.Unlock()
	<-done
	d.mu.Lock()
	if d.now == h {
		d.now = nil
	}
	d.mu.Unlock()
}

// helperEnd is the helper's end of the stream, as the driver sees it.
type helperEnd struct {
	ctx        context.Context
	d          *Desktop
	session    string
	generation uint64 // under Desktop.mu, like on
	on         bool
	up         chan *hostpb.HelperMessage
}

func (h *helperEnd) Context() context.Context { return h.ctx }

func (h *helperEnd) Send(c *hostpb.HelperCommand) error {
	h.d.mu.Lock()
	stalled := h.d.stalled
	h.d.mu.Unlock()
	if stalled != nil {
		select {
		case <-stalled:
		case <-h.ctx.Done():
			return h.ctx.Err()
		}
	}
	if in := c.GetInput(); in != nil {
		h.d.p.ledger.applied(h.session, in.Events)
	} else {
		h.d.p.ledger.told(h.session, c)
	}
	h.d.mu.Lock()
	h.generation = max(h.generation, c.Generation)
	if v := c.GetView(); v != nil {
		h.on = v.On
	}
	h.d.mu.Unlock()
	return nil
}

func (h *helperEnd) Recv() (*hostpb.HelperMessage, error) {
	select {
	case m := <-h.up:
		return m, nil
	case <-h.ctx.Done():
		return nil, io.EOF
	}
}

func (h *helperEnd) tell(m *hostpb.HelperMessage) {
	select {
	case h.up <- m:
	case <-h.ctx.Done():
	}
}
