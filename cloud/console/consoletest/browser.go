// Package consoletest drives the engineer's page in a real Chromium, for the
// tests of the hosted console and of beckmanconnect-desk.
package consoletest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"beckmanconnect/session/channel/channeltest"
)

// Browser is a page in Chromium that shares nothing with any other: cookies,
// storage and cache are its own.
type Browser struct {
	tb  testing.TB
	Ctx context.Context

	own     cdp.BrowserContextID // where nothing is any other page's
	follows bool                 // the page looks as the system does

	mu     sync.Mutex
	faults []string
}

// patience is for a machine that does much else at the same time.
const patience = 90 * time.Second

// Open opens a page of its own: in a Chromium that tests share where Main runs
// them and ca is nil or Serve's, in one for this test alone otherwise. It trusts
// ca, when given, through a certificate store; certificate errors are never
// ignored.
func Open(tb testing.TB, ca []byte, lang string) *Browser {
	tb.Helper()
	chromium := running.chromium(tb, ca, lang)
	own, tab := window(tb, chromium)
	ctx, end := context.WithTimeout(chromium, 10*time.Minute)
	tb.Cleanup(end)
	ctx, end = chromedp.NewContext(ctx, chromedp.WithTargetID(tab))
	tb.Cleanup(end)
	b := &Browser{tb: tb, Ctx: ctx, own: own}
	chromedp.ListenTarget(ctx, b.listen)
	b.Do("open a page", log.Enable())
	return b
}

// listen keeps what must not happen on a page: exceptions, errors, violations
// of its policy.
func (b *Browser) listen(event any) {
	var fault string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		fault = e.ExceptionDetails.Error()
	case *log.EventEntryAdded:
		// A refused request is logged as a network error; the page shows what
		// it makes of it.
		if e.Entry.Level == log.LevelError && e.Entry.Source != log.SourceNetwork {
			fault = string(e.Entry.Source) + ": " + e.Entry.Text
		}
	}
	if fault != "" {
		b.mu.Lock()
		b.faults = append(b.faults, fault)
		b.mu.Unlock()
	}
}

// Clean fails the test when the page had a fault.
func (b *Browser) Clean() {
	b.tb.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.faults {
		b.tb.Errorf("the page: %s", f)
	}
}

// Do runs actions.
func (b *Browser) Do(what string, actions ...chromedp.Action) {
	b.tb.Helper()
	done := make(chan error, 1)
	go func() { done <- chromedp.Run(b.Ctx, actions...) }()
	select {
	case err := <-done:
		if err == nil {
			return
		}
		b.fail(what, err)
	case <-time.After(patience):
		b.fail(what, fmt.Errorf("not within %v", patience))
	}
}

func (b *Browser) fail(what string, err error) {
	b.tb.Helper()
	var text string
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = chromedp.Run(b.Ctx, chromedp.Evaluate(`document.body.dataset.phase + ": " + document.body.innerText`, &text))
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tb.Fatalf("%s: %v\nthe page shows: %s\nfaults: %s", what, err, text, strings.Join(b.faults, "\n"))
}

// Go opens an address.
func (b *Browser) Go(url string) { b.tb.Helper(); b.Do("open "+url, chromedp.Navigate(url)) }

// Click clicks with the mouse.
func (b *Browser) Click(selector string) {
	b.tb.Helper()
	b.Do("click "+selector, chromedp.Click(selector, chromedp.ByQuery, chromedp.NodeVisible))
}

// Fill types into a field.
func (b *Browser) Fill(selector, text string) {
	b.tb.Helper()
	b.Do("fill "+selector, chromedp.WaitVisible(selector, chromedp.ByQuery), chromedp.SendKeys(selector, text, chromedp.ByQuery))
}

// Wait waits until a script gives true. A page that is being replaced answers
// nothing, and is asked again.
func (b *Browser) Wait(script string) {
	b.tb.Helper()
	script = "Promise.resolve(" + script + ").then(v => v === true)"
	end := time.After(patience)
	for {
		var ok bool
		one, cancel := context.WithTimeout(b.Ctx, 20*time.Second)
		err := chromedp.Run(one, chromedp.Evaluate(script, &ok, chromedp.EvalAsValue, awaitPromise))
		cancel()
		if err == nil && ok {
			return
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-end:
			b.fail("wait for "+script, err)
		}
	}
}

func awaitPromise(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// Eval runs a script for what it does.
func (b *Browser) Eval(script string) {
	b.tb.Helper()
	b.Do("run "+script, chromedp.Evaluate("void ("+script+")", nil))
}

// AllowClipboard lets pages read and write the clipboard, as a person would
// when the browser asks.
func (b *Browser) AllowClipboard() {
	b.tb.Helper()
	b.Do("allow the clipboard", chromedp.ActionFunc(func(ctx context.Context) error {
		c := chromedp.FromContext(ctx)
		return browser.GrantPermissions([]browser.PermissionType{browser.PermissionTypeClipboardReadWrite, browser.PermissionTypeClipboardSanitizedWrite}).
			WithBrowserContextID(b.own).Do(cdp.WithExecutor(ctx, c.Browser))
	}))
}

// WatchWorkers keeps the page's worker where Lab.FromWorker finds it; to be
// called before the page is opened.
func (b *Browser) WatchWorkers() {
	b.tb.Helper()
	b.Do("watch workers", chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(`window.Worker = class extends window.Worker { constructor(...a) { super(...a); window.testWorker = this; } };`).Do(ctx)
		return err
	}))
}

// Text gives what an expression is.
func (b *Browser) Text(script string) string {
	b.tb.Helper()
	var out string
	b.Do("read "+script, chromedp.Evaluate("String("+script+")", &out))
	return out
}

// Look sets size, pixel ratio and colour scheme, as a system does whose look the
// page follows; nothing moves, so that pictures show how it ends.
func (b *Browser) Look(width, height int64, ratio float64, dark bool) {
	b.tb.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	b.Do("look", chromedp.ActionFunc(func(ctx context.Context) error {
		if b.follows {
			return nil
		}
		b.follows = true
		_, err := page.AddScriptToEvaluateOnNewDocument(`try { localStorage.getItem("console.look") ?? localStorage.setItem("console.look", "system"); } catch { /* no page yet */ }`).Do(ctx)
		return err
	}))
	b.Size(width, height, ratio)
	b.Media(map[string]string{"prefers-color-scheme": scheme})
}

// Size sets the window's size in CSS pixels and how many pixels each has.
func (b *Browser) Size(width, height int64, ratio float64) {
	b.tb.Helper()
	b.Do("size", emulation.SetDeviceMetricsOverride(width, height, ratio, false))
}

// Media sets what the system asks of pages, and that nothing moves.
func (b *Browser) Media(features map[string]string) {
	b.tb.Helper()
	list := []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}
	for name, value := range features {
		list = append(list, &emulation.MediaFeature{Name: name, Value: value})
	}
	b.Do("media", emulation.SetEmulatedMedia().WithFeatures(list))
}

// Choose chooses a look of the page, as its own switch does.
func (b *Browser) Choose(look string) {
	b.tb.Helper()
	b.Eval(`(() => { const s = document.querySelector("#look"); s.value = "` + look + `"; s.dispatchEvent(new Event("change")); })()`)
}

// Shot keeps a picture of the page when BECKMANCONNECT_SHOTS names a folder.
func (b *Browser) Shot(name string) {
	b.tb.Helper()
	dir := os.Getenv("BECKMANCONNECT_SHOTS")
	if dir == "" {
		return
	}
	var png []byte
	b.Do("picture", chromedp.CaptureScreenshot(&png))
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		b.tb.Fatal(err)
	}
}

// ScreenHash is the SHA-256, in hexadecimal, of the picture as it stands: red,
// green, blue for each pixel.
const ScreenHash = `(async () => {
  const from = document.querySelector("#screen");
  const to = document.createElement("canvas");
  to.width = from.width; to.height = from.height;
  const c = to.getContext("2d", {willReadFrequently: true});
  c.drawImage(from, 0, 0);
  const rgba = c.getImageData(0, 0, to.width, to.height).data, rgb = new Uint8Array(to.width * to.height * 3);
  for (let i = 0, o = 0; i < rgba.length; i += 4) { rgb[o++] = rgba[i]; rgb[o++] = rgba[i+1]; rgb[o++] = rgba[i+2]; }
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", rgb));
  return Array.from(sum, b => b.toString(16).padStart(2, "0")).join("");
})()`

// AwaitPicture waits until the page shows a picture with this hash.
func (b *Browser) AwaitPicture(want string) {
	b.tb.Helper()
	b.Wait(`(async () => { window.lastHash = await ` + ScreenHash + `; return window.lastHash === "` + want + `"; })()`)
}

// Serve is a TLS server on loopback; its CA is the same for all tests of a
// program, so that they can share what trusts it.
func Serve(tb testing.TB, h http.Handler) (server *httptest.Server, ca []byte) {
	tb.Helper()
	authority := running.authority(tb)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	cert := channeltest.Sign(tb, &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, authority.Cert, key.Public(), authority.Key)
	server = httptest.NewUnstartedServer(h)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}}
	server.StartTLS()
	tb.Cleanup(server.Close)
	return server, authority.PEM()
}
