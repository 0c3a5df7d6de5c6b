package upgrade

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"golang.org/x/sys/unix"

	"beckmanconnect/cloud/releases/releasestest"
	"beckmanconnect/internal/delta"
	"beckmanconnect/internal/release"
	"beckmanconnect/service/upgrade/archive"
	"beckmanconnect/service/upgrade/source"
)

// large makes beckmanctl a program of some size, so that a delta saves something.
func large(t testing.TB, text string) func(dir string) {
	r := rand.New(rand.NewPCG(5, 5))
	noise := make([]byte, 400_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	return func(dir string) { write(t, filepath.Join(dir, "beckmanctl"), append([]byte(text), noise...)) }
}

// stager is a PC with 1.0.0 and an offer of 1.1.0 that a delta leads to.
type stager struct {
	*machine
	u *Upgrader
	o source.Offer
}

func newStager(t *testing.T) *stager {
	t.Helper()
	m := newMachine(t)
	before := releaseOf(t, "1.0.0", large(t, "one"))
	_, err := Adopt(Adoption{Install: m.install, Platform: Platform(), Manifest: publishersManifest,
		Package:  write(t, filepath.Join(t.TempDir(), "one.tar.zst"), before),
		Launcher: write(t, filepath.Join(t.TempDir(), "launcher"), []byte("launcher"))})
	if err != nil {
		t.Fatal(err)
	}
	m.vendor.Publish(t, "1.0.0", Platform(), before)
	m.vendor.Publish(t, "1.1.0", Platform(), releaseOf(t, "1.1.0", large(t, "eleven")))
	s := &stager{machine: m}
	s.look()
	return s
}

// look checks anew, as a service that was just started.
func (s *stager) look() {
	s.t.Helper()
	c := s.config
	c.Version = "1.0.0"
	u, err := New(c)
	if err != nil {
		s.t.Fatal(err)
	}
	o, err := c.Source.Check(s.t.Context(), "1.0.0", func(string) bool { return false })
	if err != nil || o == nil || o.Version != "1.1.0" {
		s.t.Fatalf("offered %+v, %v", o, err)
	}
	s.u, s.o = u, *o
}

// whole is an error unless 1.1.0 lies there, byte for byte.
func (s *stager) whole() error {
	return archive.Check(s.install.Version(s.o.Digest), s.o.Digest, publishersManifest)
}

func TestStagedByDelta(t *testing.T) {
	s := newStager(t)
	if !s.o.Delta || s.o.Fetch*10 > s.o.Size {
		t.Fatalf("offer: %d of %d bytes, delta %v", s.o.Fetch, s.o.Size, s.o.Delta)
	}
	sent := s.vendor.Sent.Load()
	if err := errors.Join(s.u.stage(t.Context(), s.o), s.whole()); err != nil {
		t.Fatal(err)
	}
	if sent = s.vendor.Sent.Load() - sent; sent > s.o.Size/2 {
		t.Errorf("%d bytes were sent for a delta of %d", sent, s.o.Fetch)
	}
	if left, err := filepath.Glob(filepath.Join(folder(s.install), "cache", "*")); err != nil || len(left) > 0 {
		t.Errorf("left of the download: %q, %v", left, err)
	}
	// Once more, nothing but metadata is fetched.
	s.vendor.Hostile(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/targets/") {
			t.Errorf("%s was fetched", r.URL.Path)
		}
		return false
	})
	if err := s.u.stage(t.Context(), s.o); err != nil {
		t.Error(err)
	}
}

// What was staged and changed before it was switched to is fetched again
// (scenario 37).
func TestStagedAndChanged(t *testing.T) {
	s := newStager(t)
	for name, damage := range map[string]func(dir string) error{
		"a program": func(dir string) error { return os.WriteFile(filepath.Join(dir, "beckmanctl"), []byte("evil"), 0o755) },
		"signature": func(dir string) error { return os.Remove(filepath.Join(dir, "release.json.p7s")) },
	} {
		if err := s.u.stage(t.Context(), s.o); err != nil {
			t.Fatal(err)
		}
		if err := damage(s.install.Version(s.o.Digest)); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.u.stage(t.Context(), s.o), s.whole()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// publishDelta puts another delta to 1.1.0 in the place of the right one, well
// signed.
func (s *stager) publishDelta(patch []byte) {
	s.t.Helper()
	current, err := s.install.Current()
	if err != nil {
		s.t.Fatal(err)
	}
	d := releasestest.Describe("1.1.0", Platform())
	d.Digest, d.From, d.Unpacked = s.o.Digest, current, s.o.Unpacked
	info := releasestest.Target(s.t, patch, d)
	name := release.DeltaName("1.1.0", Platform(), current)
	write(s.t, filepath.Join(s.vendor.Repository.Dir, "targets", info.Hashes["sha256"].String()+"."+name), patch)
	s.vendor.Sign(s.t, func(set *metadata.TargetsType) { set.Targets[name] = info }, "targets-1", "targets-2")
	s.look()
	if !s.o.Delta || s.o.Fetch != int64(len(patch)) {
		s.t.Fatalf("offer: %d bytes, delta %v", s.o.Fetch, s.o.Delta)
	}
}

// A delta that is damaged, hostile, of another source, to another target, gone
// or in front of a changed installation: all of the release is fetched instead
// (B10).
func TestUselessDeltas(t *testing.T) {
	patchTo := func(s *stager, target []byte) []byte {
		current, err := s.install.Current()
		if err != nil {
			t.Fatal(err)
		}
		base, err := archive.Repack(s.install.Version(current), current)
		if err != nil {
			t.Fatal(err)
		}
		defer base.Close()
		var b bytes.Buffer
		if err := delta.Make(&b, base, bytes.NewReader(target)); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	tests := map[string]func(s *stager){
		"damaged":  func(s *stager) { s.publishDelta([]byte("hello, I am no delta")) },
		"to chaos": func(s *stager) { s.publishDelta(patchTo(s, []byte("another target"))) },
		"endless":  func(s *stager) { s.publishDelta(patchTo(s, make([]byte, 8<<20))) },
		"promises the release and makes another": func(s *stager) {
			patch := patchTo(s, make([]byte, s.o.Unpacked))
			digest, err := hex.DecodeString(s.o.Digest)
			if err != nil {
				t.Fatal(err)
			}
			copy(patch[8+40+8:], digest)
			s.publishDelta(patch)
		},
		"another source": func(s *stager) {
			patch := patchTo(s, []byte("x"))
			patch[16] ^= 1
			s.publishDelta(patch)
		},
		"gone": func(s *stager) {
			all, err := filepath.Glob(filepath.Join(s.vendor.Repository.Dir, "targets", "*.delta"))
			if err != nil || len(all) == 0 {
				t.Fatal(all, err)
			}
			for _, path := range all {
				os.Remove(path)
			}
		},
		"the installation changed": func(s *stager) {
			write(t, filepath.Join(s.install.Version(s.current()), "beckmanconnect-tray"), []byte("#!/bin/sh\n# IT was here\n"))
		},
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStager(t)
			spoil(s)
			var steps []string
			s.u.config.Step = func(step string) { steps = append(steps, step) }
			if err := errors.Join(s.u.stage(t.Context(), s.o), s.whole()); err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(steps, "fetch-full") {
				t.Errorf("steps: %q", steps)
			}
			if state := s.u.board.get(); state.GetDelta() || state.GetSize() != uint64(s.o.Size) {
				t.Errorf("shown: a delta %v of %d bytes", state.GetDelta(), state.GetSize())
			}
		})
	}
}

// A delta whose server went away is taken up again, and not thrown away for all
// of the release.
func TestCutDeltaIsTakenUp(t *testing.T) {
	s := newStager(t)
	full := false
	s.vendor.Hostile(func(w http.ResponseWriter, r *http.Request) bool {
		full = full || strings.HasSuffix(r.URL.Path, ".tar.zst")
		if !strings.HasSuffix(r.URL.Path, ".delta") {
			return false
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	if err := s.u.stage(t.Context(), s.o); !errors.Is(err, source.ErrUnreachable) || full {
		t.Fatalf("%v, all of it was asked for: %v", err, full)
	}
	s.vendor.Hostile(nil)
	if err := errors.Join(s.u.stage(t.Context(), s.o), s.whole()); err != nil {
		t.Fatal(err)
	}
}

// A disk that is too small is known before anything is fetched, and one that
// becomes full on the way leaves no half version (scenario 41).
func TestFullDisk(t *testing.T) {
	t.Run("before", func(t *testing.T) {
		s := newStager(t)
		s.o.Unpacked = 1 << 50
		s.vendor.Hostile(func(_ http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "/targets/") {
				t.Errorf("%s was fetched", r.URL.Path)
			}
			return false
		})
		if err := s.u.stage(t.Context(), s.o); !errors.Is(err, errSpace) || codeOf(err) != codeDisk {
			t.Fatal(err)
		}
	})
	t.Run("on the way", func(t *testing.T) {
		s := newStager(t)
		dir := filepath.Join(s.install.Dir, "versions")
		kept := t.TempDir()
		if err := os.CopyFS(kept, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=700k,mode=755"); err != nil {
			t.Skip("no small disk can be mounted here:", err)
		}
		t.Cleanup(func() { _ = unix.Unmount(dir, 0) })
		if err := os.CopyFS(dir, os.DirFS(kept)); err != nil {
			t.Fatal(err)
		}
		err := s.u.stage(t.Context(), s.o)
		if !errors.Is(err, errSpace) || codeOf(err) != codeDisk {
			t.Fatal(err)
		}
		left, err := os.ReadDir(dir)
		if err != nil || len(left) != 2 { // 1.0.0, and the one before it
			t.Errorf("left: %v, %v", left, err)
		}
	})
}
