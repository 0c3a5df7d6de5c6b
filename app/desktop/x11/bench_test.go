//go:build linux

package x11_test

import (
	"image"
	"testing"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/x11"
	"beckmanconnect/app/desktop/xtesting"
	"beckmanconnect/ipc/hostpb"
)

// BenchmarkCapture looks at a desk of 30 windows where a small one moves.
func BenchmarkCapture(b *testing.B) { benchCapture(b, &desktop.MaskSet{}) }

// BenchmarkCaptureMasked is the same where the profile masks windows.
func BenchmarkCaptureMasked(b *testing.B) { benchCapture(b, masksForBench(b)) }

func masksForBench(b *testing.B) *desktop.MaskSet {
	masks, err := desktop.ReadMasks(&hostpb.HelperMasks{Masks: []*hostpb.Mask{{Id: "patients", Title: "(?i)patient", Process: "lis"}}})
	if err != nil {
		b.Fatal(err)
	}
	return masks
}

func benchCapture(b *testing.B, masks *desktop.MaskSet) {
	display := xtesting.Xvfb(b, "1920x1080")
	paint := xtesting.NewPainter(b, display)
	for i := range 30 {
		paint.Window(image.Rect(20*i, 10*i, 20*i+400, 10*i+300), blue, "instrument")
	}
	w := paint.Window(image.Rect(0, 0, 40, 20), red, "cursor")
	s, err := x11.OpenScreen(display)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	s.SetMasks(masks)
	if _, err := s.Capture(true); err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		w.Move(image.Pt(i%1800, 500))
		if _, err := s.Capture(false); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMove is one checked pointer move.
func BenchmarkMove(b *testing.B) { benchMove(b, &desktop.MaskSet{}) }

// BenchmarkMoveMasked is the same where the profile masks windows.
func BenchmarkMoveMasked(b *testing.B) { benchMove(b, masksForBench(b)) }

func benchMove(b *testing.B, masks *desktop.MaskSet) {
	display := xtesting.Xvfb(b, "640x480")
	paint := xtesting.NewPainter(b, display)
	for i := range 30 {
		paint.Window(image.Rect(10*i, 10*i, 10*i+40, 10*i+30), blue, "instrument")
	}
	in, err := x11.OpenInput(display)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	in.SetMasks(masks)
	for i := 0; b.Loop(); i++ {
		if err := in.Move(i%600, 100); err != nil {
			b.Fatal(err)
		}
	}
}
