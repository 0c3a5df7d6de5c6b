package relay

import (
	"testing"

	"github.com/coder/websocket"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/channel"
	"beckmanconnect/session/channel/channeltest"
	"beckmanconnect/session/proof"
	"beckmanconnect/session/wire"
)

const endedByStaff = "ended by the vendor's staff"

// endByStaff closes every line as the cloud's relay does when staff ended the
// session.
func (p *pairing) endByStaff() {
	p.mu.Lock()
	lines := make([]*websocket.Conn, 0, len(p.lines))
	for ws := range p.lines {
		lines = append(lines, ws)
		p.lines[ws] = false
	}
	p.mu.Unlock()
	for _, ws := range lines {
		go ws.Close(cloudapi.CloseByStaff, endedByStaff)
	}
}

// enterAs proves a new code as somebody.
func (r *rig) enterAs(id channel.Identity) (*engineer, *hostpb.HelpRequested) {
	r.Helper()
	h := r.help()
	conn, err := r.dial(h.RequestId, id)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { conn.Close() })
	binding, err := proof.Bind(conn, device, h.RequestId)
	if err != nil {
		r.Fatal(err)
	}
	e := &engineer{rig: r, conn: conn, binding: binding}
	e.say(wire.Message{Type: "hello", Versions: []int{wire.Version}})
	e.hear("hello")
	if m := e.try(h.Code); m.Type != "authenticated" {
		r.Fatalf("the right code: %+v", m)
	}
	r.phase(hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED)
	r.hold()
	return e, h
}

// A case that is handed over in mid-session: the first engineer's session ends
// by the vendor's staff, and the technician reads so. The second one comes with
// a certificate of their own, needs a code of their own, and has nothing of what
// was granted before (P23, scenario 18).
func TestHandedOver(t *testing.T) {
	r := newRig(t)
	anna, first := r.enterAs(channeltest.Anna())
	anna.say(wire.Message{Type: "ask", ID: "v", Capability: wire.View})
	r.answer(1, true) // for the whole session
	help := r.attach(1)
	help.get(t, isView(true))
	generation := r.desk.wanted[0].Generation

	r.relay.endByStaff()
	r.phase(hostpb.SupportPhase_SUPPORT_PHASE_READY) // at once: nothing is waited for within the lease
	r.await("why", func(d *desk) bool { return d.state.GetEndedCode() == "vendor" })
	if _, _, err := anna.conn.Receive(t.Context()); !channel.EndedByStaff(err) {
		// What was on its way before it is read first.
		for err == nil {
			_, _, err = anna.conn.Receive(t.Context())
		}
		if !channel.EndedByStaff(err) {
			t.Errorf("the engineer reads %v", err)
		}
	}
	bob := channeltest.Anna()
	bob.Account, bob.Name = "bob.stone@vendor.example", "Bob Stone"
	second, h := r.enterAs(bob)
	if h.RequestId == first.RequestId || h.Code == first.Code {
		t.Error("the colleague came in by what the first one had")
	}
	if got := r.s.State().GetEngineer(); got.GetAccount() != bob.Account {
		t.Errorf("the technician sees %v", got)
	}
	if leases := r.s.State().GetLeases(); len(leases) != 0 {
		t.Errorf("granted before anything was asked: %v", leases)
	}
	second.say(wire.Message{Type: "ask", ID: "v2", Capability: wire.View})
	if p := r.answer(2, true); p.GetEngineer().GetAccount() != bob.Account {
		t.Errorf("the question names %v", p.GetEngineer())
	}
	r.attach(2).get(t, isView(true))
	if r.desk.wanted[1].Generation <= generation {
		t.Error("the second session goes on in the first one's generation")
	}
	kinds := r.kinds()
	if kinds["session.authenticated"] != 2 || kinds["session.ended"] != 1 || kinds["session.link-lost"] != 0 {
		t.Errorf("on record: %v", kinds)
	}
}
