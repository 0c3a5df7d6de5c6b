package source_test

import (
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/cloud/releases/releasestest"
	"beckmanconnect/internal/netdial/netdialtest"
	"beckmanconnect/internal/release"
	"beckmanconnect/service/upgrade/source"
)

const linux = "linux-amd64"

// pc is a PC that looks at a vendor's repository.
type pc struct {
	t      testing.TB
	vendor *releasestest.Vendor
	dir    string
	clock  func() time.Time

	built     time.Time
	site      source.Site
	installed string
	mirrorCA  *x509.CertPool
	way       string       // where this PC may dial; "": the vendor's server
	throttled source.Clock // what a rate is kept by; nil: time as it passes
}

func newPC(t testing.TB) *pc {
	v := releasestest.New(t)
	return &pc{t: t, vendor: v, dir: t.TempDir(), clock: v.Now}
}

func (p *pc) source() *source.Source {
	way := p.way
	if way == "" {
		way = p.vendor.URL
	}
	return source.New(source.Config{
		URL: p.vendor.URL, Root: p.vendor.Root, CloudCA: p.vendor.CA, Dir: p.dir, Platform: linux, Client: netdialtest.Client(way),
		Now: func() time.Time { return p.clock() }, Built: p.built, Site: func() source.Site { return p.site },
		Installed: func() (string, error) { return p.installed, nil }, Pause: time.Millisecond, MirrorCA: p.mirrorCA, Clock: p.throttled,
	})
}

// fetches confirms and downloads what is offered and returns the release's
// bytes.
func (p *pc) fetches(o source.Offer) (string, error) {
	p.t.Helper()
	s := p.source()
	if err := s.Confirm(p.t.Context(), o); err != nil {
		p.t.Fatal(err)
	}
	f, err := s.Download(p.t.Context(), o, source.Options{})
	if err != nil {
		return "", err
	}
	defer f.Close()
	return text(p.t, f), nil
}

// text is what is packed in a file.
func text(t testing.TB, f io.Reader) string {
	t.Helper()
	r, err := release.Decompress(f)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func (p *pc) check() (*source.Offer, error) {
	return p.source().Check(p.t.Context(), "0.1.0", func(string) bool { return false })
}

func (p *pc) offers(version string) *source.Offer {
	p.t.Helper()
	o, err := p.check()
	if err != nil {
		p.t.Fatal(err)
	}
	if version == "" && o != nil || version != "" && (o == nil || o.Version != version) {
		p.t.Fatalf("offered: %+v, want %q", o, version)
	}
	return o
}

func (p *pc) refuses(kind error) {
	p.t.Helper()
	if o, err := p.check(); !errors.Is(err, kind) {
		p.t.Fatalf("offered %+v with %v, want %q", o, err, kind)
	}
}

func TestNewestOfThisPlatformIsOffered(t *testing.T) {
	p := newPC(t)
	p.offers("")
	p.vendor.Publish(t, "0.0.9", linux, []byte("old"))
	p.vendor.Publish(t, "0.1.0", linux, []byte("same"))
	p.offers("")
	p.vendor.Publish(t, "9.0.0", "windows-amd64", []byte("other"))
	p.offers("")
	p.vendor.Publish(t, "0.2.0", linux, []byte("two"))
	digest := p.vendor.Publish(t, "0.10.0", linux, []byte("ten")) // by number, not by letter
	p.vendor.Publish(t, "0.9.0", linux, []byte("nine"))
	o := p.offers("0.10.0")
	packed := int64(len(releasestest.Pack(t, []byte("ten"))))
	if o.Digest != digest || o.Size != packed || o.Fetch != packed || o.Delta || o.Unpacked != 3 || len(o.Notes) != 1 || o.Notes[0].Text != "Better." {
		t.Errorf("offer: %+v", o)
	}
	other, err := p.source().Check(t.Context(), "0.1.0", func(d string) bool { return d == digest })
	if err != nil || other == nil || other.Version != "0.9.0" {
		t.Errorf("with the newest passed over: %+v, %v", other, err)
	}
	if got, err := p.fetches(*o); err != nil || got != "ten" {
		t.Errorf("downloaded %q: %v", got, err)
	}
}

// Well signed and still not for us (scenario 39).
func TestSignedButNotOurs(t *testing.T) {
	describe := func(edit func(*release.Release)) release.Release {
		r := releasestest.Describe("2.0.0", linux)
		edit(&r)
		return r
	}
	name := release.ArchiveName("2.0.0", linux)
	tests := map[string]struct {
		name        string
		description any
		edit        func(*metadata.TargetFiles)
	}{
		"another product":  {name, describe(func(r *release.Release) { r.Product = "com.example.other" }), nil},
		"another platform": {name, describe(func(r *release.Release) { r.Platform = "windows-amd64" }), nil},
		"another channel":  {name, describe(func(r *release.Release) { r.Channel = "pilot" }), nil},
		"another line":     {name, describe(func(r *release.Release) { r.Lines = []string{"Navios"} }), nil},
		"no digest":        {name, describe(func(r *release.Release) { r.Digest = "../" + strings.Repeat("0", 61) }), nil},
		"endless programs": {name, describe(func(r *release.Release) { r.Unpacked = 1 << 50 }), nil},
		"a delta's source": {name, describe(func(r *release.Release) { r.From = strings.Repeat("0", 64) }), nil},
		"another format":   {"beckmanconnect-2.0.0-linux-amd64.tar.gz", describe(func(*release.Release) {}), nil},
		"another version":  {name, describe(func(r *release.Release) { r.Version = "3.0.0" }), nil},
		"a path as name":   {"../" + name, describe(func(*release.Release) {}), nil},
		"no version":       {"beckmanconnect--linux-amd64.tar.zst", describe(func(r *release.Release) { r.Version = "" }), nil},
		"a path in it":     {"beckmanconnect-../../x-linux-amd64.tar.zst", describe(func(r *release.Release) { r.Version = "../../x" }), nil},
		"not a release":    {name, "hello", nil},
		"no description":   {name, nil, func(f *metadata.TargetFiles) { f.Custom = nil }},
		"no hash":          {name, describe(func(*release.Release) {}), func(f *metadata.TargetFiles) { f.Hashes = metadata.Hashes{"sha512": f.Hashes["sha256"]} }},
		"no length":        {name, describe(func(*release.Release) {}), func(f *metadata.TargetFiles) { f.Length = 0 }},
		"endless length":   {name, describe(func(*release.Release) {}), func(f *metadata.TargetFiles) { f.Length = 1 << 50 }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPC(t)
			target := releasestest.Target(t, []byte("program"), tt.description)
			if tt.edit != nil {
				tt.edit(target)
			}
			p.vendor.Sign(t, func(s *metadata.TargetsType) { s.Targets[tt.name] = target }, "targets-1", "targets-2")
			p.offers("")
		})
	}
}

func TestSignatures(t *testing.T) {
	add := func(s *metadata.TargetsType) {
		r := releasestest.Describe("2.0.0", linux)
		s.Targets[release.ArchiveName("2.0.0", linux)] = releasestest.Target(t, []byte("program"), r)
	}
	tests := map[string][]string{
		"nobody":          {},
		"one of two":      {"targets-1"},
		"one, stuffed":    {"targets-1", "targets-1"},
		"one and another": {"targets-2", "snapshot-1", "timestamp-1", "root-1", "root-2", "root-3"},
	}
	for name, signers := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPC(t)
			p.vendor.Publish(t, "1.0.0", linux, []byte("before"))
			p.offers("1.0.0")
			p.vendor.Sign(t, add, signers...)
			p.refuses(source.ErrUntrusted)
		})
	}
	t.Run("both", func(t *testing.T) {
		p := newPC(t)
		p.vendor.Sign(t, add, "targets-1", "targets-2")
		p.offers("2.0.0")
	})
}

// A new root that asks for nothing, or that one stolen key signed.
func TestRoots(t *testing.T) {
	next := func(t *testing.T, v *releasestest.Vendor, edit func(*metadata.RootType), signers ...string) {
		root, err := metadata.Root().FromBytes(v.Root)
		if err != nil {
			t.Fatal(err)
		}
		root.Signed.Version = 2
		edit(&root.Signed)
		v.Write(t, root, "2.root.json", signers...)
	}
	tests := map[string]struct {
		edit    func(*metadata.RootType)
		signers []string
		refused bool
	}{
		"threshold 0":         {func(r *metadata.RootType) { r.Roles["targets"].Threshold = 0 }, []string{"root-1", "root-2"}, true},
		"one of three":        {func(*metadata.RootType) {}, []string{"root-1"}, true},
		"one, stuffed":        {func(*metadata.RootType) {}, []string{"root-1", "root-1"}, true},
		"skips a version":     {func(r *metadata.RootType) { r.Version = 3 }, []string{"root-1", "root-2"}, true},
		"two of three":        {func(*metadata.RootType) {}, []string{"root-1", "root-3"}, false},
		"signed by the wrong": {func(*metadata.RootType) {}, []string{"targets-1", "targets-2"}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPC(t)
			p.vendor.Publish(t, "1.0.0", linux, []byte("before"))
			next(t, p.vendor, tt.edit, tt.signers...)
			if _, err := p.check(); tt.refused != (err != nil) {
				t.Fatal(err)
			}
		})
	}
}

// Rollback, also when go-tuf's own files are lost, as healing loses them
// (scenario 36).
func TestRollback(t *testing.T) {
	for _, lost := range []bool{false, true} {
		p := newPC(t)
		p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
		old := p.vendor.Copy(t)
		p.vendor.Publish(t, "1.1.0", linux, []byte("two"))
		p.offers("1.1.0")
		p.vendor.Serve(old)
		if lost {
			if err := os.RemoveAll(filepath.Join(p.dir, "metadata")); err != nil {
				t.Fatal(err)
			}
		}
		p.refuses(source.ErrRollback)
		p.vendor.Serve(p.vendor.Repository.Dir)
		p.offers("1.1.0")
	}
}

func TestMixAndMatch(t *testing.T) {
	p := newPC(t)
	p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
	old, err := os.ReadFile(filepath.Join(p.vendor.Repository.Dir, "metadata", "2.targets.json"))
	if err != nil {
		t.Fatal(err)
	}
	p.vendor.Publish(t, "1.1.0", linux, []byte("two"))
	p.vendor.Hostile(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/3.targets.json") {
			return false
		}
		_, _ = w.Write(old)
		return true
	})
	if o, err := p.check(); err == nil {
		t.Fatalf("offered %+v", o)
	}
}

func TestTime(t *testing.T) {
	const day = 24 * time.Hour
	t.Run("freeze", func(t *testing.T) {
		p := newPC(t)
		p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
		p.offers("1.0.0")
		p.vendor.Pass(8 * day)
		p.refuses(source.ErrExpired)
		if err := p.vendor.Repository.Timestamp(); err != nil {
			t.Fatal(err)
		}
		p.offers("1.0.0")
	})
	t.Run("clock ten years on", func(t *testing.T) {
		p := newPC(t)
		p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
		p.clock = func() time.Time { return time.Now().AddDate(10, 0, 0) }
		p.refuses(source.ErrExpired)
	})
	// Everything but the timestamp has expired, and our clock would not know.
	t.Run("clock ten years back", func(t *testing.T) {
		p := newPC(t)
		p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
		p.vendor.Pass(40 * day)
		if err := p.vendor.Repository.Timestamp(); err != nil {
			t.Fatal(err)
		}
		p.clock = func() time.Time { return time.Now().AddDate(-10, 0, 0) }
		p.refuses(source.ErrExpired)
	})
	t.Run("clock back after the present was known", func(t *testing.T) {
		p := newPC(t)
		p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
		p.offers("1.0.0")
		frozen := p.vendor.Copy(t)
		p.vendor.Pass(10 * day)
		p.vendor.Publish(t, "1.1.0", linux, []byte("two"))
		p.offers("1.1.0")
		p.clock = func() time.Time { return time.Now().AddDate(-10, 0, 0) }
		p.offers("1.1.0")
		if err := os.RemoveAll(filepath.Join(p.dir, "metadata")); err != nil {
			t.Fatal(err)
		}
		p.vendor.Serve(frozen)
		p.refuses(source.ErrExpired)
	})
}

// A PC whose clock stands years back takes the time of its program's build, at
// least, for the present (scenario 36).
func TestNotBeforeItWasBuilt(t *testing.T) {
	p := newPC(t)
	p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
	p.clock = func() time.Time { return time.Now().AddDate(-10, 0, 0) }
	p.offers("1.0.0")
	p.built = time.Now().AddDate(0, 0, 8)
	p.refuses(source.ErrExpired)
}

// What power loss leaves of our own files does not stop upgrades for ever.
func TestUnreadableMetadataHeals(t *testing.T) {
	for _, name := range []string{"root.json", "timestamp.json", "snapshot.json", "targets.json"} {
		for what, text := range map[string]string{"empty": "", "zeros": "\x00\x00\x00", "half": `{"signatures": [`} {
			t.Run(name+" "+what, func(t *testing.T) {
				p := newPC(t)
				p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
				p.offers("1.0.0")
				if err := os.WriteFile(filepath.Join(p.dir, "metadata", name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				p.offers("1.0.0")
			})
		}
	}
}

func TestEndlessData(t *testing.T) {
	endless := func(part string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, part) {
				return false
			}
			block := make([]byte, 64<<10)
			for r.Context().Err() == nil {
				if _, err := w.Write(block); err != nil {
					break
				}
			}
			return true
		}
	}
	for _, part := range []string{"2.root.json", "timestamp.json", "snapshot.json", "targets.json"} {
		p := newPC(t)
		p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
		p.vendor.Hostile(endless(part))
		p.refuses(source.ErrUntrusted)
		// The limits are at most 5 MB each; the rest is on its way in buffers.
		if sent := p.vendor.Sent.Load(); sent > 16<<20 {
			t.Errorf("%s: %d bytes were taken", part, sent)
		}
	}
	p := newPC(t)
	p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
	o := p.offers("1.0.0")
	p.vendor.Hostile(endless("/targets/"))
	_, err := p.fetches(*o)
	if !errors.Is(err, source.ErrUntrusted) || p.cached() > o.Size {
		t.Errorf("%d bytes were kept: %v", p.cached(), err)
	}
}

// cached are the bytes of what was fetched that are on disk.
func (p *pc) cached() (n int64) {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.dir, "cache", "*"))
	for _, f := range files {
		info, statErr := os.Stat(f)
		if err = errors.Join(err, statErr); err == nil {
			n += info.Size()
		}
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}

func TestDownloadIsVerified(t *testing.T) {
	tests := map[string]struct {
		answer string
		status int
		kind   error
	}{
		"another file": {"two", 200, source.ErrUntrusted},
		"too short":    {"on", 200, source.ErrUntrusted},
		"too long":     {"one more", 200, source.ErrUntrusted},
		"empty":        {"", 200, source.ErrUntrusted},
		"not there":    {"", 404, source.ErrMissing},
		"gone":         {"", 410, source.ErrMissing},
		"broken":       {"", 500, source.ErrUnreachable},
		"elsewhere":    {"", 302, source.ErrUnreachable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPC(t)
			p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
			o := p.offers("1.0.0")
			p.vendor.Hostile(func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.Contains(r.URL.Path, "/targets/") {
					return false
				}
				w.Header().Set("Location", p.vendor.URL)
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.answer))
				return true
			})
			if _, err := p.fetches(*o); !errors.Is(err, tt.kind) {
				t.Fatal(err)
			}
			if tt.kind == source.ErrUntrusted && p.cached() > 0 {
				t.Errorf("%d bytes of another file were kept", p.cached())
			}
			p.vendor.Hostile(nil)
			if got, err := p.fetches(*o); err != nil || got != "one" {
				t.Errorf("from an honest server: %q, %v", got, err)
			}
		})
	}
}

func TestWithdrawn(t *testing.T) {
	p := newPC(t)
	p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
	o := p.offers("1.0.0")
	if err := p.source().Confirm(t.Context(), *o); err != nil {
		t.Fatal(err)
	}
	p.vendor.Sign(t, func(s *metadata.TargetsType) { clear(s.Targets) }, "targets-1", "targets-2")
	if err := p.source().Confirm(t.Context(), *o); !errors.Is(err, source.ErrWithdrawn) {
		t.Fatal(err)
	}
}

func TestServerOfAnotherCA(t *testing.T) {
	p := newPC(t)
	// The system's own CAs do not know this server.
	p.vendor.CA = nil
	p.refuses(source.ErrUnreachable)
}

func TestNoRoot(t *testing.T) {
	p := newPC(t)
	p.vendor.Root = nil
	p.refuses(source.ErrNoRoot)
}
