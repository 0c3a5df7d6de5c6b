package source_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/internal/release"
	"beckmanconnect/service/upgrade/source"
)

// tagged has the vendor's server answer as the cloud does when a timestamp has
// not changed; it counts those answers.
func (p *pc) tagged(also func(w http.ResponseWriter, r *http.Request) bool) *atomic.Int64 {
	var same atomic.Int64
	p.vendor.Hostile(func(w http.ResponseWriter, r *http.Request) bool {
		if also != nil && also(w, r) {
			return true
		}
		if !strings.HasSuffix(r.URL.Path, "/timestamp.json") {
			return false
		}
		text, err := os.ReadFile(filepath.Join(p.vendor.Repository.Dir, "metadata", "timestamp.json"))
		if err != nil || r.Header.Get("If-None-Match") != release.Tag(text) {
			return false
		}
		same.Add(1)
		w.WriteHeader(http.StatusNotModified)
		return true
	})
	return &same
}

// "Not modified" stands for the bytes this PC holds and for nothing else: what
// they say still expires (scenario 36).
func TestNotModified(t *testing.T) {
	p := newPC(t)
	same := p.tagged(nil)
	p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
	p.offers("1.0.0")
	if n := same.Load(); n != 0 {
		t.Fatalf("%d answers of nothing new to a PC that has nothing", n)
	}
	p.offers("1.0.0")
	if n := same.Load(); n != 1 {
		t.Fatalf("%d answers of nothing new", n)
	}
	p.vendor.Publish(t, "1.1.0", linux, []byte("two"))
	p.offers("1.1.0")
	if n := same.Load(); n != 1 {
		t.Fatalf("%d answers of nothing new after a release", n)
	}
	p.vendor.Pass(8 * 24 * time.Hour)
	p.refuses(source.ErrExpired)
	if n := same.Load(); n != 2 {
		t.Fatalf("%d answers of nothing new: it expired otherwise", n)
	}
}

// A server that always says so holds news back, and only while it is there.
func TestNeverModified(t *testing.T) {
	p := newPC(t)
	always := func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/timestamp.json") {
			return false
		}
		w.WriteHeader(http.StatusNotModified)
		return true
	}
	p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
	p.vendor.Hostile(always)
	p.refuses(source.ErrUnreachable) // of what?
	p.tagged(nil)
	p.offers("1.0.0")
	p.vendor.Publish(t, "1.1.0", linux, []byte("two"))
	p.vendor.Hostile(always)
	p.offers("1.0.0")
	p.tagged(nil)
	p.offers("1.1.0")
}

// The vendor put two root keys out of use. Whoever has them leads no PC another
// way that has followed the vendor since, not even from the installed root.
func TestOldRootKeysLeadNowhere(t *testing.T) {
	p := newPC(t)
	first, err := metadata.Root().FromBytes(p.vendor.Root)
	if err != nil {
		t.Fatal(err)
	}
	p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
	next, err := metadata.Root().FromBytes(p.vendor.Root)
	if err != nil {
		t.Fatal(err)
	}
	next.Signed.Version = 2
	// root-3 and, for want of another, the key of targets-1.
	next.Signed.Roles[metadata.ROOT].KeyIDs = append(first.Signed.Roles[metadata.ROOT].KeyIDs[2:], first.Signed.Roles[metadata.TARGETS].KeyIDs[0])
	p.vendor.Write(t, next, "2.root.json", "root-1", "root-2", "root-3", "targets-1")
	p.offers("1.0.0")
	kept := filepath.Join(p.dir, "metadata", "root.json")
	want, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}

	other, err := metadata.Root().FromBytes(p.vendor.Root)
	if err != nil {
		t.Fatal(err)
	}
	other.Signed.Version = 2
	other.Signed.Roles[metadata.TARGETS].Threshold = 1
	p.vendor.Write(t, other, filepath.Join("..", "fork.json"), "root-1", "root-2")
	forked, err := os.ReadFile(filepath.Join(p.vendor.Repository.Dir, "fork.json"))
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Bool
	p.vendor.Hostile(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/2.root.json") {
			return false
		}
		asked.Store(true)
		_, _ = w.Write(forked)
		return true
	})
	p.offers("1.0.0")
	if got, err := os.ReadFile(kept); err != nil || !bytes.Equal(got, want) || asked.Load() {
		t.Errorf("another root is trusted (asked for it: %v, %v)", asked.Load(), err)
	}
	// Another installed root, as another package brings it, is begun with anew.
	p.vendor.Hostile(nil)
	p.vendor.Root = want
	p.offers("1.0.0")
}

// A stolen timestamp key says that it is 2100 and runs its version to the last;
// once the vendor has put it out of use, upgrades are offered again.
func TestAStolenTimestampKeyLeavesNoMark(t *testing.T) {
	p := newPC(t)
	p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
	p.offers("1.0.0")
	path := filepath.Join(p.vendor.Repository.Dir, "metadata", "timestamp.json")
	honest, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	stolen, err := metadata.Timestamp().FromBytes(honest)
	if err != nil {
		t.Fatal(err)
	}
	stolen.Signed.Version = 1 << 62
	stolen.Signed.Expires = time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC)
	stolen.Signed.UnrecognizedFields[release.SignedAt] = "2100-01-01T00:00:00Z"
	p.vendor.Write(t, stolen, "timestamp.json", "timestamp-1")
	p.refuses(source.ErrExpired) // of the rest, in 2100

	root, err := metadata.Root().FromBytes(p.vendor.Root)
	if err != nil {
		t.Fatal(err)
	}
	root.Signed.Version = 2
	root.Signed.Roles[metadata.TIMESTAMP].KeyIDs = root.Signed.Roles[metadata.ROOT].KeyIDs[2:]
	p.vendor.Write(t, root, "2.root.json", "root-1", "root-2")
	again, err := metadata.Timestamp().FromBytes(honest)
	if err != nil {
		t.Fatal(err)
	}
	p.vendor.Write(t, again, "timestamp.json", "root-3")
	p.offers("1.0.0")
}
