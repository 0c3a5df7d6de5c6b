package gdi

import (
	"errors"
	"image"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Scenario 52: whatever the system does to a duplication (a new mode, access
// lost, a session switched away and back, a driver that fails), each picture
// comes from a source that is open and made for this part of the desktop; the
// first one after a change of the way counts as changed everywhere; there is a
// picture whenever GDI has one; and what can never work is not tried again
// before the monitors are others.
func TestFallbackAlwaysHasAPicture(t *testing.T) {
	views := []image.Rectangle{image.Rect(0, 0, 10, 10), image.Rect(-10, -5, 0, 5)}
	part := []image.Rectangle{image.Rect(1, 1, 2, 2)}
	outcomes := []error{nil, nil, errLost, errUnsupported, errors.New("strange")}
	rapid.Check(t, func(t *rapid.T) {
		clock := time.Unix(1e9, 0)
		var view image.Rectangle
		var by *way
		var all []*way
		open := func(w *way) source { all = append(all, w); return w }
		never := false // GDI's alone: said so since the monitors changed
		s := &sources{now: func() time.Time { return clock }}
		s.duplicate = func(v image.Rectangle) (source, error) {
			if never {
				t.Fatal("tried again what can never work")
			}
			if err := rapid.SampledFrom(outcomes).Draw(t, "opens"); err != nil {
				never = errors.Is(err, errUnsupported)
				return nil, err
			}
			return open(&way{made: v, damage: part, used: &by, fail: func() error {
				err := rapid.SampledFrom(outcomes).Draw(t, "takes")
				never = never || errors.Is(err, errUnsupported)
				return err
			}}), nil
		}
		s.plain = func(v image.Rectangle) (source, error) {
			return open(&way{made: v, damage: part, used: &by, fail: func() error { return nil }}), nil
		}
		var last *way
		for range rapid.IntRange(1, 40).Draw(t, "pictures") {
			clock = clock.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond)
			anew := rapid.IntRange(0, 9).Draw(t, "monitors") == 0
			next := rapid.SampledFrom(views).Draw(t, "view")
			if anew || next != view {
				last, never = nil, false
			}
			view = next
			s.aim(view, anew)
			by = nil
			damage, err := s.take(nil)
			switch {
			case err != nil || by == nil:
				t.Fatalf("no picture: %v", err)
			case by.closed || by.made != view:
				t.Fatalf("from a source that is closed (%v) or of %v, not %v", by.closed, by.made, view)
			case by != last && damage != nil:
				t.Fatal("after a change of the way only a part counts as changed")
			}
			last = by
		}
		s.close()
		for _, w := range all {
			if !w.closed {
				t.Fatal("a source stays open")
			}
		}
	})
}

// way is a source that fails as it is told.
type way struct {
	made   image.Rectangle
	damage []image.Rectangle
	fail   func() error
	used   **way
	closed bool
}

func (w *way) take([]byte) ([]image.Rectangle, error) {
	if err := w.fail(); err != nil {
		return nil, err
	}
	*w.used = w
	return w.damage, nil
}
func (w *way) waits() bool { return true }
func (w *way) close()      { w.closed = true }
