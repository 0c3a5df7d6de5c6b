package upgrade

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/upgrade/archive"
	"beckmanconnect/service/upgrade/source"
)

func TestUpgrade(t *testing.T) {
	m := newMachine(t)
	before := m.current()
	m.start()
	m.until(idle)
	digest := m.vendor.Publish(t, "1.1.0", Platform(), releaseOf(t, "1.1.0", nil))
	state, err := m.upgrader().Check(t.Context(), &upgradepb.CheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if state.GetPhase() != offered || state.GetDigest() != digest || state.GetVersion() != "1.1.0" || state.GetRunningVersion() != "1.0.0" || len(state.GetNotes()) != 1 {
		t.Fatalf("offer: %v", state)
	}
	m.accept(digest)
	state = m.until(installed, failed, rolledBack)
	if state.GetPhase() != installed || state.GetRunningVersion() != "1.1.0" || state.GetRestart() {
		t.Fatalf("outcome: %v", state)
	}
	if m.current() != digest || versionOf(t, m.install) != "1.1.0" {
		t.Errorf("current is %s", m.current())
	}
	// The upgrade service comes back as the new version and still says so.
	if _, err := m.upgrader().Check(t.Context(), &upgradepb.CheckRequest{}); err == nil {
		if s := m.until(installed); s.GetVersion() != "1.1.0" {
			t.Errorf("after its own restart: %v", s)
		}
	}
	// The version before is kept, what was half written is not.
	kept, err := os.ReadDir(filepath.Join(m.install.Dir, "versions"))
	if err != nil || len(kept) != 2 {
		t.Errorf("kept: %v, %v", kept, err)
	}
	if _, err := os.Stat(m.install.Version(before)); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(folder(m.install), "staging")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("staging is left: %v", err)
	}
	// The next one removes the oldest.
	next := m.vendor.Publish(t, "1.2.0", Platform(), releaseOf(t, "1.2.0", nil))
	for m.until(idle, offered, installed).GetDigest() != next {
		_, _ = m.upgrader().Check(t.Context(), &upgradepb.CheckRequest{}) // it may be restarting
	}
	m.accept(next)
	for s := m.until(installed, failed, rolledBack); s.GetVersion() != "1.2.0"; s = m.until(installed, failed, rolledBack) {
	}
	if _, err := os.Stat(m.install.Version(before)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("two versions back is still there: %v", err)
	}
}

// A version that does not come up is undone by itself and not offered again.
func TestRollBack(t *testing.T) {
	m := newMachine(t)
	m.config.Patience = 1500 * time.Millisecond
	m.broken["1.1.0"] = true
	before := m.current()
	digest := m.vendor.Publish(t, "1.1.0", Platform(), releaseOf(t, "1.1.0", nil))
	m.start()
	m.until(offered)
	m.accept(digest)
	state := m.until(installed, failed, rolledBack)
	if state.GetPhase() != rolledBack || state.GetErrorCode() != codeHealth || state.GetRunningVersion() != "1.0.0" || state.GetRestart() || state.GetVersion() != "1.1.0" {
		t.Fatalf("outcome: %v", state)
	}
	if m.current() != before {
		t.Errorf("current is %s", m.current())
	}
	state, err := m.upgrader().Check(t.Context(), &upgradepb.CheckRequest{})
	if err != nil || state.GetPhase() != rolledBack {
		t.Errorf("after another look: %v, %v", state, err)
	}
	if _, err := m.upgrader().Install(t.Context(), &upgradepb.InstallRequest{Digest: digest}); client.Code(err) != CodeNotOffered {
		t.Errorf("installed again: %v", err)
	}
	if _, err := os.Stat(m.install.Version(digest)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the version that failed is kept: %v", err)
	}
	// The next one is another matter.
	m.vendor.Publish(t, "1.1.1", Platform(), releaseOf(t, "1.1.1", nil))
	state, err = m.upgrader().Check(t.Context(), &upgradepb.CheckRequest{})
	if err != nil || state.GetPhase() != offered || state.GetVersion() != "1.1.1" {
		t.Errorf("the repaired version: %v, %v", state, err)
	}
}

// Only what is offered is installed, by its digest (P8).
func TestNotOffered(t *testing.T) {
	m := newMachine(t)
	older := m.vendor.Publish(t, "0.9.0", Platform(), releaseOf(t, "0.9.0", nil))
	other := m.vendor.Publish(t, "2.0.0", "windows-amd64", []byte("windows"))
	m.start()
	m.until(idle)
	for _, digest := range []string{"", "x", strings.Repeat("0", 64), older, other, m.current(), "../" + older} {
		_, err := m.upgrader().Install(t.Context(), &upgradepb.InstallRequest{Digest: digest})
		if client.Code(err) != CodeNotOffered {
			t.Errorf("install %q: %v", digest, err)
		}
	}
}

// Whatever is signed and wrong: the version before runs on, and why is told.
func TestBadPackages(t *testing.T) {
	tests := map[string]struct {
		archive func(t *testing.T) []byte
		code    string
	}{
		"not an archive":  {func(*testing.T) []byte { return []byte("hello") }, codePackage},
		"another version": {func(t *testing.T) []byte { return releaseOf(t, "1.1.1", nil) }, codePackage},
		"unsigned":        {func(t *testing.T) []byte { return signedBy(t, nil) }, codeSignature}, // scenario 39
		"signed by another": {func(t *testing.T) []byte {
			return signedBy(t, func([]byte) ([]byte, error) { return []byte("somebody"), nil })
		}, codeSignature},
		"says another version": {func(t *testing.T) []byte {
			return releaseOf(t, "1.1.0", script(t, "beckmanconnect-service", "echo beckmanconnect-service 1.0.0"))
		}, codePackage},
		"does not start": {func(t *testing.T) []byte { return releaseOf(t, "1.1.0", script(t, "beckmanconnect-upgrade", "exit 1")) }, codePackage},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			before := m.current()
			digest := m.vendor.Publish(t, "1.1.0", Platform(), tt.archive(t))
			m.start()
			m.until(offered)
			m.accept(digest)
			state := m.until(installed, failed, rolledBack)
			if state.GetPhase() != failed || state.GetErrorCode() != tt.code || state.GetRestart() || m.current() != before {
				t.Fatalf("outcome: %v", state)
			}
			kept, err := os.ReadDir(filepath.Join(m.install.Dir, "versions"))
			if err != nil || len(kept) != 1 {
				t.Errorf("kept: %v, %v", kept, err)
			}
		})
	}
}

// What failed before anything changed may be tried again by a click.
func TestTryAgain(t *testing.T) {
	m := newMachine(t)
	digest := m.vendor.Publish(t, "1.1.0", Platform(), releaseOf(t, "1.1.0", nil))
	m.start()
	m.until(offered)
	m.vendor.Hostile(func(w http.ResponseWriter, r *http.Request) bool {
		w.WriteHeader(http.StatusBadGateway)
		return true
	})
	m.accept(digest)
	if s := m.until(failed, installed); s.GetErrorCode() != codeUnreachable || s.GetDigest() != digest {
		t.Fatalf("outcome: %v", s)
	}
	m.vendor.Hostile(nil)
	m.accept(digest)
	for s := m.until(installed, failed); s.GetPhase() != installed; s = m.until(installed, failed) {
	}
}

func script(t *testing.T, name, text string) func(dir string) {
	return func(dir string) { write(t, filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n")) }
}

// swapping is a hostile staging folder: it changes the file as soon as it was
// verified (scenario 37).
type swapping struct {
	Source
	swap func(path string) error
}

func (s swapping) Download(ctx context.Context, o source.Offer, opt source.Options) (*source.File, error) {
	f, err := s.Source.Download(ctx, o, opt)
	if err == nil {
		err = s.swap(f.Name())
	}
	return f, err
}

func TestSwappedFile(t *testing.T) {
	evil := releaseOf(t, "1.1.0", script(t, "beckmanctl", "echo evil"))
	tests := map[string]struct {
		swap  func(path string) error
		phase string
	}{
		// The handle still holds what was verified.
		"another file of the name": {func(path string) error {
			return errors.Join(os.Remove(path), os.WriteFile(path, evil, 0o600))
		}, installed},
		"a link of the name": {func(path string) error { return errors.Join(os.Remove(path), os.Symlink("/etc/passwd", path)) }, installed},
		// The same file with another content.
		"another content": {func(path string) error { return os.WriteFile(path, evil, 0o600) }, failed},
		"cut short":       {func(path string) error { return os.Truncate(path, 100) }, failed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.config.Source = swapping{m.config.Source, tt.swap}
			good := releaseOf(t, "1.1.0", nil)
			digest := m.vendor.Publish(t, "1.1.0", Platform(), good)
			m.start()
			m.until(offered)
			m.accept(digest)
			if state := m.until(installed, failed, rolledBack); state.GetPhase() != tt.phase {
				t.Fatalf("outcome: %v", state)
			}
			text, err := os.ReadFile(filepath.Join(m.install.Version(m.current()), "beckmanctl"))
			if err != nil || bytes.Contains(text, []byte("evil")) {
				t.Errorf("current has %q, %v", text, err)
			}
		})
	}
}

// Withdrawn between offer and click, frozen, away: states, never an end.
func TestRepositoryTroubleIsAState(t *testing.T) {
	t.Run("withdrawn", func(t *testing.T) {
		m := newMachine(t)
		digest := m.vendor.Publish(t, "1.1.0", Platform(), releaseOf(t, "1.1.0", nil))
		m.start()
		m.until(offered)
		m.vendor.Sign(t, func(s *metadata.TargetsType) { clear(s.Targets) }, "targets-1", "targets-2")
		m.accept(digest)
		if s := m.until(failed, installed); s.GetErrorCode() != codeWithdrawn {
			t.Fatalf("outcome: %v", s)
		}
		if s, err := m.upgrader().Check(t.Context(), &upgradepb.CheckRequest{}); err != nil || s.GetPhase() != idle {
			t.Errorf("after another look: %v, %v", s, err)
		}
	})
	t.Run("expired", func(t *testing.T) {
		m := newMachine(t)
		m.vendor.Pass(400 * 24 * 3600e9)
		m.start()
		for s := m.until(idle); s.GetErrorCode() != codeExpired; s = m.until(idle) {
		}
	})
	t.Run("away", func(t *testing.T) {
		m := newMachine(t)
		m.vendor.Publish(t, "1.1.0", Platform(), releaseOf(t, "1.1.0", nil))
		m.start()
		m.until(offered)
		m.vendor.Serve(t.TempDir())
		if s, err := m.upgrader().Check(t.Context(), &upgradepb.CheckRequest{}); err != nil || s.GetPhase() != offered {
			t.Errorf("an offer does not outlive the server: %v, %v", s, err)
		}
	})
}

func TestAdopt(t *testing.T) {
	i := adopted(t, "1.0.0")
	files := t.TempDir()
	adopt := func(version string) string {
		t.Helper()
		got, err := Adopt(Adoption{
			Install: i, Platform: Platform(), Manifest: publishersManifest, Launcher: write(t, filepath.Join(files, "launcher"), []byte("launcher of "+version)),
			Package: write(t, filepath.Join(files, version+".tar.zst"), releaseOf(t, version, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := adopt("1.1.0"); got != "1.1.0" || versionOf(t, i) != "1.1.0" {
		t.Errorf("a newer package: %s, current is %s", got, versionOf(t, i))
	}
	if got := adopt("1.0.0"); got != "1.1.0" || versionOf(t, i) != "1.1.0" {
		t.Errorf("an older package brought %s back", versionOf(t, i)) // scenario 38
	}
	for _, name := range archive.Names(Platform()) {
		text, err := os.ReadFile(filepath.Join(i.Bin(), name))
		if err != nil || string(text) != "launcher of 1.0.0" {
			t.Errorf("launcher %s: %q, %v", name, text, err)
		}
	}
	// Repair: a program that was changed, a program that is gone, the pointer.
	digest, err := i.Current()
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func() error{
		"changed": func() error {
			return os.WriteFile(filepath.Join(i.Version(digest), "beckmanctl"), []byte("#!/bin/sh\n"), 0o755)
		},
		"gone":    func() error { return os.Remove(filepath.Join(i.Version(digest), "beckmanconnect-service")) },
		"pointer": func() error { return os.WriteFile(filepath.Join(i.Dir, "current"), nil, 0o644) },
		"version": func() error { return os.RemoveAll(i.Version(digest)) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		if got := adopt("1.1.0"); got != "1.1.0" || versionOf(t, i) != "1.1.0" {
			t.Errorf("%s: not repaired", name)
		}
	}
	left, err := filepath.Glob(filepath.Join(i.Dir, "versions", "*.new"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func TestAdoptRefuses(t *testing.T) {
	i := adopted(t, "1.0.0")
	before, err := i.Current()
	if err != nil {
		t.Fatal(err)
	}
	_, err = Adopt(Adoption{Install: i, Platform: "windows-amd64", Manifest: publishersManifest, Launcher: os.Args[0],
		Package: write(t, filepath.Join(t.TempDir(), "x.tar.zst"), releaseOf(t, "2.0.0", nil))})
	after, currentErr := i.Current()
	if err == nil || currentErr != nil || after != before {
		t.Errorf("adopted a package of another platform: %v", err)
	}
	if all, err := os.ReadDir(filepath.Join(i.Dir, "versions")); err != nil || len(all) != 1 {
		t.Errorf("left behind: %v, %v", all, err)
	}
}

func TestRejectedIsBounded(t *testing.T) {
	var m memory
	for n := range 3 * maxRejected {
		m.reject(strings.Repeat("x", n))
	}
	if len(m.Rejected) != maxRejected || !m.rejected(strings.Repeat("x", 3*maxRejected-1)) || slices.Contains(m.Rejected, "") {
		t.Errorf("%d are kept", len(m.Rejected))
	}
}
