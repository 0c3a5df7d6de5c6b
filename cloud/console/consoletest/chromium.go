package consoletest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"beckmanconnect/session/channel/channeltest"
)

// running is what the tests of this program share: the authority of Serve, and
// under Main the Chromiums, one for each language. To start one for each test
// takes as long as half of the tests do.
var running house

type house struct {
	mu      sync.Mutex
	shares  bool
	ca      *channeltest.CA
	folders []string
	closers []func()
	pages   map[string]context.Context // by language
}

// Main runs a package's tests with Chromiums that they share, and ends these.
func Main(m *testing.M) int {
	running.mu.Lock()
	running.shares = true
	running.mu.Unlock()
	defer running.close()
	return m.Run()
}

func (h *house) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, end := range h.closers {
		end()
	}
	for _, dir := range h.folders {
		_ = os.RemoveAll(dir)
	}
}

// authority is Serve's.
func (h *house) authority(tb testing.TB) *channeltest.CA {
	tb.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ca == nil {
		h.ca = channeltest.NewCA(tb, "Test Cloud CA")
	}
	return h.ca
}

// chromium is a running Chromium in a language that trusts ca: the shared one
// where it can be, one that ends with the test otherwise.
func (h *house) chromium(tb testing.TB, ca []byte, lang string) context.Context {
	tb.Helper()
	ours := h.authority(tb).PEM()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.shares || ca != nil && string(ca) != string(ours) {
		ctx, end, err := launch(tb.TempDir(), ca, lang)
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(end)
		return ctx
	}
	if ctx := h.pages[lang]; ctx != nil && ctx.Err() == nil {
		return ctx
	}
	home, err := os.MkdirTemp("", "beckmanconnect-chromium-")
	if err != nil {
		tb.Fatal(err)
	}
	h.folders = append(h.folders, home)
	ctx, end, err := launch(home, ours, lang)
	if err != nil {
		tb.Fatal(err)
	}
	if h.pages == nil {
		h.pages = map[string]context.Context{}
	}
	h.pages[lang], h.closers = ctx, append(h.closers, end)
	return ctx
}

// window opens an empty window in a context of its own, gone when the test ends.
// chromedp's own would be a tab, for which a new context has no window yet.
func window(tb testing.TB, chromium context.Context) (own cdp.BrowserContextID, page target.ID) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(cdp.WithExecutor(chromium, chromedp.FromContext(chromium).Browser), patience)
	defer cancel()
	own, err := target.CreateBrowserContext().Do(ctx)
	if err != nil {
		tb.Fatalf("a context of its own: %v", err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(cdp.WithExecutor(chromium, chromedp.FromContext(chromium).Browser), patience)
		defer cancel()
		if err := target.DisposeBrowserContext(own).Do(ctx); err != nil {
			tb.Errorf("close the page: %v", err)
		}
	})
	page, err = target.CreateTarget("about:blank").WithNewWindow(true).WithBrowserContextID(own).Do(ctx)
	if err != nil {
		tb.Fatalf("a window: %v", err)
	}
	return own, page
}

// launch starts Chromium with a home of its own.
func launch(home string, ca []byte, lang string) (context.Context, func(), error) {
	if ca != nil {
		if err := trust(home, ca); err != nil {
			return nil, nil, err
		}
	}
	options := append([]chromedp.ExecAllocatorOption{},
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Headless, chromedp.DisableGPU,
		chromedp.ExecPath("chromium-headless-shell"), // a fifth less time than Chromium's own --headless; the story has all of Chromium
		chromedp.UserDataDir(filepath.Join(home, "profile")),
		chromedp.Env("HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, ".config"), "XDG_CACHE_HOME="+filepath.Join(home, ".cache")),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("lang", lang),
		chromedp.Flag("accept-lang", lang),
		chromedp.WindowSize(1440, 900),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's own sandbox refuses to start as root
	}
	all, endAll := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(all)
	stop := func() {
		// Asked to close, it takes its folder in /tmp with it; killed, it would not.
		bye, enough := context.WithTimeout(ctx, 10*time.Second)
		_ = chromedp.Cancel(bye)
		enough()
		end()
		endAll()
	}
	started := make(chan error, 1)
	go func() { started <- chromedp.Run(ctx) }()
	select {
	case err := <-started:
		if err == nil {
			return ctx, stop, nil
		}
		endAll()
		return nil, nil, fmt.Errorf("start Chromium: %w", err)
	case <-time.After(patience):
		endAll()
		return nil, nil, fmt.Errorf("start Chromium: not within %v", patience)
	}
}

// trust puts a CA into the certificate store of a home.
func trust(home string, ca []byte) error {
	nss := filepath.Join(home, ".pki", "nssdb")
	if err := os.MkdirAll(nss, 0o700); err != nil {
		return err
	}
	file := filepath.Join(home, "ca.pem")
	if err := os.WriteFile(file, ca, 0o600); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"-d", "sql:" + nss, "-N", "--empty-password"},
		{"-d", "sql:" + nss, "-A", "-t", "C,,", "-n", "test CA", "-i", file},
	} {
		if out, err := exec.Command("certutil", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("certutil %v: %w: %s", args, err, out)
		}
	}
	return nil
}
