package relay

import (
	"strings"
	"testing"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/channel/channeltest"
	"beckmanconnect/session/wire"
)

// Scenarios 27, 29: who is not let in never gets a channel, and the log knows.
func TestWhoIsNotLetIn(t *testing.T) {
	r := newRig(t)
	h := r.help()
	r.pol.mu.Lock()
	r.pol.nobody = true
	r.pol.mu.Unlock()
	if conn, err := r.dial(h.RequestId, channeltest.Anna()); err == nil {
		if _, _, err := conn.Receive(t.Context()); err == nil {
			t.Error("an engineer who is not on the list was let in")
		}
	}
	other := channeltest.Anna()
	other.Request = "another"
	r.pol.mu.Lock()
	r.pol.nobody = false
	r.pol.mu.Unlock()
	if conn, err := r.dial(h.RequestId, other); err == nil {
		if _, _, err := conn.Receive(t.Context()); err == nil {
			t.Error("a certificate for another request was accepted")
		}
	}
	e := r.join(h.RequestId) // the request itself is still good
	if n := r.kinds()["channel.refused"]; n != 2 {
		t.Errorf("%d refusals in the log", n)
	}
	e.say(wire.Message{Type: "bye"})
}

// Scenario 53: nonsense ends the link, and with it nothing else.
func TestNonsense(t *testing.T) {
	for name, frame := range map[string]struct {
		kind byte
		raw  string
	}{
		"type":    {99, "x"},
		"json":    {wire.FrameControl, "{"},
		"version": {wire.FrameControl, `{"v":7,"t":"hello","versions":[7]}`},
		"chunk":   {wire.FrameChunk, "short"},
		"events":  {wire.FrameControl, `{"v":1,"t":"input","events":[` + strings.Repeat(`{"k":"move"},`, 999) + `{"k":"move"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			h := r.help()
			e := r.join(h.RequestId)
			if err := e.conn.Send(t.Context(), frame.kind, []byte(frame.raw)); err != nil {
				t.Fatal(err)
			}
			if m := e.hear("end"); m.Why != "protocol" {
				t.Errorf("%+v", m)
			}
			if r.s.State().GetPhase() != hostpb.SupportPhase_SUPPORT_PHASE_WAITING {
				t.Error("the request ended with it")
			}
		})
	}
}

func TestHelperMustProveItself(t *testing.T) {
	r := newRig(t)
	e := r.enter()
	e.say(wire.Message{Type: "ask", ID: "v", Capability: wire.View})
	r.answer(1, true)
	session := r.s.State().GetSessionId()
	bad := r.attachWith(&hostpb.HelperHello{Token: make([]byte, 32), SessionId: session})
	if err := <-bad.done; Code(err) != "helper-refused" {
		t.Error(err)
	}
	good := r.attach(1)
	good.get(t, isView(true))
	second := r.attachWith(&hostpb.HelperHello{Token: r.desk.wanted[0].Token, SessionId: session})
	if err := <-second.done; Code(err) != "helper-refused" {
		t.Error("a token was used twice")
	}
	if err := r.s.RevokeCapability("lab", hostpb.Capability_CAPABILITY_VIEW); err != nil {
		t.Fatal(err)
	}
	good.get(t, isStop)
	if err := <-good.done; err != nil {
		t.Error(err)
	}
	if r.s.State().GetPhase() != hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED {
		t.Error("the session ended with the last lease")
	}
}
