package source_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"beckmanconnect/internal/netdial/netdialtest"
	"beckmanconnect/service/upgrade/source"
)

// handshakes counts those of a PC whose upgrade service is started anew for
// each check, as far as they resume.
type handshakes struct{ whole, resumed atomic.Int64 }

func (h *handshakes) look(p *pc, ca *x509.CertPool) error {
	inner := netdialtest.Client(p.vendor.URL)
	s := source.New(source.Config{
		URL: p.vendor.URL, Root: p.vendor.Root, CloudCA: ca, Dir: p.dir, Platform: linux, Now: func() time.Time { return p.clock() },
		Client: func(config *tls.Config) *http.Client {
			config = config.Clone()
			config.VerifyConnection = func(c tls.ConnectionState) error {
				if c.DidResume {
					h.resumed.Add(1)
				} else {
					h.whole.Add(1)
				}
				return nil
			}
			return inner(config)
		},
	})
	_, err := s.Check(p.t.Context(), "0.1.0", func(string) bool { return false })
	return err
}

// Only the first check ever pays for a whole handshake, whatever the life of
// the process; what is kept is for this service alone.
func TestSessionOutlivesTheProcess(t *testing.T) {
	p, h := newPC(t), &handshakes{}
	for range 4 {
		if err := h.look(p, p.vendor.CA); err != nil {
			t.Fatal(err)
		}
	}
	if h.whole.Load() != 1 || h.resumed.Load() < 3 {
		t.Errorf("%d whole handshakes, %d resumed", h.whole.Load(), h.resumed.Load())
	}
	info, err := os.Stat(filepath.Join(p.dir, "session.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}

// A file that is not what was kept costs a whole handshake and nothing else.
func TestAKeptSessionThatIsNone(t *testing.T) {
	p := newPC(t)
	file := filepath.Join(p.dir, "session.json")
	if err := (&handshakes{}).look(p, p.vendor.CA); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty": "", "no JSON": "{", "another format": strings.Replace(string(good), `"format":1`, `"format":2`, 1),
		"cut": strings.Replace(string(good), `"state":"`, `"state":"AAAA`, 1), "no ticket": `{"format":1,"server":"127.0.0.1","ticket":"","state":""}`,
		"endless": string(good) + strings.Repeat(" ", 1<<20),
	} {
		h := &handshakes{}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := h.look(p, p.vendor.CA); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if h.whole.Load() != 1 {
			t.Errorf("%s: %d whole handshakes, %d resumed", name, h.whole.Load(), h.resumed.Load())
		}
	}
}

// Roots that were changed meanwhile count for a session that is resumed as
// well: it is not resumed, and forgotten.
func TestAKeptSessionUnderOtherRoots(t *testing.T) {
	p, h := newPC(t), &handshakes{}
	if err := h.look(p, p.vendor.CA); err != nil {
		t.Fatal(err)
	}
	if err := h.look(p, x509.NewCertPool()); err == nil {
		t.Error("a server under no root is believed")
	}
	if _, err := os.Stat(filepath.Join(p.dir, "session.json")); err == nil {
		t.Error("its session is still kept")
	}
	whole := h.whole.Load()
	if err := h.look(p, p.vendor.CA); err != nil || h.whole.Load() != whole+1 {
		t.Errorf("%v, %d whole handshakes more", err, h.whole.Load()-whole)
	}
}

// Roots that only grew are no reason for a whole handshake.
func TestRootsThatGrew(t *testing.T) {
	p, h := newPC(t), &handshakes{}
	if err := h.look(p, p.vendor.CA); err != nil {
		t.Fatal(err)
	}
	more := p.vendor.CA.Clone()
	more.AddCert(newPC(t).vendor.Certificate)
	if err := h.look(p, more); err != nil || h.whole.Load() != 1 {
		t.Errorf("%v, %d whole handshakes", err, h.whole.Load())
	}
}
