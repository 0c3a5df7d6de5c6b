package upgrade

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	"beckmanconnect/cloud/releases/releasestest"
	"beckmanconnect/internal/netdial/netdialtest"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/pipe"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ipc/server"
	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/upgrade/archive"
	"beckmanconnect/service/upgrade/source"
	"beckmanconnect/service/upgrade/versions"
)

// releaseOf packs programs that are scripts and say their version.
func releaseOf(t testing.TB, version string, edit func(dir string)) []byte {
	t.Helper()
	return packed(t, version, edit, publisherSigns)
}

// signedBy is a release 1.1.0 with another's signature, or none.
func signedBy(t testing.TB, sign func([]byte) ([]byte, error)) []byte {
	t.Helper()
	return packed(t, "1.1.0", nil, sign)
}

func packed(t testing.TB, version string, edit func(dir string), sign func([]byte) ([]byte, error)) []byte {
	t.Helper()
	dir := t.TempDir()
	for _, name := range archive.Names(Platform()) {
		text := fmt.Sprintf("#!/bin/sh\necho '%s %s'\n", name, version)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if edit != nil {
		edit(dir)
	}
	var b bytes.Buffer
	if _, err := archive.Pack(&b, archive.Packing{Dir: dir, Version: version, Platform: Platform(), Sign: sign}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// publisherSigns and publishersManifest stand for the publisher's certificate.
func publisherSigns(manifest []byte) ([]byte, error) {
	sum := sha256.Sum256(manifest)
	return sum[:], nil
}

func publishersManifest(manifest, signature []byte) error {
	if want, _ := publisherSigns(manifest); !bytes.Equal(want, signature) {
		return errors.New("not the publisher's")
	}
	return nil
}

// adopted is an installation as a package makes it.
func adopted(t testing.TB, version string) versions.Install {
	t.Helper()
	return adoptedWith(t, t.TempDir(), version, nil)
}

// adoptedWith is one in a folder, whose programs a test has changed.
func adoptedWith(t testing.TB, dir, version string, edit func(dir string)) versions.Install {
	t.Helper()
	i := versions.Install{Dir: filepath.Join(dir, "install")}
	files := t.TempDir()
	_, err := Adopt(Adoption{
		Install: i, Platform: Platform(), Manifest: publishersManifest,
		Package:  write(t, filepath.Join(files, "package.tar.zst"), releaseOf(t, version, edit)),
		Launcher: write(t, filepath.Join(files, "launcher"), []byte("launcher")),
	})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func versionOf(t testing.TB, i versions.Install) string {
	t.Helper()
	digest, err := i.Current()
	if err != nil {
		t.Fatal(err)
	}
	m, err := archive.Read(i.Version(digest))
	if err != nil {
		t.Fatal(err)
	}
	if err := archive.Verify(i.Version(digest), m); err != nil {
		t.Fatal(err)
	}
	return m.Version
}

// machine is one PC: an installation, a vendor, both services under a
// supervisor, on real pipes.
type machine struct {
	t       *testing.T
	vendor  *releasestest.Vendor
	install versions.Install
	config  Config
	sockets string

	mu     sync.Mutex
	broken map[string]bool // versions of the service that do not answer
	brief  map[string]int  // versions of the service that end after so many answers
	trays  map[string]int  // versions whose trays have ended too often after so many answers
	seen   []*upgradepb.State
	ends   []string // versions the upgrade service ended as, to be restarted
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	sockets, err := os.MkdirTemp("", "bc-") // short: a socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(sockets) })
	m := &machine{t: t, vendor: releasestest.New(t), install: adopted(t, "1.0.0"), sockets: sockets, broken: map[string]bool{}, brief: map[string]int{}, trays: map[string]int{}}
	m.config = Config{
		Install: m.install, Platform: Platform(), Interval: time.Hour, Manifest: publishersManifest,
		Patience: 10 * time.Second, Steady: 30 * time.Millisecond, Watch: 100 * time.Millisecond, Poll: 10 * time.Millisecond,
	}
	m.config.Source = m.source()
	return m
}

func (m *machine) source() *source.Source {
	return source.New(source.Config{
		URL: m.vendor.URL, Root: m.vendor.Root, CloudCA: m.vendor.CA, Dir: folder(m.install), Platform: Platform(), Now: m.vendor.Now,
		Client: netdialtest.Client(m.vendor.URL), Installed: m.install.Current, Pause: time.Millisecond,
	})
}

func (m *machine) socket(name string) string { return filepath.Join(m.sockets, name+".sock") }

// start starts both services; they end with the test.
func (m *machine) start() {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { m.superviseUpgrade(ctx) })
	all.Go(func() { m.superviseService(ctx) })
	m.t.Cleanup(func() { cancel(); all.Wait() })
}

func (m *machine) superviseUpgrade(ctx context.Context) {
	for ctx.Err() == nil {
		c := m.config
		c.Version = versionOf(m.t, m.install)
		service := newHostService(m.socket("host"), c.Version)
		c.Service = service
		u, err := New(c)
		if err == nil {
			err = serve(ctx, u, m.socket("upgrade"), discard)
		}
		service.Close()
		if err != nil && !errors.Is(err, ErrRestart) {
			m.t.Errorf("the upgrade service ended: %v", err)
			return
		}
		m.mu.Lock()
		m.ends = append(m.ends, c.Version)
		m.mu.Unlock()
	}
}

// superviseService is the service as far as an upgrade sees it: it follows
// the upgrade service, ends to be started as another version, and says how it
// is.
func (m *machine) superviseService(ctx context.Context) {
	for ctx.Err() == nil {
		version := versionOf(m.t, m.install)
		life, end := context.WithCancel(ctx)
		m.mu.Lock()
		broken, brief, trays := m.broken[version], m.brief[version], m.trays[version]
		m.mu.Unlock()
		var parts sync.WaitGroup
		parts.Go(func() { m.obey(life, version, end) })
		if !broken {
			m.answer(life, &statusHost{version: version, left: brief, trays: trays, end: end})
		}
		<-life.Done()
		parts.Wait()
		end()
	}
}

// obey ends the service when the upgrade service wants another version started.
func (m *machine) obey(ctx context.Context, version string, end func()) {
	for ctx.Err() == nil {
		u, err := client.DialUpgrader(ctx, client.Config{Socket: m.socket("upgrade"), Program: protocol.Host, Version: version})
		if err == nil {
			var stream grpc.ServerStreamingClient[upgradepb.State]
			stream, err = u.Watch(ctx, &upgradepb.WatchRequest{})
			for err == nil {
				var s *upgradepb.State
				if s, err = stream.Recv(); err == nil && s.GetRestart() && s.GetRunningVersion() != version {
					end()
				}
			}
			u.Close()
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond): // a poll, nothing is timed by it
		}
	}
}

// statusHost is a service that says how it is.
type statusHost struct {
	hostpb.UnimplementedHostServer
	version string
	end     func()

	mu    sync.Mutex
	left  int // answers until it ends; 0: it stays
	trays int // answers until its trays have ended too often; 0: they stay
}

func (h *statusHost) GetStatus(context.Context, *hostpb.GetStatusRequest) (*hostpb.Status, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.left > 0 {
		if h.left--; h.left == 0 {
			h.end()
		}
	}
	s := &hostpb.Status{Version: h.version, Link: hostpb.Link_LINK_ONLINE, Log: &hostpb.LogState{Writable: true}}
	if h.trays == 1 {
		s.Components = append(s.Components, &hostpb.Component{Name: protocol.ComponentTray, State: "failed", Detail: "the tray program ended 3 times"})
	}
	h.trays = max(h.trays-1, min(h.trays, 1)) // once they have, it stays so
	return s, nil
}

func (m *machine) answer(ctx context.Context, h *statusHost) {
	s, err := server.New(server.Config{Host: h, Version: h.version, Epoch: "test"})
	if err != nil {
		m.t.Error(err)
		return
	}
	l, err := pipe.Listen(pipe.Config{Path: m.socket("host"), Users: true})
	if err != nil {
		m.t.Error(err)
		return
	}
	if err := s.Serve(ctx, l); err != nil {
		m.t.Error(err)
	}
}

// upgrader calls the upgrade service, as the service does.
func (m *machine) upgrader() *client.Upgrader {
	m.t.Helper()
	for {
		u, err := client.DialUpgrader(m.t.Context(), client.Config{Socket: m.socket("upgrade"), Program: protocol.Host, Version: "1.0.0"})
		if err == nil {
			m.t.Cleanup(func() { u.Close() })
			return u
		}
		select {
		case <-m.t.Context().Done():
			m.t.Fatal(err)
		case <-time.After(5 * time.Millisecond): // a poll, nothing is timed by it
		}
	}
}

// call makes a call that does no harm twice; the upgrade service that has rolled
// back starts once more, and nobody answers in between.
func (m *machine) call(do func(*client.Upgrader) error) {
	m.t.Helper()
	for {
		err := do(m.upgrader())
		if err == nil {
			return
		}
		if client.Code(err) != protocol.CodeUnavailable || m.t.Context().Err() != nil {
			m.t.Fatal(err)
		}
	}
}

// until follows the state until it is in one of these phases, over restarts of
// the upgrade service, and returns it.
func (m *machine) until(phases ...string) *upgradepb.State {
	m.t.Helper()
	for m.t.Context().Err() == nil {
		stream, err := m.upgrader().Watch(m.t.Context(), &upgradepb.WatchRequest{})
		if err != nil {
			continue
		}
		for {
			s, err := stream.Recv()
			if err != nil {
				break
			}
			m.mu.Lock()
			m.seen = append(m.seen, s)
			m.mu.Unlock()
			for _, phase := range phases {
				if s.GetPhase() == phase {
					return s
				}
			}
		}
	}
	m.t.Fatalf("never in %q", phases)
	return nil
}

func (m *machine) accept(digest string) {
	m.t.Helper()
	if _, err := m.upgrader().Install(m.t.Context(), &upgradepb.InstallRequest{Digest: digest}); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) current() string {
	m.t.Helper()
	digest, err := m.install.Current()
	if err != nil {
		m.t.Fatal(err)
	}
	return digest
}
