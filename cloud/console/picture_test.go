package console_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/session/screen"
	"beckmanconnect/session/wire"
)

// The picture's size and place: fitted, one to one, on a fine screen, and when
// the host's resolution changes in mid-session.
func TestPictureSize(t *testing.T) {
	l := enterLab(t, "en-US")
	l.SetMonitors(wire.Monitor{ID: "m1", Name: "Panel", Width: 1280, Height: 800, Primary: true})
	l.View()
	if l.Text(`document.querySelector("#monitors").checkVisibility()`) != "false" {
		t.Error("one monitor is offered to choose from")
	}
	// The picture stands in the middle of its place and inside it.
	const inside = `(() => { const c = document.querySelector("#screen").getBoundingClientRect(), s = document.querySelector(".stage-area").getBoundingClientRect();
	  return c.left >= s.left - .5 && c.top >= s.top - .5 && c.right <= s.right + .5 && c.bottom <= s.bottom + .5 && Math.abs((c.left - s.left) - (s.right - c.right)) <= 1.5; })()`
	l.Wait(inside)
	for _, tt := range []struct {
		ratio float64
		scale int
		want  string // CSS pixels for one of the picture
		sharp string
	}{{1, 100, "1", "auto"}, {2, 100, "1", "pixelated"}, {2, 200, "0.5", "auto"}, {1.5, 100, "0.667", "auto"}} {
		l.Other.Host.Say(wire.Message{Type: "screen", State: "on", Monitor: "m1", Monitors: []wire.Monitor{{ID: "m1", Name: "Panel", Width: 1280, Height: 800, Scale: tt.scale}}})
		l.Look(1366, 768, tt.ratio, false)
		l.Click("#actual")
		l.Wait(`document.querySelector("#screen").dataset.scale === "` + tt.want + `" && document.querySelector("#screen").style.imageRendering === "` + tt.sharp + `"`)
		l.Click("#fit")
		l.Wait(inside)
	}
	l.Look(1366, 768, 1, false)
	l.Grant("#ask-control")
	other := consoletest.NewDesktop(1024, 1280)
	l.Other.Host.Say(wire.Message{Type: "screen", State: "on", Width: 1024, Height: 1280})
	l.Other.Host.Show(other.Frame())
	l.AwaitPicture(other.Hash())
	l.Wait(inside)
	clickPicture(l, 1000, 1270) // what is under the mouse is what is meant
	e := l.Events("a click", func(e []wire.Input) bool { return len(e) > 0 && e[len(e)-1].Kind == "up" })
	if last := e[len(e)-1]; last.X < 998 || last.X > 1002 || last.Y < 1267 || last.Y > 1273 {
		t.Errorf("after the change a click went to %d, %d", last.X, last.Y)
	}
	l.Clean()
}

// The monitors of the host: a map, by mouse and by keyboard, one or all.
func TestMonitors(t *testing.T) {
	l := enterLab(t, "en-US")
	l.SetMonitors(wire.Monitor{ID: "m1", Name: "Left", Width: 1280, Height: 800, Primary: true}, wire.Monitor{ID: "m2", Name: "Right", X: 1280, Y: -200, Width: 800, Height: 1000})
	l.View()
	l.Click("#monitors")
	l.Wait(`document.querySelector("#monitors-menu").checkVisibility() && document.activeElement.dataset.monitor === "m1"`)
	// True to scale: the second is higher, and begins above the first.
	if got := l.Text(`(() => { const [a, b] = [...document.querySelectorAll(".monitor")].map(m => m.getBoundingClientRect()); return Math.abs(a.width / b.width - 1.6) < .02 && b.top < a.top && Math.abs(b.left - a.right) < 1; })()`); got != "true" {
		t.Error("the map is not what the host said")
	}
	l.Do("to the second by keyboard", append(press("ArrowRight", "ArrowRight", 0), press("Enter", "Enter", 0)...)...)
	l.Await("a choice", func(m wire.Message) bool { return m.Type == "monitor" && m.Monitor == "m2" })
	l.AwaitPicture(l.Desktops["m2"].Hash())
	l.Click("#monitors")
	l.Wait(`document.querySelector('.monitor[data-monitor="m2"]').getAttribute("aria-checked") === "true"`)
	l.Click("#monitor-all")
	l.AwaitPicture(l.Desktops["all"].Hash())
	l.Do("the next one", press("PageDown", "PageDown", ctrl|alt)...)
	l.AwaitPicture(l.Desktops["m1"].Hash())
	l.Click("#monitors")
	l.Do("close by key", press("Escape", "Escape", 0)...)
	l.Wait(`!document.querySelector("#monitors-menu").checkVisibility() && document.activeElement.id === "monitors"`)
	l.Clean()
}

// The host's pointer: where the technician moves it, and as the engineer's own
// cursor while they steer.
func TestHostCursor(t *testing.T) {
	l := enterLab(t, "en-US")
	l.View()
	shape := consoletest.Arrow()
	shape.HotX, shape.HotY = 4, 6
	l.Cursor(shape)
	l.Cursor(screen.Cursor{Kind: screen.CursorMoved, X: 300, Y: 200})
	const at = `(() => { const c = document.querySelector("#screen").getBoundingClientRect(), o = document.querySelector("#host-cursor").getBoundingClientRect(), s = c.width / 1280;
	  return !document.querySelector("#host-cursor").hidden && Math.abs(o.left - c.left - (%[1]d * s - 4 * s)) < 2 && Math.abs(o.top - c.top - (%[2]d * s - 6 * s)) < 2; })()`
	l.Wait(fmt.Sprintf(at, 300, 200))
	l.Cursor(screen.Cursor{Kind: screen.CursorMoved, X: 900, Y: 640})
	l.Wait(fmt.Sprintf(at, 900, 640))
	// A frame that is none changes nothing.
	for _, bad := range [][]byte{{}, {9}, {1, 0}, {2, 0, 0, 0, 0, 255, 255, 255, 255}, {2, 0, 0, 0, 0, 8, 0, 8, 0, 1, 2, 3}, {1, 255, 255, 255, 255}} {
		l.Other.Host.Frame(wire.FrameCursor, bad)
	}
	l.Cursor(screen.Cursor{Kind: screen.CursorHidden})
	l.Wait(`document.querySelector("#host-cursor").hidden`)
	l.Grant("#ask-control")
	l.Cursor(screen.Cursor{Kind: screen.CursorMoved, X: 600, Y: 400})
	clickPicture(l, 600, 400)
	l.Wait(`getComputedStyle(document.querySelector("#screen")).cursor.includes("blob:")`)
	l.Wait(`document.querySelector("#host-cursor").hidden`) // the hand carries it
	l.Cursor(screen.Cursor{Kind: screen.CursorMoved, X: 100, Y: 100})
	l.Wait(fmt.Sprintf(at, 100, 100)) // somebody else's hand
	l.Other.Host.Say(wire.Message{Type: "lease-end", Capability: wire.View, Why: "revoked"})
	l.Wait(`document.querySelector("#host-cursor").hidden && !document.querySelector("#screen").style.cursor`)
	l.Clean()
}

// Why there is no picture, each in its own words, and nothing of the old one is
// left to be seen.
func TestBlack(t *testing.T) {
	l := enterLab(t, "en-US")
	l.View()
	for state, says := range map[string]string{
		"masked": "whole screen is masked", "locked": "screen is locked", "secure-desktop": "Windows asks for an administrator", "answering": "technician is answering",
		"no-helper": "screen program is not running", "off": "screen is off", "constructor": "Waiting for the first picture",
	} {
		l.Other.Host.Say(wire.Message{Type: "screen", State: state})
		l.Wait(`document.querySelector("#cover").checkVisibility() && document.querySelector("#cover").innerText.includes("` + says + `")`)
		l.Wait(blank)
		l.Other.Host.Say(wire.Message{Type: "screen", State: "on"})
		d := consoletest.NewDesktop(1280, 800)
		d.Step(len(state))
		l.Other.Host.Show(d.Frame())
		l.Eval(`0`)
		l.Other.Host.Show(l.Desktops["all"].Frame())
		l.Wait(`!document.querySelector("#cover").checkVisibility()`)
	}
	l.Other.Host.Say(wire.Message{Type: "lease-end", Capability: wire.View, Why: "helper-lost"})
	l.Wait(`document.querySelector("#cover").innerText.includes("The screen program stopped")`)
	l.Wait(blank)
	l.May(map[string]string{wire.View: "policy"})
	l.Wait(`document.querySelector("#ask-view").dataset.state === "off" && document.querySelector("#cover").innerText.includes("Not allowed by the site’s policy")`)
	l.Clean()
}

// blank: not one pixel of the picture is left.
const blank = `(() => { const from = document.querySelector("#screen"), c = new OffscreenCanvas(from.width, from.height).getContext("2d"); c.drawImage(from, 0, 0);
  return c.getImageData(0, 0, from.width, from.height).data.every((v, i) => i % 4 === 3 || v === 0); })()`

// A lost link: the old picture, dimmed, what goes on and what does not; then
// all is as before, and nothing piles up on the page.
func TestReconnect(t *testing.T) {
	l := enterLab(t, "en-US")
	l.View()
	l.Grant("#ask-control")
	l.Other.Host.Answer = func(wire.Message) wire.Message { return wire.Message{} }
	l.OpenMore()
	l.Click("#ask-chat")
	l.Wait(`document.querySelector("#ask-chat").dataset.state === "asked"`)
	l.Eval(`(() => { window.seen = []; new MutationObserver(() => { if (document.body.dataset.lost === "true") window.seen.push(document.querySelector("#lost").innerText + "|" + document.querySelector("#ask-chat").dataset.why + "|" + document.querySelector("#ask-control").dataset.state + "|" + document.querySelector("#screen").classList.contains("steering") + "|" + document.querySelector("#quality").dataset.grade); }).observe(document.body, {attributes: true, subtree: true, attributeFilter: ["hidden", "data-lost", "class", "data-why", "data-grade"]}); })()`)
	count := func() string { return l.Text(`document.querySelectorAll("*").length`) }
	var nodes string
	for i := range 4 {
		l.Other.Cloud.CutRelay()
		l.Wait(fmt.Sprintf(`window.seen.length > 0 && document.body.dataset.lost === "false" && %d >= 0`, i))
		if said := l.Text(`window.seen.at(-1)`); !strings.Contains(said, "Reconnecting…") || !strings.Contains(said, "goes on") || !strings.Contains(said, "Mouse and keyboard rest") || !strings.HasSuffix(said, "|withdrawn|granted|false|lost") {
			t.Errorf("while the link was lost the page said %q", said)
		}
		l.Eval(`window.seen = []`)
		l.Wait(`document.querySelector("#screen.steering") !== null`)
		d := l.Desktops["all"]
		d.Step(i)
		l.Other.Host.Show(d.Frame())
		l.AwaitPicture(d.Hash())
		if i == 0 {
			nodes = count()
		}
	}
	if now := count(); now != nodes {
		t.Errorf("%s elements after one lost link, %s after four", nodes, now)
	}
	l.Clean()
}

// The link in words, with the figures behind it.
func TestQuality(t *testing.T) {
	l := enterLab(t, "en-US")
	l.View()
	for _, tt := range []struct {
		rtt   float64
		grade string
	}{{12, "good"}, {180, "fair"}, {900, "poor"}} {
		l.FromWorker(map[string]any{"is": "quality", "rttMs": tt.rtt, "bytesPerSecond": 1_250_000, "framesPerSecond": 24.4, "video": tt.grade == "poor"})
		l.Wait(`document.querySelector("#quality").dataset.grade === "` + tt.grade + `"`)
	}
	l.Do("by keyboard", chromedp.Focus("#quality", chromedp.ByQuery))
	l.Wait(`getComputedStyle(document.querySelector("#quality-details")).visibility === "visible"`)
	if got := l.Text(`document.querySelector("#quality-details").innerText`); !strings.Contains(got, "900 ms") || !strings.Contains(got, "1.3 MB per second") || !strings.Contains(got, "24 per second") || !strings.Contains(got, "as video") {
		t.Errorf("the details say %q", got)
	}
	l.Clean()
}
