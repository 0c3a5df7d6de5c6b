package gdi

import (
	"context"
	"image"
	"testing"

	"beckmanconnect/app/desktop"
	"beckmanconnect/session/screen"
)

// The whole way on a real desktop, Wine's too: a picture of the chosen monitor,
// the marker in it, the pointer beside it.
func TestDesktop(t *testing.T) {
	s, err := OpenScreen()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	m, err := OpenMarker()
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s.Show(m)
	s.SetMasks(&desktop.MaskSet{})
	p, err := s.Capture(true)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Layout) == 0 || p.Monitor == "" || s.View().Size() != image.Pt(p.Frame.Width, p.Frame.Height) || p.Secure || p.Black {
		t.Fatalf("%q of %v, view %v, secure %v, black %v", p.Monitor, p.Layout, s.View(), p.Secure, p.Black)
	}
	if s.Choose("nowhere") || !s.Choose(desktop.All) {
		t.Error("what can be chosen is wrong")
	}
	at := s.View().Min.Add(image.Pt(100, 100))
	if err := m.Show(at, "Jana", 100); err != nil {
		t.Fatal(err)
	}
	if p, err = s.Capture(false); err != nil || p.Monitor != desktop.All {
		t.Fatalf("%q: %v", p.Monitor, err)
	}
	if p.Hidden != 0 {
		t.Errorf("the marker is hidden: %d", p.Hidden)
	}
	in := OpenInput()
	in.SetMasks(&desktop.MaskSet{})
	in.Pass(m)
	if hidden, err := in.hiddenAt(image.Pt(115, 100)); hidden || err != nil {
		t.Errorf("at the marker: hidden %v, %v", hidden, err)
	}
	if err := m.Hide(); err != nil {
		t.Error(err)
	}
	c := NewCursor()
	c.SetMasks(&desktop.MaskSet{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := c.Follow(ctx, func(l desktop.Look) {
		if l.Shape == nil || l.Shape.Kind != screen.CursorHidden && l.Shape.Kind != screen.CursorShape {
			t.Errorf("at first %+v", l)
		}
		cancel()
	}); err != nil {
		t.Error(err)
	}
}
