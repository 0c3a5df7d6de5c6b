package engineertest

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"beckmanconnect/session/channel"
	"beckmanconnect/session/channel/channeltest"
	"beckmanconnect/session/lane"
	"beckmanconnect/session/proof"
	"beckmanconnect/session/screen"
	"beckmanconnect/session/wire"
)

// Host is an instrument PC with a technician who answers as Answer says. It is
// a real end of the channel and of the picture codec, and no more than polite
// otherwise: the rules are service/support's.
type Host struct {
	tb   testing.TB
	kit  *channeltest.Kit
	Code string
	// Answer decides an ask; the default allows everything for a minute.
	Answer func(m wire.Message) wire.Message

	// Fetch is what the technician chooses when a file is asked for.
	Fetch func() (name string, data []byte)

	// Took is told how many bytes of the engineer's file there are by now.
	Took func(bytes int)

	// NoLane has it be one that knows no file lane.
	NoLane bool

	// Confirm changes what the host proves itself with: a test's lie.
	Confirm func(own []byte) []byte
	instead atomic.Pointer[func(m wire.Message) (done bool)]

	pumping sync.Mutex // of files to the engineer; before mu

	mu       sync.Mutex
	conn     *channel.Conn
	lanes    bool // the engineer's side speaks our version of the file lane
	lane     bool // it is open
	binding  *proof.Binding
	verdict  *proof.Verdict
	tried    uint32 // on this channel
	tries    int
	resume   proof.Resumption
	frame    screen.Frame
	encoder  *screen.Encoder
	view     bool
	events   []wire.Input
	acked    uint32
	sent     uint32
	counted  uint64 // payload bytes of pictures and chunks sent on this channel
	got      uint64 // of them, acknowledged
	files    map[string]*file
	outgoing map[string]*outgoing
	arrived  map[string]string // name → SHA-256
	received []wire.Message
	control  [][]byte // of both ends, as they crossed the channel
	resumed  int
	changed  chan struct{}
}

// NewHost makes the kit's device.
func NewHost(tb testing.TB, kit *channeltest.Kit, code string) *Host {
	h := &Host{
		tb: tb, kit: kit, Code: code, encoder: screen.NewEncoder(screen.Config{}),
		files: map[string]*file{}, outgoing: map[string]*outgoing{}, arrived: map[string]string{}, changed: make(chan struct{}),
	}
	h.Answer = func(m wire.Message) wire.Message {
		return wire.Message{Granted: true, Why: "allowed", UntilMS: time.Now().Add(time.Minute).UnixMilli(), Generation: 1}
	}
	return h
}

// Serve is the host's end of one relay socket, opened for a request.
func (h *Host) Serve(ctx context.Context, under net.Conn, request string) {
	conn, err := channel.Host(ctx, under, channel.HostConfig{
		Certificate: h.kit.Host(), StaffCA: h.kit.StaffCA.Pool(), Verify: func(*x509.Certificate) error { return nil },
	})
	if err != nil {
		return
	}
	defer conn.Close()
	binding, err := proof.Bind(conn, h.kit.DeviceID, request)
	if err != nil {
		h.tb.Error(err)
		return
	}
	h.mu.Lock()
	h.conn, h.binding, h.verdict, h.tried, h.counted = conn, binding, nil, 0, 0
	h.got, h.lanes, h.lane = 0, false, false
	h.mu.Unlock()
	hello := wire.Message{Type: "hello", Versions: []int{wire.Version}, Device: h.kit.DeviceID, Words: conn.Words()}
	if conn.HasLane() && !h.NoLane {
		hello.Lanes = []int{lane.Version}
	}
	h.Say(hello)
	for {
		kind, payload, err := conn.Receive(ctx)
		if err != nil {
			return
		}
		h.mu.Lock()
		current := h.conn == conn
		h.mu.Unlock()
		if !current {
			return
		}
		switch kind {
		case wire.FrameControl:
			var m wire.Message
			if json.Unmarshal(payload, &m) != nil || m.V != wire.Version {
				h.tb.Errorf("unreadable message %q", payload)
				return
			}
			h.mu.Lock()
			h.control = append(h.control, payload)
			h.mu.Unlock()
			h.handle(m)
		case wire.FrameChunk:
			h.chunk(payload)
		case wire.FramePiece:
			h.piece(payload)
		case wire.FrameAck:
			h.ack(payload)
		}
		h.notify()
	}
}

// Instead has f answer messages in the host's place where it says so, from now
// on; nil: no more.
func (h *Host) Instead(f func(m wire.Message) (done bool)) {
	if f == nil {
		h.instead.Store(nil)
		return
	}
	h.instead.Store(&f)
}

func (h *Host) handle(m wire.Message) {
	h.mu.Lock()
	if m.Type != "ping" {
		h.received = append(h.received, m)
	}
	h.mu.Unlock()
	if instead := h.instead.Load(); instead != nil && (*instead)(m) {
		return
	}
	switch m.Type {
	case "hello":
		h.mu.Lock()
		h.lanes = slices.Contains(m.Lanes, lane.Version) && !h.NoLane
		h.mu.Unlock()
	case "pake":
		h.mu.Lock()
		h.tried++
		verdict, share, err := h.binding.Answer(h.Code, h.tried, m.Data)
		h.verdict = verdict
		h.mu.Unlock()
		if err != nil {
			h.wrong()
			return
		}
		h.Say(wire.Message{Type: "pake", Data: share})
	case "pake-confirm":
		h.mu.Lock()
		own, key, err := h.verdict.Confirm(m.Data)
		if err == nil {
			h.resume = proof.NewResumption(key)
		}
		h.mu.Unlock()
		if err != nil {
			h.wrong()
			return
		}
		h.welcome(own)
	case "resume":
		h.mu.Lock()
		answer, kept, ok := h.resume.Admit(h.binding.Resume(), m.Data)
		h.resume = kept
		if ok {
			h.resumed++
		}
		h.mu.Unlock()
		if !ok {
			h.Say(wire.Message{Type: "end", Why: "not-resumable"})
			return
		}
		h.welcome(answer)
		if h.view {
			h.Say(wire.Message{Type: "answer", ID: "x", Capability: wire.View, Granted: true, Why: "allowed", Generation: 2})
			h.picture(true)
		}
	case "ask":
		a := h.Answer(m)
		a.Type, a.ID, a.Capability = "answer", m.ID, m.Capability
		if a.Why == "" {
			return // the technician is still thinking
		}
		h.Say(a)
		if m.Capability == wire.View && a.Granted {
			h.mu.Lock()
			h.view = true
			w, hh := h.frame.Width, h.frame.Height
			h.mu.Unlock()
			h.Say(wire.Message{Type: "screen", State: "on", Width: w, Height: hh})
			h.picture(true)
		}
	case "ask-file":
		a := h.Answer(m)
		a.Type, a.ID, a.Capability = "answer", m.ID, wire.Files
		h.Say(a)
		if a.Granted {
			h.mu.Lock()
			h.files[m.ID] = &file{File: *m.File}
			h.mu.Unlock()
		} else {
			h.Say(wire.Message{Type: "file", ID: m.ID, State: "refused", Why: a.Why})
		}
	case "ask-fetch":
		h.fetch(m)
	case "resume-file":
		h.resumeFile(m)
	case "file":
		h.reported(m)
	case "file-end":
		h.fileEnd(m.ID)
	case "input":
		h.mu.Lock()
		h.events = append(h.events, m.Events...)
		h.mu.Unlock()
	case "refresh":
		h.picture(true)
	case "ping":
		h.Say(wire.Message{Type: "pong", Seq: m.Seq})
	case "bye":
		h.Say(wire.Message{Type: "end", Why: "engineer"})
	}
}

func (h *Host) wrong() {
	h.mu.Lock()
	h.tries++
	tries := h.tries
	h.mu.Unlock()
	h.Say(wire.Message{Type: "wrong-code", TriesLeft: 5 - tries, WaitMS: 1500})
	if tries == 5 {
		h.Say(wire.Message{Type: "end", Why: "code-burnt"})
	}
}

func (h *Host) welcome(own []byte) {
	if h.Confirm != nil {
		own = h.Confirm(own)
	}
	h.mu.Lock()
	lanes := h.lanes
	h.mu.Unlock()
	if lanes {
		h.openLane()
	}
	h.Say(wire.Message{Type: "authenticated", Session: "s1", Data: own})
}

func (h *Host) ack(p []byte) {
	a, err := wire.ParseAck(p)
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case err != nil:
		h.tb.Errorf("acknowledgement %x: %v", p, err)
	case a.Received <= h.counted: // otherwise a late one, of the link before
		h.acked, h.got = a.Seq, a.Received
	}
}

// Say sends a message to the engineer.
func (h *Host) Say(m wire.Message) {
	m.V = wire.Version
	raw, _ := json.Marshal(m)
	h.Frame(wire.FrameControl, raw)
}

// Frame sends any frame to the engineer.
func (h *Host) Frame(kind byte, payload []byte) {
	h.mu.Lock()
	conn := h.conn
	switch kind {
	case wire.FrameControl:
		h.control = append(h.control, payload)
	case wire.FrameScreen, wire.FrameChunk, wire.FramePiece:
		h.counted += uint64(len(payload))
	}
	h.mu.Unlock()
	if conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if kind == wire.FramePiece {
			_ = conn.SendPiece(ctx, payload)
		} else {
			_ = conn.Send(ctx, kind, payload)
		}
	}
}

// Show puts a picture on the instrument's screen and returns the sequence
// number of its last update.
func (h *Host) Show(f screen.Frame) uint32 {
	h.mu.Lock()
	h.frame = f
	view := h.view
	h.mu.Unlock()
	if view {
		h.picture(false)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sent
}

func (h *Host) picture(complete bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if complete {
		h.encoder.Reset()
	}
	for {
		update := h.encoder.Encode(nil, h.frame, nil, 0)
		if len(update) == 0 {
			return
		}
		h.sent = h.encoder.Seq()
		conn := h.conn
		h.counted += uint64(len(update))
		screen.WantAck(update)
		h.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		_ = conn.Send(ctx, wire.FrameScreen, update)
		cancel()
		h.mu.Lock()
		if !h.encoder.Pending() {
			return
		}
	}
}

func (h *Host) notify() {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.changed)
	h.changed = make(chan struct{})
}

// Facts are what the host has seen so far.
type Facts struct {
	Events   []wire.Input
	Acked    uint32
	Unacked  uint64 // payload bytes of pictures and chunks nobody confirmed
	Arrived  map[string]string
	Received []wire.Message
	Resumed  int
	Tries    int
	Control  [][]byte // both ends' control messages, as they crossed the channel
}

// Await waits until the host has seen what ok wants.
func (h *Host) Await(ctx context.Context, what string, ok func(Facts) bool) Facts {
	h.tb.Helper()
	for {
		h.mu.Lock()
		f := Facts{Events: h.events[:len(h.events):len(h.events)], Acked: h.acked, Unacked: h.counted - h.got, Arrived: map[string]string{},
			Received: h.received[:len(h.received):len(h.received)], Resumed: h.resumed, Tries: h.tries,
			Control: h.control[:len(h.control):len(h.control)]}
		for k, v := range h.arrived {
			f.Arrived[k] = v
		}
		changed := h.changed
		h.mu.Unlock()
		if ok(f) {
			return f
		}
		select {
		case <-changed:
		case <-ctx.Done():
			h.tb.Fatalf("the host never saw %s; it saw %+v", what, f.Received)
		}
	}
}
