package link

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/netdial/netdialtest"
	"beckmanconnect/internal/vendorpolicy"
	"beckmanconnect/service/link/dialect"
	"beckmanconnect/store"
)

const device = "bc-0123456789abcdef"

// broker is a real one on loopback, behind TLS and WebSocket, that counts what
// it gets and loses connections at random when it is told to.
type broker struct {
	mqtt.HookBase
	t       testing.TB
	server  *mqtt.Server
	url     string
	roots   *x509.CertPool
	drop    float64 // chance that a message kills its connection
	deny    bool    // refuse subscriptions
	answers []byte  // codes of a SUBACK instead of the right one
	// anyOrder: numbers may come early, as the cloud takes them.
	anyOrder bool
	seen     map[uint64]bool
	// ask is what the device is asked for when it says what it keeps; nil: nothing.
	ask func(cloudapi.Kept) []cloudapi.Range

	mu       sync.Mutex
	got      []cloudapi.Envelope // numbered ones, each once, as the cloud keeps them
	last     uint64
	again    int
	statuses int
	lost     int
	kept     *cloudapi.Kept // what the device said last
	news     chan struct{}
}

func (b *broker) ID() string { return "test" }
func (b *broker) Provides(what byte) bool {
	return bytes.IndexByte([]byte{mqtt.OnConnectAuthenticate, mqtt.OnACLCheck, mqtt.OnPublish, mqtt.OnPacketEncode}, what) >= 0
}

func (b *broker) OnConnectAuthenticate(cl *mqtt.Client, pk packets.Packet) bool {
	name := string(pk.Connect.Username)
	if cl.ID != device || !strings.HasPrefix(name, "127.0.0.1/"+device+"/?api-version=") || pk.ProtocolVersion != 4 || !pk.Connect.Clean {
		b.t.Errorf("client %q user %q", cl.ID, name)
	}
	return true
}

func (b *broker) OnACLCheck(_ *mqtt.Client, topic string, write bool) bool {
	if want := cloudapi.EventsTopic(device); write && topic != want {
		b.t.Errorf("topic %q", topic)
	}
	return write || !b.deny
}

func (b *broker) OnPacketEncode(_ *mqtt.Client, pk packets.Packet) packets.Packet {
	if pk.FixedHeader.Type == packets.Suback && b.answers != nil {
		pk.ReasonCodes = b.answers
	}
	return pk
}

func (b *broker) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	if cl.Net.Inline {
		return pk, nil
	}
	var e cloudapi.Envelope
	if err := json.Unmarshal(pk.Payload, &e); err != nil || pk.FixedHeader.Qos != 1 || pk.FixedHeader.Retain {
		b.t.Errorf("%s QoS %d: %v", pk.Payload, pk.FixedHeader.Qos, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	kill := mathrand.Float64() < b.drop
	if kill {
		b.lost++
		if mathrand.N(2) == 0 { // before it was taken in
			cl.Stop(errors.New("test"))
			return pk, packets.ErrRejectPacket
		}
	}
	switch {
	case e.Kind == cloudapi.KindStatus:
		b.statuses++
	case e.Kind == cloudapi.KindKept:
		b.kept = &cloudapi.Kept{}
		if err := json.Unmarshal(e.Body, b.kept); err != nil || e.Seq != 0 || e.Epoch != "" {
			b.t.Errorf("%s: %v", pk.Payload, err)
		}
		if b.ask != nil {
			b.askFor(b.ask(*b.kept))
		}
	case e.Kind == cloudapi.KindCheckpoint: // no number: only the newest counts
		if e.Seq != 0 || e.Epoch != "" {
			b.t.Errorf("a checkpoint with number %d", e.Seq)
		}
		b.got = append(b.got, e)
	case b.anyOrder && b.seen[e.Seq]:
		b.again++
	case b.anyOrder:
		if b.seen == nil {
			b.seen = map[uint64]bool{}
		}
		b.seen[e.Seq] = true
		b.got = append(b.got, e)
	case e.Seq <= b.last:
		b.again++
	case e.Seq != b.last+1:
		b.t.Errorf("number %d after %d", e.Seq, b.last)
	default:
		b.last = e.Seq
		b.got = append(b.got, e)
	}
	select {
	case b.news <- struct{}{}:
	default:
	}
	if kill { // taken in, but never acknowledged
		cl.Stop(errors.New("test"))
		return pk, packets.ErrRejectPacket
	}
	return pk, packets.CodeSuccessIgnore
}

// askFor asks the device for messages again; b.mu is held.
func (b *broker) askFor(ranges []cloudapi.Range) {
	if len(ranges) == 0 {
		return
	}
	body, err := json.Marshal(cloudapi.Again{V: cloudapi.AgainVersion, Epoch: b.kept.Epoch, Ranges: ranges})
	if err != nil {
		b.t.Error(err)
	}
	payload, err := json.Marshal(cloudapi.Envelope{V: cloudapi.Version, Kind: cloudapi.KindAgain, Body: body})
	if err != nil {
		b.t.Error(err)
	}
	go func() { _ = b.server.Publish(cloudapi.DeviceBoundTopic(device), payload, false, 1) }() // it may be gone again
}

func (b *broker) until(what string, ok func() bool) {
	b.t.Helper()
	for {
		b.mu.Lock()
		done := ok()
		b.mu.Unlock()
		if done {
			return
		}
		select {
		case <-b.news:
		case <-b.t.Context().Done():
			b.t.Fatalf("%s never came", what)
		}
	}
}

func selfSigned(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	return signedUntil(t, time.Now().Add(time.Hour))
}

func signedUntil(t testing.TB, until time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test", Organization: []string{"Test Hospital IT"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func newBroker(t testing.TB) *broker {
	t.Helper()
	certificate, roots := selfSigned(t)
	b := &broker{t: t, roots: roots, news: make(chan struct{}, 1)}
	b.server = mqtt.New(&mqtt.Options{InlineClient: true, Logger: slog.New(slog.DiscardHandler)})
	if err := b.server.AddHook(b, nil); err != nil {
		t.Fatal(err)
	}
	// The listener tells no port when it chose one itself: choose before.
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := port.Addr().String()
	if err := port.Close(); err != nil {
		t.Fatal(err)
	}
	ws := listeners.NewWebsocket(listeners.Config{ID: "ws", Address: address, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}})
	if err := b.server.AddListener(ws); err != nil {
		t.Fatal(err)
	}
	if err := b.server.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.server.Close() })
	b.url = "https://" + address
	return b
}

func openStore(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// states collects what the link says of itself.
type states struct {
	mu   sync.Mutex
	all  []State
	news chan State
}

func newStates() *states { return &states{news: make(chan State, 10_000)} }

func (s *states) add(next State) {
	s.mu.Lock()
	s.all = append(s.all, next)
	s.mu.Unlock()
	s.news <- next
}

func (s *states) until(t testing.TB, phase Phase) State {
	t.Helper()
	for {
		select {
		case next := <-s.news:
			if next.Phase == phase {
				return next
			}
		case <-t.Context().Done():
			t.Fatalf("phase %d never came", phase)
		}
	}
}

func config(s *store.Store, address string, roots *x509.CertPool, st *states) Config {
	return Config{
		Dialect: dialect.Plain{URL: address}, Client: netdialtest.Client(address), Store: s, Identity: func() (string, bool) { return device, true },
		TLS:    func() *tls.Config { return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12} },
		Status: func() cloudapi.Status { return cloudapi.Status{Version: "1"} }, Changed: st.add,
		First: time.Millisecond, Most: 10 * time.Millisecond,
	}
}

func run(t testing.TB, c Config) *Link {
	t.Helper()
	l := New(c)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	return l
}

func enqueue(t testing.TB, s *store.Store, n int) {
	t.Helper()
	err := s.Update(context.Background(), func(tx *store.Tx) error {
		for range n {
			if _, err := tx.Enqueue(cloudapi.KindNotification, []byte(`{"id":1}`)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// In order, nothing lost, nothing left behind, through connections that end at
// random before and after a message was taken in (scenario 43; 500 in soak).
func TestNothingIsLostOverDisconnects(t *testing.T) {
	b, s, st := newBroker(t), openStore(t), newStates()
	b.drop = 0.15
	const messages = 200
	enqueue(t, s, messages/2)
	l := run(t, config(s, b.url, b.roots, st))
	for range messages / 20 {
		enqueue(t, s, 10)
		l.Kick()
	}
	b.until("all messages", func() bool { return len(b.got) == messages })
	b.mu.Lock()
	b.drop = 0
	for i, e := range b.got {
		if e.Seq != uint64(i+1) || e.Epoch != s.Epoch() || e.Kind != cloudapi.KindNotification || string(e.Body) != `{"id":1}` || e.Time == 0 {
			t.Fatalf("message %d: %+v", i, e)
		}
	}
	if b.lost == 0 || b.statuses == 0 {
		t.Errorf("%d connections lost, %d statuses", b.lost, b.statuses)
	}
	t.Logf("%d connections lost, %d messages sent again", b.lost, b.again)
	b.mu.Unlock()
	for { // the last acknowledgement is on its way
		if left, err := s.Outbox(t.Context(), 1); err != nil || len(left) == 0 {
			break
		}
		l.Kick()
	}
}

func TestStatusAndCheckpoint(t *testing.T) {
	b, s, st := newBroker(t), openStore(t), newStates()
	c := config(s, b.url, b.roots, st)
	var mu sync.Mutex
	entries := int64(1)
	c.Entries = func() int64 {
		mu.Lock()
		defer mu.Unlock()
		return entries
	}
	c.Checkpoint = func(context.Context) (cloudapi.Checkpoint, int64, error) {
		mu.Lock()
		defer mu.Unlock()
		return cloudapi.Checkpoint{Note: fmt.Sprintf("note %d", entries)}, entries, nil
	}
	c.Witness = time.Nanosecond
	l := run(t, c)
	st.until(t, Online)
	b.until("the first status and checkpoint", func() bool { return b.statuses == 1 && len(b.got) == 1 })
	l.StatusChanged()
	b.until("a second status", func() bool { return b.statuses == 2 })
	mu.Lock()
	entries = 2
	mu.Unlock()
	l.Kick()
	b.until("a second checkpoint", func() bool { return len(b.got) == 2 })
	if e := b.got[1]; e.Kind != cloudapi.KindCheckpoint || !strings.Contains(string(e.Body), "note 2") {
		t.Errorf("%+v", e)
	}
}

func vendor(t testing.TB) (note.Signer, note.Verifiers) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, "vendor")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return signer, note.VerifierList(verifier)
}

func signedTime(t testing.TB, signer note.Signer, text string) string {
	t.Helper()
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

// A hostile broker: only signed time has an effect, and only forward
// (scenario 42).
func TestOnlySignedTimeCounts(t *testing.T) {
	b, s, st := newBroker(t), openStore(t), newStates()
	signer, verifiers := vendor(t)
	foreign, _ := vendor(t)
	c := config(s, b.url, b.roots, st)
	c.Vendor = verifiers
	run(t, c)
	st.until(t, Online)
	send := func(payload []byte) {
		t.Helper()
		if err := b.server.Publish(cloudapi.DeviceBoundTopic(device), payload, false, 1); err != nil {
			t.Fatal(err)
		}
	}
	timed := func(signed string) []byte {
		body, err := json.Marshal(cloudapi.SignedTime{Note: signed})
		if err != nil {
			t.Fatal(err)
		}
		payload, err := json.Marshal(cloudapi.Envelope{V: cloudapi.Version, Kind: cloudapi.KindTime, Body: body})
		if err != nil {
			t.Fatal(err)
		}
		return payload
	}
	send([]byte("nonsense"))
	send(bytes.Repeat([]byte("x"), maxMessage+1))
	send([]byte(`{"v":1,"kind":"run","body":{"command":"calc"}}`))
	send(timed(signedTime(t, foreign, "beckmanconnect time\n4000000000\n")))
	send(timed(signedTime(t, signer, "beckmanconnect time\n-5\n")))
	send(timed("unsigned"))
	send(timed(signedTime(t, signer, vendorpolicy.Header+"\nnumber = 4000000000\nissued = 2096-01-01T00:00:00Z\n"))) // the same key's, and no time
	send(timed(signedTime(t, signer, vendorpolicy.Header+"\n4000000000\n")))
	send(timed(signedTime(t, signer, "beckmanconnect time\n2000000000\n")))
	send(timed(signedTime(t, signer, "beckmanconnect time\n1000000000\n"))) // replayed
	send(timed(signedTime(t, signer, "beckmanconnect time\n2000000600\n")))
	for {
		at, err := TrustedTime(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if at.Unix() == 2000000600 {
			return
		}
		if u := at.Unix(); !at.IsZero() && u != 2000000000 {
			t.Fatalf("took %d", u)
		}
	}
}

// A vendor's policy is handed on as it came, to whoever verifies it; what is
// none is not.
func TestVendorPolicyIsHandedOn(t *testing.T) {
	b, s, st := newBroker(t), openStore(t), newStates()
	c := config(s, b.url, b.roots, st)
	got := make(chan string, 10)
	c.Policy = func(_ context.Context, signed string) error {
		got <- signed
		return errors.New("refused")
	}
	run(t, c)
	st.until(t, Online)
	for _, payload := range []string{
		`{"v":1,"kind":"policy"}`, `{"v":2,"kind":"policy","body":{"note":"another version"}}`, `{"v":1,"kind":"policy","body":[]}`,
		`{"v":1,"kind":"policy","body":{"note":"first"}}`, `{"v":1,"kind":"policy","body":{"note":"second"}}`,
	} {
		if err := b.server.Publish(cloudapi.DeviceBoundTopic(device), []byte(payload), false, 1); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"first", "second"} { // a refusal does not end the link
		if signed := <-got; signed != want {
			t.Errorf("%q, want %q", signed, want)
		}
	}
}

func TestARefusedSubscriptionIsNoLink(t *testing.T) {
	b, s, st := newBroker(t), openStore(t), newStates()
	b.deny = true
	run(t, config(s, b.url, b.roots, st))
	st.until(t, Offline)
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, x := range st.all {
		if x.Phase == Online {
			t.Error("online without its topic")
		}
	}
}

func TestWhyItIsOffline(t *testing.T) { // scenarios 54, 55
	b, s := newBroker(t), openStore(t)
	_, foreign := selfSigned(t)
	page := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "please log in") }))
	defer page.Close()
	pageRoots := x509.NewCertPool()
	pageRoots.AddCert(page.Certificate())
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	server := func(handler http.HandlerFunc, tune func(*httptest.Server)) (*httptest.Server, *x509.CertPool) {
		s := httptest.NewUnstartedServer(handler)
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		tune(s)
		s.StartTLS()
		t.Cleanup(s.Close)
		roots := x509.NewCertPool()
		roots.AddCert(s.Certificate())
		return s, roots
	}
	asIs := func(*httptest.Server) {}
	html, htmlRoots := server(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<!doctype html><title>Log in</title>") }, asIs)
	away, awayRoots := server(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://portal.example/", http.StatusFound)
	}, asIs)
	// As cloud/broker says it while too many devices come in.
	busy, busyRoots := server(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(http.StatusServiceUnavailable)
		_ = json.NewEncoder(w).Encode(cloudapi.Error{Code: "busy", Message: "Too many devices come in at this moment; try again."})
	}, asIs)
	maintained, maintainedRoots := server(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprint(w, "<!doctype html><title>Back soon</title>")
	}, asIs)
	old, oldRoots := server(http.NotFound, func(s *httptest.Server) { s.TLS = &tls.Config{MaxVersion: tls.VersionTLS11} })
	late, _ := signedUntil(t, time.Now().Add(-time.Minute))
	expired, expiredRoots := server(http.NotFound, func(s *httptest.Server) { s.TLS = &tls.Config{Certificates: []tls.Certificate{late}} })
	for _, row := range []struct {
		name, url, code, part string
		roots                 *x509.CertPool
	}{
		{"another CA", b.url, "inspection", "certificate of its own: Test Hospital IT;", foreign},
		{"another name", strings.Replace(b.url, "127.0.0.1", "localhost", 1), "portal", "not the cloud", b.roots},
		{"a log-in page", page.URL, "not-the-cloud", "message service", pageRoots},
		{"an HTML page", html.URL, "portal", "log-in page", htmlRoots},
		{"a redirect", away.URL, "portal", "log-in page", awayRoots},
		{"a log-in page in clear", strings.Replace(plain.URL, "http:", "https:", 1), "portal", "log-in page", pageRoots},
		{"too many devices", busy.URL, "cloud-busy", "busy or being maintained; wait", busyRoots},
		{"the page of the cloud's own door", maintained.URL, "cloud-busy", "busy or being maintained; wait", maintainedRoots},
		{"nobody", "https://127.0.0.1:1", "refused", "nothing answers", b.roots},
		{"no such name", "https://cloud.invalid", "dns", "name cannot be resolved", b.roots},
		{"TLS 1.1", old.URL, "old-tls", "no TLS of version 1.2", oldRoots},
		{"an expired certificate", expired.URL, "clock", "date and time", expiredRoots},
	} {
		t.Run(row.name, func(t *testing.T) {
			st := newStates()
			run(t, config(s, row.url, row.roots, st))
			if got := st.until(t, Offline); got.Code != row.code || !strings.Contains(got.Detail, row.part) {
				t.Errorf("%s: %q", got.Code, got.Detail)
			}
		})
	}
}

func TestWaitsForTheRegistration(t *testing.T) {
	b, s, st := newBroker(t), openStore(t), newStates()
	c := config(s, b.url, b.roots, st)
	var mu sync.Mutex
	registered := false
	c.Identity = func() (string, bool) {
		mu.Lock()
		defer mu.Unlock()
		return device, registered
	}
	l := run(t, c)
	if l.State().Phase != Unregistered {
		t.Errorf("%+v", l.State())
	}
	mu.Lock()
	registered = true
	mu.Unlock()
	l.Kick()
	st.until(t, Online)
}

// One answer with more codes than there are subscriptions must not take the
// service down: the client library takes each code for one of its topics.
func TestMoreSubscriptionsAnsweredThanThereAre(t *testing.T) {
	b, s, st := newBroker(t), openStore(t), newStates()
	b.answers = []byte{1, 0, 0}
	run(t, config(s, b.url, b.roots, st))
	if got := st.until(t, Offline); !strings.Contains(got.Detail, "more than it may") {
		t.Errorf("%q", got.Detail)
	}
}

func TestGuard(t *testing.T) {
	packet := func(kind byte, length int) []byte {
		b := []byte{kind}
		for n := length; ; {
			c := byte(n & 0x7f)
			if n >>= 7; n > 0 {
				b = append(b, c|0x80)
				continue
			}
			return append(append(b, c), make([]byte, length)...)
		}
	}
	var good []byte
	for _, n := range []int{0, 1, 127, 128, 20000, maxPacket} {
		good = append(good, packet(0x30, n)...)
	}
	for _, step := range []int{1, 3, 1000, len(good)} {
		g := &guarded{}
		for i := 0; i < len(good); i += step {
			if err := g.scan(good[i:min(i+step, len(good))]); err != nil {
				t.Fatalf("step %d: %v", step, err)
			}
		}
	}
	if err := (&guarded{}).scan(append(packet(0x90, 3), packet(0x90, 3)...)); err != nil {
		t.Error(err)
	}
	for _, n := range []int{0, 2, 4, 5, 300} {
		if err := (&guarded{}).scan(packet(0x90, n)); !errors.Is(err, errSuback) {
			t.Errorf("an answer of %d bytes: %v", n, err)
		}
	}
	for name, bad := range map[string][]byte{
		"too large":       packet(0x30, maxPacket+1)[:6],
		"256 MB":          {0x30, 0xff, 0xff, 0xff, 0x7f},
		"length unending": {0x30, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01},
	} {
		if err := (&guarded{}).scan(bad); !errors.Is(err, errPacketTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
