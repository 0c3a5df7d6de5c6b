package cloud_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/console"
	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/internal/cloudapi"
)

const scripted = `<img src=x onerror=alert(1)><script>alert(1)</script>`

// fleet is a cloud with a few instruments and a month behind it.
type fleet struct {
	*running
	first *device
	links []*link
	seq   uint64
}

func startFleet(t *testing.T) *fleet {
	t.Helper()
	var ago atomic.Int64
	now := func() time.Time { return time.Now().Add(-time.Duration(ago.Load())) }
	r := start(t, withPhone, func(c *cloud.Config) { c.Console, c.Now = console.Handler(console.Config{}), now })
	f := &fleet{running: r}
	// Three weeks of its link, with breaks.
	ago.Store(int64(23*24*time.Hour + 5*time.Hour))
	f.first = r.register(t, func(q *cloudapi.RegisterRequest) { q.Name, q.Serial = "Maria Lindqvist", "AV12345" })
	for i, step := range []time.Duration{0, 40 * time.Hour, 3 * time.Hour, 200 * time.Hour, 20 * time.Hour, 100 * time.Hour, 12 * time.Minute} {
		ago.Add(-int64(step))
		if _, err := r.DB().SetOnline(t.Context(), f.first.id, i%2 == 0); err != nil {
			t.Fatal(err)
		}
	}
	ago.Store(0)
	devices := []*device{f.first}
	for _, x := range []struct{ name, serial, kind string }{{"Jonas Keller", "BK00871", "DxI 9000"}, {"Ana Souza", "AV12391", "DxH 900"}, {scripted, scripted, scripted}} {
		devices = append(devices, r.register(t, func(q *cloudapi.RegisterRequest) { q.Name, q.Serial, q.InstrumentType = x.name, x.serial, x.kind }))
	}
	for _, d := range devices[:2] {
		l := d.connect(t)
		l.subscribe(cloudapi.DeviceBoundFilter(d.id), 1)
		f.links = append(f.links, l)
	}
	f.links = append(f.links, devices[3].connect(t))
	f.links[0].say(f.first.id, cloudapi.KindStatus, "", 0, cloudapi.Status{Version: "1.4.0", Class: "general", Run: "idle", Open: 3, Worst: "high"})
	at := time.Now().Add(-2 * time.Hour).UnixMilli()
	note := func(device int, n cloudapi.Notification) {
		t.Helper()
		f.seq++
		if n.LastMS == 0 {
			at += 60_000
			n.RaisedMS, n.LastMS = at, at
		}
		if n.ID == 0 {
			n.ID = f.seq
		}
		n.Source, n.Count = "instrument-log", max(n.Count, 1)
		f.links[device].say(devices[[]int{0, 1, 3}[device]].id, cloudapi.KindNotification, "e", f.seq, n)
	}
	note(0, cloudapi.Notification{ID: 900, Code: "PUMP-204", Severity: "high", State: "raised", Subject: "Diluent pump", Title: "Pump pressure out of range", Count: 4, Escalated: at, Verified: true})
	note(0, cloudapi.Notification{Code: "disk-space", Severity: "medium", State: "acknowledged", Acknowledged: at, Subject: "C:", Title: "Disk nearly full", Verified: true})
	note(1, cloudapi.Notification{Code: "DOOR-3", Severity: "low", State: "raised", Subject: "Front door", Title: "Door open", Count: 61, Chatters: true, Sample: true, Verified: true})
	note(1, cloudapi.Notification{Code: "REAG-11", Severity: "low", State: "shelved", ShelvedUntil: time.Now().Add(8 * time.Hour).UnixMilli(), Subject: "Lyse", Title: "Reagent low", Verified: true})
	note(1, cloudapi.Notification{Code: "local/backup/failed", Severity: "medium", State: "cleared"})
	note(0, cloudapi.Notification{ID: 1000, Code: "group", Severity: "high", State: "raised", Title: "12 notifications within 10 minutes", Members: 12, Verified: true})
	for i := range 12 {
		note(0, cloudapi.Notification{Code: fmt.Sprintf("SENS-%d", i), Severity: "medium", State: "raised", Subject: "Sensor board", Title: "Sensor out of range", Group: 1000, Verified: true})
	}
	f.seq++
	from := time.Now().Add(-30 * time.Hour)
	f.links[1].say(devices[1].id, cloudapi.KindDigest, "e", f.seq, cloudapi.Digest{FromMS: from.UnixMilli(), ToMS: from.Add(3 * time.Hour).UnixMilli(), Raised: map[string]int{"high": 2, "low": 40}, Open: 2, Waiting: 51})
	for i := range 3 {
		note(1, cloudapi.Notification{Code: "TEMP-1", Severity: "low", State: "cleared", Title: "Was too warm", LastMS: from.Add(time.Duration(i) * time.Minute).UnixMilli(), Verified: true})
	}
	note(2, cloudapi.Notification{Code: scripted, Severity: "high", State: "raised", Subject: scripted, Title: scripted, Verified: true})
	f.seq++
	req := waiting("req-1")
	req.Reason, req.AlarmCode, req.Version, req.Profile = "Pump pressure alarm after the morning start-up.", "PUMP-204", "1.4.0", "dxh-900 7 (sample)"
	f.links[0].say(f.first.id, cloudapi.KindRequest, "e", f.seq, req)
	f.seq++
	f.links[0].say(f.first.id, cloudapi.KindHelpLogs, "e", f.seq, helpLogs("req-1", logLines()))
	return f
}

func logLines() string {
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, "2026-11-26 08:%02d:12.%03d  PUMP  diluent pressure %0.1f bar, sample [hidden], operator [hidden]\n", i, i*7, 3.1+float64(i)/20)
	}
	return b.String() + scripted
}

// signIn opens the page as anna.
func (f *fleet) signIn(t *testing.T, lang string) *consoletest.Browser {
	t.Helper()
	b := consoletest.Open(t, f.roots.CloudCAPEM, lang)
	b.Look(1440, 900, 1, false)
	b.Go(f.BaseURL())
	b.Wait(`document.body.dataset.phase === "sign-in"`)
	b.Click("#sign-in")
	b.Fill("#username", anna)
	b.Fill("#password", password)
	b.Click("#submit")
	b.Wait(`document.body.dataset.phase === "home" && document.querySelectorAll(".device").length === 4`)
	return b
}

// noMarkup: whatever a device sends, it is text (scenario 44).
func noMarkup(t *testing.T, b *consoletest.Browser, where string) {
	t.Helper()
	if n := b.Text(`document.querySelectorAll("#view img, #view script").length`); n != "0" {
		t.Errorf("%s: %s elements came out of a device's texts", where, n)
	}
}

// What sticks out of the page, or is cut off without being told so.
const pageFaults = `[document.documentElement.scrollWidth > innerWidth + 1 ? "the page is wider than the window" : "",
  ...[...document.querySelectorAll(".top *, .page *")].filter(e => {
    if (!e.checkVisibility() || e.closest("pre, svg, .visually-hidden")) return false;
    const r = e.getBoundingClientRect();
    return r.width > 0 && (r.right > innerWidth + 1 || r.left < -1) || e.matches("button, .chip, h1, h2, select + *") && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline";
  }).map(e => e.tagName + "." + e.className + ": " + e.textContent.trim().slice(0, 60))].filter(Boolean).join(" | ")`

// shoot keeps a page in each of its looks, when pictures are asked for, and
// holds it against what a page must not do in two of them always.
func shoot(t *testing.T, b *consoletest.Browser, name string) {
	t.Helper()
	type look struct {
		name          string
		width, height int64
		ratio         float64
		dark          bool
	}
	looks := []look{{"1440-light", 1440, 900, 1, false}, {"1024-dark", 1024, 768, 1, true}}
	if os.Getenv("BECKMANCONNECT_SHOTS") != "" {
		looks = append(looks, look{"1280-2x-dark", 1280, 800, 2, true}, look{"700-light", 700, 900, 1, false})
	}
	for _, l := range looks {
		b.Look(l.width, l.height, l.ratio, l.dark)
		if faults := b.Text(pageFaults); faults != "" {
			t.Errorf("%s, %s: %s", name, l.name, faults)
		}
		b.Shot("fleet-" + name + "-" + l.name)
	}
	b.Look(1440, 900, 1, false)
}

// The fleet's notifications, a device, its logs and a message, on the real
// page of the real cloud, with what real devices sent.
func TestFleetOnThePage(t *testing.T) { // P13, P14, B8, scenario 44
	if !console.Built() {
		t.Fatal("the page is not built: run go run ./build/console first")
	}
	f := startFleet(t)
	b := f.signIn(t, "en-US")

	// The request brought its logs.
	b.Wait(`document.querySelector(".request .brought")?.innerText.includes("dxh-900 7 (sample)")`)
	if text := b.Text(`document.querySelector(".request").innerText`); !strings.Contains(text, "Sample profile") || !strings.Contains(text, "1.4.0") {
		t.Errorf("the request says %q", text)
	}
	shoot(t, b, "home")
	b.Click(".request .logs")
	b.Wait(`document.querySelector(".logs-page").dataset.state === "shown"`)
	if text := b.Text(`document.querySelector("#logs-text").textContent`); text != logLines() {
		t.Errorf("the log reads %q", text)
	}
	noMarkup(t, b, "logs")
	shoot(t, b, "logs")
	dir := b.Keep()
	b.Click("#logs-save")
	until(t, "the log is kept", func() bool {
		kept, err := os.ReadFile(filepath.Join(dir, "logs-req-1.txt"))
		return err == nil && string(kept) == logLines()
	})
	b.Click("#logs-back")

	// The feed: folded, filtered, live.
	b.Click("#nav-feed")
	const rows = `document.querySelectorAll(".feed > .feed-list > .feed-row").length`
	b.Wait(rows + ` === 8`)
	noMarkup(t, b, "feed")
	text := b.Text(`document.querySelector(".feed-list").innerText`)
	for _, want := range []string{"Offline 3 h: 42 notifications, 2 still open", "Escalated", "Comes and goes", "Sample profile", "Not verified", "put away", scripted, "×4", "local/backup/failed"} {
		if !strings.Contains(text, want) {
			t.Errorf("the feed does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "Sensor out of range") || strings.Contains(text, "Was too warm") {
		t.Error("what is folded stands in the list")
	}
	shoot(t, b, "feed")
	b.Click(`.feed-row:has(.unfold) .unfold`)
	b.Wait(`document.querySelectorAll(".feed-members:not([hidden]) .feed-row").length > 2`)
	f.seq++
	f.links[0].say(f.first.id, cloudapi.KindNotification, "e", f.seq, cloudapi.Notification{ID: 900, Code: "PUMP-204", Severity: "high", State: "cleared", Source: "instrument-log", Title: "Pump pressure out of range", Count: 5, LastMS: time.Now().UnixMilli(), Verified: true})
	b.Wait(`[...document.querySelectorAll('.feed-row[data-state="cleared"] .feed-title')].some(e => e.innerText.includes("Pump pressure out of range ×5"))`) // it comes by itself
	b.Wait(`document.querySelectorAll(".feed-members:not([hidden]) .feed-row").length > 2`)                                                                  // and what was unfolded stays
	b.Eval(`(() => { const s = document.querySelector(".feed-severity"); s.value = "high"; s.dispatchEvent(new Event("change")); })()`)
	b.Wait(rows + ` === 4`)
	b.Fill(".feed-text", "AV123")
	b.Wait(rows + ` === 2`)
	b.Fill(".feed-text", "nothing of it")
	b.Wait(rows + ` === 0 && document.querySelector(".feed-status").innerText === "Nothing fits this filter."`)
	shoot(t, b, "feed-none")

	// One instrument.
	b.Click("#nav-help")
	b.Click(`.device[data-id="` + f.first.id + `"] summary`)
	b.Click(`.device[data-id="` + f.first.id + `"] .open-device`)
	b.Wait(`document.querySelectorAll(".days .day").length === 30 && ` + rows + ` === 3`)
	text = b.Text(`document.querySelector(".page").innerText`)
	for _, want := range []string{"AV12345", "Maria Lindqvist", "EU", "1.4.0", "3 open", "Online", "Interruptions: 3", "Disk nearly full"} {
		if !strings.Contains(text, want) {
			t.Errorf("the device's page does not say %q:\n%s", want, text)
		}
	}
	shoot(t, b, "device")

	// A message, from the device's page.
	b.Click("#device-write")
	b.Wait(`document.querySelector("#message-target")?.value === "` + f.first.id + `"`)
	b.Fill("#message-title-en", "Lot 4711 on hold")
	b.Fill("#message-text-en", "See evil.example")
	b.Click("#message-look")
	b.Click("#message-send")
	b.Wait(`document.querySelector("#message-error").dataset.code === "text-link" && !document.querySelector("#message-error").hidden`)
	shoot(t, b, "message-refused")
	b.Eval(`(() => { const x = document.querySelector("#message-text-en"); x.value = ""; x.dispatchEvent(new Event("input")); })()`)
	b.Fill("#message-text-en", "Please do not use it before 2026-11-30. Call +49 30 555 0100.")
	b.Click("#message-look")
	b.Wait(`document.querySelector("#message-preview .note-card h3").innerText === "Lot 4711 on hold" && document.querySelector("#message-preview").innerText.includes("Instruments: 1, online now: 1")`)
	shoot(t, b, "message-preview")
	b.Click("#message-send")
	if m := f.links[0].message(f.running); m.Texts["en"].Title != "Lot 4711 on hold" || m.To.Device != f.first.id {
		t.Errorf("the device got %+v", m)
	}
	b.Wait(`document.querySelector(".sent-row")?.innerText.includes("1 of 1 delivered")`) // it comes by itself
	shoot(t, b, "messages")
	b.Clean()
}

// The same in German, as it looks.
func TestFleetPageInGerman(t *testing.T) {
	if os.Getenv("BECKMANCONNECT_SHOTS") == "" {
		t.Skip("pictures to be looked at: name a folder in BECKMANCONNECT_SHOTS")
	}
	f := startFleet(t)
	b := f.signIn(t, "de-DE")
	shoot(t, b, "de-home")
	b.Click("#nav-feed")
	b.Wait(`document.querySelectorAll(".feed-row").length > 4`)
	shoot(t, b, "de-feed")
	b.Click(".feed-device")
	b.Wait(`document.querySelectorAll(".presence, #presence p").length > 0`)
	shoot(t, b, "de-device")
	b.Click("#nav-messages")
	b.Wait(`!!document.querySelector("#message-title-de")`)
	shoot(t, b, "de-messages")
	b.Click("#nav-help")
	b.Click(".request .logs")
	b.Wait(`document.querySelector(".logs-page").dataset.state === "shown"`)
	shoot(t, b, "de-logs")
	b.Clean()
}
