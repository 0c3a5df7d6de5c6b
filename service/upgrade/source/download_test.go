package source_test

import (
	"context"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"beckmanconnect/cloud/releases/releasestest"
	"beckmanconnect/internal/release"
	"beckmanconnect/service/upgrade/source"
)

// noise cannot be compressed, so that what travels is about as long.
func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// published has a release of some size on offer.
func published(t testing.TB, n int) (*pc, source.Offer, string) {
	t.Helper()
	p := newPC(t)
	data := noise(n)
	p.vendor.Publish(t, "1.0.0", linux, data)
	return p, *p.offers("1.0.0"), string(data)
}

// requests counts those for targets, with the byte each begins at.
func (p *pc) requests(answer func(w http.ResponseWriter, r *http.Request) bool) *[]string {
	var all []string
	p.vendor.Hostile(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/targets/") {
			return false
		}
		all = append(all, r.Header.Get("Range"))
		return answer != nil && answer(w, r)
	})
	return &all
}

func (p *pc) partial() string {
	p.t.Helper()
	all, err := filepath.Glob(filepath.Join(p.dir, "cache", "*.part"))
	if err != nil || len(all) != 1 {
		p.t.Fatalf("partial files: %q, %v", all, err)
	}
	return all[0]
}

// A kill at any byte leaves what came, and the next download goes on behind it;
// whatever else lies there costs one fresh start (scenario 41).
func TestResumesFromAnyByte(t *testing.T) {
	p, o, want := published(t, 5000)
	if _, err := p.fetches(o); err != nil {
		t.Fatal(err)
	}
	path := p.partial()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	asked := p.requests(nil)
	for n := 0; n <= len(whole); n += 41 {
		*asked = nil
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := p.fetches(o)
		if err != nil || got != want {
			t.Fatalf("from byte %d: %v", n, err)
		}
		first := ""
		if n > 0 {
			first = "bytes=" + strconv.Itoa(n) + "-"
		}
		if len(*asked) != 1 || (*asked)[0] != first {
			t.Fatalf("from byte %d: asked for %q", n, *asked)
		}
	}
	for name, left := range map[string][]byte{
		"zeros that power loss left": append(append([]byte{}, whole[:2000]...), make([]byte, 1000)...),
		"another file":               noise(3000)[500:],
		"as long and another":        append(append([]byte{}, whole[:len(whole)-1]...), whole[len(whole)-1]+1),
		"longer":                     append(append([]byte{}, whole...), 1),
	} {
		if err := os.WriteFile(path, left, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := p.fetches(o); err != nil || got != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	*asked = nil
	if got, err := p.fetches(o); err != nil || got != want || len(*asked) > 0 {
		t.Errorf("all of it was there: %v, asked for %q", err, *asked)
	}
}

// A server that goes away in the middle, one that knows no ranges, one that
// answers with another range: the release comes, or an error does.
func TestServersOnTheWay(t *testing.T) {
	tests := map[string]struct {
		answer func(p *pc) func(w http.ResponseWriter, r *http.Request) bool
		asked  int
	}{
		"cuts each answer": {func(p *pc) func(http.ResponseWriter, *http.Request) bool {
			return func(w http.ResponseWriter, r *http.Request) bool {
				http.FileServerFS(os.DirFS(p.vendor.Repository.Dir)).ServeHTTP(&cutting{w, 30_000}, r)
				return true
			}
		}, 4},
		"knows no ranges, and cuts once": {func(p *pc) func(http.ResponseWriter, *http.Request) bool {
			n := 0
			return func(w http.ResponseWriter, r *http.Request) bool {
				r.Header.Del("Range")
				left := 50_000
				if n++; n > 1 {
					left = 1 << 30
				}
				http.FileServerFS(os.DirFS(p.vendor.Repository.Dir)).ServeHTTP(&cutting{w, left}, r)
				return true
			}
		}, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, o, want := published(t, 100_000)
			asked := p.requests(tt.answer(p))
			if got, err := p.fetches(o); err != nil || got != want {
				t.Fatal(err)
			}
			if len(*asked) != tt.asked {
				t.Errorf("asked for %q", *asked)
			}
		})
	}
	t.Run("answers with another range", func(t *testing.T) {
		p, o, _ := published(t, 100_000)
		n := 0
		p.requests(func(w http.ResponseWriter, r *http.Request) bool {
			if n++; n == 1 {
				http.FileServerFS(os.DirFS(p.vendor.Repository.Dir)).ServeHTTP(&cutting{w, 50_000}, r)
				return true
			}
			w.Header().Set("Content-Range", "bytes 0-9/100")
			w.WriteHeader(http.StatusPartialContent)
			return true
		})
		if _, err := p.fetches(o); !errors.Is(err, source.ErrUnreachable) {
			t.Fatal(err)
		}
	})
	t.Run("sends nothing, again and again", func(t *testing.T) {
		p, o, _ := published(t, 100_000)
		asked := p.requests(func(w http.ResponseWriter, r *http.Request) bool {
			http.FileServerFS(os.DirFS(p.vendor.Repository.Dir)).ServeHTTP(&cutting{w, 0}, r)
			return true
		})
		if _, err := p.fetches(o); !errors.Is(err, source.ErrUnreachable) || len(*asked) != 4 {
			t.Fatalf("asked %d times: %v", len(*asked), err)
		}
	})
}

// cutting is a server that dies after some bytes.
type cutting struct {
	http.ResponseWriter
	left int
}

func (c *cutting) Write(b []byte) (int, error) {
	if len(b) > c.left {
		_, _ = c.ResponseWriter.Write(b[:c.left])
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= len(b)
	return c.ResponseWriter.Write(b)
}

// Cancelled, it stops; what came stays (B10).
func TestCancelKeepsThePartialFile(t *testing.T) {
	p, o, want := published(t, 400_000)
	ctx, cancel := context.WithCancel(t.Context())
	s := p.source()
	if err := s.Confirm(ctx, o); err != nil {
		t.Fatal(err)
	}
	_, err := s.Download(ctx, o, source.Options{Progress: func(done int64) {
		if done > 100_000 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	n := p.cached()
	if n <= 100_000 || n >= o.Size {
		t.Fatalf("%d bytes stayed", n)
	}
	asked := p.requests(nil)
	if got, err := p.fetches(o); err != nil || got != want || len(*asked) != 1 || (*asked)[0] != "bytes="+strconv.FormatInt(n, 10)+"-" {
		t.Errorf("asked for %q: %v", *asked, err)
	}
}

// gate shuts when it was passed some times, and opens by the test.
type gate struct {
	passes int
	shut   chan struct{} // closed when somebody waits
	open   chan struct{}
}

func (g *gate) Wait(ctx context.Context) error {
	if g.passes--; g.passes > 0 {
		return ctx.Err()
	}
	if g.passes == 0 {
		close(g.shut)
	}
	select {
	case <-g.open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// While a session or a run is on, no byte is read; then it goes on.
func TestHeldDownloads(t *testing.T) {
	for name, passes := range map[string]int{"before the first request": 1, "in the middle": 5} {
		t.Run(name, func(t *testing.T) {
			p, o, want := published(t, 400_000)
			s := p.source()
			if err := s.Confirm(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			g := &gate{passes: passes, shut: make(chan struct{}), open: make(chan struct{})}
			var fetched atomic.Int64
			done := make(chan error, 1)
			var file *source.File
			go func() {
				var err error
				file, err = s.Download(t.Context(), o, source.Options{Gate: g, Progress: fetched.Store})
				done <- err
			}()
			<-g.shut
			// Who fetches waits in the gate, and nothing else goes on.
			if n := fetched.Load(); passes == 1 && n > 0 || passes > 1 && (n == 0 || n > 4*64<<10) {
				t.Errorf("%d bytes came before it was held", n)
			}
			close(g.open)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			if text(t, file) != want {
				t.Error("another release came")
			}
		})
	}
	t.Run("cancelled while held", func(t *testing.T) {
		p, o, _ := published(t, 1000)
		s := p.source()
		if err := s.Confirm(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		g := &gate{passes: 1, shut: make(chan struct{}), open: make(chan struct{})}
		go func() { <-g.shut; cancel() }()
		if _, err := s.Download(ctx, o, source.Options{Gate: g}); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	})
}

// leaps is a clock on which time passes only while something sleeps.
type leaps struct{ now time.Time }

func (l *leaps) Now() time.Time { return l.now }

func (l *leaps) Sleep(ctx context.Context, d time.Duration) error {
	l.now = l.now.Add(max(d, 0))
	return ctx.Err()
}

// The site's policy bounds how fast releases are fetched: beyond the first
// 64 KiB every byte takes its time, and no more than that.
func TestRate(t *testing.T) {
	for _, kbit := range []int{0, 1, 8_000, 1_000_000} {
		p, o, want := published(t, 200_000)
		p.site.Rate = kbit
		began := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
		clock := &leaps{began}
		p.throttled = clock
		if got, err := p.fetches(o); err != nil || got != want {
			t.Fatalf("%d kbit/s: %v", kbit, err)
		}
		var due time.Duration
		if kbit > 0 {
			due = time.Duration(float64(o.Size-64<<10) / (float64(kbit) * 1000 / 8) * float64(time.Second))
		}
		if took := clock.now.Sub(began); took < due-time.Millisecond || took > due+time.Millisecond {
			t.Errorf("%d kbit/s: %d bytes took %v, want %v", kbit, o.Size, took, due)
		}
	}
}

// Only one file is kept: what is fetched now.
func TestCacheIsCleaned(t *testing.T) {
	p, o, _ := published(t, 5000)
	cache := filepath.Join(p.dir, "cache")
	outside := filepath.Join(t.TempDir(), "precious")
	if err := errors.Join(os.WriteFile(outside, []byte("x"), 0o600), os.MkdirAll(filepath.Join(cache, "folder", "deep"), 0o700),
		os.WriteFile(filepath.Join(cache, strings.Repeat("0", 64)+".part"), noise(9000), 0o600), os.Symlink(outside, filepath.Join(cache, "link"))); err != nil {
		t.Fatal(err)
	}
	if _, err := p.fetches(o); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(cache); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
	if err := p.source().Clear(); err != nil || p.cached() != 0 {
		t.Errorf("%d bytes are left: %v", p.cached(), err)
	}
}

// The partial file is never somebody else's: a link in its place is none.
func TestLinksInTheCache(t *testing.T) {
	p, o, want := published(t, 5000)
	if _, err := p.fetches(o); err != nil {
		t.Fatal(err)
	}
	path, outside := p.partial(), filepath.Join(t.TempDir(), "passwd")
	if err := errors.Join(os.WriteFile(outside, []byte("root"), 0o600), os.Remove(path), os.Symlink(outside, path)); err != nil {
		t.Fatal(err)
	}
	if got, err := p.fetches(o); err != nil || got != want {
		t.Errorf("%v", err)
	}
	if data, err := os.ReadFile(outside); err != nil || string(data) != "root" {
		t.Errorf("the link's file was written: %q, %v", data, err)
	}
}

// The cheapest way for this PC is offered and fetched.
func TestDeltas(t *testing.T) {
	p := newPC(t)
	one := noise(300_000)
	two := append(append([]byte{}, one[:1000]...), append([]byte("new"), one[1000:]...)...)
	first := p.vendor.Publish(t, "1.0.0", linux, one)
	p.vendor.Publish(t, "1.1.0", linux, two)
	o := p.offers("1.1.0")
	if o.Delta || o.Fetch != o.Size {
		t.Errorf("nothing is installed: %+v", o)
	}
	p.installed = strings.Repeat("0", 64)
	if o := p.offers("1.1.0"); o.Delta || o.Fetch != o.Size {
		t.Errorf("another version is installed: %+v", o)
	}
	p.installed = first
	o = p.offers("1.1.0")
	if !o.Delta || o.Fetch > 1000 || o.Size < 300_000 {
		t.Fatalf("offer: %d of %d bytes, delta %v", o.Fetch, o.Size, o.Delta)
	}
	s := p.source()
	if err := s.Confirm(t.Context(), *o); err != nil {
		t.Fatal(err)
	}
	for _, full := range []bool{false, true} {
		var last int64
		f, err := s.Download(t.Context(), *o, source.Options{Full: full, Progress: func(n int64) { last = n }})
		if err != nil {
			t.Fatal(err)
		}
		want := o.Fetch
		if full {
			want = o.Size
		}
		if f.Delta == full || f.Size() != want || last != want {
			t.Errorf("full %v: a delta %v of %d bytes, progress %d", full, f.Delta, f.Size(), last)
		}
		f.Close()
	}
}

// Stable is for all, pilot for who asked for it; and a release for some
// instruments is offered to those alone.
func TestChannelsAndLines(t *testing.T) {
	p := newPC(t)
	publish := func(version, channel string, lines ...string) {
		d := releasestest.Describe(version, linux)
		d.Channel, d.Lines = channel, lines
		p.vendor.PublishAs(t, d, []byte(version))
	}
	publish("1.0.0", release.Stable)
	publish("1.1.0", release.Pilot)
	publish("1.2.0", release.Stable, "Navios", "DxFLEX")
	publish("1.3.0", release.Pilot, "Navios")
	publish("1.4.0", "nightly")
	for _, tt := range []struct {
		site source.Site
		want string
	}{
		{source.Site{}, "1.0.0"},
		{source.Site{Channel: release.Stable}, "1.0.0"},
		{source.Site{Channel: release.Pilot}, "1.1.0"},
		{source.Site{Channel: "nightly"}, "1.0.0"},
		{source.Site{InstrumentType: "DxFLEX"}, "1.2.0"},
		{source.Site{InstrumentType: "AU5800"}, "1.0.0"},
		{source.Site{Channel: release.Pilot, InstrumentType: "DxFLEX"}, "1.2.0"},
		{source.Site{Channel: release.Pilot, InstrumentType: "Navios"}, "1.3.0"},
	} {
		p.site = tt.site
		if o, err := p.check(); err != nil || o == nil || o.Version != tt.want {
			t.Errorf("%+v: offered %+v, %v", tt.site, o, err)
		}
	}
	p.site = source.Site{Channel: release.Pilot}
	if o := p.offers("1.1.0"); o != nil {
		p.site = source.Site{}
		if err := p.source().Confirm(t.Context(), *o); !errors.Is(err, source.ErrWithdrawn) {
			t.Errorf("the site left the pilot, and %v", err)
		}
	}
}

// A mirror stands in for the vendor's server, and can do no more than it.
func TestMirror(t *testing.T) {
	p := newPC(t)
	p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
	other := releasestest.New(t) // a server of somebody else
	other.Publish(t, "6.6.6", linux, []byte("evil"))
	mirror := releasestest.New(t)
	mirror.Serve(p.vendor.Repository.Dir)
	p.vendor.Hostile(func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusTeapot); return true })
	p.site.Mirror, p.mirrorCA = strings.TrimSuffix(mirror.URL, "/"), mirror.CA
	p.way = mirror.URL
	o := p.offers("1.0.0")
	if s := p.source(); s.Confirm(t.Context(), *o) != nil {
		t.Error("not confirmed")
	} else if f, err := s.Download(t.Context(), *o, source.Options{}); err != nil || text(t, f) != "one" {
		t.Errorf("downloaded: %v", err)
	}
	p.site.Mirror, p.mirrorCA, p.way = other.URL, other.CA, other.URL
	p.refuses(source.ErrUntrusted)
	// The cloud's own CA says nothing about a mirror.
	p.site.Mirror, p.mirrorCA, p.way = mirror.URL, x509.NewCertPool(), mirror.URL
	p.refuses(source.ErrUnreachable)
}
