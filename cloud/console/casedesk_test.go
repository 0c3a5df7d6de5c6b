package console_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/internal/cloudapi"
)

const card = `document.querySelector('.request[data-id="req-1"]')`

// walkDesk brings the page into the desk's states: the queue with every kind of
// row, a case, its dialogs, an instrument's history, a queue of 200.
func walkDesk(t *testing.T, b *consoletest.Browser, other *consoletest.Other, url string, at func(state string)) *consoletest.CaseDesk {
	t.Helper()
	live := cloudapi.Live{Requests: requests(), Cases: consoletest.Cases(), Devices: consoletest.Devices(5)}
	live.Devices[0].ID = consoletest.DeviceID
	other.Cloud.SetLive(live)
	desk := consoletest.NewCaseDesk(other, consoletest.Fleet(3))
	b.Go(url)
	b.Wait(`document.body.dataset.phase === "sign-in"`)
	b.Click("#sign-in")
	b.Wait(`!!` + card + `?.querySelector(".take") && document.querySelectorAll(".queue-mine li").length === 1`)
	at("queue")
	b.Eval(card + `.querySelector(".take").focus()`)
	b.Do("take by T", press("t", "KeyT", 0)...)
	b.Wait(card + `.querySelector(".take").classList.contains("busy") === false`)
	if acts := desk.Acts(); len(acts) != 1 || acts[0].Act != cloudapi.ActTake || acts[0].Case != "C-7KM4-RXT" {
		t.Errorf("the page asked for %+v", acts)
	}
	live.Cases[0].Holder, live.Cases[0].Mine, live.Cases[0].Place = &consoletest.Anna, true, 0
	other.Cloud.SetLive(live)
	b.Wait(card + `.dataset.taken === "mine"`)
	b.Wait(`document.activeElement.closest('.request')?.dataset.id === "req-1"`) // the focus stays in the row
	at("taken")
	b.Eval(`document.activeElement.blur()`)
	b.Click(`.request[data-id="req-1"] .open-case`)
	b.Wait(`document.querySelectorAll(".notes > .note").length === 2`)
	at("case")
	b.Click("#case-hand-over")
	b.Wait(`document.querySelectorAll("#colleague option").length === 2`)
	at("hand-over")
	b.Do("close it", press("Escape", "Escape", 0)...)
	b.Wait(`!document.querySelector("#colleague-dialog")`)
	b.Click("#case-device")
	b.Wait(`document.querySelectorAll(".case-of").length === 1 && !!document.querySelector(".days")`)
	at("history")
	b.Click("#device-back")
	b.Wait(`!!document.querySelector("#case-back")`)
	b.Wait(`document.querySelectorAll(".notes > .note").length === 2`)
	b.Click("#case-back")
	live.Requests, live.Cases = consoletest.ManyWaiting(200)
	other.Cloud.SetLive(live)
	b.Wait(`document.querySelectorAll("#waiting .request").length === 200 && document.title.startsWith("(200) ")`)
	at("many")
	return desk
}

// Every state of the desk keeps WCAG 2.2 A and AA in every look (B12).
func TestAccessibleDesk(t *testing.T) {
	b, other, url := pages(t, "en-US")
	b.Look(1366, 768, 1, true)
	walkDesk(t, b, other, url, func(state string) {
		audit(t, b, state)
		if n := b.Text(`document.querySelectorAll("#view img, #view script, #view i, #view td").length`); n != "0" {
			t.Errorf("%s: %s elements came out of texts", state, n)
		}
		b.Shot("desk-" + state)
	})
	b.Clean()
}

// The desk has room from a wide screen down to 320 pixels, in the longer of the
// two languages too.
func TestDeskReflows(t *testing.T) {
	b, other, url := pages(t, "de-DE")
	b.Look(1366, 768, 1, true)
	walkDesk(t, b, other, url, func(state string) {
		for _, s := range [][2]int64{{1366, 768}, {1024, 768}, {683, 384}, {320, 640}} {
			b.Size(s[0], s[1], 1)
			for what, script := range map[string]string{"beyond the edge": beyond, "cut off": clipped} {
				if got := b.Text(script); got != "" {
					t.Errorf("%s at %d×%d: %s: %s", state, s[0], s[1], what, got)
				}
			}
			b.Shot(fmt.Sprintf("desk-de-%s-%d", state, s[0]))
		}
		b.Size(1366, 768, 1)
	})
	b.Clean()
}

// What is pressed is what was aimed at: a row that comes stands at the end, and
// one that leaves under the pointer keeps its place for a while. The arrows go
// from row to row.
func TestQueueStandsStill(t *testing.T) {
	b, other, url := pages(t, "en-US")
	b.WatchShifts()
	b.Look(1366, 768, 1, true)
	requests, cases := consoletest.ManyWaiting(8)
	live := cloudapi.Live{Requests: requests[:6], Cases: cases[:6], Devices: consoletest.Devices(3)}
	other.Cloud.SetLive(live)
	consoletest.NewCaseDesk(other, nil)
	b.Go(url)
	b.Wait(`document.body.dataset.phase === "sign-in"`)
	b.Click("#sign-in")
	b.Wait(`document.querySelectorAll("#waiting .request").length === 6`)
	b.Shifts()
	where := func(id string) string {
		return b.Text(`Math.round(document.querySelector('.request[data-id="` + id + `"]').getBoundingClientRect().y)`)
	}
	b.Eval(`document.querySelector('.request[data-id="many-0"] .take').focus()`)
	b.Do("down twice", append(press("ArrowDown", "ArrowDown", 0), press("ArrowDown", "ArrowDown", 0)...)...)
	b.Wait(`document.activeElement.closest(".request").dataset.id === "many-2"`)
	third := where("many-2")
	live.Requests, live.Cases = requests, cases
	other.Cloud.SetLive(live)
	b.Wait(`document.querySelectorAll("#waiting .request").length === 8`)
	if got := where("many-2"); got != third {
		t.Errorf("a row that came moved another from %s to %s", third, got)
	}
	b.Do("point at the third", chromedp.MouseClickXY(120, 300)) // somewhere over the list; nothing to press there
	b.Wait(`document.querySelector("#waiting").matches(":hover")`)
	third = where("many-2")
	live.Requests, live.Cases = requests[1:], cases[1:]
	other.Cloud.SetLive(live)
	b.Wait(`document.querySelector('.request[data-id="many-0"]')?.inert === true`)
	if got := where("many-2"); got != third {
		t.Errorf("a row that left moved another from %s to %s", third, got)
	}
	var sum float64
	steady(t, b, "rows came and went", &sum)
	b.Wait(`!document.querySelector('.request[data-id="many-0"]')`) // not for ever
	b.Clean()
}

// Notes and ticket are at hand in a session and after it.
func TestNotesInASession(t *testing.T) {
	needPage(t)
	b, other, url := pages(t, "en-US")
	b.Look(1366, 768, 1, true)
	live := cloudapi.Live{Requests: requests(), Cases: consoletest.Cases(), Devices: consoletest.Devices(3)}
	live.Cases[0].Holder, live.Cases[0].Mine, live.Cases[0].Ticket = &consoletest.Anna, true, "INC-9"
	other.Cloud.SetLive(live)
	desk := consoletest.NewCaseDesk(other, nil)
	l := consoletest.NewLab(b, other)
	b.Go(url)
	b.Wait(`document.body.dataset.phase === "sign-in"`)
	b.Click("#sign-in")
	b.Wait(joinable)
	b.Click(`.request[data-id="req-1"] .join`)
	b.Wait(`document.querySelector("#ticket").value === "INC-9"`)
	b.Fill("#reason", "Pump")
	b.Fill("#code", "k7qmxw3p")
	b.Click("#join-confirm")
	b.Wait(`document.body.dataset.phase === "session"`)
	l.May(nil)
	b.Click("#session-notes")
	b.Wait(`document.querySelectorAll("#case-dialog .notes > .note").length === 2`)
	audit(t, b, "notes in a session")
	b.Shot("desk-session-notes")
	b.Fill("#case-note", "Changed the valve? No: t, 1, /.")
	b.Click("#case-note-add")
	b.Wait(`document.querySelectorAll("#case-dialog .notes > .note").length === 3`)
	if acts := desk.Acts(); !slices.ContainsFunc(acts, func(a cloudapi.CaseAct) bool {
		return a.Act == cloudapi.ActNote && strings.HasSuffix(a.Text, "t, 1, /.")
	}) {
		t.Errorf("the page asked for %+v", acts)
	}
	b.Do("close it", press("Escape", "Escape", 0)...)
	b.Wait(`!document.querySelector("#case-dialog")`)
	b.Click("#end")
	b.Click("#end-yes")
	b.Wait(`!!document.querySelector("#to-case")`)
	b.Click("#to-case")
	b.Wait(`document.querySelectorAll(".notes > .note").length === 3`)
	b.Clean()
}
