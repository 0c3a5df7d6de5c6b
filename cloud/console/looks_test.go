package console_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"beckmanconnect/cloud/console"
	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/session/screen"
	"beckmanconnect/session/wire"
)

// enterLab is a page in a session.
func enterLab(t *testing.T, lang string) *consoletest.Lab {
	t.Helper()
	needPage(t)
	other := consoletest.NewOther(t)
	server, ca := consoletest.Serve(t, other.Handler(console.Handler(console.Config{})))
	b := consoletest.Open(t, ca, lang)
	b.WatchWorkers()
	b.Look(1366, 768, 1, false)
	return consoletest.EnterLab(t, b, other, server.URL)
}

// fits tells whether every text of the session has the room it needs: what is
// cut off without being told so is listed.
const cut = `[...document.querySelectorAll(".session button, .session .cap-line, .session .cap-note, .session dd, .session dt, .session h2, .chat-note span, .banner-text, .veil-card li, .cover p, .cover strong, .dialog dd")]
  .filter(e => e.checkVisibility() && (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline" && getComputedStyle(e).overflow !== "visible" || e.matches(".banner-text") && e.scrollHeight > e.clientHeight + 1))
  .map(e => e.textContent.trim()).join(" | ")`

// overflows lists what sticks out of the box it stands in.
const overflows = `[...document.querySelectorAll(".session-head > *, .banner > *, .tools > *, .rail .cap-text, .chat-form *, .dialog *")].filter(e => {
  if (!e.checkVisibility()) return false;
  const r = e.getBoundingClientRect(), p = (e.closest(".session-head, .banner, .cap, .chat-form, .dialog") ?? document.body).getBoundingClientRect();
  return r.width > 0 && (r.right > p.right + 1 || r.left < p.left - 1 || r.bottom > p.bottom + 1);
}).map(e => e.className + ": " + e.textContent.trim()).join(" | ")`

// covered lists names of buttons that the button in their corner lies upon.
const covered = `[...document.querySelectorAll(".cap-box")].filter(b => {
  const d = b.querySelector(".cap-drop"), r = document.createRange();
  r.selectNodeContents(b.querySelector("strong"));
  return d.checkVisibility() && r.getBoundingClientRect().right > d.getBoundingClientRect().left + 6;
}).map(b => b.textContent).join(" | ")`

// Every state of the page in every look: nothing is cut off, nothing sticks
// out, in either language, from 1024×768 to 4K. Whoever changes the page keeps
// the pictures by BECKMANCONNECT_SHOTS and looks at them.
func TestLooks(t *testing.T) {
	type look struct {
		name          string
		width, height int64
		ratio         float64
		dark          bool
	}
	for _, lang := range []string{"en-US", "de-DE"} {
		t.Run(lang, func(t *testing.T) {
			looks := []look{{"1366-light", 1366, 768, 1, false}, {"1024-dark", 1024, 768, 1, true}}
			if os.Getenv("BECKMANCONNECT_SHOTS") != "" {
				looks = append(looks, look{"1920-dark", 1920, 1080, 1, true}, look{"1366-2x-light", 1366, 768, 2, false}, look{"4k-light", 3840, 2160, 1, false})
			}
			l := enterLab(t, lang)
			shoot := func(state string) {
				t.Helper()
				for _, k := range looks {
					l.Look(k.width, k.height, k.ratio, k.dark)
					for what, script := range map[string]string{"cut off": cut, "sticks out": overflows, "is covered": covered} {
						if got := l.Text(script); got != "" {
							t.Errorf("%s, %s: %s: %s", state, k.name, what, got)
						}
					}
					l.Shot(fmt.Sprintf("%s-%s-%s", strings.ToLower(lang[:2]), state, k.name))
				}
				l.Look(1366, 768, 1, false)
			}
			tour(l, shoot)
			l.Clean()
		})
	}
}

// tour brings the page into each of its states.
func tour(l *consoletest.Lab, shoot func(string)) {
	host := l.Other.Host
	allow := host.Answer
	shoot("words")
	host.Answer = func(wire.Message) wire.Message { return wire.Message{} }
	l.Click("#ask-view")
	l.Wait(`document.querySelector("#ask-view").dataset.state === "asked"`)
	shoot("asked")
	l.Click("#ask-view + .cap-drop")
	host.Say(wire.Message{Type: "answer", ID: "x", Capability: wire.View, Why: "withdrawn"})
	host.Answer = allow
	l.SetMonitors(wire.Monitor{ID: "m1", Name: "DELL U2419", Width: 1920, Height: 1080, Primary: true}, wire.Monitor{ID: "m2", Name: "Panel", X: 1920, Y: 120, Width: 1280, Height: 800})
	l.View()
	l.Cursor(consoletest.Arrow())
	l.Cursor(screen.Cursor{Kind: screen.CursorMoved, X: 640, Y: 300})
	l.FromWorker(map[string]any{"is": "quality", "rttMs": 24.4, "bytesPerSecond": 84_000, "framesPerSecond": 21, "video": false})
	l.Wait(`document.querySelector("#host-cursor").checkVisibility()`)
	shoot("view")
	l.Eval(`document.querySelector("#quality").focus()`)
	shoot("quality")
	l.Click("#monitors")
	l.Wait(`document.querySelector("#monitors-menu").checkVisibility()`)
	shoot("monitors")
	l.Click("#monitors")
	l.Grant("#ask-control")
	l.Wait(`document.querySelector("#screen").classList.contains("steering")`)
	l.Click("#screen")
	shoot("control")
	l.Click("#send-keys")
	shoot("keys")
	l.Click("#send-keys")
	l.Grant("#ask-clipboard-to-pc")
	l.Grant("#ask-clipboard-to-engineer")
	host.Say(wire.Message{Type: "clipboard", Text: "Lot 4711-B  WBC 6.2  RBC 4.71  HGB 14.1  PLT 253  control within limits"})
	l.Wait(`!!document.querySelector(".notice")`)
	shoot("clipboard")
	l.Grant("#ask-pointer")
	l.Click("#point")
	l.Grant("#ask-chat")
	l.Fill("#chat-field", "Please open the diluent door and tell me what the gauge says.\r")
	l.Wait(`document.querySelectorAll(".chat-line:not([data-pending])").length === 1`)
	host.Say(wire.Message{Type: "chat", ID: "t1", Text: "It says 1.8 bar. It was 2.4 yesterday.", On: true})
	host.Say(wire.Message{Type: "chat", ID: "t2", Text: "And the valve clicks twice.", On: true})
	l.Wait(`document.querySelectorAll(".chat-line").length === 3`)
	shoot("chat")
	l.Click("#chat-close")
	host.Say(wire.Message{Type: "chat", ID: "t3", Text: "Still there?", On: true})
	l.Wait(`document.querySelector("#chat-unread").textContent === "1"`)
	host.Answer = func(wire.Message) wire.Message {
		return wire.Message{Why: "throttled", UntilMS: consoletest.Until(time.Minute)}
	}
	host.Say(wire.Message{Type: "lease-end", Capability: wire.Control, Why: "revoked"})
	host.Say(wire.Message{Type: "lease-end", Capability: wire.Pointer, Why: "expired"})
	l.Wait(`document.querySelector("#ask-control").dataset.why === "revoked"`)
	l.Click("#ask-control")
	l.Wait(`document.querySelector("#ask-control").dataset.why === "throttled"`)
	l.May(map[string]string{wire.Files: "no-scanner", wire.ClipboardToPC: "never", wire.ClipboardToMe: "off", wire.Pointer: "off"})
	l.Wait(`document.querySelector("#send-file").dataset.state === "off"`)
	shoot("refused")
	l.Eval(`document.activeElement.blur()`)
	l.Do("ask for help", press("?", "Slash", 0)...)
	l.Wait(`document.querySelector("#help").open`)
	shoot("help")
	l.Click("#help-close")
	l.Click("#end")
	shoot("end")
	l.Click("#end-no")
	for _, state := range []string{"masked", "locked", "secure-desktop", "answering", "no-helper", "off"} {
		host.Say(wire.Message{Type: "screen", State: state})
		l.Wait(`document.querySelector("#cover").checkVisibility()`)
		shoot("black-" + state)
	}
	host.Say(wire.Message{Type: "screen", State: "on"})
	l.Desktops["m1"].Step(0)
	host.Show(l.Desktops["m1"].Frame())
	l.AwaitPicture(l.Desktops["m1"].Hash())
	l.FromWorker(map[string]any{"is": "state", "state": map[string]any{"phase": "lost"}})
	l.Wait(`document.querySelector("#lost").checkVisibility()`)
	shoot("lost")
	l.FromWorker(map[string]any{"is": "state", "state": map[string]any{"phase": "session"}})
	l.Wait(`!document.querySelector("#lost").checkVisibility()`)
}
