package console_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/internal/cloudapi"
)

// audited are the states that hold all that the others do: axe-core takes its
// time.
var audited = []string{"acts", "form-staff.training", "form-device.release", "act-confirm", "people", "places", "person", "site", "failed"}

// administrators is a page that an administrator has signed in to.
func administrators(t *testing.T, lang string) (b *consoletest.Browser, other *consoletest.Other, url string) {
	t.Helper()
	b, other, url = pages(t, lang)
	b.Look(1366, 768, 1, true)
	other.Cloud.SetLive(cloudapi.Live{Requests: []cloudapi.Request{}, Devices: []cloudapi.Device{}})
	b.Go(url)
	b.Wait(`document.body.dataset.phase === "sign-in"`)
	b.Click("#sign-in")
	b.Wait(`document.body.dataset.phase === "home"`)
	other.SetAnswers(consoletest.Administration())
	b.Go(url)
	b.Wait(`document.body.dataset.phase === "home" && document.querySelector("#nav-admin").checkVisibility()`)
	return b, other, url
}

// walkAdministration brings the administrators' pages into each of their states.
func walkAdministration(b *consoletest.Browser, other *consoletest.Other, url string, at func(state string)) {
	answers := consoletest.Administration()
	b.Do("to the administration", press("7", "Digit7", 0)...)
	b.Wait(`document.querySelector(".admin-page")?.dataset.state === "shown" && document.activeElement.id === "adm-acts-tab"`)
	b.Wait(`document.querySelectorAll(".act").length === 3 && document.querySelectorAll(".act-row").length === 4`)
	b.Eval(`document.querySelectorAll(".act-row").forEach(e => { e.open = true; })`)
	at("acts")
	for _, kind := range []string{"staff.training", "staff.remove", "device.release", "person.erase"} {
		b.Eval(`(() => { const s = document.querySelector("#act-kind"); s.value = "` + kind + `"; s.dispatchEvent(new Event("change")); document.querySelector("#act-form").scrollIntoView(); })()`)
		b.Click("#act-propose") // nothing is filled in
		b.Wait(`!document.querySelector("#act-error").hidden`)
		at("form-" + kind)
	}
	for _, what := range []string{"act-confirm", "act-refuse"} {
		b.Click(`.act[data-kind="device.retire"] .` + what)
		b.Wait(`document.querySelector("#` + what + `-dialog").open`)
		at(what)
		b.Do("close it", press("Escape", "Escape", 0)...)
		b.Wait(`!document.querySelector("#` + what + `-dialog") && document.activeElement.classList.contains("` + what + `")`)
	}
	b.Eval(`document.querySelector("#adm-acts-tab").focus()`)
	for _, tab := range []string{"people", "places", "person"} {
		b.Do("next tab", press("ArrowRight", "ArrowRight", 0)...)
		b.Wait(`document.activeElement.id === "adm-` + tab + `-tab" && document.querySelector("#adm-` + tab + `-panel").checkVisibility()`)
		if tab == "person" {
			b.Fill("#person-subject", "maria.lindqvist@hospital.example")
			b.Fill("#person-reason", "4711")
			b.Click("#person-look")
			b.Wait(`document.querySelectorAll(".person-part").length === 2`)
		}
		at(tab)
	}
	b.Click("#adm-places-tab")
	b.Click("#edit-site-1")
	b.Wait(`document.querySelector("#site-dialog").open && document.querySelector("#site-address").value === "Charitéplatz 1\n10117 Berlin"`)
	at("site")
	b.Click("#site-dialog-no")

	// Being read, and without the cloud.
	answers[cloudapi.PathActs] = func(r *http.Request) any { <-r.Context().Done(); return nil }
	other.SetAnswers(answers)
	b.Go(url)
	b.Wait(`document.body.dataset.phase === "home"`)
	b.Click("#nav-admin")
	b.Wait(`document.querySelectorAll(".skeleton").length > 1`)
	at("loading")
	answers[cloudapi.PathActs] = nil
	other.SetAnswers(answers)
	b.Go(url)
	b.Wait(`document.body.dataset.phase === "home"`)
	b.Click("#nav-admin")
	b.Wait(`document.querySelector(".admin-page").dataset.state === "failed"`)
	at("failed")
}

// The administrators' pages in every state and both languages: held against
// axe-core in each look, with room down to 320 CSS pixels, by keyboard (P16,
// B12). Whoever changes them keeps the pictures by BECKMANCONNECT_SHOTS and
// looks at them.
func TestAdministration(t *testing.T) {
	for _, lang := range []string{"en-US", "de-DE"} {
		t.Run(lang, func(t *testing.T) {
			b, other, url := administrators(t, lang)
			walkAdministration(b, other, url, func(name string) {
				if lang == "en-US" && slices.Contains(audited, name) {
					audit(t, b, name)
				}
				for _, s := range [][2]int64{{1366, 768}, {683, 384}, {320, 640}} {
					b.Size(s[0], s[1], 1)
					for what, script := range map[string]string{"beyond the edge": beyond, "cut off": clipped} {
						if got := b.Text(script); got != "" {
							t.Errorf("%s at %d×%d: %s: %s", name, s[0], s[1], what, got)
						}
					}
					b.Shot(fmt.Sprintf("admin-%s-%s-%d-dark", lang[:2], name, s[0]))
				}
				b.Size(1366, 768, 1)
				b.Choose("light")
				b.Shot(fmt.Sprintf("admin-%s-%s-1366-light", lang[:2], name))
				b.Choose("dark")
			})
			b.Clean()
		})
	}
}
