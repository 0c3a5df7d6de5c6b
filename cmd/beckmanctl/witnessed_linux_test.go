package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"beckmanconnect/cloud"
	"beckmanconnect/internal/cosign"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/trust"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/service"
)

// The whole way of a checkpoint: the service shows it to the real cloud over
// the real link, the cloud's cosignature comes back and is kept beside the
// database, and "log verify --witnessed" takes it with the witness's key alone;
// with another key it does not (scenario 48).
func TestTheCloudWitnessesTheLog(t *testing.T) {
	dir, err := os.MkdirTemp("", "bc") // short: a socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := trust.Init(filepath.Join(dir, "trust")); err != nil {
		t.Fatal(err)
	}
	roots := filepath.Join(dir, "trust", trust.DirRoots)
	c, err := cloud.New(cloud.Config{
		Listen: "127.0.0.1:0", Names: []string{"localhost", "127.0.0.1"}, Data: filepath.Join(dir, "cloud"),
		Roots: roots, Private: filepath.Join(dir, "trust", trust.DirPrivate), Upgrades: filepath.Join(dir, "upgrades"),
		StaffNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		OIDC:          cloud.OIDC{Issuer: "http://127.0.0.1:1", Client: "console", Secret: "secret", Native: "desk"},
		Staff:         cloud.Staff{NewPlaces: "off"},
		Log:           slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	during(t, "cloud", c.Run)
	text := `data = "data"
socket = "host.sock"
upgrade_socket = "upgrade.sock"
trust = "trust/roots"
policy = "site-policy.note"
install = "install"
[cloud]
url = "` + c.BaseURL() + `"
`
	if err := os.WriteFile(filepath.Join(dir, "host.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := hostconfig.Load(filepath.Join(dir, "host.toml"))
	if err != nil {
		t.Fatal(err)
	}
	stop := during(t, "service", func(ctx context.Context) error { return service.Run(ctx, config, slog.New(slog.DiscardHandler)) })
	witnessed := make(chan uint64, 1)
	watching, enough := context.WithCancel(t.Context())
	defer enough()
	link := client.Config{Socket: config.Socket, Program: protocol.Window, Version: version.Version()}
	var once sync.Once
	registered := make(chan struct{})
	go func() {
		defer close(witnessed)
		_ = client.Follow(watching, link, func(e *hostpb.Event) { // ends with its context
			once.Do(func() { close(registered) }) // the service answers
			s := e.GetStatus()
			if r := e.GetReset_(); r != nil {
				s = r.GetSnapshot()
			}
			if l := s.GetLog(); l.GetWitnessed() > 1 && l.GetWitnessedUnix() > 0 {
				select {
				case witnessed <- l.GetWitnessed():
				default:
				}
				enough()
			}
		}, nil)
	}()
	<-registered
	pc, err := client.Dial(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	terms, err := pc.Host.GetTerms(t.Context(), &hostpb.GetTermsRequest{Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pc.Host.AcceptTerms(t.Context(), &hostpb.AcceptTermsRequest{Version: terms.GetVersion(), Sha256: terms.GetSha256(), ItRequirementsRead: true, Initials: "AW"}); err != nil {
		t.Fatal(err)
	}
	if _, err := pc.Host.Register(t.Context(), &hostpb.RegisterRequest{Email: "lab@hospital.example", Name: "Lab", InstrumentType: "DxH 900", Serial: "SN-1"}); err != nil {
		t.Fatal(err)
	}
	size := <-witnessed
	if size < 2 {
		t.Fatal("the log was never witnessed")
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	data := config.Data
	verify := func(more ...string) (verifyResult, error) {
		var out bytes.Buffer
		err := logCommand(t.Context(), slog.New(slog.DiscardHandler), append([]string{"verify", "--db", filepath.Join(data, "log.db"), "--json"}, more...), &out)
		var r verifyResult
		_ = json.Unmarshal(out.Bytes(), &r) // empty where it was refused
		return r, err
	}
	copied := filepath.Join(data, "witnessed", "cloud.note")
	for _, args := range [][]string{nil, {"--witnessed", copied}, {"--witnessed", copied, "--witness-key", filepath.Join(roots, trust.FileWitness)}} {
		if r, err := verify(args...); err != nil || !r.OK || r.Witnessed < int64(size) {
			t.Errorf("%q: %+v %v", args, r, err)
		}
	}
	_, other, err := cosign.GenerateKey("beckmanconnect-development-witness")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verify("--witnessed", copied, "--witness-key", other); err == nil || !strings.Contains(err.Error(), "log verify") {
		t.Errorf("another witness's key: %v", err)
	}
}

// during runs what ends with its context until the test ends, or until stop.
func during(t *testing.T, what string, run func(context.Context) error) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	})
	return stop
}
