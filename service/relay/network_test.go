package relay

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/wire"
)

func TestAttached(t *testing.T) {
	lan := Network{Name: "lan", Attached: true, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("fe80::1")}}
	other := Network{Name: "other", Attached: true, Addresses: []netip.Addr{netip.MustParseAddr("198.51.100.2")}}
	off := lan
	off.Attached = false
	bare := lan
	bare.Addresses = nil
	for name, tt := range map[string]struct {
		here     string
		networks []Network
		want     bool
	}{
		"there":           {"192.0.2.2:1", []Network{other, lan}, true},
		"mapped":          {"[::ffff:192.0.2.2]:1", []Network{lan}, true},
		"with a zone":     {"[fe80::1%lan]:1", []Network{lan}, true},
		"no link":         {"192.0.2.2:1", []Network{other, off}, false},
		"no address":      {"192.0.2.2:1", []Network{other, bare}, false},
		"no interface":    {"192.0.2.2:1", []Network{other}, false},
		"moved elsewhere": {"192.0.2.2:1", []Network{off, {Attached: true, Addresses: lan.Addresses}}, true},
		"loopback":        {"127.0.0.1:1", nil, true},
		"loopback 6":      {"[::1]:1", nil, true},
	} {
		here := carrierOf(addressed{addr: tt.here})
		if !here.IsValid() || attached(here, tt.networks) != tt.want {
			t.Errorf("%s: %v, want %v", name, !tt.want, tt.want)
		}
	}
	if carrierOf(addressed{addr: "websocket/unknown-addr"}).IsValid() {
		t.Error("an address out of nothing")
	}
}

type addressed struct {
	net.Conn
	addr string
}

func (a addressed) LocalAddr() net.Addr { return a }
func (a addressed) Network() string     { return "tcp" }
func (a addressed) String() string      { return a.addr }

// This machine itself: loopback is there, and has its address.
func TestSystemNetworks(t *testing.T) {
	list, err := systemNetworks()
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, n := range list {
		for _, a := range n.Addresses {
			found = found || (n.Loopback && n.Attached && a.IsLoopback())
		}
	}
	if !found {
		t.Errorf("%+v", list)
	}
}

// wires is a PC's interfaces that a test pulls and plugs.
type wires struct {
	mu   sync.Mutex
	list []Network
	err  error
}

func (w *wires) networks() ([]Network, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.list, w.err
}

func (w *wires) set(err error, list ...Network) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list, w.err = list, err
}

// B5: the network below the session loses its link, its address or itself:
// the session ends at once, keys are lifted. While it is merely the relay that
// is lost the session waits, and ends when the plug is pulled then.
func TestUnpluggedNetwork(t *testing.T) {
	here := netip.MustParseAddr("192.0.2.2")
	lan := Network{Name: "lan", Attached: true, Addresses: []netip.Addr{here}}
	off := Network{Name: "lan", Addresses: lan.Addresses}
	for name, tt := range map[string]struct {
		lost bool
		pull func(*wires)
	}{
		"no link":             {false, func(w *wires) { w.set(nil, off) }},
		"no address":          {false, func(w *wires) { w.set(nil, Network{Name: "lan", Attached: true}) }},
		"no interface":        {false, func(w *wires) { w.set(nil) }},
		"cannot be seen":      {false, func(w *wires) { w.set(errors.New("no sockets left")) }},
		"after the link went": {true, func(w *wires) { w.set(nil, off) }},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wires{}
			w.set(nil, lan)
			r := newRigOn(t, w.networks)
			e := r.enter()
			e.say(wire.Message{Type: "ask", ID: "c", Capability: wire.Control})
			r.answer(1, true)
			help := r.attach(1)
			r.await("control in use", func(d *desk) bool { return len(d.state.GetLeases()) == 1 && d.state.Leases[0].Active })
			r.s.mu.Lock()
			r.s.carrier = here // the rig's own is loopback, which has no plug
			r.s.mu.Unlock()
			if tt.lost {
				r.relay.cut()
				r.phase(hostpb.SupportPhase_SUPPORT_PHASE_LOST)
			}
			tt.pull(w)
			r.await("the end", func(d *desk) bool { return d.state.GetEndedCode() == "network-unplugged" })
			lifted := false
			help.get(t, func(c *hostpb.HelperCommand) bool {
				lifted = lifted || c.GetReleaseKeys() != nil
				return c.GetStop() != nil
			})
			if !lifted {
				t.Error("keys stay held down")
			}
			if s := r.s.State().GetSummary(); s.GetEndedCode() != "network-unplugged" || s.GetEndedBy() != "service" {
				t.Errorf("summary %v", s)
			}
		})
	}
}
