//go:build linux

package x11_test

import (
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/x11"
	"beckmanconnect/app/desktop/xtesting"
)

var (
	red   = color.RGBA{R: 200, G: 10, B: 30, A: 255}
	green = color.RGBA{R: 20, G: 190, B: 40, A: 255}
	blue  = color.RGBA{R: 5, G: 60, B: 220, A: 255}
	black = color.RGBA{A: 255}
)

func openScreen(t *testing.T, display string) *x11.Screen {
	t.Helper()
	s, err := x11.OpenScreen(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.SetMasks(&desktop.MaskSet{})
	return s
}

func capture(t *testing.T, s *x11.Screen, full bool) desktop.Picture {
	t.Helper()
	p, err := s.Capture(full)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func at(p desktop.Picture, x, y int) color.RGBA {
	b := p.Frame.Pix[y*p.Frame.Stride+4*x:]
	return color.RGBA{R: b[2], G: b[1], B: b[0], A: 255}
}

// expect holds every pixel of a picture against the rectangles painted, in
// order, on a black ground.
func expect(t *testing.T, p desktop.Picture, painted map[image.Rectangle]color.RGBA, order ...image.Rectangle) {
	t.Helper()
	wrong := 0
	for y := range p.Frame.Height {
		for x := range p.Frame.Width {
			want := black
			for _, r := range order {
				if image.Pt(x, y).In(r) {
					want = painted[r]
				}
			}
			if got := at(p, x, y); got != want {
				if wrong == 0 {
					t.Errorf("pixel %d,%d is %v, want %v", x, y, got, want)
				}
				wrong++
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d pixels differ", wrong)
	}
}

func TestCaptureIsPixelExact(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	paint := xtesting.NewPainter(t, display)
	a, b := image.Rect(10, 20, 110, 90), image.Rect(60, 50, 200, 200)
	paint.Window(a, red, "instrument")
	paint.Window(b, green, "other")

	s := openScreen(t, display)
	p := capture(t, s, true)
	painted := map[image.Rectangle]color.RGBA{a: red, b: green}
	expect(t, p, painted, a, b)
	if p.Hidden != 0 {
		t.Errorf("%d windows masked", p.Hidden)
	}

	// Only what changed is read, and it is said.
	if p = capture(t, s, false); len(p.Damage) != 0 || p.Damage == nil {
		t.Errorf("nothing changed, but damage is %v", p.Damage)
	}
	drain(s)
	c := image.Rect(250, 100, 300, 140)
	paint.Window(c, blue, "third")
	<-s.Changed()
	p = capture(t, s, false)
	painted[c] = blue
	expect(t, p, painted, a, b, c)
	for _, r := range p.Damage {
		if !r.In(c) {
			t.Errorf("damage %v is not in %v", r, c)
		}
	}
}

func drain(s *x11.Screen) {
	for {
		select {
		case <-s.Changed():
		default:
			return
		}
	}
}

// B6: our own windows never reach the encoder, wherever they are, and what they
// leave behind is seen again.
func TestOwnWindowsAreBlack(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	paint := xtesting.NewPainter(t, display)
	s := openScreen(t, display)
	ground, own := image.Rect(0, 0, 320, 240), image.Rect(40, 40, 140, 120)
	paint.Window(ground, green, "instrument")
	capture(t, s, true)

	w := paint.Window(own, red, "beckmanconnect")
	p := capture(t, s, false)
	if p.Hidden != 1 {
		t.Errorf("%d windows masked, want 1", p.Hidden)
	}
	painted := map[image.Rectangle]color.RGBA{ground: green, own: black}
	expect(t, p, painted, ground, own)

	// An opaque window above it is seen; the rest stays hidden.
	over := image.Rect(100, 100, 200, 200)
	paint.Window(over, blue, "other")
	painted[over] = blue
	expect(t, capture(t, s, false), painted, ground, own, over)

	// Moved: the new place is hidden, the old one is seen.
	w.Move(image.Pt(10, 150))
	painted[w.R] = black
	expect(t, capture(t, s, false), painted, ground, w.R, over)

	w.Unmap()
	if p = capture(t, s, false); p.Hidden != 0 {
		t.Errorf("%d windows masked after it went", p.Hidden)
	}
	expect(t, p, painted, ground, over)
}

// A window that becomes ours, or stops being it, paints nothing by itself.
func TestClassSetAfterMapping(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	paint := xtesting.NewPainter(t, display)
	s := openScreen(t, display)
	r := image.Rect(40, 40, 140, 120)
	w := paint.Window(r, red, "")
	expect(t, capture(t, s, true), map[image.Rectangle]color.RGBA{r: red}, r)
	w.SetClass("beckmanconnect-tray")
	expect(t, capture(t, s, false), map[image.Rectangle]color.RGBA{r: black}, r)
	w.SetClass("something-else")
	expect(t, capture(t, s, false), map[image.Rectangle]color.RGBA{r: red}, r)
}

func TestCaptureAfterTheScreenChangesSize(t *testing.T) {
	outer := xtesting.Xvfb(t, "800x600")
	display := xtesting.Nested(t, outer, "800x600")
	paint := xtesting.NewPainter(t, display)
	s := openScreen(t, display)
	r := image.Rect(10, 10, 200, 100)
	paint.Window(r, blue, "")
	if p := capture(t, s, true); p.Frame.Width != 800 {
		t.Fatalf("width %d", p.Frame.Width)
	}
	drain(s)
	xtesting.Output(t, display, "xrandr", "--output", "default", "--mode", "640x480")
	<-s.Changed()
	p := capture(t, s, false)
	if p.Frame.Width != 640 || p.Frame.Height != 480 {
		t.Fatalf("size %d × %d", p.Frame.Width, p.Frame.Height)
	}
	expect(t, p, map[image.Rectangle]color.RGBA{r: blue}, r)
}

// The server knows the process behind a window: a window of ours is hidden
// whatever it calls itself, menus and pop-ups included.
func TestOwnProcessIsBlackWhateverItsClass(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	xterm, err := exec.LookPath("xterm")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(xterm)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "beckmanconnect-xterm")
	if err := os.WriteFile(name, program, 0o700); err != nil {
		t.Fatal(err)
	}
	xtesting.Program(t, display, name, "-name", "foreign", "-class", "Foreign", "-bg", "white", "-geometry", "20x5+0+0")
	s := openScreen(t, display)
	var p desktop.Picture
	xtesting.Eventually(t, "the window is there", func() bool { p = capture(t, s, true); return p.Hidden == 1 })
	expect(t, p, nil)
}
