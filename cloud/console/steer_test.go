package console_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"beckmanconnect/cloud/console/consoletest"
	"beckmanconnect/session/wire"
)

// steering is a page that has view and control, with the picture clicked.
func steering(t *testing.T) *consoletest.Lab {
	t.Helper()
	l := enterLab(t, "en-US")
	l.View()
	l.Grant("#ask-control")
	l.Wait(`document.querySelector("#screen.steering") !== null`)
	clickPicture(l, 640, 400)
	l.Wait(`document.activeElement.id === "keyboard"`)
	return l
}

// onPicture is where a picture's pixel is on the page.
func onPicture(l *consoletest.Lab, x, y float64) (float64, float64) {
	var box struct{ X, Y, W, H, PW, PH float64 }
	l.Do("measure", chromedp.Evaluate(`(() => { const c = document.querySelector("#screen"), r = c.getBoundingClientRect(); return {X: r.x, Y: r.y, W: r.width, H: r.height, PW: c.width, PH: c.height}; })()`, &box))
	return box.X + (x+.5)/box.PW*box.W, box.Y + (y+.5)/box.PH*box.H
}

func clickPicture(l *consoletest.Lab, x, y float64) {
	px, py := onPicture(l, x, y)
	l.Do("click the picture", chromedp.MouseClickXY(px, py))
}

// said writes events as short words: +KeyA -KeyA "text".
func said(events []wire.Input) string {
	var out []string
	for _, e := range events {
		switch e.Kind {
		case "keydown":
			out = append(out, "+"+e.Code+"="+e.Key)
		case "keyup":
			out = append(out, "-"+e.Code)
		case "text":
			out = append(out, `"`+e.Text+`"`)
		}
	}
	return strings.Join(out, " ")
}

// typed acts, and waits until the host has seen last; it gives what was typed.
func typed(t *testing.T, l *consoletest.Lab, last string, actions ...chromedp.Action) string {
	t.Helper()
	before := len(l.Events("what was before", func([]wire.Input) bool { return true }))
	l.Do("type", actions...)
	events := l.Events(last, func(e []wire.Input) bool { return strings.HasSuffix(said(e[before:]), last) })
	return said(events[before:])
}

// Keys by their place, with what they mean; text as text; nothing twice, and
// nothing left pressed (P17, complaint "keyboard layouts / AltGr").
func TestKeyboard(t *testing.T) {
	l := steering(t)
	for _, tt := range []struct {
		name string
		want string
		do   []chromedp.Action
	}{
		{"letter", "+KeyH=h -KeyH", press("h", "KeyH", 0)},
		{"key repeat", "+KeyX=x +KeyX=x +KeyX=x -KeyX", []chromedp.Action{key(input.KeyDown, "x", "KeyX", 0), key(input.KeyDown, "x", "KeyX", 0).WithAutoRepeat(true), key(input.KeyDown, "x", "KeyX", 0).WithAutoRepeat(true), key(input.KeyUp, "x", "KeyX", 0)}},
		{"shortcut of the host's", "+ControlLeft=Control +KeyS=s -KeyS -ControlLeft", []chromedp.Action{key(input.KeyDown, "Control", "ControlLeft", ctrl), key(input.KeyDown, "s", "KeyS", ctrl), key(input.KeyUp, "s", "KeyS", ctrl), key(input.KeyUp, "Control", "ControlLeft", 0)}},
		{"AltGr", "+AltRight=AltGraph +KeyQ=@ -KeyQ -AltRight", []chromedp.Action{key(input.KeyDown, "AltGraph", "AltRight", 0), key(input.KeyDown, "@", "KeyQ", 0), key(input.KeyUp, "@", "KeyQ", 0), key(input.KeyUp, "AltGraph", "AltRight", 0)}},
		// The accent itself is not sent; the finished letter is, once.
		{"dead key", `"ê" +KeyZ=z -KeyZ`, append([]chromedp.Action{key(input.KeyDown, "Dead", "BracketLeft", 0), key(input.KeyUp, "Dead", "BracketLeft", 0), key(input.KeyDown, "ê", "KeyE", 0), key(input.KeyUp, "ê", "KeyE", 0)}, press("z", "KeyZ", 0)...)},
		{"input method", `"日本"`, []chromedp.Action{
			key(input.KeyDown, "Process", "KeyN", 0).WithWindowsVirtualKeyCode(229), input.ImeSetComposition("に", 1, 1), key(input.KeyUp, "Process", "KeyN", 0),
			input.ImeSetComposition("にほん", 3, 3), input.InsertText("日本")}},
		{"symbols", `"🧪µ"`, []chromedp.Action{input.InsertText("🧪µ")}},
		{"key and character reported apart", "+KeyZ=Z -KeyZ", []chromedp.Action{chromedp.KeyEvent("Z")}},
		{"after that, letters again", "+KeyA=a -KeyA", press("a", "KeyA", 0)},
		// The technician's own keys never go out.
		{"stop key", "+KeyB=b -KeyB", append(append(press("Pause", "Pause", 0), press("PrintScreen", "PrintScreen", 0)...), press("b", "KeyB", 0)...)},
	} {
		last := tt.want[strings.LastIndex(tt.want, " ")+1:]
		if got := typed(t, l, last, tt.do...); got != tt.want {
			t.Errorf("%s: the host got %s, not %s", tt.name, got, tt.want)
		}
	}
	if left := l.Text(`document.querySelector("#keyboard").value`); left != "" {
		t.Errorf("%q is left in the field", left)
	}

	// Windows puts a Control before AltGr.
	l.Do("as on Windows", emulation.SetUserAgentOverride("test").WithPlatform("Win32"))
	l.Click("#end")
	l.Click("#end-yes")
	l.Click("#to-list")
	l.Join()
	l.View()
	l.Grant("#ask-control")
	clickPicture(l, 640, 400)
	l.Wait(`document.activeElement.id === "keyboard"`)
	events := l.Events("the click", func(e []wire.Input) bool { return len(e) > 0 && e[len(e)-1].Kind == "up" })
	if last := events[len(events)-1]; last.X < 638 || last.X > 642 || last.Y < 398 || last.Y > 402 {
		t.Errorf("in a second session a click went to %d, %d", last.X, last.Y)
	}
	before := len(l.Events("before", func([]wire.Input) bool { return true }))
	// In one turn, as the browser itself reports the two of them.
	l.Eval(`(() => {
	  const f = document.querySelector("#keyboard"), k = (t, key, code, o) => f.dispatchEvent(new KeyboardEvent(t, {key, code, bubbles: true, cancelable: true, ...o}));
	  k("keydown", "Control", "ControlLeft", {ctrlKey: true}); k("keydown", "AltGraph", "AltRight", {modifierAltGraph: true});
	  k("keydown", "@", "KeyQ", {modifierAltGraph: true}); k("keyup", "@", "KeyQ", {modifierAltGraph: true});
	  k("keyup", "Control", "ControlLeft", {}); k("keyup", "AltGraph", "AltRight", {});
	})()`)
	got := said(l.Events("AltGr", func(e []wire.Input) bool { return strings.HasSuffix(said(e[before:]), "-AltRight") })[before:])
	if got != "+AltRight=AltGraph +KeyQ=@ -KeyQ -AltRight" {
		t.Errorf("AltGr on Windows: the host got %s", got)
	}
	// Control alone is Control.
	if got := typed(t, l, "-ControlLeft", append(append([]chromedp.Action{key(input.KeyDown, "Control", "ControlLeft", ctrl)}, press("c", "KeyC", ctrl)...), key(input.KeyUp, "Control", "ControlLeft", 0))...); got != "+ControlLeft=Control +KeyC=c -KeyC -ControlLeft" {
		t.Errorf("Control on Windows: the host got %s", got)
	}
	l.Clean()
}

// Whatever takes the keyboard away lets go of what is held down.
func TestModifiersReleased(t *testing.T) {
	l := steering(t)
	down := []chromedp.Action{key(input.KeyDown, "Shift", "ShiftLeft", shift), key(input.KeyDown, "Control", "ControlLeft", shift|ctrl)}
	for _, tt := range []struct {
		name string
		do   func()
		back func()
	}{
		{"another field", func() { l.Eval(`document.querySelector("#duration").focus()`) }, func() { clickPicture(l, 640, 400) }},
		{"another window", func() { l.Eval(`window.dispatchEvent(new Event("blur"))`) }, func() {}},
		{"leaving by key", func() { l.Do("leave", press("Home", "Home", ctrl|alt)...) }, func() { clickPicture(l, 640, 400) }},
		{"a question on the PC", func() { l.Other.Host.Say(wire.Message{Type: "paused", On: true}) }, func() {
			l.Other.Host.Say(wire.Message{Type: "paused"})
			l.Wait(`document.querySelector("#screen.steering") !== null`)
			clickPicture(l, 640, 400)
		}},
		// The release cannot go out on a lost link; it goes out on the next.
		{"a lost link", func() {
			l.Eval(`(() => { window.sawLost = false; new MutationObserver(() => { if (document.body.dataset.lost === "true") window.sawLost = true; }).observe(document.body, {attributes: true}); })()`)
			l.Other.Cloud.CutRelay()
			l.Wait(`window.sawLost && document.body.dataset.lost === "false"`)
		}, func() { clickPicture(l, 640, 400) }},
		{"the end of the lease", func() {
			l.Other.Host.Say(wire.Message{Type: "lease-end", Capability: wire.Control, Why: "revoked"})
		}, func() {}},
	} {
		before := len(l.Events("before", func([]wire.Input) bool { return true }))
		l.Wait(`document.activeElement.id === "keyboard"`)
		l.Do("hold", down...)
		l.Events("both held", func(e []wire.Input) bool { return strings.Contains(said(e[before:]), "+ControlLeft=Control") })
		tt.do()
		events := l.Events(tt.name, func(e []wire.Input) bool {
			s := said(e[before:])
			return strings.Contains(s, "-ShiftLeft") && strings.Contains(s, "-ControlLeft")
		})
		if n := strings.Count(said(events[before:]), "-ShiftLeft"); n != 1 {
			t.Errorf("%s: Shift was let go %d times", tt.name, n)
		}
		l.Do("let go", key(input.KeyUp, "Control", "ControlLeft", shift), key(input.KeyUp, "Shift", "ShiftLeft", 0))
		tt.back()
	}
	// Nothing goes out without the lease.
	before := len(l.Events("before", func([]wire.Input) bool { return true }))
	l.Do("type", press("q", "KeyQ", 0)...)
	l.Await("nothing more", func(m wire.Message) bool { return m.Type == "ask" })
	if after := l.Events("nothing", func([]wire.Input) bool { return true }); len(after) != before {
		t.Errorf("without control the host got %+v", after[before:])
	}
	l.Clean()
}

// The mouse: drags that leave the picture, wheels in every unit, no menu of the
// browser's, and many moves as few events.
func TestMouse(t *testing.T) {
	l := steering(t)
	x, y := onPicture(l, 100, 100)
	before := len(l.Events("before", func([]wire.Input) bool { return true }))
	mouse := func(kind input.MouseType, x, y float64, buttons int64) *input.DispatchMouseEventParams {
		e := input.DispatchMouseEvent(kind, x, y).WithButton(input.Left).WithButtons(buttons)
		if kind != input.MouseMoved {
			e = e.WithClickCount(1)
		}
		return e
	}
	drag := []chromedp.Action{mouse(input.MousePressed, x, y, 1)}
	for i := range 40 {
		drag = append(drag, mouse(input.MouseMoved, x-float64(i*20), y-float64(i*10), 1))
	}
	l.Do("drag out of the picture", append(drag, mouse(input.MouseReleased, 2, 2, 0))...)
	events := l.Events("the drop", func(e []wire.Input) bool { return len(e) > before && e[len(e)-1].Kind == "up" })[before:]
	first, last := slices.IndexFunc(events, func(e wire.Input) bool { return e.Kind == "down" }), events[len(events)-1]
	if first < 0 || events[first].X != 100 || events[first].Y != 100 || last.X != 0 || last.Y != 0 {
		t.Errorf("dragged from %+v to %+v", events[max(first, 0)], last)
	}
	before += len(events)
	wheel := func(mode, delta string) {
		l.Eval(`document.querySelector("#screen").dispatchEvent(new WheelEvent("wheel", {deltaMode: ` + mode + `, deltaY: ` + delta + `, bubbles: true, cancelable: true, clientX: ` + "600" + `, clientY: 400}))`)
	}
	for _, w := range [][2]string{{"0", "40"}, {"0", "40"}, {"0", "40"}, {"1", "3"}, {"2", "-1"}, {"0", "-250"}} {
		wheel(w[0], w[1])
	}
	var notches []int
	for _, e := range l.Events("four turns of the wheel", func(e []wire.Input) bool {
		n := 0
		for _, e := range e[before:] {
			if e.Kind == "wheel" {
				n++
			}
		}
		return n == 4
	})[before:] {
		if e.Kind == "wheel" {
			notches = append(notches, e.WheelY)
		}
	}
	if !slices.Equal(notches, []int{1, 1, -1, -2}) {
		t.Errorf("the wheel gave %v", notches)
	}
	if l.Text(`(() => { const e = new MouseEvent("contextmenu", {bubbles: true, cancelable: true}); document.querySelector("#screen").dispatchEvent(e); return e.defaultPrevented; })()`) != "true" {
		t.Error("the browser shows its own menu over the picture")
	}
	// A thousand moves in one turn are not a thousand messages.
	before = len(l.Events("before", func([]wire.Input) bool { return true }))
	l.Eval(`(() => { const c = document.querySelector("#screen"), r = c.getBoundingClientRect();
	  for (let i = 0; i < 1000; i++) c.dispatchEvent(new PointerEvent("pointermove", {clientX: r.x + i % 300, clientY: r.y + 50, bubbles: true}));
	  c.dispatchEvent(new PointerEvent("pointerdown", {clientX: r.x + 5, clientY: r.y + 5, button: 0, pointerId: 1, bubbles: true, cancelable: true}));
	  c.dispatchEvent(new PointerEvent("pointerup", {clientX: r.x + 5, clientY: r.y + 5, button: 0, pointerId: 1, bubbles: true, cancelable: true})); })()`)
	events = l.Events("the click", func(e []wire.Input) bool { return len(e) > before && e[len(e)-1].Kind == "up" })[before:]
	// What was on its way before may be among them.
	if len(events) > 100 || events[len(events)-3].Kind != "move" {
		t.Errorf("%d events for a thousand moves and a click", len(events))
	}
	l.Clean()
}

// Keys a browser keeps for itself, from the menu; and the page's own shortcuts,
// of which nothing reaches the host.
func TestShortcuts(t *testing.T) {
	l := steering(t)
	before := len(l.Events("before", func([]wire.Input) bool { return true }))
	l.Click("#send-keys")
	l.Click(`[data-keys="AltLeft+Tab"]`)
	if got := said(l.Events("Alt+Tab", func(e []wire.Input) bool { return strings.HasSuffix(said(e[before:]), "-AltLeft") })[before:]); got != "+AltLeft=Alt +Tab=Tab -Tab -AltLeft" {
		t.Errorf("Alt+Tab went out as %s", got)
	}
	l.Wait(`document.activeElement.id === "keyboard"`)
	before = len(l.Events("before", func([]wire.Input) bool { return true }))
	both := func(name, code string) { l.Do(code, press(name, code, ctrl|alt)...) }
	both("f", "KeyF")
	l.Wait(`document.querySelector("#actual").getAttribute("aria-pressed") === "true"`)
	both("f", "KeyF")
	l.Wait(`document.querySelector("#fit").getAttribute("aria-pressed") === "true"`)
	both("k", "KeyK")
	l.Wait(`!document.querySelector("#chat").hidden`)
	both("k", "KeyK")
	l.Wait(`document.querySelector("#chat").hidden`)
	clickPicture(l, 640, 400)
	both("h", "KeyH")
	l.Wait(`document.querySelector("#help").open`)
	l.Do("close it", press("Escape", "Escape", 0)...)
	l.Wait(`!document.querySelector("#help").open && document.activeElement.id === "keyboard"`)
	both("v", "KeyV")
	l.Wait(`document.querySelector('[data-notice="clipboard"]') !== null`) // not granted
	both("Enter", "Enter")
	l.Wait(`document.fullscreenElement !== null && document.querySelector(".session.full") !== null`)
	l.Shot("full-screen")
	if hidden := l.Text(`document.querySelector(".rail").checkVisibility() || document.querySelector(".session-head").checkVisibility()`); hidden != "false" {
		t.Error("the full screen shows more than the picture")
	}
	both("Enter", "Enter")
	l.Wait(`document.fullscreenElement === null && document.querySelector(".session.full") === null`)
	both("End", "End")
	l.Wait(`document.querySelector("#end-dialog").open && document.activeElement.id === "end-yes"`)
	l.Click("#end-no")
	l.Wait(`document.activeElement.id === "keyboard"`)
	both("Home", "Home")
	l.Wait(`document.activeElement.id === "end"`)
	if after := said(l.Events("nothing", func([]wire.Input) bool { return true })[before:]); after != "" {
		t.Errorf("the page's own keys reached the host: %s", after)
	}
	l.Do("help by ?", press("?", "Slash", 0)...)
	l.Wait(`document.querySelector("#help").open`)
	l.Clean()
}
