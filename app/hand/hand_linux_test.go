package hand

import (
	"image"
	"image/color"
	"strconv"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"beckmanconnect/app/desktop/xtesting"
)

// class is that of our windows.
const class = "beckmanconnect"

var grey = color.RGBA{R: 90, G: 90, B: 90, A: 255}

func box(x, y, w, h int) image.Rectangle { return image.Rect(x, y, x+w, y+h) }

func connectTo(t *testing.T, display string) *xgb.Conn {
	t.Helper()
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// do presses and types on a display, as a program in it does by XTEST.
func do(t *testing.T, display string, args ...string) {
	t.Helper()
	xtesting.Output(t, display, "xdotool", args...)
}

// B3: on the display itself xdotool is a program; on the display around it, it
// is the hand that moves the devices of the inner one.
func TestHandAndProgram(t *testing.T) {
	outer := xtesting.Xvfb(t, "800x600")
	inner := xtesting.Nested(t, outer, "800x600")
	conn := connectTo(t, inner)
	ours, others := xtesting.NewPainter(t, inner), xtesting.NewPainter(t, inner)
	prompt := ours.Window(box(100, 100, 300, 200), grey, class)
	elsewhere := others.Window(box(500, 100, 200, 200), grey, "editor")
	allow := Rect{X: 200, Y: 220, W: 190, H: 44}
	h, err := attend(conn, prompt.ID, inner)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	fresh := func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.pointer, h.keys, h.held = press{}, nil, nil
		h.injected = h.injected.Add(-quiet) // as if it were long ago
	}
	// sees waits until the display said what was done.
	sees := func(what string, so func() bool) {
		t.Helper()
		xtesting.Eventually(t, what, func() bool { h.mu.Lock(); defer h.mu.Unlock(); return so() })
	}
	click := func(display string, x, y int) {
		t.Helper()
		do(t, display, "mousemove", "--sync", strconv.Itoa(x), strconv.Itoa(y), "sleep", "0.1", "click", "1")
	}

	click(inner, 250, 240)
	sees("a program's click", func() bool { return !h.injected.IsZero() && len(h.held) == 0 })
	if h.Made(allow, false) {
		t.Error("a program's click counts as a hand's")
	}
	fresh()
	click(outer, 250, 240)
	sees("a hand's click", func() bool { return !h.pointer.at.IsZero() })
	if !h.Made(allow, false) {
		t.Errorf("a hand's click does not count: %+v", h.pointer)
	}
	// A program that clicks on Allow while a hand clicks elsewhere.
	fresh()
	click(outer, 600, 150)
	sees("a hand's click elsewhere", func() bool { return !h.pointer.at.IsZero() })
	if h.Made(allow, false) {
		t.Error("a hand's click elsewhere counts")
	}
	click(inner, 250, 240)
	if h.Made(allow, false) {
		t.Error("a program's click beside a hand's counts")
	}

	fresh()
	prompt.Focus()
	do(t, inner, "key", "Tab", "space")
	sees("a program's keys", func() bool { return len(h.held) == 0 && len(h.keys) == 0 })
	if h.Made(allow, true) {
		t.Error("a program's keys count as a hand's")
	}
	fresh()
	click(outer, 600, 400) // the outer display's keyboard goes to the inner one
	do(t, outer, "key", "Tab", "space")
	last := func(s sign, ours bool) func() bool {
		return func() bool { n := len(h.keys); return n > 0 && h.keys[n-1].sign == s && h.keys[n-1].ours == ours }
	}
	sees("a hand's keys", last(spaceKey, true))
	if !h.Made(allow, true) {
		t.Errorf("a hand's keys do not count: %+v", h.keys)
	}
	fresh()
	elsewhere.Focus()
	do(t, outer, "key", "Tab", "space")
	sees("keys in another window", last(spaceKey, false))
	if h.Made(allow, true) {
		t.Error("keys in another window count")
	}
}

// An event that a program sends to the window itself is no device's.
func TestSentEventsAreNobodysHand(t *testing.T) {
	name := xtesting.Xvfb(t, "800x600")
	conn, ours, others := connectTo(t, name), xtesting.NewPainter(t, name), xtesting.NewPainter(t, name)
	prompt := ours.Window(box(100, 100, 300, 200), grey, class)
	h, err := attend(conn, prompt.ID, name)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	e := xproto.ButtonPressEvent{Detail: 1, Root: others.Root, Event: prompt.ID, RootX: 250, RootY: 240, EventX: 150, EventY: 140, SameScreen: true}
	if err := xproto.SendEventChecked(others.X, false, prompt.ID, xproto.EventMaskButtonPress, string(e.Bytes())).Check(); err != nil {
		t.Fatal(err)
	}
	xtesting.Eventually(t, "the event in our window", func() bool { return len(ours.Events()) > 0 })
	if h.Made(Rect{X: 200, Y: 220, W: 190, H: 44}, false) {
		t.Error("a sent event counts as a hand's press")
	}
}

// A display that is gone tells nothing, and nothing counts.
func TestDisplayThatIsGone(t *testing.T) {
	name := xtesting.Xvfb(t, "800x600")
	conn, ours := connectTo(t, name), xtesting.NewPainter(t, name)
	prompt := ours.Window(box(100, 100, 300, 200), grey, class)
	h, err := attend(conn, prompt.ID, name)
	if err != nil {
		t.Fatal(err)
	}
	h.Close()
	if h.Made(Rect{W: 800, H: 600}, false) || h.Made(Rect{W: 800, H: 600}, true) {
		t.Error("something counts without a display")
	}
	if _, err := attend(conn, prompt.ID, ":9999"); err == nil {
		t.Error("a display that is not there is watched")
	}
}
