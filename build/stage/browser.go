package stage

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Browser is the engineer's Chromium, on a display of its own. It trusts the
// development CA because that is in its private NSS database, and nothing it
// would warn about is ever ignored.
type Browser struct {
	Display *Display
	ctx     context.Context
	cancel  func()
}

// OpenBrowser starts Chromium on a new display.
func (h *House) OpenBrowser(ctx context.Context) (*Browser, error) {
	display, err := newVirtualDisplay(h.dir("logs"), "engineer-display", 1600, 1000)
	if err != nil {
		return nil, err
	}
	home := h.dir("engineer")
	nss := filepath.Join(home, ".pki", "nssdb")
	if err := os.MkdirAll(nss, 0o700); err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	for _, args := range [][]string{
		{"-d", "sql:" + nss, "-N", "--empty-password"},
		{"-d", "sql:" + nss, "-A", "-t", "C,,", "-n", "BeckmanConnect development CA", "-i", filepath.Join(h.Roots(), "cloud-ca.pem")},
	} {
		if _, err := run(ctx, nil, "certutil", args...); err != nil {
			display.Stop()
			return nil, err
		}
	}
	options := append([]chromedp.ExecAllocatorOption{}, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.ExecPath("chromium"),
		chromedp.UserDataDir(filepath.Join(home, "profile")),
		chromedp.Env("DISPLAY="+display.Name, "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, ".config"), "XDG_CACHE_HOME="+filepath.Join(home, ".cache"), "DBUS_SESSION_BUS_ADDRESS=disabled:"),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("password-store", "basic"),
		chromedp.Flag("disable-features", "Translate,PasswordLeakDetection,PasswordManagerOnboarding"),
		chromedp.WindowSize(1600, 1000),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's own sandbox refuses to start as root
	}
	allocator, endAllocator := chromedp.NewExecAllocator(context.WithoutCancel(ctx), options...)
	tab, endTab := chromedp.NewContext(allocator)
	b := &Browser{Display: display, ctx: tab, cancel: func() {
		bye, end := context.WithTimeout(tab, 5*time.Second)
		_ = chromedp.Cancel(bye)
		end()
		endTab()
		endAllocator()
		display.Stop()
	}}
	h.stop = append(h.stop, b.cancel)
	if err := b.Do(60*time.Second, chromedp.Navigate("about:blank")); err != nil {
		return nil, fmt.Errorf("stage: Chromium did not start: %w", err)
	}
	return b, nil
}

// Tab opens another tab in the same browser, signed in alike.
func (b *Browser) Tab() (*Browser, error) {
	tab, end := chromedp.NewContext(b.ctx)
	other := &Browser{Display: b.Display, ctx: tab, cancel: end}
	if err := other.Do(30*time.Second, chromedp.Navigate("about:blank")); err != nil {
		end()
		return nil, fmt.Errorf("stage: another tab: %w", err)
	}
	return other, nil
}

// Close closes a tab.
func (b *Browser) Close() { b.cancel() }

// Front brings the tab before the others.
func (b *Browser) Front() error { return b.Do(20*time.Second, page.BringToFront()) }

// Do performs actions in the tab within a time.
func (b *Browser) Do(limit time.Duration, actions ...chromedp.Action) error {
	// The first Run creates the browser with the tab's own context; a context
	// with a time-out would take the browser with it.
	done := make(chan error, 1)
	go func() { done <- chromedp.Run(b.ctx, actions...) }()
	select {
	case err := <-done:
		return err
	case <-time.After(limit):
		return errors.New("the page did not get there within " + limit.String())
	}
}

// Eval runs a script in the page and decodes its value into result.
func (b *Browser) Eval(script string, result any) error {
	return b.Do(20*time.Second, chromedp.Evaluate(script, result))
}

// Click clicks an element by mouse once it is visible.
func (b *Browser) Click(selector string) error {
	return b.named(selector, b.Do(20*time.Second, chromedp.Click(selector, chromedp.ByQuery, chromedp.NodeVisible)))
}

// Fill empties a field and types a text into it.
func (b *Browser) Fill(selector, text string) error {
	return b.named(selector, b.Do(20*time.Second,
		chromedp.WaitVisible(selector, chromedp.ByQuery),
		chromedp.Focus(selector, chromedp.ByQuery),
		chromedp.Evaluate(fmt.Sprintf("document.querySelector(%q).select()", selector), nil),
		chromedp.SendKeys(selector, text, chromedp.ByQuery)))
}

// Wait waits until a script gives true.
func (b *Browser) Wait(ctx context.Context, what, script string) error {
	return Until(ctx, what, func() (bool, error) {
		var ok bool
		err := b.Eval("!!("+script+")", &ok)
		return ok, err
	})
}

func (b *Browser) named(selector string, err error) error {
	if err != nil {
		return fmt.Errorf("engineer's page, %s: %w", selector, err)
	}
	return nil
}

// Shot writes a PNG of what the page shows.
func (b *Browser) Shot(file string) error {
	var picture []byte
	if err := b.Do(20*time.Second, chromedp.CaptureScreenshot(&picture)); err != nil {
		return fmt.Errorf("stage: picture of the page: %w", err)
	}
	return os.WriteFile(file, picture, 0o600)
}

// Open goes to an address.
func (b *Browser) Open(url string) error {
	if err := b.Do(30*time.Second, chromedp.Navigate(url)); err != nil {
		return fmt.Errorf("engineer's page %s: %w", url, err)
	}
	return nil
}

// WaitAsync waits until an expression that may use await gives true.
func (b *Browser) WaitAsync(ctx context.Context, what, script string) error {
	return Until(ctx, what, func() (bool, error) {
		var ok bool
		err := b.Do(20*time.Second, chromedp.Evaluate("(async () => !!("+script+"))()", &ok, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
		return ok, err
	})
}

// ClickPixel clicks a pixel of the picture on a canvas, wherever the page has
// placed and scaled it.
func (b *Browser) ClickPixel(selector string, x, y int) error {
	var at struct{ X, Y float64 }
	script := fmt.Sprintf(`(() => { const c = document.querySelector(%q), r = c.getBoundingClientRect(); return {X: r.left + (%d + .5) * r.width / c.width, Y: r.top + (%d + .5) * r.height / c.height} })()`, selector, x, y)
	if err := b.Eval(script, &at); err != nil {
		return b.named(selector, err)
	}
	return b.named(selector, b.Do(20*time.Second, chromedp.MouseClickXY(at.X, at.Y)))
}

// TypeKeys types where the page has its focus.
func (b *Browser) TypeKeys(text string) error {
	return b.Do(60*time.Second, chromedp.KeyEvent(text))
}

// Choose picks a file in a file field.
func (b *Browser) Choose(selector, file string) error {
	return b.named(selector, b.Do(20*time.Second, chromedp.SetUploadFiles(selector, []string{file}, chromedp.ByQuery)))
}

// Pixels are those of a canvas, RGBA.
func (b *Browser) Pixels(selector string) (image.Image, error) {
	var data string
	if err := b.Eval(fmt.Sprintf(`document.querySelector(%q).toDataURL('image/png')`, selector), &data); err != nil {
		return nil, b.named(selector, err)
	}
	_, text, ok := strings.Cut(data, "base64,")
	if !ok {
		return nil, b.named(selector, errors.New("the canvas gave no picture"))
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, b.named(selector, err)
	}
	return png.Decode(bytes.NewReader(raw))
}
