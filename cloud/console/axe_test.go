package console_test

import (
	"testing"

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
	for _, f := range b.Audit("color-contrast") { // the system's own, which axe-core cannot see
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
	b, other, url := pages(t, "en-US")
	b.Look(1366, 768, 1, true)
	walk(b, other, url, func(state string) { audit(t, b, state) })
	b.Clean()
}
