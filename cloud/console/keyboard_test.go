package console_test

import (
	"slices"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"beckmanconnect/cloud/console"
	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/session/wire"
)

// typist works the page by keys alone.
type typist struct {
	*consoletest.Browser
	t *testing.T
}

func (k typist) press(name, code string, m input.Modifier) {
	k.t.Helper()
	k.Do("press "+code, press(name, code, m)...)
}

func (k typist) enter() { k.t.Helper(); k.press("Enter", "Enter", 0) }

// visible tells whether the element with the keyboard shows that it has it.
const visible = `(() => {
  const e = document.activeElement, s = getComputedStyle(e);
  if (e === document.body) return "nothing has the focus";
  if (e.id === "keyboard" || e.tagName === "H1") return ""; // the picture shows it; a heading is only where a page begins
  return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 ? "" : e.tagName + "#" + e.id + "." + e.className + " does not show the focus";
})()`

// tab goes on with the Tab key to an element, and holds each on the way against
// WCAG 2.4.7.
func (k typist) tab(to string) {
	k.t.Helper()
	for range 60 {
		k.Do("Tab", chromedp.KeyEvent("\t"))
		if got := k.Text(visible); got != "" && got != "nothing has the focus" { // past the last one it is the browser's
			k.t.Error(got)
		}
		if k.at(to) {
			return
		}
	}
	k.t.Fatalf("Tab does not come to %s; it is at %s", to, k.Text(`document.activeElement.outerHTML.slice(0, 200)`))
}

func (k typist) at(selector string) bool {
	return k.Text("document.activeElement.matches(`"+selector+"`)") == "true"
}

func (k typist) expect(what, selector string) {
	k.t.Helper()
	k.Wait("document.activeElement.matches(`" + selector + "`)")
	if got := k.Text(visible); got != "" {
		k.t.Errorf("%s: %s", what, got)
	}
}

// A whole session without a mouse: signing in, the queue, reason, ticket and
// code, view, control and the way out of it, panels, the end (B12).
func TestByKeyboardAlone(t *testing.T) {
	needPage(t)
	other := consoletest.NewOther(t)
	server, ca := consoletest.Serve(t, other.Handler(console.Handler(console.Config{})))
	b := consoletest.Open(t, ca, "en-US")
	b.WatchWorkers()
	b.Look(1366, 768, 1, true)
	k := typist{b, t}
	l := consoletest.NewLab(b, other)
	b.Go(server.URL)
	b.Wait(`document.body.dataset.phase === "sign-in"`)
	k.tab("#skip") // the first stop leads past everything
	k.enter()
	k.expect("the skip link", "#content")
	k.tab("#sign-in")
	k.enter()
	b.Wait(joinable)
	k.tab(`.request[data-id="req-1"] .join`)
	k.enter()
	k.expect("the form", "#reason")
	b.Do("type the reason", chromedp.KeyEvent("Pump pressure alarm"))
	k.tab("#ticket")
	b.Do("type the ticket", chromedp.KeyEvent("INC-4711"))
	k.tab("#code")
	b.Do("type the code", chromedp.KeyEvent("k7qmxw3p"))
	k.enter()
	b.Wait(`document.body.dataset.phase === "session"`)
	l.May(nil)
	l.SetMonitors(wire.Monitor{ID: "m1", Name: "A", Width: 1280, Height: 800, Primary: true}, wire.Monitor{ID: "m2", Name: "B", X: 1280, Width: 800, Height: 600})
	k.expect("the session", "#ask-view")
	k.enter()
	b.Wait(`document.querySelector("#ask-view").dataset.state === "granted"`)
	b.AwaitPicture(l.Desktops["m1"].Hash())
	k.tab("#ask-control")
	k.enter()
	k.expect("control", "#keyboard")
	b.Do("type to the instrument", chromedp.KeyEvent("Hi"))
	l.Events("what was typed", func(all []wire.Input) bool {
		return slices.ContainsFunc(all, func(e wire.Input) bool { return e.Kind == "keyup" && e.Code == "KeyI" })
	})
	k.press("Escape", "Escape", 0) // is the instrument's too
	l.Events("Escape", func(all []wire.Input) bool {
		return slices.ContainsFunc(all, func(e wire.Input) bool { return e.Kind == "keydown" && e.Code == "Escape" })
	})
	k.press("Home", "Home", ctrl|alt)
	k.expect("the way out", "#end")
	k.press("k", "KeyK", ctrl|alt)
	k.expect("the chat", "#chat-ask")
	k.enter()
	k.expect("writing", "#chat-field")
	b.Do("write", chromedp.KeyEvent("Ready?"))
	k.enter()
	b.Wait(`document.querySelectorAll(".chat-line:not([data-pending])").length === 1`)
	k.press("Escape", "Escape", 0)
	k.expect("the chat, closed", "#chat-toggle")
	k.press("?", "Slash", 0)
	b.Wait(`document.querySelector("#help").open`)
	k.press("Escape", "Escape", 0)
	b.Wait(`!document.querySelector("#help").open`)
	k.expect("the list of keys, closed", "#chat-toggle")
	b.Do("back to the screens", chromedp.KeyEvent("\t", chromedp.KeyModifiers(shift)))
	for range 12 {
		if k.at("#monitors") {
			break
		}
		b.Do("Shift+Tab", chromedp.KeyEvent("\t", chromedp.KeyModifiers(shift)))
	}
	k.expect("the screens", "#monitors")
	k.enter()
	k.expect("the menu", `.monitor[aria-checked="true"]`)
	k.press("ArrowDown", "ArrowDown", 0)
	k.press("Escape", "Escape", 0)
	b.Wait(`!document.querySelector("#monitors-menu").checkVisibility()`)
	b.Wait(`document.activeElement.matches("#monitors, #keyboard")`)
	k.press("End", "End", ctrl|alt)
	k.expect("the question", "#end-yes")
	k.press("Escape", "Escape", 0)
	b.Wait(`!document.querySelector("#end-dialog").open && document.body.dataset.phase === "session"`)
	k.press("End", "End", ctrl|alt)
	k.expect("the question again", "#end-yes")
	k.enter()
	k.expect("the summary", "#to-list")
	k.enter()
	b.Wait(`document.body.dataset.phase === "home" && document.activeElement !== document.body`)
	b.Clean()
}

// Lists are one stop of the Tab key, the arrows go through them, the focus
// stays where it is when the cloud says something new, and Escape goes back to
// where one came from.
func TestKeysOfThePages(t *testing.T) {
	b, other, url := pages(t, "en-US")
	k := typist{b, t}
	devices := consoletest.Devices(200)
	other.SetAnswers(consoletest.Fleet(40))
	other.Cloud.SetLive(cloudapi.Live{Requests: requests(), Devices: devices})
	b.Look(1366, 768, 1, true)
	b.Go(url)
	b.Wait(`document.body.dataset.phase === "sign-in"`)
	k.tab("#sign-in")
	k.enter()
	b.Wait(list)
	k.press("/", "Slash", 0)
	k.expect("the search", "#fleet-find")
	k.tab("#fleet summary")
	first := b.Text(`document.activeElement.closest(".device").dataset.id`)
	k.press("ArrowDown", "ArrowDown", 0)
	k.press("ArrowDown", "ArrowDown", 0)
	if n := b.Text(`[...document.querySelectorAll(".device")].indexOf(document.activeElement.closest(".device"))`); n != "2" {
		t.Errorf("two steps down is row %s", n)
	}
	id := b.Text(`document.activeElement.closest(".device").dataset.id`)
	if n := b.Text(`document.querySelectorAll("#fleet summary[tabindex='0']").length`); n != "1" || id == first {
		t.Errorf("the list is %s stops", n)
	}
	// The cloud says something new of that very row, and of the one above it.
	for i := range devices {
		if devices[i].ID == id || devices[i].ID == first {
			devices[i].Status.Open, devices[i].Status.Worst = 7, "high"
		}
	}
	other.Cloud.SetLive(cloudapi.Live{Requests: requests(), Devices: devices})
	b.Wait(`document.querySelector('.device[data-id="` + id + `"]').innerText.includes("7 open")`)
	k.expect("the row that was made anew", `.device[data-id="`+id+`"] summary`)
	k.enter()
	b.Wait(`document.activeElement.closest("details").open`)
	k.tab(".open-device")
	k.enter()
	b.Wait(`document.querySelector("main").dataset.device === "` + id + `"`)
	k.expect("the instrument", "#device-back")
	k.press("Escape", "Escape", 0)
	k.expect("back in the list", `.device[data-id="`+id+`"] .open-device`)
	k.press("End", "End", 0) // no arrow of the list: the button is inside a row
	k.press("2", "Digit2", 0)
	b.Wait(`document.querySelectorAll(".feed-row").length === 40`)
	k.expect("notifications", ".feed-text")
	b.Do("type a digit", chromedp.KeyEvent("1"))
	b.Wait(`document.querySelector(".feed-text").value === "1" && document.body.dataset.phase === "feed"`) // typing is no shortcut
	k.press("Backspace", "Backspace", 0)
	k.tab(".feed-device")
	k.press("End", "End", 0)
	seq := b.Text(`document.activeElement.closest(".feed-row").dataset.seq`)
	if seq != "1" {
		t.Errorf("End is row %s", seq)
	}
	rows := consoletest.FeedRows(40)
	rows[39].Notification.State, rows[39].Notification.Count = "acknowledged", 9
	other.SetAnswers(consoletest.Answers{cloudapi.PathFeed: cloudapi.FeedPage{Rows: rows}, cloudapi.PathMessage: []cloudapi.MessageSent{}})
	other.Cloud.SetLive(cloudapi.Live{Requests: requests(), Devices: devices, Feed: 1})
	b.Wait(`document.querySelector('.feed-row[data-seq="1"]').innerText.includes("×9")`)
	k.expect("the notification that was made anew", `.feed-row[data-seq="1"] .feed-device`)
	k.press("3", "Digit3", 0)
	k.expect("messages", "#message-kind")
	b.Fill("#message-title-en", "A draft")
	k.press("Escape", "Escape", 0) // would lose it
	if got := b.Text(`document.body.dataset.phase`); got != "messages" {
		t.Errorf("a draft was lost: the page is %s", got)
	}
	k.tab("#message-look")
	k.press("?", "Slash", 0)
	b.Wait(`document.querySelector("#help-page").open`)
	k.tab("#help-page-single")
	k.press(" ", "Space", 0)
	k.press("Escape", "Escape", 0)
	k.expect("the list of keys, closed", "#message-look")
	k.press("4", "Digit4", 0) // switched off
	k.press("h", "KeyH", ctrl|alt)
	b.Wait(`document.querySelector("#help-page").open`)
	if got := b.Text(`document.body.dataset.phase`); got != "messages" {
		t.Errorf("a single key acted all the same: the page is %s", got)
	}
	b.Clean()
}
