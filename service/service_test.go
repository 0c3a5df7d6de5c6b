package service

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/trust"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/pipe"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/store"
)

// childConfig names the configuration when this test binary is the service.
const childConfig = "BECKMANCONNECT_TEST_SERVICE"

func TestMain(m *testing.M) {
	if socket := os.Getenv(childTray); socket != "" {
		beTray(socket)
	}
	file := os.Getenv(childConfig)
	if file == "" {
		os.Exit(m.Run())
	}
	config, err := hostconfig.Load(file)
	if err == nil {
		err = Run(context.Background(), config, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// madeTrust makes trust roots once for all tests: RSA-4096 takes a while.
var madeTrust = sync.OnceValues(func() (fs.FS, error) {
	dir, err := os.MkdirTemp("", "bc-trust")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := trust.Init(filepath.Join(dir, "trust")); err != nil {
		return nil, err
	}
	all := fstest.MapFS{}
	root := os.DirFS(filepath.Join(dir, "trust"))
	return all, fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, path)
		all[path] = &fstest.MapFile{Data: data, Mode: 0o600}
		return err
	})
})

// site is an instrument PC in a folder, with real trust roots.
type site struct {
	t      *testing.T
	dir    string
	config hostconfig.Config
	log    string
}

func newSite(t *testing.T) *site {
	t.Helper()
	dir, err := os.MkdirTemp("", "bc") // short: a socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	made, err := madeTrust()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "trust"), made); err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, dir: dir, log: filepath.Join(dir, "instrument.log")}
	s.write("host.toml", `data = "data"
socket = "host.sock"
upgrade_socket = "upgrade.sock"
trust = "trust/roots"
policy = "site-policy.note"
install = "install"
[cloud]
url = "https://127.0.0.1:1"
[instrument]
log = "instrument.log"
`)
	s.write("instrument.log", "")
	s.load()
	return s
}

func (s *site) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) load() {
	s.t.Helper()
	var err error
	if s.config, err = hostconfig.Load(filepath.Join(s.dir, "host.toml")); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) line(text string) {
	s.t.Helper()
	f, err := os.OpenFile(s.log, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text + "\n"); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) policy(text string) {
	s.t.Helper()
	signer, err := trust.LoadNoteSigner(filepath.Join(s.dir, "trust", trust.DirPrivate, trust.KeyPolicy))
	if err != nil {
		s.t.Fatal(err)
	}
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("site-policy.note", string(signed))
}

// run starts the service in this process; stop ends it and gives its error.
func (s *site) run() (stop func() error) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, s.config, slog.New(slog.DiscardHandler)) }()
	done := false
	stop = func() error {
		if done {
			return nil
		}
		done = true
		cancel()
		return <-ended
	}
	s.t.Cleanup(func() { _ = stop() })
	for {
		c, err := s.dial()
		if err == nil {
			c.Close()
			return stop
		}
		select {
		case err := <-ended:
			s.t.Fatalf("the service ended: %v", err)
		case <-time.After(5 * time.Millisecond): // it is starting
		}
	}
}

func (s *site) dial() (*client.Client, error) {
	return client.Dial(s.t.Context(), client.Config{Socket: s.config.Socket, Program: protocol.Window, Version: version.Version()})
}

func (s *site) client() *client.Client {
	s.t.Helper()
	c, err := s.dial()
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close() })
	return c
}

func (s *site) status(c *client.Client) *hostpb.Status {
	s.t.Helper()
	status, err := c.Host.GetStatus(s.t.Context(), &hostpb.GetStatusRequest{})
	if err != nil {
		s.t.Fatal(err)
	}
	return status
}

// watch collects events in a channel.
func (s *site) watch() <-chan *hostpb.Event {
	events := make(chan *hostpb.Event, 1000)
	ctx, cancel := context.WithCancel(s.t.Context())
	config := client.Config{Socket: s.config.Socket, Program: protocol.Tray, Version: version.Version()}
	done, up := make(chan struct{}), make(chan struct{})
	var once sync.Once
	go func() {
		defer close(done)
		_ = client.Follow(ctx, config, func(e *hostpb.Event) { // ends with ctx
			events <- e
			once.Do(func() { close(up) })
		}, nil)
	}()
	s.t.Cleanup(func() { cancel(); <-done })
	// The snapshot comes first: what happens from here on is not missed.
	select {
	case <-up:
	case <-time.After(stuck):
		s.t.Fatal("the service sent no snapshot")
	}
	return events
}

// stuck ends a wait for what does not come, long after it should have.
const stuck = time.Minute

func await(t *testing.T, events <-chan *hostpb.Event, what string, ok func(*hostpb.Event) bool) *hostpb.Event {
	t.Helper()
	for {
		select {
		case e := <-events:
			if ok(e) {
				return e
			}
		case <-time.After(stuck):
			t.Fatalf("%s never came", what)
		}
	}
}

func acceptTerms(t *testing.T, c *client.Client) {
	t.Helper()
	terms, err := c.Host.GetTerms(t.Context(), &hostpb.GetTermsRequest{Language: "de"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Host.AcceptTerms(t.Context(), &hostpb.AcceptTermsRequest{Version: terms.GetVersion(), Sha256: terms.GetSha256(), ItRequirementsRead: true}); err != nil {
		t.Fatal(err)
	}
}

var form = &hostpb.RegisterRequest{Email: "lab@hospital.example", Name: "Lab One", InstrumentType: "DxH 900", Serial: "SN-1"}

// The service starts, warns, and stops with the cloud absent; what was
// acknowledged is there after a restart.
func TestWithoutACloud(t *testing.T) {
	s := newSite(t)
	stop := s.run()
	c, events := s.client(), s.watch()
	first := await(t, events, "the snapshot", func(e *hostpb.Event) bool { return e.GetReset_() != nil }).GetReset_().GetSnapshot()
	if first.GetVersion() != version.Version() || first.GetLink() != hostpb.Link_LINK_UNREGISTERED || first.GetPolicy() != "none" ||
		first.GetInstrumentClass() != "patient-data" || first.GetInstrumentRun() != "unknown" || !first.GetLog().GetWritable() || first.GetEpoch() == "" {
		t.Errorf("snapshot %v", first)
	}
	_, err := c.Host.RequestHelp(t.Context(), &hostpb.RequestHelpRequest{TechnicianCalled: true})
	if got := client.Code(err); got != "terms-not-accepted" { // P19, in the service
		t.Errorf("help before the terms: %s", got)
	}
	acceptTerms(t, c)
	await(t, events, "accepted terms", func(e *hostpb.Event) bool { return e.GetStatus().GetTermsAccepted() })
	_, err = c.Host.RequestHelp(t.Context(), &hostpb.RequestHelpRequest{TechnicianCalled: true})
	if got := client.Code(err); got != "not-registered" {
		t.Errorf("help before the registration: %s", got)
	}
	_, err = c.Host.Register(t.Context(), form)
	if d := client.Detail(err); d.GetCode() != "cloud-unreachable" || !d.GetRetryable() {
		t.Errorf("registration without a cloud: %v", d)
	}
	s.line("2026-11-24 10:00:00 ERROR SYR-02 Sample syringe A1 worn")
	raised := await(t, events, "the notification", func(e *hostpb.Event) bool { return e.GetNotification() != nil })
	if n := raised.GetNotification(); n.GetCode() != "sample-syringe-worn" || n.GetSubject() != "A1" || raised.GetSeq() != 1 {
		t.Errorf("%v", raised)
	}
	if _, err := c.Host.AcknowledgeNotification(t.Context(), &hostpb.AcknowledgeNotificationRequest{Id: raised.GetNotification().GetId()}); err != nil {
		t.Fatal(err)
	}
	await(t, events, "the acknowledgement", func(e *hostpb.Event) bool {
		return e.GetNotification().GetState() == hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED
	})
	s.line("RUN 7 FINISHED")
	await(t, events, "the run state", func(e *hostpb.Event) bool { return e.GetStatus().GetInstrumentRun() == "idle" })
	if err := stop(); err != nil {
		t.Fatalf("stop: %v", err)
	}
	stop = s.run()
	page, err := s.client().Host.ListNotifications(t.Context(), &hostpb.ListNotificationsRequest{})
	if err != nil || len(page.GetNotifications()) != 1 || page.GetNotifications()[0].GetState() != hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED {
		t.Errorf("after a restart: %v %v", page, err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	want := []string{"log.started", "capabilities.installed", "config.changed", "service.started", "person.connected", "terms.accepted", "device.registering", "notification.raised", "notification.acknowledged", "service.stopped", "service.started", "person.connected", "service.stopped"}
	if got := s.kinds(); !slices.Equal(got, want) {
		t.Errorf("log %q", got)
	}
}

// kinds reads the log of a service that is not running.
func (s *site) kinds() []string {
	s.t.Helper()
	st, err := store.Open(s.t.Context(), store.Options{Dir: s.config.Data})
	if err != nil {
		s.t.Fatal(err)
	}
	defer st.Close()
	list, _, err := st.Entries(s.t.Context(), 0, 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	var kinds []string
	for _, e := range slices.Backward(list) {
		if e.Kind != "log.checked" { // comes when there is time for it
			kinds = append(kinds, e.Kind)
		}
	}
	return kinds
}

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

// kill -9 at random: every line that was written counts once, and what was
// acknowledged stays acknowledged (scenarios 7, 47; 200 in soak).
func TestKilledAtRandom(t *testing.T) {
	s := newSite(t)
	child := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childConfig+"="+s.config.File)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	connect := func() *client.Client {
		for {
			c, err := s.dial()
			if err == nil {
				return c
			}
			select {
			case <-time.After(5 * time.Millisecond): // it is starting
			case <-t.Context().Done():
				t.Fatal(err)
			}
		}
	}
	lines, acknowledged := 0, map[uint64]bool{}
	s.line("before the first start") // the place is kept from here on
	for round := range 6 {
		cmd := child()
		c := connect()
		for range 1 + mathrand.N(20) {
			s.line(fmt.Sprintf("WARN RGT-05 Reagent %d low", lines))
			lines++
			page, err := c.Host.ListNotifications(t.Context(), &hostpb.ListNotificationsRequest{OpenOnly: true})
			if err == nil && len(page.GetNotifications()) > 0 && mathrand.N(4) == 0 {
				id := page.GetNotifications()[0].GetId()
				if _, err := c.Host.AcknowledgeNotification(t.Context(), &hostpb.AcknowledgeNotificationRequest{Id: id}); err == nil {
					acknowledged[id] = true
				}
			}
		}
		if round == 0 {
			// The first start has to have kept its place before it dies.
			for s.count(c) == 0 {
				s.line("WARN RGT-05 Reagent 0 low")
				lines++
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		c.Close()
	}
	cmd := child()
	c := connect()
	counted := 0
	for counted < lines {
		next := s.count(c)
		if next < counted {
			t.Fatalf("counted %d, then %d", counted, next)
		}
		counted = next
	}
	page, err := c.Host.ListNotifications(t.Context(), &hostpb.ListNotificationsRequest{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range page.GetNotifications() {
		if acknowledged[n.GetId()] && n.GetAcknowledgedUnixMs() == 0 {
			t.Errorf("the acknowledgement of %d is lost", n.GetId())
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	c.Close()
	if counted != lines {
		t.Errorf("counted %d of %d lines", counted, lines)
	}
	_ = s.kinds() // opens: the log fits its checkpoint
}

func (s *site) count(c *client.Client) int {
	s.t.Helper()
	page, err := c.Host.ListNotifications(s.t.Context(), &hostpb.ListNotificationsRequest{Limit: 200})
	if err != nil {
		s.t.Fatal(err)
	}
	total := 0
	for _, n := range page.GetNotifications() {
		total += int(n.GetCount())
	}
	return total
}

// Wrong input gives one clear line that says what to do.
func TestOneClearLine(t *testing.T) {
	s := newSite(t)
	expect := func(what string, config hostconfig.Config, parts ...string) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err := Run(ctx, config, slog.New(slog.DiscardHandler))
		if err == nil || strings.Contains(err.Error(), "\n") || slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(err.Error(), p) }) {
			t.Errorf("%s: %v", what, err)
		}
	}
	without := s.config
	without.Cloud.URL = ""
	expect("no cloud", without, "cloud.url", "add url")
	roots := s.config
	roots.Trust = filepath.Join(s.dir, "none")
	expect("no roots", roots, roots.Trust)
	listener, err := pipe.Listen(pipe.Config{Path: s.config.Socket})
	if err != nil {
		t.Fatal(err)
	}
	expect("the name is taken", s.config, s.config.Socket, pipe.ErrInUse.Error())
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	held, err := store.Open(t.Context(), store.Options{Dir: s.config.Data})
	if err != nil {
		t.Fatal(err)
	}
	expect("another service", s.config, "in use by another process", "stop the other")
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
}
