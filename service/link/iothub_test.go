package link_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/netdial/netdialtest"
	"beckmanconnect/service/link"
	"beckmanconnect/service/link/dialect"
	"beckmanconnect/service/link/linktest"
	"beckmanconnect/store"
)

const scope = "0ne00A1B2C3"

// azure is a hub with the provisioning service before it, and a PC at them.
type azure struct {
	t        *testing.T
	hub, dps *linktest.Hub
	store    *store.Store
	config   link.Config
	until    func(link.Phase) link.State
	online   chan struct{}

	mu   sync.Mutex
	kept string
	now  time.Time
}

// newAzure: settings say how the device signs in, device what both services
// know of it.
func newAzure(t *testing.T, settings hostconfig.IoTHub, known linktest.Device, polls int) *azure {
	t.Helper()
	a := &azure{t: t, store: openStore(t), now: time.Now()}
	a.hub = linktest.NewHub(t, map[string]linktest.Device{device: known})
	a.dps = linktest.NewProvisioning(t, scope, a.hub.Host, polls, map[string]linktest.Device{device: known})
	t.Cleanup(func() {
		if v := append(a.hub.Violations(), a.dps.Violations()...); len(v) > 0 {
			t.Errorf("Azure does not allow: %q", v)
		}
	})
	settings.Scope, settings.Provision = scope, a.dps.Host
	changed, until := phases(t)
	a.until = until
	a.config = link.Config{
		Client: netdialtest.Client("https://"+a.hub.Host, "https://"+a.dps.Host), Store: a.store, Changed: changed,
		Identity: func() (string, bool) { return device, true }, Status: func() cloudapi.Status { return cloudapi.Status{} },
		First: time.Millisecond, Most: 10 * time.Millisecond,
	}
	certificate := linktest.Certificate(t, device)
	roots := a.hub.Roots.Clone()
	roots.AddCert(a.dps.Certificate)
	a.config.TLS = func() *tls.Config {
		return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}}
	}
	var l *link.Link
	a.config.Dialect = dialect.NewIoTHub(dialect.HubConfig{
		Settings: settings,
		Open:     func(ctx context.Context, host, path string) (net.Conn, error) { return l.Open(ctx, host, path) },
		Now: func() time.Time {
			a.mu.Lock()
			defer a.mu.Unlock()
			return a.now
		},
		Kept: func(context.Context) (string, error) {
			a.mu.Lock()
			defer a.mu.Unlock()
			return a.kept, nil
		},
		Keep: func(_ context.Context, hub string) error {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.kept = hub
			return nil
		},
	})
	l = link.New(a.config)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	a.online = make(chan struct{})
	go func() {
		<-a.online // the test is ready
		ended <- l.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	return a
}

// The provisioning service assigns a hub, after it was asked again for a while;
// the hub is kept, and where it does not want the device any more, another one
// is asked for.
func TestProvisioning(t *testing.T) {
	for name, way := range map[string]struct {
		settings hostconfig.IoTHub
		known    linktest.Device
	}{
		"x509": {hostconfig.IoTHub{Auth: hostconfig.AuthX509}, linktest.Device{}},
		"sas":  {hostconfig.IoTHub{Auth: hostconfig.AuthSAS, KeyFile: keyFile(t, key)}, linktest.Device{Key: key}},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAzure(t, way.settings, way.known, 2)
			close(a.online)
			a.until(link.Online)
			a.mu.Lock()
			kept := a.kept
			a.mu.Unlock()
			if kept != a.hub.Host {
				t.Fatalf("kept %q", kept)
			}
			if n := a.dps.Connects(); n != 1 {
				t.Errorf("provisioned %d times", n)
			}
			a.hub.Cut()
			a.until(link.Offline)
			a.until(link.Online)
			if n := a.dps.Connects(); n != 1 {
				t.Errorf("provisioned %d times after a cut", n)
			}
			// The device was moved: the old hub does not know it any more. Not asked
			// about at once, it would be a storm.
			a.hub.Forget(device)
			a.hub.Cut()
			if s := a.until(link.Offline); s.Code != "lost" {
				t.Errorf("%s", s.Code)
			}
			if s := a.until(link.Offline); s.Code != link.CodeNotAccepted {
				t.Errorf("%s", s.Code)
			}
			if n := a.dps.Connects(); n != 1 {
				t.Errorf("provisioned %d times at once", n)
			}
			a.hub.Set(device, way.known)
			a.mu.Lock()
			a.now = a.now.Add(20 * time.Minute)
			a.mu.Unlock()
			a.until(link.Online)
		})
	}
}

// What the provisioning service says no to is told by name, and tried again.
func TestProvisioningRefused(t *testing.T) {
	sas := hostconfig.IoTHub{Auth: hostconfig.AuthSAS, KeyFile: keyFile(t, key)}
	for _, row := range []struct {
		name, code string
		prepare    func(a *azure)
		settings   hostconfig.IoTHub
		noted      bool // the double notes the wrong token
	}{
		{"disabled", dialect.CodeProvisionOff, func(a *azure) { a.dps.Set(device, linktest.Device{Key: key, Disabled: true}) }, sas, false},
		{"revoked", dialect.CodeProvisionRefused, func(a *azure) { a.dps.Forget(device) }, sas, false},
		{"failed", dialect.CodeProvisionFailed, func(a *azure) { a.dps.Assign("", "failed") }, sas, false},
		{"a hub that is no host", dialect.CodeProvisionFailed, func(a *azure) { a.dps.Assign("https://evil.example/x", "assigned") }, sas, false},
		{"a hub outside the table", "endpoint", func(a *azure) { a.dps.Assign("hub.evil.example", "assigned") }, sas, false},
		{"no key", dialect.CodeKey, func(*azure) {}, hostconfig.IoTHub{Auth: hostconfig.AuthSAS, KeyFile: "/nowhere"}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := newAzure(t, row.settings, linktest.Device{Key: key}, 0)
			row.prepare(a)
			close(a.online)
			if s := a.until(link.Offline); s.Code != row.code {
				t.Errorf("%s: %s", s.Code, s.Detail)
			}
		})
	}
}

// Before a token ends another connection takes over: the link is never down,
// and nothing is lost on the way.
func TestTokenIsRenewed(t *testing.T) {
	s := startHubSAS(t, false)
	st := openStore(t)
	var mu sync.Mutex
	var offline []link.State
	online := 0
	c := s.config(func(next link.State) {
		mu.Lock()
		defer mu.Unlock()
		if next.Phase == link.Offline && next.Code != link.CodeStopping {
			offline = append(offline, next)
		}
		if next.Phase == link.Online {
			online++
		}
	})
	c.Store = st
	// The link's clock is so far on that a token of an hour has a moment left.
	c.Now = func() time.Time { return time.Now().Add(50*time.Minute - 50*time.Millisecond) }
	l := run(t, c)
	for i := range 20 {
		enqueue(t, st, cloudapi.KindSessionEvent, `"x"`)
		l.Kick()
		s.until("a message", func() bool { return len(s.got) > i })
	}
	s.until("four connections", func() bool { return s.other >= 4 })
	mu.Lock()
	defer mu.Unlock()
	if len(offline) > 0 || online != 1 {
		t.Errorf("offline %v, online %d times", offline, online)
	}
	if len(s.bad) > 0 {
		t.Errorf("%q", s.bad)
	}
}
