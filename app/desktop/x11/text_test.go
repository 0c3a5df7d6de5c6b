//go:build linux

package x11_test

import (
	"image"
	"os"
	"path/filepath"
	"testing"

	"beckmanconnect/app/desktop/keys"
	"beckmanconnect/app/desktop/x11"
	"beckmanconnect/app/desktop/xtesting"

	"github.com/jezek/xgb/xproto"
)

// terminal is a program that reads one line, and what it read.
func terminal(t *testing.T, display string) (line func() string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "typed")
	t.Setenv("LC_ALL", "C.UTF-8")
	xtesting.Program(t, display, "xterm", "-u8", "-geometry", "80x24+0+0", "-e", "sh", "-c", `stty -echo; : >"$1.ready"; read -r line; printf %s "$line" >"$1"`, "sh", file)
	paint := xtesting.NewPainter(t, display)
	xtesting.Eventually(t, "xterm reads, and is there to be typed into", func() bool {
		under, errX := xproto.TranslateCoordinates(paint.X, paint.Root, paint.Root, 100, 100).Reply()
		_, err := os.Stat(file + ".ready")
		return err == nil && errX == nil && under.Child != 0
	})
	return func() string {
		var got []byte
		xtesting.Eventually(t, "the line is written", func() bool { got, _ = os.ReadFile(file); return len(got) > 0 })
		return string(got)
	}
}

func write(t *testing.T, in *x11.Input, text string) {
	t.Helper()
	for _, r := range text {
		if err := in.Text(r); err != nil {
			t.Fatalf("%q: %v", r, err)
		}
	}
}

func hold(t *testing.T, in *x11.Input, code, text string, down bool) {
	t.Helper()
	if err := in.Key(keys.Key{Code: code, Text: text}, down); err != nil {
		t.Fatal(err)
	}
}

// What an input method makes lands as it is: more characters than the layout
// has room to lend keys for, with Ctrl held and Caps Lock on at the host.
func TestTextLandsAsItIs(t *testing.T) {
	display := xtesting.Xvfb(t, "640x480")
	line := terminal(t, display)
	in := openInput(t, display)
	if err := in.Move(100, 100); err != nil {
		t.Fatal(err)
	}
	const first, rest = "é ø Ø Ж ж ß ", "œ Œ Z z é Ø "
	text := first
	hold(t, in, "ControlLeft", "Control", true)
	write(t, in, text)
	hold(t, in, "ControlLeft", "Control", false)
	xtesting.Output(t, display, "xdotool", "key", "Caps_Lock")
	text += rest
	for r := '一'; r < '一'+40; r++ {
		text += string(r)
	}
	write(t, in, text[len(first):]+"\n")
	if got := line(); got != text {
		t.Errorf("typed %q, got %q", text, got)
	}
	paint := xtesting.NewPainter(t, display)
	if p, err := xproto.QueryPointer(paint.X, paint.Root).Reply(); err != nil || p.Mask&xproto.ModMaskLock == 0 {
		t.Errorf("the technician's Caps Lock is gone: %v, %v", p, err)
	}
}

// On a German layout: AltGr as browsers on Linux tell it, and as those on
// Windows do, who say Ctrl as well; capitals with Caps Lock on at the host.
func TestAltGrAndCapsLock(t *testing.T) {
	display := xtesting.Xvfb(t, "640x480")
	xtesting.Output(t, display, "setxkbmap", "de")
	line := terminal(t, display)
	in := openInput(t, display)
	if err := in.Move(100, 100); err != nil {
		t.Fatal(err)
	}
	third := []keys.Key{{Code: "KeyQ", Text: "@"}, {Code: "Digit7", Text: "{"}, {Code: "KeyE", Text: "€"}}
	hold(t, in, "AltRight", "AltGraph", true)
	press(t, in, third...)
	hold(t, in, "AltRight", "AltGraph", false)
	hold(t, in, "ControlLeft", "Control", true)
	hold(t, in, "AltRight", "AltGraph", true)
	press(t, in, third...)
	hold(t, in, "AltRight", "AltGraph", false)
	hold(t, in, "ControlLeft", "Control", false)
	xtesting.Output(t, display, "xdotool", "key", "Caps_Lock")
	press(t, in, typed("aAzZöÖµøØЖж1!")...)
	hold(t, in, "ShiftLeft", "Shift", true)
	press(t, in, typed("BÄ?")...)
	hold(t, in, "ShiftLeft", "Shift", false)
	press(t, in, typed("\n")...)
	const want = "@{€@{€aAzZöÖµøØЖж1!BÄ?"
	if got := line(); got != want {
		t.Errorf("typed %q, got %q", want, got)
	}
}

// A shortcut of a layout without Latin letters means the key it is on.
func TestShortcutOfAnotherAlphabet(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	paint := xtesting.NewPainter(t, display)
	paint.Window(image.Rect(0, 0, 320, 240), blue, "instrument").Focus()
	in := openInput(t, display)
	hold(t, in, "ControlLeft", "Control", true)
	press(t, in, keys.Key{Code: "KeyC", Text: "с"}) // Cyrillic
	hold(t, in, "ControlLeft", "Control", false)
	settle(t, in)
	if seen := paint.Seen("both keys", func(seen []string) bool { return len(seen) >= 2 }); seen[1] != "c" {
		t.Errorf("the window saw %q", seen)
	}
}
