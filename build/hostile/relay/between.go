package relay

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"time"

	"beckmanconnect/build/hostile/far"
	"beckmanconnect/build/hostile/pc"
	"beckmanconnect/session/channel"
	"beckmanconnect/session/channel/channeltest"
	"beckmanconnect/session/proof"
	"beckmanconnect/session/wire"
)

// between are classes in which the relay ends both channels itself.
var between = []class{
	{"own authorities at both ends", 4, func(w *walk) error { return w.middle(false, false) }},
	{"the staff authority stolen", 6, (*walk).staffStolen},
	{"the device authority stolen", 6, func(w *walk) error { return w.middle(false, true) }},
	{"both authorities stolen", 12, func(w *walk) error { return w.middle(true, true) }},
	{"both authorities stolen, coming back", 8, (*walk).middleAgain},
}

// middle stands between the two at the first join. Without an authority of
// theirs it shows a certificate of its own that looks the same.
func (w *walk) middle(staff, device bool) error {
	if err := w.call(w.site); err != nil {
		return err
	}
	w.wrong = true
	return w.stand(staff, device)
}

// middleAgain stands between them when they come back into a session in which
// view and control are given.
func (w *walk) middleAgain() error {
	if err := w.session(w.site); err != nil {
		return err
	}
	if err := w.pc.NoResumes(w.ctx); err != nil {
		return err
	}
	return w.stand(true, true)
}

// authority is the stolen one, or one that looks the same.
func (w *walk) authority(stolen bool, of *channeltest.CA, name string) *channeltest.CA {
	if stolen {
		return of
	}
	return channeltest.NewCA(pc.TB{}, name)
}

// asEngineer opens a channel to the host with an engineer's certificate of the
// attacker's making.
func (w *walk) asEngineer(h *end, staff bool, frames func(byte, []byte)) (*far.Peer, error) {
	id := anna
	id.Request = w.request
	certificate := w.authority(staff, w.kit.StaffCA, "Test Staff CA").Engineer(pc.TB{}, id, channeltest.EngineerKey(pc.TB{}))
	return far.Open(w.ctx, h, far.Config(certificate), id, far.Target{Device: w.kit.DeviceID, Request: w.request, Frames: frames}, w.pc)
}

// asHost ends the engineer's channel with a device's certificate of the
// attacker's making.
func (w *walk) asHost(e *end, device bool) (*channel.Conn, error) {
	made := w.authority(device, w.kit.DeviceCA, "Test Device CA").Device(pc.TB{}, w.kit.DeviceID)
	certificate, err := channel.IssueSession(made, channeltest.HostKey(pc.TB{}), time.Now().Add(-time.Minute), time.Now().Add(time.Hour))
	if err != nil {
		return nil, err
	}
	return channel.Host(w.ctx, e, channel.HostConfig{
		Certificate: tls.Certificate{Certificate: certificate.Certificate, PrivateKey: certificate.PrivateKey},
		StaffCA:     w.kit.StaffCA.Pool(), Verify: func(*x509.Certificate) error { return nil },
	})
}

// stand ends both channels and passes on what it likes.
func (w *walk) stand(staff, device bool) error {
	return w.standWith(staff, device, w.r.IntN(7), "AAAA BBBB")
}

func (w *walk) standWith(staff, device bool, how int, guess string) error {
	_, before := w.desk.now()
	h, e, err := w.ends(w.site)
	if err != nil {
		return err
	}
	defer h.Close()
	defer e.Close()
	engineer, err := w.asHost(e, device)
	if err == nil {
		// In TLS 1.2 the host's end may be done before the engineer refuses.
		defer engineer.Close()
		t := &trick{w: w, engineer: engineer, how: how, guess: guess}
		if device {
			if t.binding, err = proof.Bind(engineer, w.kit.DeviceID, w.request); err != nil {
				return err
			}
		}
		t.host, err = w.asEngineer(h, staff, t.down)
		if err != nil {
			w.log("the host did not take the certificate: %v", err)
		}
		go t.pass()
	} else {
		w.log("the engineer did not take the certificate: %v", err)
		if peer, err := w.asEngineer(h, staff, nil); err == nil {
			w.intrude(peer)
		}
	}
	wrong := 1 + w.r.IntN(3)
	err = w.desk.until(w.ctx, "an end", 2*time.Second, func() bool { return w.desk.stood > before || w.desk.wrong >= wrong })
	if errors.Is(err, errGone) || err == nil || w.ctx.Err() == nil {
		return nil // what came of it the ledger knows
	}
	return err
}

// intrude does what a channel to the host may be good for without the code.
func (w *walk) intrude(p *far.Peer) {
	markers := []string{w.pc.Ledger().Press(), w.pc.Ledger().Press()}
	w.pc.Ledger().Never(markers)
	_ = p.Hello("it is me") // from here on the host may have left
	for _, m := range []wire.Message{
		{Type: "resume", Data: noise(w.r, 32)},
		{Type: "ask", ID: "a", Capability: wire.Control},
		{Type: "input", Generation: w.desk.generationNow(), Events: []wire.Input{{Kind: "keydown", Code: "KeyA", Key: markers[0]}}},
		{Type: "refresh"},
		{Type: "input", Generation: 1, Events: []wire.Input{{Kind: "keydown", Code: "KeyA", Key: markers[1]}}},
	} {
		if w.r.IntN(4) > 0 {
			_ = p.Say(m)
		}
	}
	w.pc.Desktop.Capture(1)
	if w.r.IntN(2) == 0 {
		_, _ = p.Prove(w.ctx, "AAAA BBBB", false)
	} else {
		_ = p.Barrier(w.ctx)
	}
	p.Cut()
}

// staffStolen: the relay comes to the host as the engineer, before the join or
// in the engineer's place when the link is lost, and does not know the code.
func (w *walk) staffStolen() error {
	if w.r.IntN(2) == 0 {
		if err := w.call(w.site); err != nil {
			return err
		}
	} else if err := w.session(w.site); err != nil {
		return err
	}
	if err := w.pc.NoResumes(w.ctx); err != nil {
		return err
	}
	w.wrong = true
	h, e, err := w.ends(w.site)
	if err != nil {
		return err
	}
	defer h.Close()
	defer e.Close()
	p, err := w.asEngineer(h, true, nil)
	if err != nil {
		return err
	}
	w.intrude(p)
	return nil
}

// trick is a cloud as a whole between the two, in one of seven ways.
type trick struct {
	w        *walk
	engineer *channel.Conn
	host     *far.Peer
	binding  *proof.Binding // of the engineer's channel
	how      int
	verdict  *proof.Verdict
	share    []byte
	tries    uint32
	guess    string
}

// down is a frame of the host on its way to the engineer.
func (t *trick) down(kind byte, payload []byte) {
	ctx, cancel := context.WithTimeout(t.w.ctx, 5*time.Second)
	defer cancel()
	var m wire.Message
	if kind == wire.FrameControl && json.Unmarshal(payload, &m) == nil && m.Type == "hello" {
		m.Words = t.engineer.Words() // so that the engineer's client finds nothing
		if raw, err := json.Marshal(m); err == nil {
			payload = raw
		}
	}
	if t.how == 1 && m.Type == "pake" || t.how == 2 && m.Type == "pake" {
		return // the engineer gets ours
	}
	_ = t.engineer.Send(ctx, kind, payload) // it may have left
}

func (t *trick) tell(m wire.Message) {
	m.V = wire.Version
	if raw, err := json.Marshal(m); err == nil {
		ctx, cancel := context.WithTimeout(t.w.ctx, 5*time.Second)
		defer cancel()
		_ = t.engineer.Send(ctx, wire.FrameControl, raw)
	}
}

// pass is what the engineer says on its way to the host.
func (t *trick) pass() {
	if t.host == nil {
		t.tell(wire.Message{Type: "hello", Versions: []int{wire.Version}, Device: t.w.kit.DeviceID, Words: t.engineer.Words()})
	} else {
		defer t.host.Cut()
	}
	for {
		kind, payload, err := t.engineer.Receive(t.w.ctx)
		if err != nil {
			return
		}
		var m wire.Message
		_ = json.Unmarshal(payload, &m)
		if !t.change(m) && t.host != nil {
			_ = t.host.Frame(kind, payload) // it may have left
		}
		if t.how == 6 && t.host != nil { // and whatever else may be worth a try
			marker := t.w.pc.Ledger().Press()
			t.w.pc.Ledger().Never([]string{marker})
			_ = t.host.Say(wire.Message{Type: "input", Generation: t.w.desk.generationNow(), Events: []wire.Input{{Kind: "keydown", Code: "KeyA", Key: marker}}})
			_ = t.host.Say(wire.Message{Type: "ask", ID: "between", Capability: wire.Control})
		}
	}
}

// change does something else with a message than to pass it on; false: pass it
// on as it is.
func (t *trick) change(m wire.Message) bool {
	switch m.Type {
	case "resume":
		if t.how == 3 {
			t.tell(wire.Message{Type: "authenticated", Session: t.w.desk.at(), Data: m.Data})
			return true
		}
	case "pake":
		t.tries++
		switch {
		case t.how == 1 || t.host == nil: // a guess at either end
			if t.binding != nil {
				var err error
				if t.verdict, t.share, err = t.binding.Answer(t.guess, t.tries, m.Data); err == nil {
					t.tell(wire.Message{Type: "pake", Data: t.share})
				}
			}
			if t.host != nil {
				_ = t.host.Try(t.guess)
			}
			return true
		case t.how == 2: // its own share, mirrored
			t.tell(wire.Message{Type: "pake", Data: m.Data})
		case t.how == 3:
			t.tell(wire.Message{Type: "authenticated", Session: "0123456789abcdef", Data: make([]byte, 64)})
			return true
		case t.how == 4: // shares of nothing
			t.tell(wire.Message{Type: "pake", Data: make([]byte, 32)})
			return true
		}
	case "pake-confirm":
		if t.verdict != nil {
			if own, _, err := t.verdict.Confirm(m.Data); err == nil {
				t.tell(wire.Message{Type: "authenticated", Session: "0123456789abcdef", Data: own})
				return true
			}
		}
		if t.how == 5 || t.host == nil { // its own confirmation, mirrored
			t.tell(wire.Message{Type: "authenticated", Session: "0123456789abcdef", Data: m.Data})
			return t.host == nil
		}
	}
	return false
}

func (h *honest) generationNow() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.generation
}
