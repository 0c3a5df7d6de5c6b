package relay

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/support"
	"beckmanconnect/session/channel"
	"beckmanconnect/session/channel/channeltest"
)

// dialWith is dial with a certificate of the caller's.
func (r *rig) dialWith(request string, cert tls.Certificate) (*channel.Conn, error) {
	url := "wss" + strings.TrimPrefix(r.relay.URL, "https") + "/relay/v1/" + request + "?role=engineer"
	under, err := channel.DialRelay(r.Context(), url, r.relay.tls(), nil)
	if err != nil {
		return nil, err
	}
	return channel.Engineer(r.Context(), under, channel.EngineerConfig{Certificate: cert, DeviceCA: r.kit.DeviceCA.Pool(), DeviceID: device})
}

func (r *rig) admits(f func(support.Engineer) string) {
	r.pol.mu.Lock()
	defer r.pol.mu.Unlock()
	r.pol.admit = f
}

// Who joins is asked about with all that the certificate says: chain, region
// (P20), account (P21) and serial number; and again in mid-session (scenario 27).
func TestCertificateIsJudgedWhole(t *testing.T) {
	r := newRig(t)
	h := r.help()
	refused := func(what string, cert tls.Certificate) {
		t.Helper()
		conn, err := r.dialWith(h.RequestId, cert)
		if err == nil {
			_, _, err = conn.Receive(t.Context())
			conn.Close()
		}
		if err == nil {
			t.Errorf("%s: let in", what)
		}
	}
	anna := r.kit.Engineer(channeltest.Anna())
	leaf, err := x509.ParseCertificate(anna.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	r.admits(func(e support.Engineer) string {
		asked++
		switch {
		case len(e.Regions) != 1 || e.Regions[0] != "eu":
			return "not-trained-for-region"
		case e.Account != channeltest.Anna().Account:
			return "not-allowlisted"
		case e.Serial == leaf.SerialNumber.Text(16):
			return "revoked"
		}
		return ""
	})
	// Another staff CA of the same name, and the devices' CA: nobody is asked.
	other := channeltest.NewCA(t, "Test Staff CA")
	refused("another staff CA", other.Engineer(t, channeltest.Anna(), channeltest.EngineerKey(t)))
	refused("the device CA", r.kit.DeviceCA.Engineer(t, channeltest.Anna(), channeltest.EngineerKey(t)))
	r.pol.mu.Lock()
	if asked > 0 {
		t.Error("policy was asked about somebody nobody vouches for")
	}
	r.pol.mu.Unlock()
	abroad, bob := channeltest.Anna(), channeltest.Anna()
	abroad.Regions, bob.Account = []string{"us"}, "bob@vendor.example"
	refused("another region", r.kit.Engineer(abroad))
	refused("another account", r.kit.Engineer(bob))
	refused("a revoked certificate", anna)
	if err := r.s.CancelHelp("lab", h.RequestId); err != nil {
		t.Fatal(err)
	}
	r.phase(hostpb.SupportPhase_SUPPORT_PHASE_READY)
	e := r.enter() // another certificate of the same engineer is good
	r.admits(func(e support.Engineer) string {
		if e.Serial == "" || e.Account == "" {
			return ""
		}
		return "revoked"
	})
	r.s.PolicyChanged()
	if m := e.hear("end"); m.Why != "not-allowed" {
		t.Errorf("in mid-session: %+v", m)
	}
	r.phase(hostpb.SupportPhase_SUPPORT_PHASE_READY)
	if n := r.kinds()["channel.refused"]; n != 5 {
		t.Errorf("%d refusals in the log", n)
	}
}
