package iothub

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// registry is a hub's registry of one device, "bc-1". answer may answer in its
// place: what it returns true for is answered.
type registry struct {
	*httptest.Server
	h      *Hub
	answer func(w http.ResponseWriter, r *http.Request) bool

	mu       sync.Mutex
	identity map[string]any
	asked    []string // "GET", "PUT disabled"
	until    int64    // of the last token
}

func newRegistry(t *testing.T, answer func(*registry, http.ResponseWriter, *http.Request) bool) *registry {
	t.Helper()
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("c2VjcmV0IG9mIHRoZSBwb2xpY3k="), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &registry{identity: map[string]any{"deviceId": "bc-1", "etag": "1", "status": "enabled", "statusReason": "", "cloudToDeviceMessageCount": 0.0}}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	s.h = &Hub{
		Config: Config{
			Settings: Settings{Host: strings.TrimPrefix(s.URL, "https://"), Policy: "cloud", KeyFile: key}, TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			Log: slog.New(slog.DiscardHandler), Now: time.Now, Retry: time.Millisecond, RetryMax: 5 * time.Millisecond,
		},
		switches: map[string]bool{}, wanted: make(chan struct{}, 1),
	}
	s.h.ctx, s.h.cancel = context.WithCancel(t.Context())
	s.h.http = s.h.client()
	if answer != nil {
		s.answer = func(w http.ResponseWriter, r *http.Request) bool { return answer(s, w, r) }
	}
	return s
}

func (s *registry) serve(w http.ResponseWriter, r *http.Request) {
	var next map[string]any
	if r.Method == http.MethodPut {
		_ = json.NewDecoder(r.Body).Decode(&next) // nil: it is no identity
	}
	s.mu.Lock()
	s.asked = append(s.asked, strings.TrimSpace(fmt.Sprint(r.Method, " ", next["status"])))
	_, end, _ := strings.Cut(r.Header.Get("Authorization"), "&se=")
	end, _, _ = strings.Cut(end, "&")
	s.until, _ = strconv.ParseInt(end, 10, 64) // 0: it shows none
	s.mu.Unlock()
	if s.answer != nil && s.answer(w, r) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.URL.EscapedPath() != "/devices/bc-1":
		w.WriteHeader(http.StatusNotFound)
		return
	case r.Method == http.MethodPut && r.Header.Get("If-Match") != fmt.Sprintf("%q", s.identity["etag"]):
		w.WriteHeader(http.StatusPreconditionFailed)
		return
	case r.Method == http.MethodPut:
		next["etag"] = fmt.Sprint(s.identity["etag"], "+")
		s.identity = next
	}
	_ = json.NewEncoder(w).Encode(s.identity) // the client is gone
}

func (s *registry) status() (status, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprint(s.identity["status"]), fmt.Sprint(s.identity["statusReason"])
}

// run has the hub do what Switch is asked for until the test ends.
func (s *registry) run(t *testing.T) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); s.h.switching() }()
	t.Cleanup(func() { s.h.cancel(); <-done })
}

func (s *registry) is(t *testing.T, want string) {
	t.Helper()
	for {
		if status, _ := s.status(); status == want {
			return
		}
		select {
		case <-t.Context().Done():
			s.mu.Lock()
			defer s.mu.Unlock()
			t.Fatalf("it is never %s: %q", want, s.asked)
		case <-time.After(time.Millisecond): // of another goroutine
		}
	}
}

// A device is switched off whatever stands in the way for a while: an answer
// that fails, or somebody who changed the identity in between. What else stands
// in the identity stays.
func TestSwitchedOffInTheEnd(t *testing.T) { // scenario 42
	for name, answer := range map[string]func(*registry, http.ResponseWriter, *http.Request) bool{
		"busy": func(s *registry, w http.ResponseWriter, _ *http.Request) bool {
			if len(s.asked) > 3 {
				return false
			}
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		},
		"changed in between": func(s *registry, _ http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut && len(s.asked) < 5 {
				s.identity["etag"] = fmt.Sprint(s.identity["etag"], "x")
			}
			return false
		},
		"no identity": func(s *registry, w http.ResponseWriter, _ *http.Request) bool {
			if len(s.asked) > 2 {
				return false
			}
			_, _ = io.WriteString(w, `{"status":`+strings.Repeat(" ", maxIdentity)+`"enabled"}`) // longer than is read
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRegistry(t, func(s *registry, w http.ResponseWriter, r *http.Request) bool {
				s.mu.Lock()
				defer s.mu.Unlock()
				return answer(s, w, r)
			})
			s.run(t)
			s.h.Switch("bc-1", false)
			s.is(t, "disabled")
			if _, why := s.status(); why != reason {
				t.Errorf("reason %q", why)
			}
			if n, kept := s.identity["cloudToDeviceMessageCount"]; !kept || n != 0.0 {
				t.Errorf("%+v", s.identity)
			}
		})
	}
}

// What is asked for while the registry answers is not forgotten.
func TestSwitchedMeanwhile(t *testing.T) {
	once := sync.Once{}
	s := newRegistry(t, func(s *registry, _ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			once.Do(func() { s.h.Switch("bc-1", true) })
		}
		return false
	})
	s.run(t)
	s.h.Switch("bc-1", false)
	for {
		s.mu.Lock()
		n := len(s.asked)
		s.mu.Unlock()
		if n >= 2 {
			break
		}
		time.Sleep(time.Millisecond) // of another goroutine
	}
	s.is(t, "enabled")
	s.mu.Lock()
	defer s.mu.Unlock()
	if got := strings.Join(s.asked, ", "); got != "GET <nil>, PUT disabled, GET <nil>, PUT enabled" {
		t.Errorf("asked: %s", got)
	}
}

// Only who switched a device off switches it on, and what is so already is left
// alone.
func TestSwitchOnlyOurs(t *testing.T) {
	for name, c := range map[string]struct {
		status, why string
		on          bool
		want        string
		writes      bool
	}{
		"off by us":           {"disabled", reason, true, "enabled", true},
		"off by somebody":     {"disabled", "stolen", true, "disabled", false},
		"off for no reason":   {"disabled", "", true, "disabled", false},
		"on already":          {"enabled", "", true, "enabled", false},
		"off already":         {"disabled", "stolen", false, "disabled", false},
		"on":                  {"enabled", "", false, "disabled", true},
		"on, with our reason": {"enabled", reason, true, "enabled", false},
	} {
		s := newRegistry(t, nil)
		s.identity["status"], s.identity["statusReason"] = c.status, c.why
		if err := s.h.switchNow(t.Context(), "bc-1", c.on); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		status, why := s.status()
		if wrote := len(s.asked) == 2; status != c.want || wrote != c.writes {
			t.Errorf("%s: %s, %q", name, status, s.asked)
		}
		if !c.writes && why != c.why {
			t.Errorf("%s: the reason is %q now", name, why)
		}
		if end := time.Unix(s.until, 0); end.Before(time.Now()) || end.After(time.Now().Add(tokenLife+time.Minute)) {
			t.Errorf("%s: the token ends at %v", name, end)
		}
	}
}

// The registry is the host of the settings, by its certificate, and no other
// that it names; a device's name stays one part of the path.
func TestOnlyTheRegistryIsAsked(t *testing.T) {
	other := newRegistry(t, nil)
	s := newRegistry(t, func(_ *registry, w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/devices/bc-1" {
			http.Redirect(w, r, "/devices/elsewhere", http.StatusTemporaryRedirect)
			return true
		}
		return false
	})
	if err := s.h.switchNow(t.Context(), "bc-1", false); err == nil || len(s.asked) != 1 {
		t.Errorf("redirected: %v, %q", err, s.asked)
	}
	paths := make(chan string, 1)
	s.answer = func(_ http.ResponseWriter, r *http.Request) bool { paths <- r.URL.EscapedPath(); return false }
	if err := s.h.switchNow(t.Context(), "../bc-1?x=/y", false); err != nil {
		t.Error(err)
	}
	if got := <-paths; got != "/devices/..%2Fbc-1%3Fx=%2Fy" {
		t.Errorf("asked %s", got)
	}
	s.h.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
	s.h.http = s.h.client()
	before := len(s.asked)
	if err := s.h.switchNow(t.Context(), "bc-1", false); err == nil || len(s.asked) != before {
		t.Errorf("of another authority: %v", err)
	}
	if len(other.asked) > 0 {
		t.Errorf("another host was asked: %q", other.asked)
	}
}

// With no authority named the system's count, and the name is the host's.
func TestHowAHostIsSpokenTo(t *testing.T) {
	h := &Hub{}
	if c := h.tls("lab.azure-devices.net:5671"); c.RootCAs != nil || c.InsecureSkipVerify || c.MinVersion < tls.VersionTLS12 || c.ServerName != "lab.azure-devices.net" {
		t.Errorf("%+v", c)
	}
	shared := &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	h.TLS = shared
	if c := h.tls("events.example"); c.RootCAs != shared.RootCAs || c.ServerName != "events.example" || shared.ServerName != "" {
		t.Errorf("%+v, shared %q", c, shared.ServerName)
	}
}
