package relay

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

// serve runs a relay whose engineers are named by a header and whose only host
// is the test's own: who may come is the cloud's business and is tested there.
func serve(t *testing.T, c Config) (*Relay, *httptest.Server) {
	t.Helper()
	if c.Host == nil {
		c.Host = func(context.Context, string, string) (time.Time, error) { return time.Now().Add(time.Hour), nil }
	}
	c.Engineer = func(r *http.Request, _ string) (Engineer, error) {
		if who := r.Header.Get("Who"); who != "" {
			return Engineer{Account: who}, nil
		}
		return Engineer{}, ErrRefused
	}
	c.Now = time.Now
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	l := New(c)
	host := deviceChain(t)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Who") == "" {
			r.TLS = &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{host}}
		}
		l.Handler().ServeHTTP(w, r)
	}))
	s.Config.ConnContext = web.ConnContext
	s.Start()
	t.Cleanup(func() { l.Close(); s.Close() })
	return l, s
}

func dial(t *testing.T, s *httptest.Server, role, who string) (*websocket.Conn, int) {
	t.Helper()
	h := http.Header{}
	if who != "" {
		h.Set("Who", who)
	}
	ws, resp, err := websocket.Dial(t.Context(), s.URL+cloudapi.PathRelay+"r1?role="+role, &websocket.DialOptions{HTTPHeader: h})
	if err != nil {
		if resp == nil {
			t.Fatal(err)
		}
		return nil, resp.StatusCode
	}
	t.Cleanup(func() { ws.CloseNow() })
	return ws, resp.StatusCode
}

func closeCode(t *testing.T, ws *websocket.Conn) websocket.StatusCode {
	t.Helper()
	for {
		if _, _, err := ws.Read(t.Context()); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

func TestNobodyComes(t *testing.T) {
	_, s := serve(t, Config{EngineerWait: 10 * time.Millisecond})
	ws, _ := dial(t, s, roleEngineer, "anna")
	if code := closeCode(t, ws); code != cloudapi.CloseNobody {
		t.Errorf("closed with %d", code)
	}
}

// A host that does not answer when it is told that staff ended its session has no
// more sockets than any other.
func TestEndedHostsAreBounded(t *testing.T) {
	_, s := serve(t, Config{PerDevice: 2, Host: func(context.Context, string, string) (time.Time, error) { return time.Time{}, ErrEndedByStaff }})
	told, _ := dial(t, s, roleHost, "")
	dial(t, s, roleHost, "")
	if ws, status := dial(t, s, roleHost, ""); ws != nil || status != http.StatusTooManyRequests {
		t.Errorf("a third socket got %d", status)
	}
	if code := closeCode(t, told); code != cloudapi.CloseByStaff {
		t.Errorf("closed with %d", code)
	}
}

func TestCapOnBytesAndTime(t *testing.T) {
	for name, c := range map[string]Config{"bytes": {MaxBytes: 1000}, "time": {MaxTime: 10 * time.Millisecond}} {
		_, s := serve(t, c)
		host, _ := dial(t, s, roleHost, "")
		engineer, _ := dial(t, s, roleEngineer, "anna")
		go func() {
			for engineer.Write(t.Context(), websocket.MessageBinary, make([]byte, 100)) == nil {
			}
		}()
		if code := closeCode(t, host); code != cloudapi.CloseLimit && code != cloudapi.ClosePeerLeft {
			t.Errorf("%s: closed with %d", name, code)
		}
		engineer.CloseNow()
	}
}

func TestMessageTooLarge(t *testing.T) { // scenario 53
	_, s := serve(t, Config{MaxMessage: 1000})
	host, _ := dial(t, s, roleHost, "")
	engineer, _ := dial(t, s, roleEngineer, "anna")
	_ = engineer.Write(t.Context(), websocket.MessageBinary, make([]byte, 1<<20))
	if code := closeCode(t, engineer); code != websocket.StatusMessageTooBig && code != -1 {
		t.Errorf("the sender was closed with %d", code)
	}
	if code := closeCode(t, host); code != cloudapi.ClosePeerLeft {
		t.Errorf("the other end was closed with %d", code)
	}
}

// seated waits until an end has its place: the handshake is answered before.
func seated(t *testing.T, l *Relay, role string) {
	t.Helper()
	for taken := false; !taken; time.Sleep(time.Millisecond) {
		if t.Context().Err() != nil {
			t.Fatal("nobody sat down")
		}
		l.mu.Lock()
		if m := l.meetings["r1"]; m != nil {
			m.mu.Lock()
			taken = *m.seat(role) != nil
			m.mu.Unlock()
		}
		l.mu.Unlock()
	}
}

func TestSocketsPerOwner(t *testing.T) {
	l, s := serve(t, Config{PerStaff: 1})
	if ws, status := dial(t, s, roleEngineer, "anna"); ws == nil {
		t.Fatal(status)
	}
	seated(t, l, roleEngineer)
	if ws, status := dial(t, s, roleEngineer, "anna"); ws != nil || status != http.StatusTooManyRequests {
		t.Errorf("a second socket of the same account: %d", status)
	}
	if ws, status := dial(t, s, roleEngineer, "bob"); ws != nil || status != http.StatusConflict {
		t.Errorf("another account at the same request: %d", status)
	}
}

func TestCloseTellsEverybody(t *testing.T) {
	l, s := serve(t, Config{})
	ws, _ := dial(t, s, roleHost, "")
	done := make(chan websocket.StatusCode, 1)
	go func() { done <- closeCode(t, ws) }()
	l.Close()
	if code := <-done; code != cloudapi.CloseShutdown {
		t.Errorf("closed with %d", code)
	}
	if len(l.meetings) != 0 || len(l.sockets) != 0 {
		t.Errorf("left behind: %d meetings, %d sockets", len(l.meetings), len(l.sockets))
	}
}

func TestAnsweringEndIsKept(t *testing.T) {
	_, s := serve(t, Config{PingEvery: time.Millisecond})
	ctx, enough := context.WithCancel(t.Context())
	defer enough()
	pings := 0
	ws, _, err := websocket.Dial(t.Context(), s.URL+cloudapi.PathRelay+"r1?role="+roleHost, &websocket.DialOptions{
		OnPingReceived: func(context.Context, []byte) bool {
			if pings++; pings == 5 {
				enough()
			}
			return true
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	// Cancelling closes the socket, and either may be what Read tells of.
	if _, _, err := ws.Read(ctx); ctx.Err() == nil || pings != 5 {
		t.Errorf("dropped after %d answered pings: %v", pings, err)
	}
}

func TestSilentEndIsDropped(t *testing.T) { // a black hole, scenario 56
	left := make(lines, 1)
	_, s := serve(t, Config{PingEvery: time.Millisecond, PingTimeout: time.Millisecond, CloseTimeout: time.Millisecond, Log: slog.New(slog.NewTextHandler(left, nil))})
	ws, _ := dial(t, s, roleHost, "") // never reads, so never answers
	context.AfterFunc(t.Context(), func() { ws.CloseNow() })
	if line := <-left; !strings.Contains(line, "no answer") {
		t.Error(line)
	}
}

// lines is a log whose lines can be waited for.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

// deviceChain is a device certificate under an authority, as TLS would have
// verified it.
func deviceChain(t *testing.T) []*x509.Certificate {
	t.Helper()
	leaf := &x509.Certificate{IsCA: true, RawSubjectPublicKeyInfo: []byte(strings.Repeat("k", 91)), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	leaf.Subject.CommonName = cloudapi.DeviceID(leaf.RawSubjectPublicKeyInfo)
	return []*x509.Certificate{leaf, {IsCA: true}}
}

// What ends a request comes over the device's link and may be here before the
// host's last word: a joined pair gets to carry it, who waits goes at once.
func TestLastWordsAfterTheEnd(t *testing.T) {
	l, s := serve(t, Config{LastWords: 20 * time.Second, EngineerWait: time.Minute})
	host, _ := dial(t, s, roleHost, "")
	engineer, _ := dial(t, s, roleEngineer, "anna")
	say := func(what string) {
		t.Helper()
		if err := host.Write(t.Context(), websocket.MessageBinary, []byte(what)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := engineer.Read(t.Context()); err != nil || string(got) != what {
			t.Fatalf("%q came as %q: %v", what, got, err)
		}
	}
	say("joined")
	l.End("r1")
	say("ended by the technician")
	go func() { _, _, _ = engineer.Read(t.Context()) }() // answers the goodbye
	_ = host.Close(websocket.StatusNormalClosure, "")

	for empty := false; !empty; time.Sleep(time.Millisecond) {
		l.mu.Lock()
		empty = len(l.meetings) == 0
		l.mu.Unlock()
	}
	alone, _ := dial(t, s, roleEngineer, "anna")
	seated(t, l, roleEngineer)
	l.End("r1")
	if code := closeCode(t, alone); code != cloudapi.CloseEnded {
		t.Errorf("who waited was closed with %d", code)
	}
}

// A pair that does not go by itself is sent away.
func TestNobodyStaysAfterTheEnd(t *testing.T) {
	l, s := serve(t, Config{LastWords: 10 * time.Millisecond})
	host, _ := dial(t, s, roleHost, "")
	engineer, _ := dial(t, s, roleEngineer, "anna")
	if err := host.Write(t.Context(), websocket.MessageBinary, []byte("joined")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := engineer.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.End("r1")
	codes := make(chan websocket.StatusCode, 1)
	go func() { codes <- closeCode(t, host) }()
	if code := closeCode(t, engineer); code != cloudapi.CloseEnded && code != cloudapi.ClosePeerLeft {
		t.Errorf("the engineer was closed with %d", code)
	}
	if code := <-codes; code != cloudapi.CloseEnded && code != cloudapi.ClosePeerLeft {
		t.Errorf("the host was closed with %d", code)
	}
}
