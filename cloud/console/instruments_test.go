package console_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/internal/cloudapi"
)

const scriptText = `<img src=x onerror=alert(1)>`

// instruments is a registry of n, which the cloud pages by hundreds.
func instruments(n int) consoletest.Answers {
	now := time.Now().UnixMilli()
	at := func(i int) cloudapi.Instrument {
		d := cloudapi.Instrument{Device: consoletest.Devices(1)[0], Channel: "stable", VersionMS: now - 9e8, RegisteredMS: now - 9e9, ConfirmedMS: now - 8e9}
		d.ID, d.Serial, d.SiteName, d.Site = fmt.Sprintf("bc-reg-%05d", i), fmt.Sprintf("AV%05d", i), "Charité, Central Lab", "site-1"
		switch i % 5 {
		case 1:
			d.ConfirmedMS = 0
		case 2:
			d.Copied = true
		case 3:
			d.Site, d.SiteName, d.Type = "", "", scriptText+strings.Repeat("x", 60)
		}
		return d
	}
	site := cloudapi.Site{ID: "site-1", Region: "eu", Name: "Charité, Central Lab", Devices: n, Online: n / 2}
	return consoletest.Answers{
		cloudapi.PathInstruments: func(r *http.Request) any {
			from, _ := strconv.Atoi(r.URL.Query().Get("after"))
			if r.URL.Query().Get("state") == cloudapi.StateRetired {
				return cloudapi.InstrumentPage{Rows: []cloudapi.Instrument{}}
			}
			page := cloudapi.InstrumentPage{Total: n, Rows: []cloudapi.Instrument{}}
			for i := from; i < min(from+100, n); i++ {
				page.Rows = append(page.Rows, at(i))
			}
			if from+100 < n {
				page.Next = strconv.Itoa(from + 100)
			}
			return page
		},
		cloudapi.PathPlaces: cloudapi.Places{
			Regions: []cloudapi.RegionPlace{{Region: "eu", Devices: n, Unassigned: n / 5, Sites: []cloudapi.Site{site}}}, Groups: []cloudapi.Group{{ID: "group-1", Region: "eu", Name: "Pilot", Devices: 3}},
			Versions: []cloudapi.VersionCount{{Version: "1.4.0", Channel: "stable", Devices: n}}, States: map[string]int{"online": n / 2}, Write: true,
		},
		cloudapi.PathInstrument: func(r *http.Request) any {
			var i int
			_, _ = fmt.Sscanf(r.URL.Query().Get("device"), "bc-reg-%d", &i)
			return cloudapi.InstrumentDetail{
				Instrument: at(i), Email: "maria@hospital.example", AskedMS: now, Groups: []cloudapi.Group{{ID: "group-1", Name: "Pilot"}},
				History: []cloudapi.History{
					{Kind: "note", By: "anna@vendor.example", Text: scriptText, AtMS: now}, {Kind: "site", By: "ada@vendor.example", To: "Charité, Central Lab", Text: "new wing", AtMS: now},
					{Kind: "group", From: "Pilot", AtMS: now}, {Kind: "version", From: "1.3.0", To: "1.4.0", AtMS: now}, {Kind: "confirmed", AtMS: now},
				},
				Identity: []cloudapi.History{{Kind: "registered", AtMS: now}},
				Sessions: []cloudapi.DeviceSession{{Request: "req-1", FromMS: now - 9e5, ToMS: now, Events: 12}},
			}
		},
		cloudapi.PathPresence: []cloudapi.Presence{{Online: true, AtMS: now - 9e7}},
		cloudapi.PathMove:     struct{}{}, cloudapi.PathNotes: struct{}{}, cloudapi.PathAskAgain: struct{}{}, "/api/v1/staff/acts": struct{}{},
	}
}

const instrumentRows = `document.querySelectorAll(".instrument").length`

// The registry's pages in every state, in both languages: held against axe-core,
// by keyboard, with ten thousand instruments, and whatever a device calls itself
// is text (P13, P14, B12, scenario 44).
func TestInstruments(t *testing.T) {
	for _, lang := range []string{"en-US", "de-DE"} {
		b, other, url := pages(t, lang)
		b.Look(1366, 768, 1, true)
		other.SetAnswers(instruments(10_000))
		other.Cloud.SetLive(cloudapi.Live{Requests: []cloudapi.Request{}, Devices: []cloudapi.Device{}})
		b.Go(url)
		b.Wait(`document.body.dataset.phase === "sign-in"`)
		b.Click("#sign-in")
		b.Wait(`document.body.dataset.phase === "home"`)
		b.Do("to the registry", press("6", "Digit6", 0)...)
		b.Wait(instrumentRows + ` === 100 && document.querySelector("main").dataset.places === "true"`)
		state := func(name string) {
			t.Helper()
			b.Shot("registry-" + name + "-" + lang)
			if lang == "en-US" {
				audit(t, b, name)
			}
			if n := b.Text(`document.querySelectorAll("#view img").length`); n != "0" {
				t.Errorf("%s: a device's text became markup", name)
			}
			if wide := b.Text(`document.documentElement.scrollWidth > innerWidth + 1`); wide == "true" {
				t.Errorf("%s: the page is wider than the window", name)
			}
		}
		state("list")
		b.Eval(`document.querySelector(".feed-older").focus()`)
		b.Do("further", press("Enter", "Enter", 0)...)
		b.Wait(instrumentRows + ` === 200`)
		b.Eval(`document.querySelectorAll(".instrument")[0].focus()`)
		b.Do("down and open", append(press("ArrowDown", "ArrowDown", 0), press("Enter", "Enter", 0)...)...)
		b.Wait(`document.querySelector("main").dataset.state === "shown"`)
		if id := b.Text(`document.querySelector("main").dataset.instrument`); id != "bc-reg-00001" {
			t.Errorf("the arrows and Enter opened %s", id)
		}
		state("instrument")
		b.Look(700, 900, 1, true)
		state("instrument-narrow")
		b.Look(1366, 768, 1, true)
		b.Fill("#instrument-note", "Checked the pump")
		b.Click("#instrument-add")
		b.Wait(`document.querySelector("#instrument-said").textContent !== "" && document.querySelector("#instrument-note").value === ""`)
		b.Fill("#instrument-reason", "Sold")
		b.Click("#instrument-retire")
		b.Wait(`document.querySelector("#instrument-reason").value === ""`)
		b.Click("#instrument-back")
		b.Wait(instrumentRows + ` === 100`)
		b.Eval(`(() => { const s = document.querySelector("#instrument-state"); s.value = "retired"; s.dispatchEvent(new Event("change")); })()`)
		b.Wait(instrumentRows + ` === 0 && document.querySelector(".feed-status").textContent !== ""`)
		state("none")
		broken := instruments(1)
		broken[cloudapi.PathInstruments], broken[cloudapi.PathInstrument] = nil, nil
		other.SetAnswers(broken)
		b.Go(url)
		b.Wait(`document.body.dataset.phase === "home"`)
		b.Click("#nav-instruments")
		b.Wait(`document.querySelector("main").dataset.failed === "true"`)
		state("failed")
		hold := instruments(1)
		hold[cloudapi.PathInstruments] = func(r *http.Request) any { <-r.Context().Done(); return nil }
		other.SetAnswers(hold)
		b.Go(url)
		b.Wait(`document.body.dataset.phase === "home"`)
		b.Click("#nav-instruments")
		b.Wait(`document.querySelectorAll(".skeleton").length > 4`)
		state("loading")
		b.Clean()
	}
}
