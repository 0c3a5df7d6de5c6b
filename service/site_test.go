package service

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/trust"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
)

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
