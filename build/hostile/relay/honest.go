package relay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"beckmanconnect/build/hostile/pc"
	"beckmanconnect/session/channel/channeltest"
	console "beckmanconnect/session/engineer"
	"beckmanconnect/session/wire"
)

// honest is an engineer at the product's own client, who types the code that
// was read out to them.
type honest struct {
	client *console.Client
	ctx    context.Context // ends with the engineer
	pc     *pc.PC
	code   string
	stop   func()

	mu         sync.Mutex
	state      console.State
	stood      int // how often it came into the session
	session    string
	heard      []wire.Message
	pictures   int
	pings      uint32
	changed    chan struct{}
	wrong      int
	generation uint64

	entering string // the client's own goroutine only
}

var anna = channeltest.Anna()

// begin has the engineer join a request.
func begin(ctx context.Context, l *line, p *pc.PC, kit *channeltest.Kit, request, code string) *honest {
	ctx, cancel := context.WithCancel(ctx)
	h := &honest{ctx: ctx, pc: p, code: code, changed: make(chan struct{})}
	id := anna
	id.Request = request
	h.client = console.New(console.Config{
		Request: request, Reason: "case-0 Ticket 4711",
		Credentials: func(context.Context) (console.Credentials, error) {
			return console.Credentials{Certificate: kit.Engineer(id), DeviceID: kit.DeviceID, DeviceCA: kit.DeviceCA.Pool()}, nil
		},
		Dial:  func(ctx context.Context) (net.Conn, error) { return l.dial(ctx, request) },
		Frame: h.frame, State: h.changeState,
		FirstRetry: time.Millisecond, Quiet: 10 * time.Minute,
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = h.client.Run(ctx) // why it ended is in its state
	}()
	h.stop = func() {
		cancel()
		<-done
	}
	return h
}

func (h *honest) note(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
	close(h.changed)
	h.changed = make(chan struct{})
}

func (h *honest) changeState(s console.State) {
	if s.Words != "" {
		h.pc.Ledger().Channel(s.Words)
	}
	h.note(func() { h.state = s })
	switch s.Phase {
	case console.Code:
		go func() { _ = h.client.Try(h.ctx, h.code) }() // a channel that is gone is no fault
	case console.Session:
		// The message with the session's name comes to frame after this.
		h.entering = s.Words
	}
}

func (h *honest) frame(kind byte, payload []byte) {
	if kind == wire.FrameScreen {
		h.pc.Ledger().Saw(h.at(), payload)
		h.note(func() { h.pictures++ })
		return
	}
	var m wire.Message
	if json.Unmarshal(payload, &m) != nil {
		return
	}
	switch m.Type {
	case "authenticated":
		h.pc.Ledger().Entered(m.Session, anna.Account, true)
		words := h.entering
		if h.at() != "" {
			words = "" // it came back, by another channel
		}
		h.pc.Ledger().Met(m.Session, words)
	case "wrong-code": // they heard it, and type it again
		h.mu.Lock()
		again := h.wrong < 2
		h.mu.Unlock()
		if again {
			go func() { _ = h.client.Try(h.ctx, h.code) }() // a channel that is gone is no fault
		}
	}
	h.note(func() {
		h.generation = max(h.generation, m.Generation)
		if m.Type == "wrong-code" {
			h.wrong++
		}
		if m.Type == "authenticated" {
			h.session = m.Session
			h.stood++
		}
		h.heard = append(h.heard, m)
	})
}

func (h *honest) at() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.session
}

func (h *honest) now() (console.State, int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state, h.stood
}

// errGone is an engineer whose client has ended.
var errGone = errors.New("the engineer's client has ended")

// until waits until ok, which is asked under the lock after each change.
func (h *honest) until(ctx context.Context, what string, within time.Duration, ok func() bool) error {
	late := time.After(within)
	for {
		h.mu.Lock()
		yes, over, changed := ok(), h.state.Phase == console.Ended, h.changed
		h.mu.Unlock()
		switch {
		case yes:
			return nil
		case over:
			return fmt.Errorf("%w: waiting for %s", errGone, what)
		}
		select {
		case <-changed:
		case <-late:
			return fmt.Errorf("%s never came", what)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (h *honest) say(ctx context.Context, m wire.Message) error {
	m.V = wire.Version
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return h.client.Send(ctx, wire.FrameControl, raw)
}

// hear waits for a message for which ok says yes.
func (h *honest) hear(ctx context.Context, what string, within time.Duration, ok func(wire.Message) bool) (m wire.Message, err error) {
	err = h.until(ctx, what, within, func() bool {
		at := slices.IndexFunc(h.heard, ok)
		if at >= 0 {
			m, h.heard = h.heard[at], h.heard[at+1:]
		}
		return at >= 0
	})
	return m, err
}

// ping is answered when the host has read everything sent before.
func (h *honest) ping(ctx context.Context) (seq uint32, err error) {
	h.mu.Lock()
	h.pings++
	seq = h.pings
	h.mu.Unlock()
	return seq, h.say(ctx, wire.Message{Type: "ping", Seq: seq})
}
