package link

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
)

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
