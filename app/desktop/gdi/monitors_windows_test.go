package gdi

import (
	"image"
	"testing"
	"unsafe"

	"beckmanconnect/app/desktop"
)

// Scenario 52: each of several monitors alone and all together, with the pixels
// that are there, and the pointer to every corner of each; one that begins left
// of or above the first is counted from its own corner. Where there is one
// monitor it is tested with that.
func TestMonitors(t *testing.T) {
	s, err := OpenScreen()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.SetMasks(&desktop.MaskSet{})
	p, err := s.Capture(true)
	if err != nil {
		t.Fatal(err)
	}
	layout := p.Layout
	t.Logf("%d monitors on %v: %+v", len(layout), virtualScreen(), layout)
	if layout.Bounds() != virtualScreen() {
		t.Errorf("the monitors make up %v, the desktop is %v", layout.Bounds(), virtualScreen())
	}
	in := OpenInput()
	in.SetMasks(&desktop.MaskSet{})
	defer in.Close()
	whole := map[image.Point][4]byte{}
	sample := func(p desktop.Picture, view image.Rectangle, keep bool) {
		t.Helper()
		for _, m := range layout {
			at := m.Bounds.Min.Add(image.Pt(m.Bounds.Dx()/3, m.Bounds.Dy()-7))
			if !at.In(view) {
				continue
			}
			in := at.Sub(view.Min)
			pixel := [4]byte(p.Frame.Pix[in.Y*p.Frame.Stride+4*in.X:])
			if keep {
				whole[at] = pixel
			} else if whole[at] != pixel {
				t.Errorf("%v is %v alone and %v among all", at, pixel, whole[at])
			}
		}
	}
	if !s.Choose(desktop.All) {
		t.Fatal("not all can be chosen")
	}
	if p, err = s.Capture(true); err != nil || s.View() != layout.Bounds() {
		t.Fatalf("all: %v, %v", s.View(), err)
	}
	sample(p, s.View(), true)
	for _, m := range layout {
		if !s.Choose(m.ID) {
			t.Fatalf("%s cannot be chosen", m.ID)
		}
		if p, err = s.Capture(true); err != nil || p.Monitor != m.ID || s.View() != m.Bounds || image.Pt(p.Frame.Width, p.Frame.Height) != m.Bounds.Size() {
			t.Fatalf("%s shows %q, %v of %d × %d: %v", m.ID, p.Monitor, s.View(), p.Frame.Width, p.Frame.Height, err)
		}
		sample(p, s.View(), false)
		for _, at := range []image.Point{
			m.Bounds.Min, m.Bounds.Max.Sub(image.Pt(1, 1)), {X: m.Bounds.Min.X, Y: m.Bounds.Max.Y - 1}, {X: m.Bounds.Max.X - 1, Y: m.Bounds.Min.Y},
			m.Bounds.Min.Add(m.Bounds.Size().Div(2)),
		} {
			if err := in.Move(at.X, at.Y); err != nil {
				t.Errorf("%s, %v: %v", m.ID, at, err)
				continue
			}
			if got := pointerAt(); got != at {
				t.Errorf("%s: the pointer went to %v, not to %v", m.ID, got, at)
			}
		}
	}
}

func pointerAt() image.Point {
	var p struct{ x, y int32 }
	_, _, _ = user32.NewProc("GetCursorPos").Call(uintptr(unsafe.Pointer(&p)))
	return image.Pt(int(p.x), int(p.y))
}
