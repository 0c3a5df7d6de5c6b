package console_test

import (
	"testing"

	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/session/wire"
)

// audit holds the page against all of axe-core's rules, and its colours against
// them in each other look: nothing else differs between looks. In forced colours
// the colours are the system's, which axe-core cannot see.
func audit(t *testing.T, b *consoletest.Browser, state string) {
	t.Helper()
	for look, rules := range map[string][]string{"dark": nil, "light": {"color-contrast"}, "contrast": {"color-contrast"}} {
		b.Choose(look)
		for _, f := range b.Audit(rules...) {
			t.Errorf("%s, %s: %v", state, look, f)
		}
	}
	b.Choose("dark")
}

// Every page and state of the console keeps WCAG 2.2 A and AA, in every look
// (B12).
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
