package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/codesign"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/release"
	"beckmanconnect/internal/trust"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/pipe"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ipc/server"
	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/policy"
	"beckmanconnect/service/upgrade/archive"
	"beckmanconnect/service/upgrade/versions"
)

// trustSet is made once: its RSA keys take their time.
var trustSet = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "doctor-trust-*")
	if err == nil {
		err = trust.Init(dir)
	}
	return dir, err
})

// sickbed is a PC on which all is well until a test breaks one thing: real
// roots, a real cloud over TLS, an installed and signed version, a signed
// policy, and a service that says what the test wants.
type sickbed struct {
	t       *testing.T
	dir     string
	config  string // contents of host.toml, without what follows from the fields
	private string

	cloud     *httptest.Server
	serve     http.HandlerFunc
	roots     string // whose authority made the cloud's certificate
	notBefore time.Time
	notAfter  time.Time
	maxTLS    uint16
	url       string // "": the cloud's
	proxy     string

	version  string                       // of the installed programs
	sign     func([]byte) ([]byte, error) // nil: the publisher
	policy   string                       // text of the site policy; "": none
	policyBy note.Signer                  // nil: the site's key

	host    *ipctest.Fixture
	status  *hostpb.Status
	log     *hostpb.LogDetail
	inForce string // "": what the file is
	doctor  *doctor
	after   func(*sickbed) // everything is there, the doctor not yet
}

const goodPolicy = "number = 7\nsite = \"Lab\"\ninstrument_class = \"general\"\nstaff_any = true\n"

func newSickbed(t *testing.T) *sickbed {
	t.Helper()
	set, err := trustSet()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "bd") // short: a socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	copyFolder(t, filepath.Join(set, "roots"), filepath.Join(dir, "trust"))
	now := time.Now()
	b := &sickbed{
		t: t, dir: dir, private: filepath.Join(set, "private"), roots: filepath.Join(set, "roots"), proxy: hostconfig.DirectProxy,
		notBefore: now.Add(-time.Hour), notAfter: now.Add(24 * time.Hour), version: version.Version(), policy: goodPolicy,
		serve: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"ok":true}`) },
		status: &hostpb.Status{
			Version: version.Version(), Link: hostpb.Link_LINK_ONLINE, DeviceState: "ok", Policy: "signed",
			Registration: &hostpb.Registration{DeviceId: "bc-0011223344556677", Email: canaryEmail, Name: canaryName, Serial: "SN-1"},
			PinInitials:  []string{canaryInitials}, Support: &hostpb.SupportState{},
			Components: []*hostpb.Component{{Name: "log", State: "ok"}, {Name: "alarms", State: "ok"}, {Name: "probes", State: "off"}},
			LinkFacts:  []*hostpb.LinkFact{{Name: "clock-offset-ms", Value: "1200"}, {Name: "outbox", Value: "0"}},
		},
		log: &hostpb.LogDetail{
			State: &hostpb.LogState{Entries: 40, Writable: true, Witnessed: 40, CheckpointUnix: now.Unix(), RootHash: strings.Repeat("ab", 32)}, Origin: "beckmanconnect/log",
			Witnesses:  []*hostpb.LogWitness{{Name: "cloud", State: "ok", Entries: 40, Unix: now.Unix()}},
			BackupUnix: now.Add(-time.Hour).Unix(), KeysUnix: now.Add(-time.Hour).Unix(),
		},
	}
	return b
}

// What a proof pack must never hold.
const (
	canaryEmail    = "canary.person@hospital.example"
	canaryName     = "Canary Person"
	canaryInitials = "CYP"
	canaryPassword = "canary-proxy-password"
)

func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

func (b *sickbed) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *sickbed) path(name string) string { return filepath.Join(b.dir, name) }

// examine builds the PC as the fields say and examines it.
func (b *sickbed) examine() []finding {
	b.t.Helper()
	b.startCloud()
	b.install()
	b.writePolicy()
	b.startServices()
	url := b.url
	if url == "" {
		url = b.cloud.URL
	}
	b.must(os.MkdirAll(b.path("data"), 0o700))
	text := fmt.Sprintf("data = \"data\"\nsocket = %q\nupgrade_socket = %q\ntrust = \"trust\"\npolicy = \"site-policy.note\"\ninstall = \"install\"\n[cloud]\nurl = %q\n[cloud.proxy]\nurl = %q\n%s",
		b.path("host.sock"), b.path("upgrade.sock"), url, b.proxy, b.config)
	b.must(os.WriteFile(b.path("host.toml"), []byte(text), 0o600))
	b.doctor.env = env{config: b.path("host.toml"), out: io.Discard}
	if b.after != nil {
		b.after(b)
	}
	return b.doctor.examine(b.t.Context())
}

func (b *sickbed) startCloud() {
	ca, err := trust.LoadAuthority(filepath.Join(b.roots, trust.FileCloudCA), filepath.Join(filepath.Dir(b.roots), "private", trust.KeyCloudCA))
	b.must(err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	b.must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: b.notBefore, NotAfter: b.notAfter, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.Certificate, key.Public(), ca.Key)
	b.must(err)
	b.cloud = httptest.NewUnstartedServer(b.serve)
	b.cloud.Config.ErrorLog = log.New(io.Discard, "", 0)
	b.cloud.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der, ca.Certificate.Raw}, PrivateKey: key}}, MinVersion: tls.VersionTLS10, MaxVersion: b.maxTLS}
	b.cloud.StartTLS()
	b.t.Cleanup(b.cloud.Close)
}

func (b *sickbed) install() {
	programs := b.t.TempDir()
	for _, name := range archive.Names("linux-amd64") {
		b.must(os.WriteFile(filepath.Join(programs, name), []byte("program "+name), 0o755))
	}
	sign := b.sign
	if sign == nil {
		publisher, err := codesign.LoadPublisher(b.private)
		b.must(err)
		sign = publisher.Sign
	}
	var packed bytes.Buffer
	digest, err := archive.Pack(&packed, archive.Packing{Dir: programs, Version: b.version, Platform: "linux-amd64", Sign: sign, Fast: true})
	b.must(err)
	install := versions.Install{Dir: b.path("install")}
	b.must(os.MkdirAll(install.Version(digest), 0o755))
	b.must(unpackTo(install.Version(digest), &packed))
	b.must(install.SetCurrent(digest))
}

func (b *sickbed) writePolicy() {
	if b.policy == "" {
		return
	}
	signer := b.policyBy
	if signer == nil {
		var err error
		signer, err = trust.LoadNoteSigner(filepath.Join(b.private, trust.KeyPolicy))
		b.must(err)
	}
	signed, err := note.Sign(&note.Note{Text: b.policy}, signer)
	b.must(err)
	b.must(os.WriteFile(b.path("site-policy.note"), signed, 0o600))
	if b.inForce != "" {
		return
	}
	if site, err := policy.Parse(signed, note.VerifierList(b.policyVerifier()), policy.Defaults()); err == nil {
		b.inForce = fmt.Sprintf("signed site policy number %d, SHA-256 %s", site.Number, site.Hash)
	}
}

func (b *sickbed) policyVerifier() note.Verifier {
	roots, err := trust.Load(filepath.Join(filepath.Dir(b.private), "roots"))
	b.must(err)
	return roots.PolicyVerifier
}

func (b *sickbed) startServices() {
	b.host = ipctest.Start(b.t, ipctest.Config{})
	b.host.Host.Handle(func(h *ipctest.Handlers) {
		h.GetStatus = func(context.Context, *hostpb.GetStatusRequest) (*hostpb.Status, error) { return b.status, nil }
		h.GetLog = func(context.Context, *hostpb.GetLogRequest) (*hostpb.LogDetail, error) { return b.log, nil }
		h.ExplainPolicy = func(context.Context, *hostpb.ExplainPolicyRequest) (*hostpb.PolicyExplanation, error) {
			return &hostpb.PolicyExplanation{Source: b.inForce, Vendor: "no vendor policy", Class: "general", Rows: []*hostpb.PolicyRow{{Capability: "view", Effective: "may be asked", Why: "asked"}}}, nil
		}
	})
	d := newDoctor(env{})
	d.pipe = b.host.Client(ipctest.IT(), protocol.Ctl).DialPipe
	d.running = func(context.Context) ([]string, error) { return []string{"init", "beckmanconnect-"}, nil }
	b.doctor = d
	listener, err := pipe.Listen(pipe.Config{Path: b.path("upgrade.sock")})
	b.must(err)
	s, err := server.NewUpgrader(server.UpgraderConfig{Upgrader: upgradepb.UnimplementedUpgraderServer{}, Version: "1.0.0"})
	b.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, listener) }()
	b.t.Cleanup(func() { cancel(); <-served })
}

// unpackTo takes any signature: whether it holds is the doctor's to say.
func unpackTo(dir string, packed io.Reader) error {
	r, err := release.Decompress(packed)
	if err != nil {
		return err
	}
	defer r.Close()
	_, _, err = archive.Unpack(r, archive.Unpacking{Dir: dir, Platform: "linux-amd64", Verify: func(_, _ []byte) error { return nil }})
	return err
}
