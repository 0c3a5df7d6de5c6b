//go:build linux

package x11_test

import (
	"image"
	"image/color"
	"testing"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/xtesting"
	"beckmanconnect/ipc/hostpb"
)

// Two monitors with a gap between them: the primary one shows first, each can
// be chosen, all of them have the gap black, and masks are where they are on
// the desktop.
func TestMonitorsAreChosen(t *testing.T) {
	display := xtesting.Xvfb(t, "400x300")
	ground := image.Rect(0, 0, 400, 300)
	xtesting.NewPainter(t, display).Titled(ground, blue, "Instrument")
	paint := xtesting.NewPainter(t, display)
	left, right := image.Rect(10, 20, 60, 70), image.Rect(220, 60, 300, 140)
	paint.Titled(left, red, "Left")
	paint.Titled(right, green, "Right")
	s := openMasked(t, display, patients, &hostpb.Mask{Id: "corner", X: 380, Y: 60, Width: 20, Height: 10})
	one := capture(t, s, true)
	if one.Monitor != desktop.All || len(one.Layout) != 1 || s.View() != ground {
		t.Fatalf("one monitor: %q of %v", one.Monitor, one.Layout)
	}
	drain(s)
	xtesting.Output(t, display, "xrandr", "--setmonitor", "*right", "200/50x150/40+200+50", "screen")
	xtesting.Output(t, display, "xrandr", "--setmonitor", "left", "150/40x300/80+0+0", "none")
	var p desktop.Picture
	xtesting.Eventually(t, "both monitors are there", func() bool { p = capture(t, s, false); return len(p.Layout) == 2 })
	view := image.Rect(200, 50, 400, 200)
	if p.Monitor != "right" || s.View() != view || p.Frame.Width != 200 || p.Frame.Height != 150 {
		t.Fatalf("shows %q of %v: %v", p.Monitor, p.Layout, s.View())
	}
	painted := map[image.Rectangle]color.RGBA{ground.Sub(view.Min): blue, right.Sub(view.Min): green, left.Sub(view.Min): red, image.Rect(180, 10, 200, 20): black}
	order := []image.Rectangle{ground.Sub(view.Min), left.Sub(view.Min), right.Sub(view.Min), image.Rect(180, 10, 200, 20)}
	expect(t, p, painted, order...)
	if p.Hidden != 1 {
		t.Errorf("%d are hidden", p.Hidden)
	}

	if s.Choose("middle") {
		t.Error("a monitor that is not there can be chosen")
	}
	drain(s)
	if !s.Choose("left") {
		t.Fatal("the left monitor cannot be chosen")
	}
	<-s.Changed()
	p = capture(t, s, false)
	expect(t, p, map[image.Rectangle]color.RGBA{ground: blue, left: red}, ground, left)
	if p.Monitor != "left" || p.Frame.Width != 150 || p.Frame.Height != 300 || p.Hidden != 0 {
		t.Errorf("shows %q, %d × %d, hidden %d", p.Monitor, p.Frame.Width, p.Frame.Height, p.Hidden)
	}

	s.Choose(desktop.All)
	p = capture(t, s, false)
	gap, below, above := image.Rect(150, 0, 200, 300), image.Rect(200, 200, 400, 300), image.Rect(200, 0, 400, 50)
	corner := image.Rect(380, 60, 400, 70)
	painted = map[image.Rectangle]color.RGBA{ground: blue, left: red, right: green, gap: black, below: black, above: black, corner: black}
	expect(t, p, painted, ground, left, right, gap, below, above, corner)

	// A monitor that is unplugged while it shows: the picture goes on with the
	// primary one, and comes back with it.
	s.Choose("left")
	capture(t, s, false)
	xtesting.Output(t, display, "xrandr", "--delmonitor", "left")
	xtesting.Eventually(t, "it shows what is left", func() bool { p = capture(t, s, false); return p.Monitor == desktop.All })
	if p.Frame.Width != 200 || p.Frame.Height != 150 {
		t.Errorf("%d × %d", p.Frame.Width, p.Frame.Height)
	}
}

// A new scale is told, in mid-session.
func TestScaleIsTold(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	s := openScreen(t, display)
	if p := capture(t, s, true); p.Layout[0].Scale != 100 {
		t.Errorf("scale %d", p.Layout[0].Scale)
	}
	drain(s)
	paint := xtesting.NewPainter(t, display)
	paint.SetRoot("RESOURCE_MANAGER", "STRING", []byte("*customization: -color\nXft.dpi:\t144\n"))
	<-s.Changed()
	if p := capture(t, s, false); p.Layout[0].Scale != 150 {
		t.Errorf("scale %d", p.Layout[0].Scale)
	}
}
