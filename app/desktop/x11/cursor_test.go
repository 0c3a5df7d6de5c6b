//go:build linux

package x11_test

import (
	"context"
	"image"
	"testing"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/x11"
	"beckmanconnect/app/desktop/xtesting"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/screen"

	"github.com/jezek/xgb/xproto"
)

// looks follows a pointer until the test ends.
func looks(t *testing.T, display string, masks ...*hostpb.Mask) <-chan desktop.Look {
	t.Helper()
	c := x11.NewCursor(display)
	c.SetMasks(maskSet(t, masks...))
	ctx, cancel := context.WithCancel(t.Context())
	out, done := make(chan desktop.Look, 1000), make(chan error)
	go func() { done <- c.Follow(ctx, func(l desktop.Look) { out <- l }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("followed until %v", err)
		}
	})
	return out
}

// setCursor gives a window one of the server's own pointers, or none.
func setCursor(t *testing.T, paint *xtesting.Painter, w *xtesting.Window, glyph uint16) {
	t.Helper()
	font, err := xproto.NewFontId(paint.X)
	if err != nil {
		t.Fatal(err)
	}
	cursor, err := xproto.NewCursorId(paint.X)
	if err != nil {
		t.Fatal(err)
	}
	if err := xproto.OpenFontChecked(paint.X, font, 6, "cursor").Check(); err != nil {
		t.Fatal(err)
	}
	if err := xproto.CreateGlyphCursorChecked(paint.X, cursor, font, font, glyph, glyph+1, 0, 0, 0, 65535, 65535, 65535).Check(); err != nil {
		t.Fatal(err)
	}
	if err := xproto.ChangeWindowAttributesChecked(paint.X, w.ID, xproto.CwCursor, []uint32{uint32(cursor)}).Check(); err != nil {
		t.Fatal(err)
	}
}

const (
	textGlyph  = 152 // of the server's font of pointers
	crossGlyph = 34
)

func same(a, b *screen.Cursor) bool {
	return a != nil && b != nil && a.Kind == b.Kind && a.Width == b.Width && string(a.RGBA) == string(b.RGBA)
}

// The pointer's shape and place are told; over a masked window and over ours
// the shape is an arrow (B6), and nothing is told of moves the engineer made.
func TestPointerIsFollowed(t *testing.T) {
	outer := xtesting.Xvfb(t, "640x480")
	display := xtesting.Nested(t, outer, "640x480")
	paint := xtesting.NewPainter(t, display)
	open := paint.Titled(image.Rect(0, 0, 200, 480), blue, "Instrument")
	secret := paint.Titled(image.Rect(200, 0, 400, 480), red, "Patients")
	own := paint.Window(image.Rect(400, 0, 640, 480), red, "beckmanconnect")
	setCursor(t, paint, open, textGlyph)
	setCursor(t, paint, secret, crossGlyph)
	setCursor(t, paint, own, crossGlyph)
	hand := func(x, y string) { xtesting.Output(t, outer, "xdotool", "mousemove", x, y) }
	hand("50", "60")
	xtesting.Eventually(t, "the pointer is there", func() bool {
		p, err := xproto.QueryPointer(paint.X, paint.Root).Reply()
		return err == nil && p.RootX == 50 && p.RootY == 60
	})
	all := looks(t, display, patients)
	first := <-all
	if first.At != image.Pt(50, 60) || first.Shape == nil || first.Shape.Kind != screen.CursorShape || same(first.Shape, desktop.Arrow()) {
		t.Fatalf("at first %+v", first)
	}
	if _, err := first.Shape.Append(nil); err != nil {
		t.Errorf("the shape cannot be sent: %v", err)
	}
	at := func(what string, p image.Point) (shape *screen.Cursor) {
		t.Helper()
		for l := range all {
			if l.Shape != nil {
				shape = l.Shape
			}
			if l.At == p {
				return shape
			}
		}
		t.Fatal(what)
		return nil
	}
	hand("70", "80")
	if s := at("moved", image.Pt(70, 80)); s != nil {
		t.Errorf("a shape with a move: %+v", s)
	}
	hand("250", "100")
	shape := at("over the masked window", image.Pt(250, 100))
	for shape == nil {
		shape = (<-all).Shape
	}
	if !same(shape, desktop.Arrow()) {
		t.Errorf("over the masked window %+v", shape)
	}
	hand("500", "110")
	if s := at("over ours", image.Pt(500, 110)); s != nil && !same(s, desktop.Arrow()) {
		t.Errorf("over ours %+v", s)
	}
	hand("60", "110")
	shape = at("back", image.Pt(60, 110))
	for shape == nil {
		shape = (<-all).Shape
	}
	if !same(shape, first.Shape) {
		t.Errorf("back over the open window %+v", shape)
	}
	// The engineer's own moves: where nothing else changes, nothing is told.
	in := openInput(t, display)
	for i := range 50 {
		if err := in.Move(20+i, 200); err != nil {
			t.Fatal(err)
		}
	}
	settle(t, in)
	hand("90", "300")
	told := 0
	for l := range all {
		if l.At == image.Pt(90, 300) {
			break
		}
		told++
	}
	if told > 3 { // a look may still have been under way
		t.Errorf("told of %d places while only the engineer moved", told)
	}
}
