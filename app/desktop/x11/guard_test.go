//go:build linux

package x11_test

import (
	"errors"
	"image"
	"image/color"
	"testing"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/keys"
	"beckmanconnect/app/desktop/xtesting"
)

// Scenario 14: an event that was being checked when control was taken back is
// not applied; what it held is lifted all the same.
func TestTakenBackWhileItIsChecked(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	paint := xtesting.NewPainter(t, display)
	paint.Window(image.Rect(0, 0, 320, 240), color.RGBA{R: 9, A: 255}, "instrument").Focus()
	in := openInput(t, display)
	still := true
	in.Guard(func() bool { return still })
	if err := in.Button(50, 50, keys.Left, true); err != nil {
		t.Fatal(err)
	}
	settle(t, in)
	if len(paint.Events()) == 0 {
		t.Fatal("nothing arrives while control is given")
	}
	still = false
	for name, act := range map[string]func() error{
		"move":   func() error { return in.Move(100, 100) },
		"button": func() error { return in.Button(100, 100, keys.Right, true) },
		"wheel":  func() error { return in.Wheel(100, 100, 0, 1) },
		"key":    func() error { return in.Key(keys.Key{Text: "a"}, true) },
		"text":   func() error { return in.Text('a') },
		"shift":  func() error { return in.Key(keys.Key{Code: "ShiftLeft", Text: "Shift"}, true) },
	} {
		if err := act(); !errors.Is(err, desktop.ErrTakenBack) {
			t.Errorf("%s: %v", name, err)
		}
	}
	settle(t, in)
	if late := paint.Events(); len(late) != 0 {
		t.Errorf("arrived after control was taken back: %v", late)
	}
	if err := in.Release(); err != nil {
		t.Fatal(err)
	}
	if lifted := paint.Events(); len(lifted) != 1 {
		t.Errorf("the button that was held: %v", lifted)
	}
}
