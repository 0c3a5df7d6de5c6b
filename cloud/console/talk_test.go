package console_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/session/wire"
)

// Every request's button says how it stands, and why not (P27: each capability
// on its own).
func TestRequests(t *testing.T) {
	l := enterLab(t, "en-US")
	all := []string{"#ask-view", "#ask-control", "#send-file", "#ask-fetch", "#ask-clipboard-to-pc", "#ask-clipboard-to-engineer", "#ask-chat", "#ask-pointer"}
	if l.Text(`document.querySelector("#more").open`) != "false" {
		t.Error("the rest is in the way from the start")
	}
	l.OpenMore()
	is := func(id, state, why string) string {
		return `(document.querySelector("` + id + `").dataset.state === "` + state + `" && document.querySelector("` + id + `").dataset.why === "` + why + `")`
	}
	line := func(id string) string { return l.Text(`document.querySelector("` + id + ` .cap-line").textContent`) }
	// What is off is there, in words, and cannot be pressed.
	l.May(map[string]string{wire.Files: "no-scanner", wire.ClipboardToPC: "never", wire.ClipboardToMe: "off", wire.Chat: "policy", wire.Pointer: "toString"})
	l.Wait(is("#send-file", "off", "no-scanner"))
	for id, want := range map[string]string{"#ask-fetch": "No malware scanner", "#ask-clipboard-to-pc": "Never on an instrument with patient data", "#ask-clipboard-to-engineer": "Off until",
		"#ask-chat": "Not allowed by the site’s policy", "#ask-pointer": "Not possible now"} {
		if got := line(id); !strings.HasPrefix(got, want) || l.Text(`document.querySelector("`+id+`").getAttribute("aria-disabled")`) != "true" {
			t.Errorf("%s says %q", id, got)
		}
		l.Click(id)
	}
	l.May(nil)
	l.Wait(is("#ask-pointer", "idle", ""))
	host := l.Other.Host
	allow := host.Answer
	host.Answer = func(wire.Message) wire.Message { return wire.Message{} } // still thinking
	for _, id := range all {
		if id == "#send-file" {
			continue
		}
		l.Click(id)
		l.Wait(is(id, "asked", ""))
		l.Wait(`/\d s$/.test(document.querySelector("` + id + ` .cap-line").textContent)`)
		l.Click(id + " + .cap-drop")
	}
	// One question for each went out, and each was taken back.
	all7 := l.AwaitAll("the last withdrawal", func(all []wire.Message) bool { return len(consoletest.Of("cancel", all)) == 7 })
	if asks := len(consoletest.Of("ask", all7)) + len(consoletest.Of("ask-fetch", all7)); asks != 7 {
		t.Errorf("%d questions went out", asks)
	}
	host.Answer = allow
	for _, c := range []string{wire.View, wire.Control, wire.ClipboardToPC, wire.ClipboardToMe, wire.Chat, wire.Pointer} {
		host.Say(wire.Message{Type: "answer", ID: "x", Capability: c, Why: "withdrawn"})
	}
	l.Wait(is("#ask-pointer", "idle", "withdrawn"))
	for _, id := range []string{"#ask-view", "#ask-control", "#ask-clipboard-to-pc", "#ask-clipboard-to-engineer", "#ask-pointer", "#ask-chat"} {
		l.Click(id)
		l.Wait(is(id, "granted", "allowed"))
		if got := line(id); !strings.HasPrefix(got, "Granted, ") {
			t.Errorf("granted, %s says %q", id, got)
		}
	}
	l.Wait(`document.querySelector(".more-count").textContent.includes("in use")`)
	for cap, why := range map[string]string{wire.Chat: "expired", wire.Pointer: "revoked", wire.ClipboardToPC: "policy"} {
		host.Say(wire.Message{Type: "lease-end", Capability: cap, Why: why})
		l.Wait(is("#ask-"+cap, "idle", why))
	}
	// Asked too often: it says when, and can be pressed again only then.
	host.Answer = func(wire.Message) wire.Message {
		return wire.Message{Why: "throttled", UntilMS: consoletest.Until(consoletest.Soon)}
	}
	l.Click("#ask-pointer")
	l.Wait(`document.querySelector("#ask-pointer .cap-line").textContent.startsWith("Asked too often. Again in 0:0") && document.querySelector("#ask-pointer").getAttribute("aria-disabled") === "true"`)
	l.Wait(is("#ask-pointer", "idle", ""))
	// It is remembered that the rest was open.
	l.Click("#end")
	l.Click("#end-yes")
	l.Click("#to-list")
	l.Join()
	if l.Text(`document.querySelector("#more").open`) != "true" {
		t.Error("that the rest was open is forgotten")
	}
	l.Clean()
}

// Chat: who and when, a line counts once it is logged, and a text is a text
// (scenario 44).
func TestChat(t *testing.T) {
	l := enterLab(t, "en-US")
	l.Click("#chat-toggle")
	l.Wait(`document.querySelector("#chat-ask").checkVisibility() && !document.querySelector(".chat-form").checkVisibility()`)
	l.Click("#chat-ask")
	l.Wait(`document.querySelector(".chat-form").checkVisibility() && document.activeElement.id === "chat-field"`)
	l.Silence("chat", true)
	l.Do("write", chromedp.SendKeys("#chat-field", "first", chromedp.ByQuery))
	l.Do("a new line", key("keyDown", "Enter", "Enter", shift).WithText("\r"), key("keyUp", "Enter", "Enter", shift))
	l.Do("write on", chromedp.SendKeys("#chat-field", "second", chromedp.ByQuery))
	l.Do("send", press("Enter", "Enter", 0)...)
	m := l.Await("a line", func(m wire.Message) bool { return m.Type == "chat" })
	if m.Text != "first\nsecond" || m.ID == "" {
		t.Errorf("the host got %+v", m)
	}
	l.Wait(`document.querySelector(".chat-line").dataset.pending === "sending" && document.querySelector("#chat-field").value === ""`)
	l.Other.Host.Say(wire.Message{Type: "chat", ID: m.ID, Text: m.Text})
	l.Wait(`document.querySelectorAll(".chat-line").length === 1 && document.querySelector(".chat-line").dataset.pending === undefined`)
	l.Click("#chat-close")
	const script = `<img src=x onerror=alert(1)><a href="https://x.example">link</a>`
	for _, text := range []string{script, "second"} {
		l.Other.Host.Say(wire.Message{Type: "chat", ID: "t", Text: text, On: true})
	}
	l.Wait(`document.querySelector("#chat-unread").textContent === "2" && document.querySelector("#chat-unread").checkVisibility()`)
	l.Click("#chat-toggle")
	l.Wait(`!document.querySelector("#chat-unread").checkVisibility()`)
	if got := l.Text(`document.querySelectorAll(".chat-line")[1].innerText + "|" + document.querySelectorAll("#chat img, #chat a").length`); !strings.Contains(got, script) || !strings.HasSuffix(got, "|0") || !strings.Contains(got, "Maria Lindqvist") {
		t.Errorf("the technician's line is shown as %q", got)
	}
	// Too long is said, and not sent.
	l.Eval(`(() => { const f = document.querySelector("#chat-field"); f.value = "ä".repeat(1001); f.dispatchEvent(new Event("input")); })()`)
	l.Wait(`document.querySelector("#chat-error").textContent === "Too long by 2 bytes"`)
	l.Click("#chat-send")
	l.Wait(`document.querySelectorAll(".chat-line").length === 3`)
	l.Other.Host.Say(wire.Message{Type: "lease-end", Capability: wire.Chat, Why: "revoked"})
	l.Wait(`!document.querySelector(".chat-form").checkVisibility() && document.querySelector(".chat-closed").innerText.includes("Ended by the technician")`)
	l.Clean()
}

// The clipboard, each direction under its own grant, text only, at most as
// large as agreed, and never by itself (scenario 20).
func TestClipboard(t *testing.T) {
	l := steering(t)
	l.AllowClipboard()
	paste := append([]chromedp.Action{key("keyDown", "Control", "ControlLeft", ctrl)}, append(press("v", "KeyV", ctrl), key("keyUp", "Control", "ControlLeft", 0))...)
	l.Eval(`navigator.clipboard.writeText("before the grant")`)
	if got := typed(t, l, "-ControlLeft", paste...); got != "+ControlLeft=Control +KeyV=v -KeyV -ControlLeft" {
		t.Errorf("without a grant the host got %s", got)
	}
	l.Grant("#ask-clipboard-to-pc")
	clickPicture(l, 640, 400)
	l.Wait(`document.activeElement.id === "keyboard"`)
	l.Wait(`navigator.clipboard.writeText("Zelle <b>4711</b>").then(() => true)`)
	if got := typed(t, l, "-ControlLeft", paste...); got != "+ControlLeft=Control +KeyV=v -KeyV -ControlLeft" {
		t.Errorf("with a grant the host got %s", got)
	}
	one := func(all []wire.Message) bool { return len(consoletest.Of("clipboard", all)) == 1 }
	if m := consoletest.Of("clipboard", l.AwaitAll("the text", one))[0]; m.Text != "Zelle <b>4711</b>" {
		t.Errorf("the host got the text %q", m.Text)
	}
	// The same text again is not sent: the PC may have another one by now.
	typed(t, l, "-ControlLeft", paste...)
	l.AwaitAll("no second one", one)
	// By the button it is, on purpose.
	l.Click("#paste")
	l.Wait(`document.querySelector('[data-notice="clipboard"]')?.dataset.tone === "good"`)
	l.Wait(`navigator.clipboard.writeText("x".repeat(65537)).then(() => true)`)
	l.Click("#paste")
	l.Wait(`document.querySelector('[data-notice="clipboard"]')?.innerText.includes("too large: 66 kB")`)
	// From the PC: not without the grant, and then only when it is taken.
	l.Other.Host.Say(wire.Message{Type: "clipboard", Text: "not granted"})
	l.Grant("#ask-clipboard-to-engineer")
	l.Wait(`navigator.clipboard.writeText("mine").then(() => true)`)
	l.Other.Host.Say(wire.Message{Type: "clipboard", Text: `<img src=x onerror=alert(1)>`})
	l.Wait(`document.querySelector('[data-notice="clipboard-in"] q')?.textContent === "<img src=x onerror=alert(1)>"`)
	l.Wait(`navigator.clipboard.readText().then(s => s === "mine")`)
	l.Click("#clipboard-take")
	l.Wait(`navigator.clipboard.readText().then(s => s.startsWith("<img"))`)
	l.Other.Host.Say(wire.Message{Type: "clipboard", Text: "later"})
	l.Wait(`document.querySelector('[data-notice="clipboard-in"] q')?.textContent === "later"`)
	l.Other.Host.Say(wire.Message{Type: "lease-end", Capability: wire.ClipboardToMe, Why: "revoked"})
	l.Wait(`document.querySelector('[data-notice="clipboard-in"]') === null`)
	l.Clean()
}

// The host knows whether this page has the keyboard (scenario 20).
func TestFocusIsTold(t *testing.T) {
	l := enterLab(t, "en-US")
	last := func(want bool, n int) func([]wire.Message) bool {
		return func(all []wire.Message) bool {
			told := consoletest.Of("focus", all)
			return len(told) == n && told[n-1].On == want
		}
	}
	l.AwaitAll("the focus", last(true, 1))
	l.Eval(`(() => { document.hasFocus = () => false; window.dispatchEvent(new Event("blur")); })()`)
	l.AwaitAll("its loss", last(false, 2))
	l.Eval(`(() => { delete document.hasFocus; window.dispatchEvent(new Event("focus")); window.dispatchEvent(new Event("focus")); })()`)
	l.AwaitAll("its return", last(true, 3))
	l.Other.Cloud.CutRelay()
	l.AwaitAll("the focus on a new link", last(true, 4))
	l.Clean()
}

// Pointing without control: a marker, not a mouse, and few messages.
func TestPointer(t *testing.T) {
	l := enterLab(t, "en-US")
	l.View()
	l.Grant("#ask-pointer")
	l.Wait(`document.querySelector("#screen.pointing") !== null`)
	x, y := onPicture(l, 321, 123)
	l.Do("point", chromedp.MouseEvent("mouseMoved", x, y))
	m := l.Await("a point", func(m wire.Message) bool { return m.Type == "point" && m.On })
	if m.X < 320 || m.X > 322 || m.Y < 122 || m.Y > 124 {
		t.Errorf("pointed at %d, %d", m.X, m.Y)
	}
	l.Do("click", chromedp.MouseClickXY(x, y))
	l.Eval(`(() => { const c = document.querySelector("#screen"), r = c.getBoundingClientRect();
	  for (let i = 0; i < 500; i++) c.dispatchEvent(new PointerEvent("pointermove", {clientX: r.x + i, clientY: r.y + 50, bubbles: true}));
	  c.dispatchEvent(new PointerEvent("pointerleave")); })()`)
	all := l.AwaitAll("nowhere", func(all []wire.Message) bool {
		points := consoletest.Of("point", all)
		return len(points) > 0 && !points[len(points)-1].On
	})
	if input := consoletest.Of("input", all); len(input) > 0 {
		t.Errorf("pointing sent %+v", input)
	}
	if n := len(consoletest.Of("point", all)); n > 12 {
		t.Errorf("%d messages for one movement", n)
	}
	// With control as well, the tool decides which of both a hand does.
	l.Grant("#ask-control")
	l.Wait(`document.querySelector("#screen.pointing") !== null && document.querySelector("#screen.steering") === null`)
	l.Click("#point")
	l.Wait(`document.querySelector("#screen.steering") !== null`)
	l.Other.Host.Say(wire.Message{Type: "lease-end", Capability: wire.Pointer, Why: "expired"})
	l.Wait(`!document.querySelector("#point").checkVisibility()`)
	l.Clean()
}

// Scenario 44: whatever a device says stays a text.
func TestDeviceTextsAreInert(t *testing.T) {
	l := enterLab(t, "en-US")
	const script = `<img src=x onerror=alert(1)><script>alert(1)</script>`
	l.SetMonitors(wire.Monitor{ID: script, Name: script, Width: 1280, Height: 800}, wire.Monitor{ID: "__proto__", Name: "constructor", X: 1280, Width: 800, Height: 800})
	l.View()
	l.Click("#monitors")
	l.Wait(`document.querySelector("#monitors-menu").checkVisibility()`)
	l.Do("close", press("Escape", "Escape", 0)...)
	for _, c := range []string{wire.View, wire.Control, wire.Chat, script, "__proto__", "constructor"} {
		l.Other.Host.Say(wire.Message{Type: "lease-end", Capability: c, Why: script})
		l.Other.Host.Say(wire.Message{Type: "answer", Capability: c, ID: script, Why: "__proto__"})
	}
	l.May(map[string]string{wire.Chat: script, wire.Pointer: "constructor", script: script})
	l.Other.Host.Say(wire.Message{Type: "screen", State: script})
	l.Grant("#ask-clipboard-to-engineer")
	l.Other.Host.Say(wire.Message{Type: "clipboard", Text: script})
	l.Wait(`document.querySelector('[data-notice="clipboard-in"]') !== null`)
	if n := l.Text(`document.querySelectorAll('#view img:not([src="/assets/mark.svg"]), #view script').length`); n != "0" {
		t.Errorf("%s elements came out of a device's texts", n)
	}
	l.Other.Host.Say(wire.Message{Type: "end", Why: script})
	l.Wait(`document.body.dataset.phase === "summary" && document.querySelector("#summary-why").textContent.includes("<img src=x")`)
	l.Clean()
}
