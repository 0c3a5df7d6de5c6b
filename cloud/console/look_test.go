package console_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"beckmanconnect/cloud/console"
	"beckmanconnect/cloud/console/consoletest"
)

// The page is dark until another look is chosen, whatever the system is; the
// choice is kept, and is there before anything is drawn.
func TestLookIsChosen(t *testing.T) {
	needPage(t)
	other := consoletest.NewOther(t)
	server, ca := consoletest.Serve(t, other.Handler(console.Handler(console.Config{})))
	b := consoletest.Open(t, ca, "en-US")
	b.OnEveryPage(`new MutationObserver((_, o) => {
  if (!document.body) return;
  window.lookAtFirst = document.documentElement.dataset.look + " " + document.querySelector("meta[name=color-scheme]").content;
  o.disconnect();
}).observe(document, {childList: true, subtree: true});`)
	open := func() {
		t.Helper()
		b.Go(server.URL)
		b.Wait(`document.body.dataset.phase === "sign-in"`)
	}
	paper := func() string { return b.Text(`getComputedStyle(document.body).backgroundColor`) }
	b.Media(map[string]string{"prefers-color-scheme": "light"})
	open()
	if got := b.Text(`window.lookAtFirst`); got != "dark dark" {
		t.Errorf("at first it looks %q", got)
	}
	dark := paper()
	b.Do("choose by the keyboard", chromedp.Focus("#look", chromedp.ByQuery), chromedp.KeyEvent("L"))
	b.Wait(`document.documentElement.dataset.look === "light"`)
	light := paper()
	if light == dark {
		t.Errorf("light looks as dark does: %s", light)
	}
	open()
	if got := b.Text(`window.lookAtFirst`); got != "light light" || paper() != light {
		t.Errorf("the choice was not kept: %q, %s", got, paper())
	}
	b.Choose("system")
	if got := paper(); got != light {
		t.Errorf("as a light system it looks %s", got)
	}
	b.Media(map[string]string{"prefers-color-scheme": "dark"})
	if got := paper(); got != dark {
		t.Errorf("as a dark system it looks %s", got)
	}
	b.Choose("contrast")
	black := paper()
	if black != "rgb(0, 0, 0)" {
		t.Errorf("in high contrast it looks %s", black)
	}
	b.Choose("dark")
	b.Media(map[string]string{"prefers-contrast": "more"})
	if got := paper(); got != black {
		t.Errorf("a system that asks for contrast gets %s", got)
	}
	b.Choose("light")
	if got := paper(); got != light {
		t.Errorf("a bright page that was chosen turns %s", got)
	}
	b.Clean()
}
