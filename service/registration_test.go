package service

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/trust"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
)

// registrar is as much of a cloud as the registration needs.
func (s *site) registrar() *httptest.Server {
	s.t.Helper()
	private, roots := filepath.Join(s.dir, "trust", trust.DirPrivate), filepath.Join(s.dir, "trust", trust.DirRoots)
	cloud, err := trust.LoadAuthority(filepath.Join(roots, trust.FileCloudCA), filepath.Join(private, trust.KeyCloudCA))
	if err != nil {
		s.t.Fatal(err)
	}
	devices, err := trust.LoadAuthority(filepath.Join(roots, trust.FileDeviceCA), filepath.Join(private, trust.KeyDeviceCA))
	if err != nil {
		s.t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	own := issue(s.t, cloud, &key.PublicKey, &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request cloudapi.RegisterRequest
		if r.URL.Path != cloudapi.PathDevices || json.NewDecoder(r.Body).Decode(&request) != nil {
			http.NotFound(w, r)
			return
		}
		block, _ := pem.Decode([]byte(request.CSR))
		csr, err := x509.ParseCertificateRequest(block.Bytes)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		id := cloudapi.DeviceID(csr.RawSubjectPublicKeyInfo)
		der := issue(s.t, devices, csr.PublicKey, &x509.Certificate{
			Subject: pkix.Name{CommonName: id}, IsCA: true, MaxPathLenZero: true, BasicConstraintsValid: true,
			KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		})
		_ = json.NewEncoder(w).Encode(cloudapi.RegisterReply{DeviceID: id, Certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))})
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{own}, PrivateKey: key}}}
	server.StartTLS()
	s.t.Cleanup(server.Close)
	text, err := os.ReadFile(filepath.Join(s.dir, "host.toml"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("host.toml", strings.Replace(string(text), "https://127.0.0.1:1", server.URL, 1))
	s.load()
	return server
}

func issue(t *testing.T, by *trust.Authority, public any, template *x509.Certificate) []byte {
	t.Helper()
	template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(7), time.Now().Add(-time.Hour), time.Now().Add(365*24*time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, by.Certificate, public, by.Key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// Registration switches support on, policy and class follow the signed file
// in the running service, and what is refused is told (P13, P25, scenario 28).
func TestRegistrationAndPolicy(t *testing.T) {
	s := newSite(t)
	s.registrar()
	stop := s.run()
	c, events := s.client(), s.watch()
	acceptTerms(t, c)
	r, err := c.Host.Register(t.Context(), form)
	if err != nil || !strings.HasPrefix(r.GetDeviceId(), "bc-") {
		t.Fatalf("%v %v", r, err)
	}
	await(t, events, "support to be ready", func(e *hostpb.Event) bool {
		return e.GetStatus().GetSupport().GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_READY
	})
	// A PIN is set before help is asked for, not while somebody may come in (B3).
	pin := &hostpb.SetPINRequest{Initials: "mh", Pin: "493817265013"}
	if _, err := c.Host.SetPIN(t.Context(), pin); err != nil {
		t.Fatal(err)
	}
	await(t, events, "whose PIN is set", func(e *hostpb.Event) bool {
		return slices.Equal(e.GetStatus().GetPinInitials(), []string{"MH"})
	})
	help, err := c.Host.RequestHelp(t.Context(), &hostpb.RequestHelpRequest{TechnicianCalled: true, Reason: "x"})
	if err != nil || len(help.GetCode()) != 9 {
		t.Fatalf("%v %v", help, err)
	}
	if _, err := c.Host.SetPIN(t.Context(), &hostpb.SetPINRequest{Initials: "xy", Pin: "4938"}); client.Code(err) != "session-running" {
		t.Errorf("a PIN while help is asked for: %v", err)
	}
	await(t, events, "the waiting request", func(e *hostpb.Event) bool {
		return e.GetSupport().GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_WAITING
	})
	explained := func(capability string) string {
		t.Helper()
		p, err := c.Host.ExplainPolicy(t.Context(), &hostpb.ExplainPolicyRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range p.GetRows() {
			if row.GetCapability() == capability {
				return row.GetEffective()
			}
		}
		return ""
	}
	if got := explained("files"); got != "never" {
		t.Errorf("files without a policy: %s", got)
	}
	general := "number=2\ninstrument_class=\"general\"\nstaff_any=true\n"
	s.policy(general)
	await(t, events, "the policy", func(e *hostpb.Event) bool { return e.GetStatus().GetInstrumentClass() == "general" })
	if got := explained("files"); got != "may be asked" {
		t.Errorf("files on a general instrument: %s", got)
	}
	s.policy("number=1\ninstrument_class=\"general\"\nstaff_any=true\n[capabilities]\nclipboard=\"ask\"\n")
	await(t, events, "the refusal", func(e *hostpb.Event) bool {
		return strings.HasPrefix(e.GetStatus().GetPolicy(), "refused: number 1 is older")
	})
	if got := explained("files"); got != "never" {
		t.Errorf("files after a refused policy: %s", got)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	kinds := s.kinds()
	for _, want := range []string{"device.registered", "help.requested", "policy.accepted", "policy.refused", "help.ended"} {
		if !slices.Contains(kinds, want) {
			t.Errorf("the log lacks %s: %q", want, kinds)
		}
	}
	s.run() // the registration is still there, and the refusal, too
	status := s.status(s.client())
	if status.GetRegistration().GetDeviceId() != r.GetDeviceId() || !strings.HasPrefix(status.GetPolicy(), "refused") {
		t.Errorf("after a restart: %v", status)
	}
}
