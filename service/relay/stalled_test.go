package relay

import (
	"testing"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/wire"
)

// Scenario 14: 10,000 inputs are on their way through a network that stalls,
// and control is taken back meanwhile. When the network goes on they all come,
// and none is applied, not even under the next grant.
func TestRevokedWhileTheNetworkStalls(t *testing.T) {
	r := newRig(t)
	e := r.enter()
	e.say(wire.Message{Type: "ask", ID: "v", Capability: wire.View})
	r.answer(1, true)
	e.hear("answer")
	e.say(wire.Message{Type: "ask", ID: "c", Capability: wire.Control})
	r.answer(2, true)
	old := e.hear("answer").Generation
	help := r.attach(1)
	r.await("control in use", func(d *desk) bool { return len(d.state.GetLeases()) == 2 && d.state.Leases[1].Active })
	send := func(n int, code string, generation uint64) {
		for range n {
			m := wire.Message{Type: "input", Generation: generation}
			for range 50 {
				m.Events = append(m.Events, wire.Input{Kind: "keydown", Code: code, Key: "k"})
			}
			if err := e.send(m); err != nil {
				t.Error(err)
				return
			}
		}
	}
	send(1, "KeyA", old)
	if in := help.get(t, isInput).GetInput(); in.Events[0].Code != "KeyA" {
		t.Fatalf("%v", in)
	}

	// The helper goes on reading: nothing but the service holds input back.
	applied := make(chan string, 64)
	reading := make(chan struct{})
	go func() {
		defer close(reading)
		for {
			select {
			case c := <-help.down:
				for _, ev := range c.GetInput().GetEvents() {
					applied <- ev.Code
				}
			case <-help.ctx.Done():
				return
			}
		}
	}()
	flow := r.relay.stall()
	defer flow()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		send(10_000/50, "KeyB", old)
		if err := e.send(wire.Message{Type: "ping", Seq: 14}); err != nil {
			t.Error(err)
		}
	}()
	if err := r.s.RevokeCapability("lab", hostpb.Capability_CAPABILITY_CONTROL); err != nil {
		t.Fatal(err)
	}
	flow()
	<-sent
	for e.hear("pong").Seq != 14 { // all of it was read
	}
	e.say(wire.Message{Type: "ask", ID: "c2", Capability: wire.Control})
	r.answer(3, true)
	next := e.hear("answer")
	if !next.Granted || next.Generation <= old {
		t.Fatalf("%+v", next)
	}
	send(1, "KeyB", old)
	send(1, "KeyC", next.Generation)
	for range 50 {
		if code := <-applied; code != "KeyC" {
			t.Fatalf("%s was applied: it was sent before the revoke", code)
		}
	}
	if err := r.s.EndSession("lab", "kill-key"); err != nil {
		t.Fatal(err)
	}
	help.cancel()
	<-reading
	select {
	case code := <-applied:
		t.Errorf("%s was applied", code)
	default:
	}
	if s := r.s.State().GetSummary(); s.GetInputs() != 100 {
		t.Errorf("the summary counts %d acts", s.GetInputs())
	}
}
