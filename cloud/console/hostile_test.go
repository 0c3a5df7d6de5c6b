package console_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/internal/cloudapi"
)

// written are the fields that a device or a person fills in.
var written = []string{"serial", "type", "name", "siteName", "technician", "reason", "by", "byName", "to", "toName", "from", "text", "why", "value", "organisation", "email", "subject", "address",
	"holder", "ticket", "alarmCode", "version", "profile", "decided", "account", "movedTo", "channel", "roles"}

// poison gives a copy of what a cloud says with a text in every field that
// somebody else wrote.
func poison(t *testing.T, v any, text string) any {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var said any
	if err := json.Unmarshal(raw, &said); err != nil {
		t.Fatal(err)
	}
	var walk func(name string, v any) any
	walk = func(name string, v any) any {
		switch x := v.(type) {
		case map[string]any:
			for k, inner := range x {
				x[k] = walk(k, inner)
			}
		case []any:
			for i, inner := range x {
				x[i] = walk(name, inner)
			}
		case string:
			if slices.Contains(written, name) {
				return text
			}
		}
		return v
	}
	return walk("", said)
}

// harm lists what a hostile name did to the page.
const harm = `(() => {
  const out = [], seen = document.body.innerText;
  if (document.title.includes("OWNED") || window.owned) out.push("a script has run");
  const markup = document.querySelectorAll("#view img, #view script, #view iframe, #view b, dialog img, dialog script, #account img");
  if (markup.length) out.push("a text became markup");
  if (/[\u202a-\u202e\u2066-\u2069\u200e\u200f\u200b]/.test(seen)) out.push("marks that turn or hide text are shown");
  if (/[\u0000-\u0008\u000e-\u001f\u007f]/.test(seen)) out.push("control characters are shown");
  const most = Math.max(...[...document.querySelectorAll("body *")].filter(e => !e.children.length && e.checkVisibility()).map(e => e.textContent.length));
  if (most > 2100) out.push("a text of " + most + " characters is shown");
  const labels = Math.max(0, ...[...document.querySelectorAll("[aria-label], [title]")].map(e => Math.max((e.getAttribute("aria-label") ?? "").length, (e.getAttribute("title") ?? "").length)));
  if (labels > 600) out.push("a label of " + labels + " characters");
  return out.join(", ");
})()`

// Whatever a device, a site or a person calls itself is text of a bounded length
// on the registry, the desk and the administrators' pages: nothing of it runs,
// nothing turns what stands beside it, and the layout holds (scenario 44).
func TestHostileNames(t *testing.T) {
	b, other, url := pages(t, "en-US")
	b.Look(1366, 768, 1, true)
	b.Go(url)
	b.Wait(`document.body.dataset.phase === "sign-in"`)
	b.Click("#sign-in")
	b.Wait(`document.body.dataset.phase === "home"`)
	long := strings.Repeat("Wxyz0123", 8<<10)
	for name, text := range map[string]string{
		"markup": `"><img src=x onerror="document.title='OWNED'"><svg onload="window.owned=1"><script>window.owned=1</script><iframe srcdoc="<script>parent.owned=1</script>"></iframe></option></select><b>{{7*7}}${7*7}javascript:alert(1)`,
		"marks":  "\u202egnp.exe\u202d\u2066\u2067abc\u200b\u200f\u200e\u061c a\x00b\x1b[31mc\x07\r\nd\u2028e\ufeff",
		"long":   long,
	} {
		answers := consoletest.Administration()
		for path, v := range instruments(3) {
			if _, there := answers[path]; !there || path == cloudapi.PathInstruments {
				answers[path] = v
			}
		}
		consoletest.NewCaseDesk(other, answers)
		all := consoletest.Answers{}
		for path, say := range other.Answers() {
			all[path] = func(r *http.Request) any {
				if make, ok := say.(func(*http.Request) any); ok {
					return poison(t, make(r), text)
				}
				said := poison(t, say, text)
				if who, ok := said.(map[string]any); ok && path == cloudapi.PathMe { // what the page works by
					who["roles"], who["account"] = []string{"administrator", "lead", "auditor"}, "ada.novak@vendor.example"
				}
				return said
			}
		}
		other.SetAnswers(all)
		raw, err := json.Marshal(poison(t, cloudapi.Live{Requests: consoletest.Requests(), Devices: consoletest.Devices(3), Cases: consoletest.Cases()}, text))
		if err != nil {
			t.Fatal(err)
		}
		var live cloudapi.Live
		if err := json.Unmarshal(raw, &live); err != nil {
			t.Fatal(err)
		}
		other.Cloud.SetLive(live)
		check := func(where string) {
			t.Helper()
			for _, s := range [][2]int64{{1366, 768}, {320, 640}} {
				b.Size(s[0], s[1], 1)
				for _, script := range []string{harm, beyond} {
					if got := b.Text(script); got != "" {
						t.Errorf("%s, %s at %d: %.400s", name, where, s[0], got)
					}
				}
				b.Shot(fmt.Sprintf("hostile-%s-%s-%d", name, where, s[0]))
			}
			b.Size(1366, 768, 1)
		}
		b.Go(url)
		b.Wait(`document.body.dataset.phase === "home" && document.querySelectorAll(".device").length === 3 && !!document.querySelector(".request .open-case")`)
		check("desk")
		b.Click(".request .open-case")
		b.Wait(`document.querySelector(".case-page .facts")?.checkVisibility()`)
		check("case")
		b.Click("#nav-instruments")
		b.Wait(instrumentRows + ` === 3 && document.querySelector("main").dataset.places === "true"`)
		check("registry")
		b.Click(".instrument")
		b.Wait(`document.querySelector("main").dataset.state === "shown"`)
		check("instrument")
		b.Click("#nav-admin")
		b.Wait(`document.querySelector(".admin-page").dataset.state === "shown"`)
		b.Eval(`document.querySelectorAll(".act-row").forEach(e => { e.open = true; })`)
		check("acts")
		b.Click(".act-confirm")
		check("confirm")
		b.Click("#act-confirm-dialog-no")
		for _, tab := range []string{"people", "places", "person"} {
			b.Click("#adm-" + tab + "-tab")
			if tab == "person" {
				b.Fill("#person-subject", "maria@hospital.example")
				b.Fill("#person-reason", "4711")
				b.Click("#person-look")
				b.Wait(`document.querySelectorAll(".person-part").length > 1`)
			}
			check(tab)
		}
		b.Click("#adm-people-tab")
		b.Click(".sign-out-all")
		check("sign-out")
		b.Click("#sign-out-dialog-no")
	}
	b.Clean()
}
