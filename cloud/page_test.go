package cloud_test

import (
	"net/http"
	"testing"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/console"
	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/internal/cloudapi"
)

// The page, the cloud, the sign-in and a device's own messages together: the
// engineer reads what a device wrote, and nothing of it is more than text
// (P24, scenario 44).
func TestRecordOnThePage(t *testing.T) {
	if !console.Built() {
		t.Fatal("the page is not built: run go run ./build/console first")
	}
	r := start(t, func(c *cloud.Config) { c.Console = console.Handler(console.Config{}) })
	const script = `<img src=x onerror=alert(1)><script>alert(1)</script>`
	d := r.register(t, func(q *cloudapi.RegisterRequest) { q.Name, q.Serial, q.InstrumentType = script, script, script })
	l := d.teller(t)
	l.request("req-1", "waiting")
	l.event("req-1", "", "code-issued", "")
	if status := r.issue(t, "req-1", anna); status != http.StatusOK {
		t.Fatal(status)
	}
	l.event("req-1", "s-1", "authenticated", anna, "ticket", script, "reason", script, script, script)
	l.event("req-1", "s-1", "asked", bob, "capability", "control") // not anna's
	l.event("req-1", "s-1", "file", anna, "state", script, "why", script, "sha256", script, "size", script)
	l.event("req-1", "s-1", "hasOwnProperty", anna, "__proto__", script)

	b := consoletest.Open(t, r.roots.CloudCAPEM, "en-US")
	b.Look(1440, 900, 1, false)
	b.Go(r.BaseURL())
	b.Wait(`document.body.dataset.phase === "sign-in"`)
	b.Click("#sign-in")
	b.Fill("#username", anna)
	b.Fill("#password", password)
	b.Click("#submit")
	b.Wait(`document.body.dataset.phase === "home"`)
	b.Click("#my-sessions")
	b.Wait(`document.querySelectorAll(".event").length === 4`)
	if kinds := b.Text(`[...document.querySelectorAll(".event")].map(e => e.dataset.kind).join(" ")`); kinds != "code-issued authenticated file hasOwnProperty" {
		t.Errorf("the page shows %q", kinds)
	}
	l.event("req-1", "s-1", "ended", anna, "why", script)
	l.request("req-1", "ended")
	b.Wait(`document.querySelectorAll(".event").length === 5`) // it comes by itself
	if n := b.Text(`document.querySelectorAll("#view img, #view script").length`); n != "0" {
		t.Errorf("%s elements came out of a device's texts", n)
	}
	b.Shot("record-real")
	b.Clean()
}
