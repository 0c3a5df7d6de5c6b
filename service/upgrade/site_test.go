package upgrade

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/service/upgrade/source"
)

// siteRig is a PC with a policy file and a key that signs for it.
type siteRig struct {
	t      *testing.T
	dir    string
	signer note.Signer
	reader *siteReader
}

func newSiteRig(t *testing.T) *siteRig {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, "site.example")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	r := &siteRig{t: t, dir: t.TempDir(), signer: signer}
	r.reader = &siteReader{Path: filepath.Join(r.dir, "policy.note"), Verifiers: note.VerifierList(verifier), Memory: source.NewMemory(r.dir)}
	return r
}

// put writes the policy, signed, and reads it.
func (r *siteRig) put(text string) (source.Site, time.Duration) {
	r.t.Helper()
	signed, err := note.Sign(&note.Note{Text: text + "\n"}, r.signer)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.raw(signed)
}

func (r *siteRig) raw(signed []byte) (source.Site, time.Duration) {
	r.t.Helper()
	if err := os.WriteFile(r.reader.Path, signed, 0o600); err != nil {
		r.t.Fatal(err)
	}
	return r.read()
}

func (r *siteRig) read() (source.Site, time.Duration) {
	r.t.Helper()
	// As after a restart: nothing but the memory knows what was.
	next := &siteReader{Path: r.reader.Path, Verifiers: r.reader.Verifiers, Memory: r.reader.Memory}
	if err := next.Read(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	r.reader = next
	return next.Source(), next.Every()
}

const sitePolicy = `
instrument_type = "Navios"
[upgrade]
channel = "pilot"
mirror = "https://mirror.hospital.example/bc"
rate_kbit = 8000
every = "12h"`

// What IT signed holds; what somebody else wrote, or an older one, does not,
// and widens nothing (scenario 28).
func TestSitePolicy(t *testing.T) {
	full := source.Site{Channel: "pilot", Mirror: "https://mirror.hospital.example/bc", Rate: 8000, InstrumentType: "Navios"}
	tight := source.Site{Rate: 8000} // of the last good one
	r := newSiteRig(t)
	expect := func(what string, want source.Site, every time.Duration) func(source.Site, time.Duration) {
		return func(got source.Site, gotEvery time.Duration) {
			t.Helper()
			if got != want || gotEvery != every {
				t.Errorf("%s: %+v every %s, want %+v every %s", what, got, gotEvery, want, every)
			}
		}
	}
	expect("no file", source.Site{}, 0)(r.read())
	expect("unsigned at first", source.Site{}, 0)(r.raw([]byte("number = 9\n" + sitePolicy)))
	expect("signed", full, 12*time.Hour)(r.put("number = 3" + sitePolicy))
	expect("again", full, 12*time.Hour)(r.read())
	good, err := os.ReadFile(r.reader.Path)
	if err != nil {
		t.Fatal(err)
	}
	expect("garbage", tight, 0)(r.raw([]byte("hello")))
	expect("an older number", tight, 0)(r.put("number = 2" + sitePolicy))
	expect("the same number, another policy", tight, 0)(r.put("number = 3\ninstrument_type = \"Other\""))
	expect("by another key", tight, 0)(newSiteRigSigned(t, r, "number = 8"+sitePolicy))
	expect("half understood", tight, 0)(r.put("number = 8\nunknown = 1" + sitePolicy))
	if err := os.Remove(r.reader.Path); err != nil {
		t.Fatal(err)
	}
	expect("gone", tight, 0)(r.read())
	expect("the good one again", full, 12*time.Hour)(r.raw(good))
	expect("a newer one that says nothing", source.Site{}, 0)(r.put("number = 4"))
	expect("the one before", source.Site{}, 0)(r.raw(good))
}

func newSiteRigSigned(t *testing.T, r *siteRig, text string) (source.Site, time.Duration) {
	t.Helper()
	signed, err := note.Sign(&note.Note{Text: text + "\n"}, newSiteRig(t).signer)
	if err != nil {
		t.Fatal(err)
	}
	return r.raw(signed)
}

// Without the memory it cannot be told which policy was in force: nothing is
// offered, and nothing of the file holds.
func TestSitePolicyWithoutMemory(t *testing.T) {
	r := newSiteRig(t)
	r.put("number = 3" + sitePolicy)
	if err := os.WriteFile(filepath.Join(r.dir, "memory.db"), []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := siteSource{site: r.reader, Source: source.New(source.Config{Dir: r.dir})}
	if _, err := s.Check(t.Context(), "1.0.0", func(string) bool { return false }); !errors.Is(err, source.ErrMemory) || codeOf(err) != codeMemory {
		t.Error(err)
	}
	if err := s.Confirm(t.Context(), source.Offer{}); !errors.Is(err, source.ErrMemory) {
		t.Error(err)
	}
	if got := r.reader.Source(); got != (source.Site{}) {
		t.Errorf("%+v holds", got)
	}
}

func TestInterval(t *testing.T) {
	every := time.Duration(0)
	u := &Upgrader{config: Config{Interval: time.Hour}}
	if u.interval() != time.Hour {
		t.Error(u.interval())
	}
	u.config.Every = func() time.Duration { return every }
	if u.interval() != time.Hour {
		t.Error(u.interval())
	}
	if every = 2 * time.Hour; u.interval() != every {
		t.Error(u.interval())
	}
}
