package killkey_test

import (
	"context"
	"image"
	"image/color"
	"testing"

	"beckmanconnect/app/desktop/xtesting"
	"beckmanconnect/app/killkey"

	"github.com/jezek/xgb/xproto"
)

// B5: one key ends it, whatever has the keyboard and whatever is locked or held.
func TestPauseIsHeardEverywhere(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	t.Setenv("DISPLAY", display)
	paint := xtesting.NewPainter(t, display)
	paint.Window(image.Rect(0, 0, 320, 240), color.RGBA{R: 9, A: 255}, "instrument").Focus()
	pressed := make(chan struct{}, 8)
	release, err := killkey.Grab(t.Context(), func() { pressed <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	for _, chord := range []string{"Pause", "shift+Pause", "ctrl+Pause", "ctrl+alt+Pause"} {
		xtesting.Output(t, display, "xdotool", "key", chord)
		<-pressed
	}
	for _, lock := range []string{"Caps_Lock", "Num_Lock"} {
		xtesting.Output(t, display, "xdotool", "key", lock)
		xtesting.Output(t, display, "xdotool", "key", "Pause")
		<-pressed
	}
	for _, e := range paint.Events() {
		if k, ok := e.(xproto.KeyPressEvent); ok && pauseKey(t, paint, k.Detail) {
			t.Error("the key went to the window as well")
		}
	}

	// Somebody else asks for it: an error, not silence.
	if _, err := killkey.Grab(t.Context(), func() {}); err == nil {
		t.Error("grabbed twice")
	}
	release()
	release()
	again, err := killkey.Grab(t.Context(), func() {})
	if err != nil {
		t.Fatalf("after the release: %v", err)
	}
	again()
}

func TestEndsWithItsContext(t *testing.T) {
	t.Setenv("DISPLAY", xtesting.Xvfb(t, "320x240"))
	ctx, cancel := context.WithCancel(t.Context())
	release, err := killkey.Grab(ctx, func() {})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	release()
	again, err := killkey.Grab(t.Context(), func() {})
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func pauseKey(t *testing.T, p *xtesting.Painter, code xproto.Keycode) bool {
	m, err := xproto.GetKeyboardMapping(p.X, code, 1).Reply()
	if err != nil {
		t.Fatal(err)
	}
	return m.Keysyms[0] == 0xff13
}
