package policy

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"beckmanconnect/internal/vendorpolicy"
)

// memory stands for the store.
type memory struct {
	number  uint64
	signed  []byte
	refused []string
	broken  error

	vendorNumber  uint64
	vendorCopies  [][]byte
	vendorRefused []string

	known Known
	kept  bool
	news  [][]Capability
}

func (m *memory) Accepted(context.Context) (uint64, []byte, error) { return m.number, m.signed, nil }

func (m *memory) Accept(_ context.Context, s *Site, signed []byte) error {
	if m.broken != nil {
		return m.broken
	}
	m.number, m.signed = s.Number, signed
	return nil
}

func (m *memory) Refused(_ context.Context, why string) error {
	m.refused = append(m.refused, why)
	return m.broken
}

func (m *memory) AcceptedVendor(context.Context) (uint64, [][]byte, error) {
	return m.vendorNumber, m.vendorCopies, m.broken
}

func (m *memory) AcceptVendor(_ context.Context, p *vendorpolicy.Policy, signed []byte) error {
	if m.broken != nil {
		return m.broken
	}
	m.vendorNumber, m.vendorCopies = p.Number, [][]byte{bytes.Clone(signed)}
	return nil
}

func (m *memory) RefusedVendor(_ context.Context, why string) error {
	m.vendorRefused = append(m.vendorRefused, why)
	return m.broken
}

func (m *memory) Known(context.Context) (Known, bool, error) { return m.known, m.kept, m.broken }

func (m *memory) Keep(_ context.Context, k Known, news []Capability) error {
	if m.broken != nil {
		return m.broken
	}
	m.known, m.kept, m.news = k, true, append(m.news, news)
	return nil
}

func TestKeeperFollowsTheFile(t *testing.T) {
	signer, verifiers := keys(t)
	path := filepath.Join(t.TempDir(), "site-policy.note")
	m := &memory{}
	put := func(signed []byte) {
		t.Helper()
		if err := os.WriteFile(path+".new", signed, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	k := NewKeeper(ctx, Config{Path: path, Verifiers: verifiers, Memory: m, Every: time.Millisecond})
	if e := k.Current(); e.Source != "none" || e.Class != PatientData {
		t.Fatalf("without a file: %+v", e)
	}
	changes := make(chan *Effective, 100)
	defer k.Subscribe(func(e *Effective) { changes <- e })()
	ended := make(chan error, 1)
	go func() { ended <- k.Run(ctx) }()
	until := func(what string, ok func(*Effective) bool) {
		t.Helper()
		for {
			select {
			case e := <-changes:
				if ok(e) {
					return
				}
			case <-t.Context().Done():
				t.Fatalf("%s never came", what)
			}
		}
	}

	first := sign(t, signer, "number=3\ninstrument_class=\"general\"\n")
	put(first)
	until("number 3", func(e *Effective) bool { return e.Source == "signed" && e.Class == General && e.Number == 3 })

	put(sign(t, signer, "number=2\ninstrument_class=\"general\"\n"+allAsk)) // older
	until("refusal of an older one", func(e *Effective) bool {
		return e.Class == PatientData && len(e.Source) > 9 && e.Source[:8] == "refused:"
	})

	put(first)
	until("number 3 again", func(e *Effective) bool { return e.Source == "signed" && e.Class == General })

	put(sign(t, signer, "number=3\ninstrument_class=\"general\"\n"+allAsk)) // same number, other contents
	until("refusal of the same number", func(e *Effective) bool { return e.Source != "signed" })

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	until("refusal of a missing one", func(e *Effective) bool {
		return e.Class == PatientData && e.Source == "refused: the file is missing, and number 3 was in force"
	})
	put(sign(t, signer, "number=4\nstaff_any=true\ninstrument_class=\"general\"\n"))
	until("number 4", func(e *Effective) bool { return e.Number == 4 && e.Source == "signed" })
	k.SetFacts(Facts{RegisteredType: "Navios"})
	until("tighter by the registered type", func(e *Effective) bool { return e.Class == PatientData })

	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if len(m.refused) != 3 {
		t.Errorf("refusals in the log: %q", m.refused)
	}
}

// What cannot be remembered is not in force: after a restart an older one
// would pass.
func TestNothingIsInForceThatWasNotRemembered(t *testing.T) {
	signer, verifiers := keys(t)
	path := filepath.Join(t.TempDir(), "site-policy.note")
	if err := os.WriteFile(path, sign(t, signer, "number=1\ninstrument_class=\"general\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := &memory{broken: errors.New("disk full")}
	k := NewKeeper(t.Context(), Config{Path: path, Verifiers: verifiers, Memory: m})
	if e := k.Current(); e.Class != PatientData || e.Source == "signed" {
		t.Fatalf("in force although it could not be remembered: %+v", e)
	}
	m.broken = nil
	if err := k.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if k.Current().Class != General {
		t.Error("not in force after it could be remembered")
	}
}

// A restart with another key in the package does not trust the database.
func TestTheDatabaseIsNoTrustRoot(t *testing.T) {
	_, verifiers := keys(t)
	other, _ := keys(t)
	m := &memory{number: 7, signed: sign(t, other, "number=7\nstaff_any=true\n")}
	k := NewKeeper(t.Context(), Config{Path: filepath.Join(t.TempDir(), "none"), Verifiers: verifiers, Memory: m})
	if d := k.Current().AllowsStaff("a@b.example", "Vendor"); d.Allowed() {
		t.Error("staff of a policy that is not signed for us")
	}
}
