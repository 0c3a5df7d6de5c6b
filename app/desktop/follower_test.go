package desktop

import (
	"context"
	"image"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"

	"beckmanconnect/session/screen"
)

// handCursor is a pointer that a test moves.
type handCursor struct {
	mu      sync.Mutex
	tell    func(Look)
	follows int
}

func (c *handCursor) SetMasks(*MaskSet) {}

func (c *handCursor) Follow(ctx context.Context, tell func(Look)) error {
	c.mu.Lock()
	c.tell = tell
	c.follows++
	c.mu.Unlock()
	<-ctx.Done()
	return nil
}

// Shapes and places go out in order while the screen is seen, hidden where the
// pointer is on another monitor, and nothing at all once it is not seen any
// more (scenario 14).
func TestPointerIsToldOnlyWhileSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &handCursor{}
		var sent []screen.Cursor
		f := newFollower(slog.New(slog.DiscardHandler), c, func(m screen.Cursor) error { sent = append(sent, m); return nil })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- f.run(ctx) }()
		expect := func(what string, kinds ...screen.CursorKind) {
			t.Helper()
			synctest.Wait()
			if len(sent) != len(kinds) {
				t.Fatalf("%s: %v", what, sent)
			}
			for i, m := range sent {
				if m.Kind != kinds[i] {
					t.Errorf("%s: message %d is %+v", what, i, m)
				}
			}
			sent = nil
		}
		synctest.Wait()
		if c.follows != 0 {
			t.Fatal("followed before anybody sees it")
		}
		f.set(true, true)
		synctest.Wait()
		c.tell(Look{Shape: Arrow(), At: image.Pt(110, 20)})
		expect("before the first picture")
		f.shows(image.Rect(100, 0, 300, 200))
		synctest.Wait()
		if len(sent) == 2 && (sent[1].X != 10 || sent[1].Y != 20) {
			t.Errorf("in the picture at %d, %d", sent[1].X, sent[1].Y)
		}
		expect("first", screen.CursorShape, screen.CursorMoved)
		c.tell(Look{At: image.Pt(110, 20)})
		expect("the same place")
		c.tell(Look{At: image.Pt(111, 20)})
		expect("moved", screen.CursorMoved)
		c.tell(Look{At: image.Pt(50, 20)})
		expect("on another monitor", screen.CursorHidden)
		c.tell(Look{At: image.Pt(51, 20)})
		expect("moved there")
		c.tell(Look{At: image.Pt(120, 20)})
		expect("back", screen.CursorShape, screen.CursorMoved)
		f.set(true, true)
		expect("a new reader", screen.CursorShape, screen.CursorMoved)
		c.tell(Look{Shape: &screen.Cursor{Kind: screen.CursorHidden}, At: image.Pt(121, 20)})
		expect("a program hides it", screen.CursorHidden)
		f.set(false, false)
		c.tell(Look{Shape: Arrow(), At: image.Pt(130, 20)})
		expect("not seen any more")
		f.set(true, false)
		synctest.Wait()
		if c.follows != 2 {
			t.Errorf("followed %d times", c.follows)
		}
		c.tell(Look{Shape: Arrow(), At: image.Pt(130, 20)})
		expect("seen again", screen.CursorShape, screen.CursorMoved)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestShapeOf(t *testing.T) {
	clear, red := make([]byte, 4*4), []byte{255, 0, 0, 255}
	if s := ShapeOf(2, 2, 0, 0, clear); s.Kind != screen.CursorHidden {
		t.Errorf("nothing to be seen: %+v", s)
	}
	if s := ShapeOf(1, 1, 9, -3, red); s.Kind != screen.CursorShape || s.HotX != 0 || s.HotY != 0 {
		t.Errorf("hot spot outside: %+v", s)
	}
	for _, size := range []int{0, -1, screen.MaxCursor + 1} {
		if s := ShapeOf(size, 1, 0, 0, red); s.Width != Arrow().Width {
			t.Errorf("%d wide: %+v", size, s)
		}
	}
	if _, err := Arrow().Append(nil); err != nil {
		t.Error(err)
	}
}
