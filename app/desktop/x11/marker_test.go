//go:build linux

package x11_test

import (
	"image"
	"image/color"
	"os"
	"testing"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/keys"
	"beckmanconnect/app/desktop/x11"
	"beckmanconnect/app/desktop/xtesting"

	"github.com/jezek/xgb/xproto"
)

func openMarker(t *testing.T, display string) *x11.Marker {
	t.Helper()
	m, err := x11.OpenMarker(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

var ring = color.RGBA{R: 0x0B, G: 0x65, B: 0x80, A: 255}

// The marker is seen in the picture although it is ours, takes no input, and is
// no hole in what is hidden.
func TestMarkerIsSeenAndTakesNothing(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	m := openMarker(t, display)
	paint := xtesting.NewPainter(t, display)
	ground := image.Rect(0, 0, 320, 240)
	w := paint.Titled(ground, blue, "Instrument")
	secret := paint.Titled(image.Rect(200, 0, 320, 240), red, "Patients")
	s := openMasked(t, display, patients)
	s.Show(m)
	in := openInput(t, display)
	in.SetMasks(maskSet(t, patients))
	in.Pass(m)
	onRing := image.Pt(100+15, 100)
	if err := m.Show(image.Pt(100, 100), "Jana Müller", 100); err != nil {
		t.Fatal(err)
	}
	p := capture(t, s, true)
	if at(p, onRing.X, onRing.Y) != ring || p.Hidden != 1 {
		t.Errorf("the ring is %v, hidden %d", at(p, onRing.X, onRing.Y), p.Hidden)
	}
	if at(p, 100+8, 100) != blue {
		t.Errorf("what is pointed at is %v", at(p, 100+8, 100))
	}
	w.Focus()
	paint.Events()
	if err := in.Button(onRing.X, onRing.Y, keys.Left, true); err != nil {
		t.Errorf("a click at the marker: %v", err)
	}
	settle(t, in)
	clicked := false
	for _, e := range paint.Events() {
		b, is := e.(xproto.ButtonPressEvent)
		clicked = clicked || is && b.Event == w.ID
	}
	if !clicked {
		t.Error("a click at the marker did not reach the window below")
	}
	// Over what is hidden the engineer sees nothing of it, nor of what is below.
	if err := m.Show(image.Pt(260, 100), "Jana Müller", 100); err != nil {
		t.Fatal(err)
	}
	expect(t, capture(t, s, false), map[image.Rectangle]color.RGBA{ground: blue, secret.R: black}, ground, secret.R)
	if err := m.Hide(); err != nil {
		t.Fatal(err)
	}
	secret.Unmap()
	expect(t, capture(t, s, false), map[image.Rectangle]color.RGBA{ground: blue}, ground)

	// Another one of ours, which was not named, stays hidden.
	other := openMarker(t, display)
	if err := other.Show(image.Pt(100, 100), "", 100); err != nil {
		t.Fatal(err)
	}
	if p := capture(t, s, false); p.Hidden != 1 || at(p, onRing.X, onRing.Y) != black {
		t.Errorf("%d are hidden, the pixel is %v", p.Hidden, at(p, onRing.X, onRing.Y))
	}
}

// A picture of it on a display, when asked for: BECKMANCONNECT_PICTURE=file.png.
func TestMarkerPicture(t *testing.T) {
	name := os.Getenv("BECKMANCONNECT_PICTURE")
	if name == "" {
		t.Skip("no picture is asked for")
	}
	display := xtesting.Xvfb(t, "640x240")
	paint := xtesting.NewPainter(t, display)
	paint.Window(image.Rect(0, 0, 320, 240), color.RGBA{R: 250, G: 250, B: 252, A: 255}, "light")
	paint.Window(image.Rect(320, 0, 640, 240), color.RGBA{R: 18, G: 24, B: 32, A: 255}, "dark")
	for i, p := range []image.Point{{60, 60}, {380, 60}} {
		if err := openMarker(t, display).Show(p, "Jana Müller", 100); err != nil {
			t.Fatal(err)
		}
		if err := openMarker(t, display).Show(p.Add(image.Pt(60, 90)), "Service Beckman", 100+50*i); err != nil {
			t.Fatal(err)
		}
	}
	xtesting.Output(t, display, "import", "-window", "root", name)
}

var _ desktop.Marker = (*x11.Marker)(nil)
