package relay

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/flow"
	"beckmanconnect/session/screen"
	"beckmanconnect/session/wire"
)

// endless is a file without an end.
type endless struct{}

func (endless) Next(most int) ([]byte, bool) { return make([]byte, most), true }

// onePiece is one piece of a file.
type onePiece struct{ left *int }

func (o onePiece) Next(most int) ([]byte, bool) {
	if *o.left == 0 {
		return nil, false
	}
	*o.left--
	return make([]byte, min(most, len(chunkID{})+100)), true
}

// viewing is a session whose engineer may see, with a helper that was told so.
func viewing(t *testing.T) (*rig, *engineer, *helperEnd, uint64) {
	t.Helper()
	r := newRig(t)
	e := r.enter()
	e.say(wire.Message{Type: "ask", ID: "v", Capability: wire.View})
	r.answer(1, true)
	e.hear("answer")
	help := r.attach(1)
	told := help.get(t, func(c *hostpb.HelperCommand) bool { return c.GetAck() != nil }).GetAck()
	if told.Room < flow.Smallest {
		t.Errorf("before its first picture the helper is told %v", told)
	}
	return r, e, help, help.get(t, isView(true)).Generation
}

// with runs f under the driver's lock, for the one link there is.
func (r *rig) with(f func(s *Support, l *link)) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	for _, l := range r.s.links {
		f(r.s, l)
		l.wake()
	}
}

// What waits least goes first: messages, the pointer, pictures, files.
func TestOrderOnTheLink(t *testing.T) {
	r, e, _, generation := viewing(t)
	shape, err := screen.Cursor{Kind: screen.CursorShape, Width: 1, Height: 1, RGBA: make([]byte, 4)}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	place := func(x int) []byte {
		b, err := screen.Cursor{Kind: screen.CursorMoved, X: x}.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	update := screen.NewEncoder(screen.Config{}).Encode(nil, picture2(1), nil, 0)
	pieces := 1
	r.with(func(s *Support, l *link) {
		l.chunks = onePiece{&pieces}
		if kept, _ := s.pictures.offer(picture{helper: s.helper.id, generation: generation, update: update}); !kept {
			t.Error("the picture was not taken")
		}
		for _, m := range [][]byte{place(1), shape, place(2)} {
			if !s.cursors.offer(s.helper.id, generation, m) {
				t.Error("the pointer was not taken")
			}
		}
		l.push(wire.Message{Type: "pong", Seq: 77})
	})
	for {
		if _, _, m := e.next(); m.Type == "pong" && m.Seq == 77 {
			break
		}
	}
	for _, want := range []struct {
		kind    byte
		payload []byte
	}{{wire.FrameCursor, shape}, {wire.FrameCursor, place(2)}, {wire.FrameScreen, nil}, {wire.FrameChunk, nil}} {
		kind, payload, _ := e.next()
		if kind != want.kind || want.payload != nil && !bytes.Equal(payload, want.payload) {
			t.Fatalf("a frame of kind %d, want %d", kind, want.kind)
		}
	}
}

// The pointer is the screen's too: without a right to see, nothing of it leaves.
func TestPointerNeedsTheRightToSee(t *testing.T) {
	r, e, help, generation := viewing(t)
	moved, err := screen.Cursor{Kind: screen.CursorMoved, X: 3}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	tell := func(b []byte) {
		help.tell(&hostpb.HelperMessage{Generation: generation, Body: &hostpb.HelperMessage_Cursor{Cursor: b}})
	}
	tell([]byte("no pointer"))
	tell(moved)
	for {
		if kind, payload, _ := e.next(); kind == wire.FrameCursor {
			if !bytes.Equal(payload, moved) {
				t.Errorf("%x went out", payload)
			}
			break
		}
	}
	if err := r.s.RevokeCapability("lab", hostpb.Capability_CAPABILITY_VIEW); err != nil {
		t.Fatal(err)
	}
	tell(moved)
	tell(moved) // taken only when the one before was handled
	e.say(wire.Message{Type: "ping", Seq: 5})
	for {
		kind, _, m := e.next()
		if kind == wire.FrameCursor {
			t.Fatal("the pointer left after the right to see was taken back")
		}
		if m.Seq == 5 {
			return
		}
	}
}

// A file never has more under way than the engineer's side lets it, and goes on
// with every answer.
func TestFilesWaitForAnswers(t *testing.T) {
	r, e, _, _ := viewing(t)
	r.with(func(_ *Support, l *link) { l.chunks = endless{} })
	for seq := range uint32(30) {
		e.say(wire.Message{Type: "ping", Seq: seq + 1})
		for e.hear("pong").Seq != seq+1 {
		}
	}
	if e.counted == 0 || e.counted > 20<<10 {
		t.Errorf("%d bytes are under way without an answer", e.counted)
	}
	for e.counted < 1<<20 {
		e.ack(0)
		for kind := byte(0); kind != wire.FrameChunk; kind, _, _ = e.next() {
		}
	}
}

// An answer that cannot be true may be a late one and changes nothing; one that
// cannot be read ends the session (scenario 53).
func TestFalseAcknowledgements(t *testing.T) {
	r, e, _, _ := viewing(t)
	send := func(b []byte) {
		if err := e.conn.Send(e.Context(), wire.FrameAck, b); err != nil {
			t.Fatal(err)
		}
	}
	send(wire.Ack{Seq: 9, Received: 1 << 40}.Append(nil))
	e.say(wire.Message{Type: "ping", Seq: 1})
	e.hear("pong")
	r.with(func(_ *Support, l *link) {
		if l.shown != 0 || l.flow.InFlight() != 0 {
			t.Errorf("%d is shown, %d under way", l.shown, l.flow.InFlight())
		}
	})
	send([]byte{0xff})
	if m := e.hear("end"); m.Why != "protocol" {
		t.Errorf("ended: %+v", m)
	}
}

// Who sends more than can be read for too long is shown out, and it is logged.
func TestFloodEnds(t *testing.T) {
	r, _, _, _ := viewing(t)
	r.with(func(s *Support, l *link) {
		g := gate{over: true, last: s.cfg.Now().Mono, since: s.cfg.Now().Mono - 2*floodLimit}
		if err := s.hold(t.Context(), l, &g, 1000); err != errProtocol {
			t.Errorf("%v", err)
		}
		g = newGate(s.cfg.Now().Mono)
		if err := s.hold(t.Context(), l, &g, 1000); err != nil {
			t.Errorf("a person is shown out: %v", err)
		}
		g = gate{last: s.cfg.Now().Mono}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.hold(over, l, &g, maxControl*1000); err == nil {
			t.Error("a link that is over is still waited for")
		}
	})
	if !strings.Contains(r.log.String(), "floods") {
		t.Error("nothing in the log")
	}
}

// 10,000 inputs queue up nowhere: moves give way to the newest, keys to a
// release of all (scenarios 14, 53).
func TestInputsPileUpNowhere(t *testing.T) {
	h := &helper{notify: make(chan struct{}, 1)}
	events := func(kind hostpb.InputEvent_Kind, n int) []*hostpb.InputEvent {
		out := make([]*hostpb.InputEvent, n)
		for i := range out {
			out[i] = &hostpb.InputEvent{Kind: kind, X: int32(i)}
		}
		return out
	}
	for x := range 10_000 {
		h.input(1, 1, 1, []*hostpb.InputEvent{{Kind: hostpb.InputEvent_KIND_POINTER_MOVE, X: int32(x)}})
	}
	if h.inputs != 1 || len(h.queue) != 1 || h.queue[0].GetInput().Events[0].X != 9999 {
		t.Errorf("%d inputs in %d commands", h.inputs, len(h.queue))
	}
	h.input(1, 1, 1, events(hostpb.InputEvent_KIND_KEY_DOWN, 2))
	h.input(1, 1, 1, events(hostpb.InputEvent_KIND_POINTER_MOVE, 1))
	h.input(1, 2, 2, events(hostpb.InputEvent_KIND_POINTER_MOVE, 1)) // another grant
	h.input(2, 2, 2, events(hostpb.InputEvent_KIND_POINTER_MOVE, 1)) // another link
	if h.inputs != 6 || len(h.queue) != 3 {
		t.Errorf("%d inputs in %d commands: what stands between two moves stays", h.inputs, len(h.queue))
	}
	for range 10_000 / 50 {
		h.input(1, 1, 1, events(hostpb.InputEvent_KIND_KEY_DOWN, 50))
		if h.inputs > maxInputQueue || len(h.queue) > maxInputQueue {
			t.Fatalf("%d inputs in %d commands", h.inputs, len(h.queue))
		}
	}
	released, counted := false, 0
	for _, c := range h.queue {
		released = released || c.GetReleaseKeys() != nil
		if n := len(c.GetInput().GetEvents()); n > maxTogether {
			t.Errorf("%d events in one command", n)
		} else {
			counted += n
		}
	}
	if !released || counted != h.inputs {
		t.Errorf("released %v, %d of %d counted", released, counted, h.inputs)
	}
}

// A helper is not woken for every echo; what could hold it up, or make it send
// too much, it hears at once.
func TestHelperHearsWhatItNeeds(t *testing.T) {
	told := room{taken: 5, bytes: 100_000, rate: 1_000_000}
	for name, c := range map[string]struct {
		now    room
		passed int
		want   bool
	}{
		"an echo":              {room{taken: 6, bytes: 99_000, rate: 1_000_000}, 1000, false},
		"less room":            {room{taken: 6, bytes: 74_000, rate: 1_000_000}, 1000, true},
		"more room":            {room{taken: 6, bytes: 126_000, rate: 1_000_000}, 1000, true},
		"a slower link":        {room{taken: 6, bytes: 100_000, rate: 700_000}, 1000, true},
		"much went out":        {room{taken: 6, bytes: 100_000, rate: 1_000_000}, 25_001, true},
		"many echoes":          {room{taken: 5 + maxUntold, bytes: 100_000, rate: 1_000_000}, 1000, true},
		"their number wrapped": {room{taken: 4, bytes: 100_000, rate: 1_000_000}, 0, true},
	} {
		h := &helper{notify: make(chan struct{}, 1), told: told, passed: c.passed}
		h.ack(c.now, 1, false)
		if woken := len(h.notify) == 1; woken != c.want {
			t.Errorf("%s: woken %v", name, woken)
		}
		if len(h.queue) != 1 {
			t.Errorf("%s: the news does not wait for the next command", name)
		}
	}
	h := &helper{notify: make(chan struct{}, 1), told: told}
	h.ack(told, 1, true)
	if len(h.notify) != 1 {
		t.Error("what was thrown away is not told at once")
	}
}
