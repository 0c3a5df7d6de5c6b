package cloud_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/console"
	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
)

// canary is what a hostile device writes wherever it may write a text: markup,
// script, direction marks, a line break, a formula. Should any of it run, the
// page's title says so.
const canary = `=1+1"><img src=x onerror="document.title='OWNED'"><svg onload="document.title='OWNED'"><script>document.title='OWNED'</script>{{7*7}}javascript:alert(1)`

// as opens the page as somebody whose session was made beside the sign-in.
func (r *running) as(t *testing.T, who cloudapi.Staff, lang string) *consoletest.Browser {
	t.Helper()
	b := consoletest.Open(t, r.roots.CloudCAPEM, lang)
	b.Look(1440, 900, 1, false)
	token := strings.TrimPrefix(r.session(t, who)[1], "Bearer ")
	b.Do("sign in", network.SetCookie("__Host-staff", token).WithURL(r.BaseURL()).WithPath("/").WithSecure(true).WithHTTPOnly(true).WithSameSite(network.CookieSameSiteStrict))
	b.Go(r.BaseURL())
	b.Wait(`document.body.dataset.phase === "home"`)
	return b
}

// P14, P24, scenario 44: the record as an auditor reads it, with what a hostile
// device wrote into every field it has.
func TestEventsOnThePage(t *testing.T) {
	if !console.Built() {
		t.Fatal("the page is not built: run go run ./build/console first")
	}
	r := start(t, func(c *cloud.Config) { c.Console = console.Handler(console.Config{}) })
	d := r.register(t, func(q *cloudapi.RegisterRequest) { q.Name, q.Serial, q.InstrumentType = scripted, scripted, scripted })
	l := d.connect(t)
	request := waiting("req-1")
	request.Reason, request.AlarmCode, request.Version, request.Profile = scripted, scripted, scripted, scripted
	l.say(d.id, cloudapi.KindRequest, "e", 1, request)
	l.say(d.id, cloudapi.KindHelpLogs, "e", 2, helpLogs("req-1", canary+"\n"))
	l.say(d.id, cloudapi.KindStatus, "", 0, cloudapi.Status{Version: scripted, Class: scripted, Run: scripted, Worst: scripted, Phase: scripted})
	n := alarm(1)
	n.Code, n.Subject, n.Title, n.Source = scripted, scripted, scripted, scripted
	l.say(d.id, cloudapi.KindNotification, "e", 3, n)
	l.say(d.id, cloudapi.KindSessionEvent, "e", 4, cloudapi.SessionEvent{Request: "req-1", Session: "s", Kind: "ended", Engineer: "anna.weber@vendor.example", Fields: map[string]string{"why": scripted, scripted: scripted}})
	// What got past the checks of one version must not run in the next one.
	if err := r.DB().AddEvents(t.Context(), []data.Event{{Kind: canary, Severity: 1, Region: "eu", Device: canary, Request: canary, Personal: data.EventPersonal{
		Actor: canary, Address: canary, Fields: map[string]string{canary: canary, "kind": canary, "\u202egnp.exe": "\u202e\u2066evil"}}}}); err != nil {
		t.Fatal(err)
	}
	b := r.as(t, auditor, "en-US")
	harmless := func(where string) {
		t.Helper()
		noMarkup(t, b, where)
		if title := b.Text(`document.title`); strings.Contains(title, "OWNED") {
			t.Errorf("%s: a device's script has run", where)
		}
	}
	harmless("home")
	for _, place := range []struct{ id, ready string }{
		{"#nav-feed", `document.querySelectorAll(".feed-row").length > 0 || document.querySelector(".feed-status").innerText !== ""`},
		{"#nav-instruments", `document.querySelectorAll(".instrument").length > 0`},
		{"#my-sessions", `document.body.dataset.phase === "record"`},
	} {
		b.Click(place.id)
		b.Wait(place.ready)
		harmless(place.id)
	}
	b.Click("#nav-events")
	const rows = `document.querySelectorAll(".event-row").length`
	b.Wait(`document.querySelector(".events-page").dataset.state === "shown" && ` + rows + ` >= 4`)
	b.Eval(`document.querySelectorAll(".event-row").forEach(e => { e.open = true; })`)
	harmless("events")
	if text := b.Text(`document.querySelector(".event-list").innerText`); !strings.Contains(text, canary) || !strings.Contains(text, "Record read") {
		t.Errorf("the page does not show what was written:\n%s", text)
	}
	b.Eval(`document.querySelectorAll(".event-row").forEach((e, i) => { e.open = i === 1; })`)
	shoot(t, b, "events")
	// Filter, nothing found, clear.
	b.Eval(`(() => { const s = document.querySelector("#events-kind"); s.value = "signin.refused"; s.dispatchEvent(new Event("change")); })()`)
	b.Wait(rows + ` === 0 && document.querySelector("#events-status").innerText === "Nothing fits this filter."`)
	shoot(t, b, "events-none")
	b.Click("#events-clear")
	b.Wait(rows + ` >= 4`)
	b.Fill("#events-device", d.id)
	b.Click(`.event-filter button[type="submit"]`)
	b.Wait(`document.querySelector(".events-page").dataset.state === "shown" && ` + rows + ` >= 2 && [...document.querySelectorAll(".event-row")].every(e => e.querySelector(".event-about").innerText.includes("` + d.id + `"))`)
	// Following along: what comes next stands in front by itself.
	b.Click("#events-follow")
	before := b.Text(rows)
	l.say(d.id, cloudapi.KindSessionEvent, "e", 5, cloudapi.SessionEvent{Request: "req-1", Session: "s", Kind: "asked"})
	b.Wait(rows + ` > ` + before + ` && document.querySelector(".event-row .event-about").innerText.startsWith("asked")`)
	b.Click("#events-follow")
	// The file.
	dir := b.Keep()
	b.Click("#events-csv")
	until(t, "the export is kept", func() bool {
		text, err := os.ReadFile(filepath.Join(dir, "events.csv"))
		return err == nil && strings.Contains(string(text), "session.event") && !strings.Contains(string(text), `"=`)
	})
	// Without a mouse: the list is one stop, its rows open with the keyboard.
	b.Eval(`document.querySelector(".event-row summary").focus()`)
	b.Do("keys", chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter))
	b.Wait(`document.querySelectorAll(".event-row")[1].open`)
	for _, f := range b.Audit() {
		t.Errorf("%+v", f)
	}
	b.Clean()
}

// Who reads no record does not find the page.
func TestEventsPageIsForReaders(t *testing.T) { // P16
	r := start(t, func(c *cloud.Config) { c.Console = console.Handler(console.Config{}) })
	b := r.as(t, cloudapi.Staff{Account: "e@vendor.example", Name: "E", Regions: []string{"eu"}}, "en-US")
	if b.Text(`document.querySelector("#nav-events").checkVisibility()`) != "false" {
		t.Error("the page is offered")
	}
	b.Do("keys", chromedp.KeyEvent("5"))
	if phase := b.Text(`document.body.dataset.phase`); phase != "home" {
		t.Errorf("a key leads to %q", phase)
	}
	b.Clean()
}

// The same in German, as it looks.
func TestEventsPageInGerman(t *testing.T) {
	if os.Getenv("BECKMANCONNECT_SHOTS") == "" {
		t.Skip("pictures to be looked at: name a folder in BECKMANCONNECT_SHOTS")
	}
	r := start(t, func(c *cloud.Config) { c.Console = console.Handler(console.Config{}) })
	r.register(t)
	b := r.as(t, auditor, "de-DE")
	b.Click("#nav-events")
	b.Wait(`document.querySelectorAll(".event-row").length >= 1`)
	shoot(t, b, "de-events")
	b.Clean()
}
