package cloud_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"beckmanconnect/cloud"
	"beckmanconnect/cloud/console"
	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/internal/cloudapi"
)

func (r *running) openDesk(t *testing.T, account string) *consoletest.Browser {
	t.Helper()
	b := consoletest.Open(t, r.roots.CloudCAPEM, "en-US")
	b.Look(1440, 900, 1, true)
	b.Go(r.BaseURL())
	b.Wait(`document.body.dataset.phase === "sign-in"`)
	b.Click("#sign-in")
	b.Fill("#username", account)
	b.Fill("#password", password)
	b.Click("#submit")
	b.Wait(`document.body.dataset.phase === "home" && document.querySelectorAll("#waiting .request").length === 2`)
	return b
}

// Two engineers at two browsers: one case, and both press T at once. One has it;
// the other sees whose it is. Then it is noted on, handed over, and the other
// one's to join (P5, P24).
func TestTwoAtTheDesk(t *testing.T) {
	if !console.Built() {
		t.Fatal("the page is not built: run go run ./build/console first")
	}
	r := start(t, func(c *cloud.Config) { c.Console = console.Handler(console.Config{}) })
	const script = `<img src=x onerror=alert(1)><script>alert(1)</script>`
	d, other := r.register(t), r.register(t, func(q *cloudapi.RegisterRequest) { q.Name, q.Serial, q.InstrumentType = script, script, script })
	l, o := d.teller(t), other.teller(t)
	l.subscribe(cloudapi.DeviceBoundFilter(d.id), 1)
	l.seq++
	l.say(d.id, cloudapi.KindNotification, "e", l.seq, cloudapi.Notification{ID: 1, Code: "PUMP-204", Severity: "high", State: "raised", Source: "log", Title: "Pump", Count: 1,
		RaisedMS: time.Now().UnixMilli(), LastMS: time.Now().UnixMilli(), Verified: true})
	l.seq++
	req := waiting("req-1")
	req.Reason, req.AlarmCode = "Pump pressure alarm", "PUMP-204"
	l.say(d.id, cloudapi.KindRequest, "e", l.seq, req)
	o.request("req-2", "waiting")

	browsers := map[string]*consoletest.Browser{anna: r.openDesk(t, anna), bob: r.openDesk(t, bob)}
	const card = `document.querySelector('.request[data-id="req-1"]')`
	for _, b := range browsers {
		b.Wait(card + `?.innerText.includes("High") && document.title.startsWith("(2) ")`)
		if n := b.Text(`document.querySelectorAll("#view img, #view script").length`); n != "0" {
			t.Errorf("%s elements came out of a device's texts", n)
		}
		b.Eval(card + `.querySelector(".take").focus()`)
	}
	browsers[anna].Shot("desk-queue")
	var group sync.WaitGroup
	for _, b := range browsers {
		group.Go(func() {
			b.Do("press T", input.DispatchKeyEvent(input.KeyDown).WithKey("t").WithCode("KeyT").WithText("t"), input.DispatchKeyEvent(input.KeyUp).WithKey("t").WithCode("KeyT"))
		})
	}
	group.Wait()
	winner, loser, name := anna, bob, "Anna Weber"
	for _, b := range browsers {
		b.Wait(`!!` + card + `.dataset.taken`)
	}
	if r.caseOf(t, "req-1").Holder.Account == bob {
		winner, loser, name = bob, anna, "Bob Stone"
	}
	w, s := browsers[winner], browsers[loser]
	w.Wait(card + `.dataset.taken === "mine" && !!` + card + `.querySelector(".join")`)
	s.Wait(card + `.dataset.taken === "other" && ` + card + `.innerText.includes("Taken by ` + name + `") && !` + card + `.querySelector(".join, .take")`)
	s.Shot("desk-taken")
	l.place("taken", func(p cloudapi.QueuePlace) bool { return p.Taken == name })

	// Notes and ticket; a note is amended, and stays as it was beside it.
	w.Click(`.request[data-id="req-1"] .open-case`)
	w.Wait(`document.querySelector("#case-story")?.parentElement.innerText.includes("took the case")`)
	w.Fill("#case-ticket", "INC-4711")
	w.Click("#case-ticket-save")
	w.Wait(`document.querySelector(".notes-says").textContent === "Saved."`)
	w.Fill("#case-note", "Valve 3 sticks. "+script)
	w.Click("#case-note-add")
	w.Wait(`document.querySelectorAll(".notes > .note").length === 1`)
	w.Click(".amend")
	w.Fill("#case-note", " And valve 4.")
	w.Click("#case-note-add")
	w.Wait(`document.querySelector(".notes .note-text").textContent.endsWith("And valve 4.") && !!document.querySelector(".note-was")`)
	if n := w.Text(`document.querySelectorAll("#view img, #view script").length`); n != "0" {
		t.Errorf("%s elements came out of a note", n)
	}
	shoot(t, w, "case")
	w.Click("#case-device")
	w.Wait(`document.querySelector("#device-history")?.innerText.includes("INC-4711")`)
	shoot(t, w, "history")
	w.Click("#device-back")

	// Handed over by the dialog: the colleague has it, and the giver no more.
	w.Wait(`!!document.querySelector("#case-hand-over")`)
	w.Click("#case-hand-over")
	w.Wait(`document.querySelector("#colleague")?.value === "` + loser + `"`)
	for _, f := range w.Audit() {
		t.Errorf("hand over: %v", f)
	}
	w.Shot("desk-hand-over")
	w.Click("#colleague-do")
	w.Wait(`!document.querySelector("#colleague-dialog") && !document.querySelector("#case-hand-over")`)
	s.Wait(card + `.dataset.taken === "mine" && ` + card + `.innerText.includes("INC-4711") && ` + card + `.innerText.includes("1 note")`)

	// In session, from the device's own words; ended by the colleague in it.
	if status := r.issue(t, "req-1", loser); status != 200 {
		t.Fatal(status)
	}
	if status := r.issue(t, "req-1", winner); status != 403 {
		t.Errorf("who gave it away got a certificate: %d", status)
	}
	l.request("req-1", "connected")
	l.event("req-1", "s-1", "authenticated", loser)
	w.Click("#case-back")
	w.Wait(`document.querySelector(".queue-part")?.textContent === "In session now" && ` + card + `.innerText.includes("is in session")`)
	w.Shot("desk-session")
	s.Click(`.request[data-id="req-1"] .open-case`)
	s.Click("#case-end")
	s.Wait(`document.querySelector("#case-end-dialog").open`)
	s.Click("#case-end-yes")
	s.Wait(`document.querySelector("#case-requests").parentElement.innerText.includes("The vendor’s staff ended the session.")`)
	w.Wait(`!` + card)

	// The filter is remembered, and says when nothing fits it.
	s.Click("#case-back")
	s.Eval(`(() => { const f = document.querySelector(".queue-type"); f.value = "` + strings.ReplaceAll(script, `"`, `\"`) + `"; f.dispatchEvent(new Event("change")); })()`)
	s.Wait(`document.querySelectorAll("#waiting .request").length === 1`)
	s.Click("#queue-free")
	s.Click(`.request[data-id="req-2"] .take`)
	s.Wait(`!!document.querySelector("#waiting .empty")`)
	s.Do("load again", chromedp.Reload())
	s.Wait(`document.querySelector("#waiting .empty strong")?.textContent === "Nobody waits that fits this filter" && document.querySelector("#queue-free").checked`)
	for _, b := range browsers {
		b.Clean()
	}
}
