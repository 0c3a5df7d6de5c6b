package clipboard_test

import (
	"encoding/binary"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"

	"beckmanconnect/app/desktop/clipboard"
	"beckmanconnect/app/desktop/xtesting"
	"beckmanconnect/session/wire"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

func open(t *testing.T, display string) *clipboard.X11 {
	t.Helper()
	c, err := clipboard.OpenX11(display, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// copyText has another program put a text on the clipboard.
func copyText(t *testing.T, display, text string) {
	t.Helper()
	cmd := exec.Command("xclip", "-selection", "clipboard", "-quiet", "-in")
	cmd.Env = append(os.Environ(), "DISPLAY="+display)
	cmd.Stdin = strings.NewReader(text)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if text == "" {
		return
	}
	xtesting.Eventually(t, "the other program has the clipboard", func() bool { got, ok := paste(display); return ok && got == text })
}

// paste is what another program gets.
func paste(display string) (string, bool) {
	cmd := exec.Command("xclip", "-selection", "clipboard", "-out", "-target", "UTF8_STRING")
	cmd.Env = append(os.Environ(), "DISPLAY="+display)
	out, err := cmd.Output()
	return string(out), err == nil
}

// Scenario 20: what is copied is told only while the clipboard is watched, also
// what was copied before is not.
func TestOnlyWatchedTextsAreTold(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	c := open(t, display)
	copyText(t, display, "before the grant")
	c.Watch(true)
	copyText(t, display, "Prüfung 4711\nzweite Zeile")
	if got := <-c.Texts(); got != "Prüfung 4711\nzweite Zeile" {
		t.Errorf("got %q", got)
	}
	c.Watch(false)
	copyText(t, display, "after the revocation")
	c.Watch(true)
	copyText(t, display, "granted again")
	if got := <-c.Texts(); got != "granted again" {
		t.Errorf("got %q", got)
	}
	select {
	case got := <-c.Texts():
		t.Errorf("got %q as well", got)
	default:
	}
}

// A text reaches other programs, is not told back to us, and goes with us.
func TestSetAndLeave(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	c := open(t, display)
	c.Watch(true)
	for _, text := range []string{"Grüße\x00 aus\xff Ulm 漢字", "second", strings.Repeat("ä", wire.MaxClipboard/2)} {
		if err := c.Set(text); err != nil {
			t.Fatal(err)
		}
		want, _ := clipboard.Clean(text)
		if got, ok := paste(display); !ok || got != want {
			t.Errorf("pasted %d bytes %.30q, want %d bytes", len(got), got, len(want))
		}
	}
	if err := c.Set(strings.Repeat("x", wire.MaxClipboard+1)); err == nil {
		t.Error("a text that is too long was taken")
	}
	copyText(t, display, "the technician's own")
	if got := <-c.Texts(); got != "the technician's own" {
		t.Errorf("told %q", got)
	}
	if err := c.Set("the engineer's"); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if got, ok := paste(display); ok {
		t.Errorf("left behind %q", got)
	}
}

// Both ends in parts: what one of us hands over another one reads.
func TestLongTextsComeInParts(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	from, to := open(t, display), open(t, display)
	to.Watch(true)
	text := strings.Repeat("0123456789abcdeß", wire.MaxClipboard/17)
	if err := from.Set(text); err != nil {
		t.Fatal(err)
	}
	if got := <-to.Texts(); got != text {
		t.Errorf("got %d bytes, want %d", len(got), len(text))
	}
}

// owner is a program that offers what a test says. A kind without a value is
// never handed over. It says what it is asked for.
func owner(t *testing.T, display string, offers map[string]string) (asked <-chan string) {
	t.Helper()
	x, err := xgb.NewConnDisplay(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	atom := func(name string) xproto.Atom {
		reply, err := xproto.InternAtom(x, false, uint16(len(name)), name).Reply()
		if err != nil {
			t.Fatal(err)
		}
		return reply.Atom
	}
	window, err := xproto.NewWindowId(x)
	if err != nil {
		t.Fatal(err)
	}
	root := xproto.Setup(x).DefaultScreen(x).Root
	if err := xproto.CreateWindowChecked(x, 0, window, root, 0, 0, 1, 1, 0, xproto.WindowClassInputOnly, 0, 0, nil).Check(); err != nil {
		t.Fatal(err)
	}
	kinds := map[xproto.Atom]string{}
	var targets []byte
	for name, value := range offers {
		kinds[atom(name)] = value
		targets = binary.LittleEndian.AppendUint32(targets, uint32(atom(name)))
	}
	all := atom("TARGETS")
	names := map[xproto.Atom]string{all: "TARGETS"}
	for name := range offers {
		names[atom(name)] = name
	}
	out := make(chan string, 64)
	if err := xproto.SetSelectionOwnerChecked(x, window, atom("CLIPBOARD"), xproto.TimeCurrentTime).Check(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			event, err := x.WaitForEvent()
			if event == nil && err == nil {
				return
			}
			e, is := event.(xproto.SelectionRequestEvent)
			if !is {
				continue
			}
			answer := xproto.SelectionNotifyEvent{Time: e.Time, Requestor: e.Requestor, Selection: e.Selection, Target: e.Target, Property: e.Property}
			value, known := kinds[e.Target]
			out <- names[e.Target]
			switch {
			case e.Target == all:
				xproto.ChangeProperty(x, xproto.PropModeReplace, e.Requestor, e.Property, xproto.AtomAtom, 32, uint32(len(targets)/4), targets)
			case !known:
				answer.Property = 0
			case value == "":
				continue
			default:
				xproto.ChangeProperty(x, xproto.PropModeReplace, e.Requestor, e.Property, e.Target, 8, uint32(len(value)), []byte(value))
			}
			xproto.SendEvent(x, false, e.Requestor, 0, string(answer.Bytes()))
		}
	}()
	return out
}

// Passwords, pictures, texts that are too long and programs that do not answer:
// none is told, and the next text is.
func TestWhatIsNeverTold(t *testing.T) {
	for name, test := range map[string]struct {
		offers map[string]string
		last   string // what is asked for before it is given up
	}{
		"a password":   {map[string]string{"UTF8_STRING": "hunter2", "x-kde-passwordManagerHint": "secret"}, "x-kde-passwordManagerHint"},
		"a picture":    {map[string]string{"image/png": "\x89PNG"}, "TARGETS"},
		"no answer":    {map[string]string{"UTF8_STRING": ""}, "UTF8_STRING"},
		"hint unheard": {map[string]string{"UTF8_STRING": "hunter2", "x-kde-passwordManagerHint": ""}, "x-kde-passwordManagerHint"},
		"too long":     {map[string]string{"UTF8_STRING": strings.Repeat("x", wire.MaxClipboard+4)}, "UTF8_STRING"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			display := xtesting.Xvfb(t, "320x240")
			c := open(t, display)
			c.Watch(true)
			asked := owner(t, display, test.offers)
			for <-asked != test.last {
			}
			owner(t, display, map[string]string{"UTF8_STRING": "for everybody"})
			if got := <-c.Texts(); got != "for everybody" {
				t.Errorf("told %.40q", got)
			}
		})
	}
}

// A hint that says something else than "secret" is none.
func TestHintOfNoSecret(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	c := open(t, display)
	c.Watch(true)
	owner(t, display, map[string]string{"STRING": "Gr\xfc\xdfe", "x-kde-passwordManagerHint": "public"})
	if got := <-c.Texts(); got != "Grüße" {
		t.Errorf("told %q", got)
	}
}

// What was there before is left to the clipboard manager, if it was text.
func TestWhatWasThereBeforeIsLeft(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	copyText(t, display, "the technician's")
	saved := manager(t, display)
	c := open(t, display)
	for _, text := range []string{"the engineer's", "and another"} {
		if err := c.Set(text); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := paste(display); got != "and another" {
		t.Errorf("pasted %q", got)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-saved; got != "the technician's" {
		t.Errorf("the manager was left %q", got)
	}
}

// manager keeps what it is asked to save.
func manager(t *testing.T, display string) <-chan string {
	t.Helper()
	x, err := xgb.NewConnDisplay(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	atom := func(name string) xproto.Atom {
		reply, err := xproto.InternAtom(x, false, uint16(len(name)), name).Reply()
		if err != nil {
			t.Fatal(err)
		}
		return reply.Atom
	}
	board, itself, text, store := atom("CLIPBOARD"), atom("CLIPBOARD_MANAGER"), atom("UTF8_STRING"), atom("STORE")
	window, err := xproto.NewWindowId(x)
	if err != nil {
		t.Fatal(err)
	}
	root := xproto.Setup(x).DefaultScreen(x).Root
	err = xproto.CreateWindowChecked(x, 0, window, root, 0, 0, 1, 1, 0, xproto.WindowClassInputOnly, 0, 0, nil).Check()
	if err == nil {
		err = xproto.SetSelectionOwnerChecked(x, window, itself, xproto.TimeCurrentTime).Check()
	}
	if err != nil {
		t.Fatal(err)
	}
	saved := make(chan string, 1)
	go func() {
		var asked xproto.SelectionRequestEvent
		for {
			event, err := x.WaitForEvent()
			if event == nil && err == nil {
				return
			}
			switch e := event.(type) {
			case xproto.SelectionRequestEvent:
				asked = e
				xproto.ConvertSelection(x, window, board, text, store, xproto.TimeCurrentTime)
			case xproto.SelectionNotifyEvent:
				p, err := xproto.GetProperty(x, false, window, store, xproto.GetPropertyTypeAny, 0, 1<<16).Reply()
				if err == nil {
					saved <- string(p.Value)
				}
				answer := xproto.SelectionNotifyEvent{Requestor: asked.Requestor, Selection: itself, Target: asked.Target, Property: asked.Property}
				xproto.SendEvent(x, false, asked.Requestor, 0, string(answer.Bytes()))
			}
		}
	}()
	return saved
}
