//go:build linux

package x11_test

import (
	"bytes"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"

	"beckmanconnect/app/desktop/xtesting"

	"github.com/jezek/xgb/xproto"
)

// B6: windows that come, go, move, are renamed and reparented at any moment,
// while pictures are taken without holding the server: none has a pixel of
// what is masked or ours, and what is painted meanwhile is never lost.
func TestWindowsThatRaceWithThePicture(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	paint := xtesting.NewPainter(t, display)
	paint.Titled(image.Rect(0, 0, 320, 240), blue, "Instrument")
	s := openMasked(t, display, patients)
	capture(t, s, true)

	canary := color.RGBA{R: 0xc0, G: 0xff, B: 0xee, A: 255}
	stop, done := make(chan struct{}), make(chan struct{})
	racer := xtesting.NewPainter(t, display)
	secret := racer.Titled(image.Rect(20, 20, 120, 90), canary, "Patient 1")
	ours := racer.Window(image.Rect(200, 100, 300, 200), canary, "beckmanconnect")
	frame := racer.Titled(image.Rect(0, 150, 90, 230), blue, "Frame")
	lamp := xtesting.NewPainter(t, display).Titled(image.Rect(150, 10, 154, 14), red, "Lamp")
	dice := rand.New(rand.NewPCG(1, 2))
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			// Unchecked: as fast as the server takes it.
			switch i % 6 {
			case 0:
				xproto.UnmapWindow(racer.X, secret.ID)
				xproto.MapWindow(racer.X, secret.ID)
			case 1:
				xproto.ConfigureWindow(racer.X, secret.ID, xproto.ConfigWindowX|xproto.ConfigWindowY, []uint32{uint32(i * 7 % 200), uint32(i * 3 % 150)})
			case 2:
				xproto.UnmapWindow(racer.X, ours.ID)
				xproto.ConfigureWindow(racer.X, ours.ID, xproto.ConfigWindowX, []uint32{uint32(i % 200)})
				xproto.MapWindow(racer.X, ours.ID)
			case 3: // into a frame whose title says nothing, as a window manager does, and out again
				xproto.ReparentWindow(racer.X, secret.ID, frame.ID, 5, 5)
			case 4:
				xproto.UnmapWindow(racer.X, secret.ID)
				xproto.ReparentWindow(racer.X, secret.ID, racer.Root, int16(i%100), 20)
				xproto.MapWindow(racer.X, secret.ID)
			case 5:
			}
			// At any moment of a picture, and seldom enough that most begin with
			// windows that did not change.
			for range dice.IntN(12) {
				if _, err := xproto.GetInputFocus(racer.X).Reply(); err != nil {
					return
				}
			}
		}
	}()
	held := 0
	for i := range 1500 {
		// Something harmless changes, which the picture shows.
		colour := color.RGBA{R: byte(i), G: 7, B: byte(i >> 8), A: 255}
		lamp.Fill(colour)
		lamp.Raise()
		p := capture(t, s, i%50 == 0)
		if bytes.Contains(p.Frame.Pix, []byte{0xee, 0xff, 0xc0}) {
			t.Fatalf("picture %d has the canary", i)
		}
		if at(p, 151, 11) == colour {
			held++
		}
	}
	close(stop)
	<-done
	if held == 0 {
		t.Error("what was painted before a picture is in none of them")
	}
	// When all has settled, everything that shows is in the picture.
	secret.Unmap()
	ours.Unmap()
	frame.Unmap()
	p := capture(t, s, false)
	for _, at := range []image.Point{{10, 10}, {100, 100}, {250, 150}, {40, 200}} {
		if got := p.Frame.Pix[at.Y*p.Frame.Stride+4*at.X:][:3]; !bytes.Equal(got, []byte{blue.B, blue.G, blue.R}) {
			t.Errorf("pixel %v is %v afterwards", at, got)
		}
	}
}

// A window that comes between two pictures is noticed by the one after it, and
// one that changed nothing is read without asking for the windows.
func TestPicturesOfUnchangedWindowsAskNothing(t *testing.T) {
	display := xtesting.Xvfb(t, "320x240")
	paint := xtesting.NewPainter(t, display)
	w := paint.Titled(image.Rect(0, 0, 320, 240), blue, "Instrument")
	s := openMasked(t, display, patients)
	capture(t, s, true)
	before := s.Readings()
	for i := range 20 {
		w.Fill(color.RGBA{G: byte(i), A: 255})
		p := capture(t, s, false)
		expect(t, p, map[image.Rectangle]color.RGBA{w.R: {G: byte(i), A: 255}}, w.R)
	}
	if n := s.Readings() - before; n != 0 {
		t.Errorf("the windows were read %d times", n)
	}
	secret := paint.Titled(image.Rect(10, 10, 60, 60), red, "Patient")
	expect(t, capture(t, s, false), map[image.Rectangle]color.RGBA{w.R: {G: 19, A: 255}, secret.R: black}, w.R, secret.R)
	if n := s.Readings() - before; n != 1 {
		t.Errorf("the windows were read %d times", n)
	}
}
