package releases_test

import (
	"bytes"
	"crypto"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"beckmanconnect/cloud/releases"
	"beckmanconnect/cloud/releases/releasestest"
	"beckmanconnect/internal/release"
	"beckmanconnect/internal/trust"
)

// apart is a vendor whose repository is signed by holders, with the keys of a
// development set.
type apart struct {
	t *testing.T
	releases.Repository
	keys string
	now  time.Time
}

func newApart(t *testing.T) *apart {
	t.Helper()
	v := releasestest.New(t) // for its keys and its first root
	a := &apart{t: t, keys: v.Repository.Keys, now: v.Now()}
	a.Repository = releases.Repository{Dir: v.Repository.Dir, Now: func() time.Time { return a.now }}
	return a
}

func (a *apart) key(name string) crypto.Signer {
	a.t.Helper()
	key, err := trust.LoadKey(filepath.Join(a.keys, trust.DirTUF, name+".key"))
	if err != nil {
		a.t.Fatal(err)
	}
	return key
}

func (a *apart) sign(names ...string) {
	a.t.Helper()
	for _, name := range names {
		if _, err := a.SignDrafts(a.key(name)); err != nil {
			a.t.Fatal(err)
		}
	}
}

func (a *apart) publish() error {
	_, err := a.Publish(a.key("snapshot-1"), a.key("timestamp-1"))
	return err
}

func (a *apart) add(version string) string {
	a.t.Helper()
	path := filepath.Join(a.t.TempDir(), release.ArchiveName(version, "linux-amd64"))
	if err := os.WriteFile(path, packed(a.t, []byte("release "+version)), 0o600); err != nil {
		a.t.Fatal(err)
	}
	if err := a.Add(path, releasestest.Describe(version, "linux-amd64")); err != nil {
		a.t.Fatal(err)
	}
	return path
}

// packed is an archive as releases travel.
func packed(t *testing.T, data []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	return z.EncodeAll(data, nil)
}

func (a *apart) published() string {
	a.t.Helper()
	names, err := a.Published()
	if err != nil {
		a.t.Fatal(err)
	}
	return strings.Join(names, "\n")
}

// Without both targets keys nothing is published, whatever is done to a draft.
func TestDraftNeedsItsSignatures(t *testing.T) {
	tests := map[string]func(a *apart) error{
		"nobody signed":    func(*apart) error { return nil },
		"one signed":       func(a *apart) error { a.sign("targets-1"); return nil },
		"one signed twice": func(a *apart) error { a.sign("targets-1", "targets-1"); return nil },
		"changed after it was signed": func(a *apart) error {
			a.sign("targets-1", "targets-2")
			return edit(a.file(), func(b []byte) []byte { return bytes.Replace(b, []byte("stable"), []byte("pilot"), 1) })
		},
		"one signature under two names": func(a *apart) error {
			a.sign("targets-1")
			return edit(a.file(), func(b []byte) []byte {
				i := bytes.Index(b, []byte(`"keyid"`))
				j := bytes.Index(b[i:], []byte("}")) + i
				return append(append(append(bytes.Clone(b[:j+1]), ",{"...), b[i:j+1]...), b[j+1:]...)
			})
		},
		"added to after it was signed": func(a *apart) error { a.sign("targets-1", "targets-2"); a.add("1.1.0"); return nil },
		"its archive is gone": func(a *apart) error {
			a.sign("targets-1", "targets-2")
			return os.RemoveAll(filepath.Join(a.Dir, "targets"))
		},
		"cut archive": func(a *apart) error {
			a.sign("targets-1", "targets-2")
			all, err := filepath.Glob(filepath.Join(a.Dir, "targets", "*"))
			return errors.Join(err, os.Truncate(all[0], 1))
		},
		"two drafts": func(a *apart) error {
			a.sign("targets-1", "targets-2")
			text, err := os.ReadFile(a.file())
			return errors.Join(err, os.WriteFile(filepath.Join(a.Dir, "draft", "9.targets.json"), text, 0o600))
		},
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			a := newApart(t)
			a.add("1.0.0")
			if err := spoil(a); err != nil {
				t.Fatal(err)
			}
			if a.publish() == nil {
				t.Error("published")
			}
			if got := a.published(); got != "" {
				t.Errorf("published: %s", got)
			}
		})
	}
	t.Run("both signed", func(t *testing.T) {
		a := newApart(t)
		a.add("1.0.0")
		a.sign("targets-2", "targets-1")
		if err := a.publish(); err != nil {
			t.Fatal(err)
		}
		if got := a.published(); !strings.Contains(got, "1.0.0") {
			t.Errorf("published: %q", got)
		}
	})
}

func (a *apart) file() string { return filepath.Join(a.Dir, "draft", "2.targets.json") }

func edit(path string, change func([]byte) []byte) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, change(text), 0o600)
}

// A key signs what it is for, and nothing is signed by a key of nobody's.
func TestSignDrafts(t *testing.T) {
	a := newApart(t)
	if _, err := a.SignDrafts(a.key("targets-1")); err == nil {
		t.Error("signed without a draft")
	}
	a.add("1.0.0")
	for _, name := range []string{"root-1", "snapshot-1", "timestamp-1"} {
		if signed, err := a.SignDrafts(a.key(name)); err == nil {
			t.Errorf("%s signed %q", name, signed)
		}
	}
	if _, err := a.SignDrafts(newApart(t).key("targets-1")); err == nil {
		t.Error("a key of another vendor signed")
	}
	a.sign("targets-1")
	state, err := a.Signatures()
	if err != nil || len(state) != 1 || len(state[0].By) != 1 || state[0].Missing != 1 {
		t.Errorf("signatures: %+v, %v", state, err)
	}
}

// Snapshot and timestamp are renewed while a draft waits.
func TestRenewals(t *testing.T) {
	a := newApart(t)
	a.add("1.0.0")
	a.now = a.now.Add(40 * 24 * time.Hour)
	root, err := os.ReadFile(filepath.Join(a.Dir, "metadata", "1.root.json"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Check(root); err == nil {
		t.Fatal("40 days later nothing has expired")
	}
	if err := a.Snapshot(a.key("timestamp-1"), a.key("timestamp-1")); err == nil {
		t.Error("the snapshot was signed by the timestamp's key")
	}
	if err := a.Snapshot(a.key("snapshot-1"), a.key("timestamp-1")); err != nil {
		t.Fatal(err)
	}
	report, err := a.Check(root)
	if err != nil || len(report.Targets) != 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	a.now = a.now.Add(8 * 24 * time.Hour)
	if err := a.TimestampBy(a.key("timestamp-1")); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Check(root); err != nil {
		t.Error(err)
	}
	a.sign("targets-1", "targets-2")
	if err := a.publish(); err != nil {
		t.Fatal(err)
	}
	if report, err := a.Check(root); err != nil || len(report.Targets) != 1 {
		t.Errorf("%+v, %v", report, err)
	}
}
