//go:build linux

package x11_test

import (
	"errors"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/keys"
	"beckmanconnect/app/desktop/x11"
	"beckmanconnect/app/desktop/xtesting"

	"github.com/jezek/xgb/xproto"
)

func openInput(t *testing.T, display string) *x11.Input {
	t.Helper()
	in, err := x11.OpenInput(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	in.SetMasks(&desktop.MaskSet{})
	return in
}

// typed is a text as the keys that make it.
func typed(text string) []keys.Key {
	var out []keys.Key
	for _, r := range text {
		switch r {
		case '\n':
			out = append(out, keys.Key{Code: "Enter", Text: "Enter"})
		default:
			out = append(out, keys.Key{Text: string(r)})
		}
	}
	return out
}

func press(t *testing.T, in *x11.Input, all ...keys.Key) {
	t.Helper()
	for _, k := range all {
		if err := in.Key(k, true); err != nil {
			t.Fatalf("%+v down: %v", k, err)
		}
		if err := in.Key(k, false); err != nil {
			t.Fatalf("%+v up: %v", k, err)
		}
	}
}

// settle waits until the server has done what was sent: it answers in order.
func settle(t *testing.T, in *x11.Input) {
	t.Helper()
	if _, err := in.HiddenFocus(); err != nil {
		t.Fatal(err)
	}
}

// What the engineer types lands in a real program, with capitals, symbols and
// letters that the host's layout does not have.
func TestTextLandsInXterm(t *testing.T) {
	display := xtesting.Xvfb(t, "640x480")
	file := filepath.Join(t.TempDir(), "typed")
	t.Setenv("LC_ALL", "C.UTF-8")
	ready := file + ".ready"
	xtesting.Program(t, display, "xterm", "-u8", "-geometry", "80x24+0+0", "-e", "sh", "-c", `stty -echo; : >"$1.ready"; read -r line; printf %s "$line" >"$1"`, "sh", file)
	paint := xtesting.NewPainter(t, display)
	xtesting.Eventually(t, "xterm reads, and is there to be typed into", func() bool {
		under, errX := xproto.TranslateCoordinates(paint.X, paint.Root, paint.Root, 100, 100).Reply()
		_, err := os.Stat(ready)
		return err == nil && errX == nil && under.Child != 0
	})

	in := openInput(t, display)
	if err := in.Move(100, 100); err != nil { // without a window manager the keyboard follows the pointer
		t.Fatal(err)
	}
	const text = "Hello, World! (42) [x]@{y} ~ÄÖÜß€ 你好"
	press(t, in, typed(text+"\n")...)
	var got []byte
	xtesting.Eventually(t, "the line is written", func() bool { got, _ = os.ReadFile(file); return len(got) > 0 })
	if string(got) != text {
		t.Errorf("typed %q, got %q", text, got)
	}
}

// B3, scenario 8: nothing reaches a window of ours, by keyboard or mouse.
func TestNothingReachesOwnWindows(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	paint := xtesting.NewPainter(t, display)
	foreign := paint.Window(image.Rect(0, 0, 160, 240), blue, "instrument")
	own := paint.Window(image.Rect(160, 0, 320, 240), red, "beckmanconnect")
	in := openInput(t, display)

	own.Focus()
	for _, k := range typed("yn \n") {
		if err := in.Key(k, true); !errors.Is(err, desktop.ErrHidden) {
			t.Errorf("key %+v: %v", k, err)
		}
	}
	if err := in.Key(keys.Key{Code: "ShiftLeft", Text: "Shift"}, true); !errors.Is(err, desktop.ErrHidden) {
		t.Errorf("shift: %v", err)
	}
	for _, r := range "yn \n\té漢" {
		if err := in.Text(r); !errors.Is(err, desktop.ErrHidden) {
			t.Errorf("character %q: %v", r, err)
		}
	}
	if focused, err := in.HiddenFocus(); err != nil || !focused {
		t.Errorf("own focus: %v %v", focused, err)
	}
	if err := in.Move(200, 100); !errors.Is(err, desktop.ErrHidden) {
		t.Errorf("move: %v", err)
	}
	if err := in.Button(200, 100, keys.Left, true); !errors.Is(err, desktop.ErrHidden) {
		t.Errorf("click: %v", err)
	}
	if err := in.Wheel(200, 100, 0, 1); !errors.Is(err, desktop.ErrHidden) {
		t.Errorf("wheel: %v", err)
	}
	settle(t, in)
	arrived(t, paint)

	// Other windows still get theirs.
	foreign.Focus()
	if focused, err := in.HiddenFocus(); err != nil || focused {
		t.Errorf("own focus: %v %v", focused, err)
	}
	press(t, in, typed("a")...)
	if err := in.Button(50, 60, keys.Right, true); err != nil {
		t.Error(err)
	}
	if err := in.Button(200, 100, keys.Right, false); !errors.Is(err, desktop.ErrHidden) {
		t.Errorf("dragged into our window: %v", err)
	}
	settle(t, in)
	var seen []string
	for _, e := range paint.Events() {
		switch e := e.(type) {
		case xproto.KeyPressEvent:
			seen = append(seen, "key down")
		case xproto.KeyReleaseEvent:
			seen = append(seen, "key up")
		case xproto.ButtonPressEvent:
			if e.Detail != 3 || e.EventX != 50 || e.EventY != 60 {
				t.Errorf("button %d at %d,%d", e.Detail, e.EventX, e.EventY)
			}
			seen = append(seen, "button down")
		case xproto.ButtonReleaseEvent: // where the pointer was left: in the window of the press
			if e.Event != foreign.ID {
				t.Errorf("the release went to %#x", e.Event)
			}
			seen = append(seen, "button up")
		}
	}
	if got := strings.Join(seen, ", "); got != "key down, key up, button down, button up" {
		t.Errorf("the other window saw %s", got)
	}
}

// The kill key is the technician's alone (B5).
func TestKillKeyIsNeverSent(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	paint := xtesting.NewPainter(t, display)
	paint.Window(image.Rect(0, 0, 320, 240), blue, "instrument").Focus()
	in := openInput(t, display)
	for _, k := range []keys.Key{{Code: "Pause", Text: "Pause"}, {Code: "KeyA", Text: "Pause"}, {Code: "Pause", Text: "a"}, {Code: "Pause", Text: "Cancel"}, {Code: "PrintScreen", Text: "PrintScreen"}} {
		if err := in.Key(k, true); err == nil {
			t.Errorf("%+v was sent", k)
		}
	}
	settle(t, in)
	for _, e := range paint.Events() {
		t.Errorf("an event arrived: %v", e)
	}
}

func TestReleaseLiftsEverything(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	paint := xtesting.NewPainter(t, display)
	paint.Window(image.Rect(0, 0, 320, 240), blue, "instrument").Focus()
	in := openInput(t, display)
	for _, code := range []string{"ShiftLeft", "ControlLeft", "AltLeft"} {
		if err := in.Key(keys.Key{Code: code, Text: strings.TrimSuffix(code, "Left")}, true); err != nil {
			t.Fatal(err)
		}
	}
	if err := in.Button(20, 20, keys.Left, true); err != nil {
		t.Fatal(err)
	}
	state := func() uint16 {
		settle(t, in)
		p, err := xproto.QueryPointer(paint.X, paint.Root).Reply()
		if err != nil {
			t.Fatal(err)
		}
		return p.Mask
	}
	const all = xproto.ModMaskShift | xproto.ModMaskControl | xproto.ModMask1 | xproto.KeyButMaskButton1
	if got := state(); got&all != all {
		t.Fatalf("held %#x, want %#x", got, all)
	}
	if err := in.Release(); err != nil {
		t.Fatal(err)
	}
	if got := state(); got&all != 0 {
		t.Errorf("still held: %#x", got)
	}
}

// Loans of key codes end with the session.
func TestLayoutIsGivenBack(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	paint := xtesting.NewPainter(t, display)
	paint.Window(image.Rect(0, 0, 320, 240), blue, "instrument").Focus()
	before := xtesting.Output(t, display, "xmodmap", "-pke")
	in := openInput(t, display)
	press(t, in, typed("你好€")...)
	settle(t, in)
	if xtesting.Output(t, display, "xmodmap", "-pke") == before {
		t.Fatal("the layout had room for Chinese")
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	xtesting.Eventually(t, "the layout is as before", func() bool { return xtesting.Output(t, display, "xmodmap", "-pke") == before })
}

// The technician's own mouse is told apart from what XTEST moves.
func TestLocalInput(t *testing.T) {
	outer := xtesting.Xvfb(t, "640x480")
	display := xtesting.Nested(t, outer, "640x480")
	watch, err := x11.OpenWatch(display)
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Close()
	in := openInput(t, display)
	for i := range 50 {
		if err := in.Move(10+i, 20); err != nil {
			t.Fatal(err)
		}
	}
	press(t, in, typed("abc")...)
	settle(t, in)
	select {
	case <-watch.LocalInput():
		t.Fatal("the engineer's input was taken for the technician's")
	default:
	}
	xtesting.Output(t, outer, "xdotool", "mousemove", "200", "200")
	<-watch.LocalInput()
	xtesting.Output(t, outer, "xdotool", "key", "b")
	<-watch.LocalInput()
}
