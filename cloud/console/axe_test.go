package console_test

import (
	"testing"

	"beckmanconnect/cloud/console"
	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/session/wire"
)

// audit holds the page against axe-core's rules in each of its looks.
func audit(t *testing.T, b *consoletest.Browser, state string) {
	t.Helper()
	for _, look := range []string{"dark", "light", "contrast"} {
		b.Choose(look)
		for _, f := range b.Audit() {
			t.Errorf("%s, %s: %v", state, look, f)
		}
	}
	b.Choose("dark")
	// Colours of the system's own: what is told by colour must be told otherwise.
	b.Media(map[string]string{"forced-colors": "active"})
	for _, f := range b.Audit() {
		t.Errorf("%s, forced colours: %v", state, f)
	}
	b.Media(nil)
}

// Every page and state of the console keeps WCAG 2.2 A and AA, in every look
// and in forced colours (B12).
func TestAccessibleSession(t *testing.T) {
	l := enterLab(t, "en-US")
	tour(l, func(state string) { audit(t, l.Browser, state) })
	l.Other.Host.Say(wire.Message{Type: "end", Why: "kill-key"})
	l.Wait(`document.querySelector("#summary")?.dataset.why === "kill-key"`)
	audit(t, l.Browser, "summary")
	l.Clean()
}

func TestAccessiblePages(t *testing.T) {
	needPage(t)
	other := consoletest.NewOther(t)
	server, ca := consoletest.Serve(t, other.Handler(console.Handler(console.Config{})))
	b := consoletest.Open(t, ca, "en-US")
	b.Look(1366, 768, 1, true)
	b.Go(server.URL)
	b.Wait(`document.body.dataset.phase === "sign-in"`)
	audit(t, b, "sign-in")
	b.Click("#sign-in")
	b.Wait(`document.querySelectorAll("#waiting .request").length === 3`)
	audit(t, b, "home")
}
