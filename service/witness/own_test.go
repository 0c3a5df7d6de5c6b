package witness

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
	proofs "beckmanconnect/internal/witness"
	"beckmanconnect/service/policy"
	"beckmanconnect/store"
)

func open(t *testing.T, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func grow(t *testing.T, s *store.Store, n int) {
	t.Helper()
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		for i := range n {
			if _, err := tx.Append(store.Entry{Kind: "test.entry", Actor: "system", Subject: strconv.Itoa(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// hospital is a real witness over real HTTPS.
type hospital struct {
	folder *proofs.Folder
	server *httptest.Server
}

func newHospital(t *testing.T) *hospital {
	t.Helper()
	folder, err := proofs.Init(t.TempDir(), "hospital.example/witness")
	if err != nil {
		t.Fatal(err)
	}
	h := &hospital{folder: folder, server: httptest.NewTLSServer(folder.Handler(slog.New(slog.DiscardHandler)))}
	t.Cleanup(h.server.Close)
	return h
}

func (h *hospital) policy() policy.Witness {
	pool := x509.NewCertPool()
	pool.AddCert(h.server.Certificate())
	return policy.Witness{Name: "it", URL: h.server.URL, Verifier: h.folder.Signer().VerifierKey(), CA: pool}
}

func direct(c *tls.Config) *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: c, DisableKeepAlives: true}}
}

func (h *hospital) pusher(t *testing.T, s *store.Store) *pusher {
	t.Helper()
	p, err := newPusher(New(Config{Store: s, Client: direct}), h.policy())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func show(t *testing.T, p *pusher, want string) {
	t.Helper()
	if state, err := p.show(t.Context()); state != want {
		t.Fatalf("%q, %v; want %q", state, err, want)
	}
}

// The hospital's own witness over HTTPS: unknown, known, lost answers, another
// key, and an old copy of the whole data folder put back, copies and all, which
// nothing on this PC can find.
func TestHospitalsWitness(t *testing.T) { // scenario 48
	h, dir := newHospital(t), t.TempDir()
	s := open(t, dir)
	p := h.pusher(t, s)
	show(t, p, Refused) // it does not know this log
	if _, err := h.folder.Trust(s.Verifier()); err != nil {
		t.Fatal(err)
	}
	show(t, p, OK)
	grow(t, s, 300)
	show(t, p, OK)
	if w := s.WitnessedBy("it"); w.Size != 301 || time.Since(w.Time) > time.Hour {
		t.Fatal(w)
	}
	grow(t, s, 10)
	// An answer is lost: the witness has cosigned, this PC does not know.
	msg, _, proof, err := s.ProveGrowth(t.Context(), 301)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := h.folder.Add(t.Context(), proofs.Request{Old: 301, Proof: proof, Note: msg}); err != nil || a.Code != "" {
		t.Fatal(a, err)
	}
	grow(t, s, 5)
	show(t, p, OK)
	if s.WitnessedBy("it").Size != 316 || s.WitnessTrouble().Code != "" {
		t.Fatal(s.Witnessed(), s.WitnessTrouble())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before := filepath.Join(t.TempDir(), "before")
	if err := os.CopyFS(before, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	tighten(t, before)
	s = open(t, dir)
	grow(t, s, 20)
	show(t, h.pusher(t, s), OK)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, before)
	if s.WitnessTrouble().Code != "" {
		t.Fatal("found without the witness?")
	}
	grow(t, s, 3)
	p = h.pusher(t, s)
	show(t, p, Shrunk)
	if got := s.WitnessTrouble(); got.Code != store.TroubleShrunk || got.Witness != "it" || got.Witnessed != 336 {
		t.Fatal(got)
	}
	grow(t, s, 40) // now longer than what was witnessed
	show(t, p, Forked)
	grow(t, s, 1)
	show(t, p, Forked)
	logs, err := h.folder.Logs(t.Context())
	if err != nil || len(logs) != 1 || logs[0].Size != 336 || logs[0].Refused != cloudapi.WitnessProof {
		t.Fatal(logs, err)
	}
	h.server.Close()
	grow(t, s, 1)
	show(t, p, Unreachable)
}

func tighten(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return os.Chmod(path, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A witness that says anything but what a witness says changes nothing.
func TestFalseWitness(t *testing.T) {
	h, s := newHospital(t), open(t, t.TempDir())
	grow(t, s, 3)
	other := newHospital(t)
	if _, err := other.folder.Trust(s.Verifier()); err != nil {
		t.Fatal(err)
	}
	foreign, err := other.folder.Add(t.Context(), proofs.Request{Note: s.Checkpoint()})
	if err != nil {
		t.Fatal(err)
	}
	line, err := foreign.SignatureLine(other.folder.Signer())
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"another's signature": {200, string(line), Refused}, "nothing": {200, "", Refused}, "no size": {409, "many\n", Unreachable},
		"the size it was asked from": {409, "0\n", Refused}, "a size below": {409, "2\n", Refused}, "a negative size": {409, "-1\n", Unreachable},
		"an error": {500, "", Unreachable}, "a redirect": {302, "", Unreachable}, "a page": {200, "<html>", Refused},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(row.status)
				_, _ = w.Write([]byte(row.body))
			}))
			defer server.Close()
			w := h.policy()
			w.URL, w.CA = server.URL, x509.NewCertPool()
			w.CA.AddCert(server.Certificate())
			p, err := newPusher(New(Config{Store: s, Client: direct}), w)
			if err != nil {
				t.Fatal(err)
			}
			show(t, p, row.want)
			if s.WitnessTrouble().Code != "" || len(s.Witnessed()) != 0 {
				t.Fatal(s.WitnessTrouble(), s.Witnessed())
			}
		})
	}
}

// What the policy names is shown the log, also when it names another one.
func TestOwnFollowsThePolicy(t *testing.T) {
	h, s := newHospital(t), open(t, t.TempDir())
	if _, err := h.folder.Trust(s.Verifier()); err != nil {
		t.Fatal(err)
	}
	var list []policy.Witness
	changed, told := make(chan struct{}), make(chan struct{}, 100)
	lists := make(chan []policy.Witness, 1)
	lists <- nil
	o := New(Config{
		Store: s, Client: direct, Changed: changed, Every: time.Millisecond, Told: func() { told <- struct{}{} },
		Witnesses: func() []policy.Witness {
			select {
			case list = <-lists:
			default:
			}
			return list
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx, func(string, string) {}) }()
	changed <- struct{}{} // nothing changed
	lists <- []policy.Witness{h.policy()}
	changed <- struct{}{}
	for o.States()["it"] != OK {
		<-told
	}
	lists <- nil
	changed <- struct{}{}
	for len(o.States()) > 0 {
		<-told
	}
	cancel()
	if err := <-ended; err != context.Canceled {
		t.Fatal(err)
	}
}

// The cloud's answers: lost, late, forged. Only its signature has an effect.
func TestCloudAnswers(t *testing.T) { // scenarios 42, 48
	s := open(t, t.TempDir())
	h := newHospital(t) // stands for the cloud
	if _, err := h.folder.Trust(s.Verifier()); err != nil {
		t.Fatal(err)
	}
	c := NewCloud(CloudConfig{Store: s, Verifier: h.folder.Signer().Verifier(), Binding: func(v string) (string, error) { return "bound " + v, nil }})
	ask := func() cloudapi.Witnessed {
		t.Helper()
		shown, entries, err := c.Checkpoint(t.Context())
		if err != nil || entries != s.LogState().Entries || shown.Verifier != s.Verifier() || shown.Binding != "bound "+s.Verifier() {
			t.Fatal(shown, entries, err)
		}
		proof, err := proofs.DecodeProof(shown.Proof)
		if err != nil {
			t.Fatal(err)
		}
		a, err := h.folder.Add(t.Context(), proofs.Request{Old: shown.Old, Proof: proof, Note: []byte(shown.Note)})
		if err != nil {
			t.Fatal(err)
		}
		return a.Witnessed()
	}
	take := func(w cloudapi.Witnessed, again bool) {
		t.Helper()
		if got, err := c.Take(t.Context(), w); err != nil || got != again {
			t.Fatal(got, err)
		}
	}
	if c.State(true) != Waiting {
		t.Fatal(c.State(true))
	}
	first := ask()
	ask() // both answers are lost
	grow(t, s, 9)
	old := ask()
	if old.Code != cloudapi.WitnessOld {
		t.Fatal(old)
	}
	take(old, true)
	second := ask()
	take(second, false)
	take(first, false) // late
	take(old, false)   // twice
	take(ask(), false)
	if c.State(true) != OK || c.State(false) != Unreachable || s.WitnessedBy(NameCloud).Size != 10 || s.WitnessTrouble().Code != "" {
		t.Fatal(c.State(true), s.Witnessed(), s.WitnessTrouble())
	}
	before := s.LogState().Entries
	for name, w := range map[string]cloudapi.Witnessed{
		"forged":      {Origin: second.Origin, Size: 99, Code: cloudapi.WitnessShrunk, Note: string(s.Checkpoint())},
		"no proof":    {Origin: second.Origin, Size: 99, Code: cloudapi.WitnessForked},
		"another log": {Origin: "another", Size: 99, Code: cloudapi.WitnessShrunk, Note: second.Note},
		"old, beyond": {Origin: second.Origin, Size: 1 << 60, Code: cloudapi.WitnessOld},
		"negative":    {Origin: second.Origin, Size: -5, Code: cloudapi.WitnessOld},
	} {
		if again, _ := c.Take(t.Context(), w); again || s.WitnessTrouble().Code != "" || s.LogState().Entries != before {
			t.Errorf("%s: %v %v", name, again, s.WitnessTrouble())
		}
		if _, _, err := c.Checkpoint(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	blind := NewCloud(CloudConfig{Store: open(t, t.TempDir())}) // no key came with the package
	if again, err := blind.Take(t.Context(), second); again || err != nil {
		t.Fatal(again, err)
	}
}
