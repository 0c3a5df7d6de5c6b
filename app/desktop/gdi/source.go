package gdi

import (
	"errors"
	"image"
	"time"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/owndesk"
)

// source is a way to read the screen.
type source interface {
	// take brings the part of the desktop it was opened for into pix, stride
	// 4 × its width, and says what may differ from the take before; nil: all of
	// it. What it returns was composed after it was called.
	take(pix []byte) ([]image.Rectangle, error)
	// waits says whether there is something new; a source that cannot tell says
	// yes.
	waits() bool
	close()
}

var (
	// errUnsupported: this part of the desktop can never be read this way, such
	// as a rotated monitor or several at once.
	errUnsupported = errors.New("gdi: not by duplication")
	// errLost: the system took the duplication back, as it does when the mode or
	// the desktop changes. It can be opened again.
	errLost = errors.New("gdi: the duplication was taken back")
)

// reopenAfter is how long a duplication that cannot be opened is left alone:
// meanwhile pictures come by GDI.
const reopenAfter = 2 * time.Second

// sources picks the way to read a part of the desktop: by duplication, which
// says what changed, and by GDI, which every Windows and Wine has.
type sources struct {
	duplicate func(view image.Rectangle) (source, error)
	plain     func(view image.Rectangle) (source, error)
	now       func() time.Time

	view        image.Rectangle
	fast        source // nil: not open
	slow        source
	unsupported bool
	notUntil    time.Time
	whole       bool // the next picture may differ everywhere: it comes another way
}

// aim makes ready for a part of the desktop; anew says that the monitors are
// others.
func (s *sources) aim(view image.Rectangle, anew bool) {
	if view == s.view && !anew {
		return
	}
	s.close()
	s.view, s.unsupported, s.notUntil, s.whole = view, false, time.Time{}, true
}

// take reads the part that was aimed at.
func (s *sources) take(pix []byte) ([]image.Rectangle, error) {
	for range 2 { // a duplication that was taken back is opened again at once
		if !s.open() {
			break
		}
		damage, err := s.fast.take(pix)
		if err == nil {
			return s.all(damage), nil
		}
		s.fast.close()
		s.fast, s.whole = nil, true
		switch {
		case errors.Is(err, errUnsupported):
			s.unsupported = true
		case !errors.Is(err, errLost):
			s.notUntil = s.now().Add(reopenAfter)
		}
	}
	if s.slow == nil {
		var err error
		if s.slow, err = s.plain(s.view); err != nil {
			return nil, err
		}
	}
	damage, err := s.slow.take(pix)
	if err != nil {
		return nil, err
	}
	return s.all(damage), nil
}

// all widens the damage where the picture before came another way.
func (s *sources) all(damage []image.Rectangle) []image.Rectangle {
	if s.whole {
		s.whole = false
		return nil
	}
	return damage
}

// open says whether a duplication is open, and tries to have one.
func (s *sources) open() bool {
	if s.fast != nil {
		return true
	}
	if s.unsupported || s.duplicate == nil || s.now().Before(s.notUntil) {
		return false
	}
	fast, err := s.duplicate(s.view)
	switch {
	case err == nil:
		s.fast, s.whole = fast, true
		if s.slow != nil {
			s.slow.close()
			s.slow = nil
		}
		return true
	case errors.Is(err, errUnsupported):
		s.unsupported = true
	default:
		s.notUntil = s.now().Add(reopenAfter)
	}
	return false
}

// waits says whether a picture is worth taking.
func (s *sources) waits() bool { return s.fast == nil || s.fast.waits() }

// quick says whether waits can tell.
func (s *sources) quick() bool { return s.fast != nil }

func (s *sources) close() {
	for _, each := range []*source{&s.fast, &s.slow} {
		if *each != nil {
			(*each).close()
			*each = nil
		}
	}
}

// move is a part of the screen that the system copied from one place to
// another.
type move struct {
	from image.Point
	to   image.Rectangle
}

// damageOf is what a frame changed: what was painted, and where copies went to.
// Where something was copied from is painted when it changed. Both are clipped
// to the monitor; one that reports nothing sensible counts as all of it.
func damageOf(moves []move, dirty []image.Rectangle, size image.Point) []image.Rectangle {
	whole := image.Rectangle{Max: size}
	var out []image.Rectangle
	add := func(r image.Rectangle) bool {
		if r.Min.X > r.Max.X || r.Min.Y > r.Max.Y {
			return false
		}
		if r = r.Intersect(whole); !r.Empty() {
			out = append(out, r)
		}
		return true
	}
	for _, m := range moves {
		if !add(m.to) {
			return []image.Rectangle{whole}
		}
	}
	for _, d := range dirty {
		if !add(d) {
			return []image.Rectangle{whole}
		}
	}
	return desktop.Merge(out)
}

// The rotations a duplication tells; pixels of a rotated monitor come lying on
// their side, and are left to GDI.
const (
	rotationUnspecified = 0
	rotationIdentity    = 1
)

// fits says whether a duplication of a monitor can show a part of the desktop.
func fits(monitor, view image.Rectangle, rotation uint32, attached bool) bool {
	return attached && monitor == view && (rotation == rotationIdentity || rotation == rotationUnspecified)
}

// facing is what the technician has in front of them.
type facing int

const (
	facingShared    facing = iota // the desktop this helper works on
	facingProtected               // one of the system's own: UAC's, the log-on's, the screen saver's
	facingQuestion                // one of ours with a question on it (B3)
)

// faces tells by the name of the desktop that gets the input. One that may not
// be opened, whose name is not known or that is new to this version is treated
// as protected: nothing of it is shown and nothing steered.
func faces(name string, err error) facing {
	switch {
	case err != nil:
		return facingProtected
	case name == "Default":
		return facingShared
	case owndesk.IsOurs(name):
		return facingQuestion
	}
	return facingProtected
}

// settle says whether what a screen shows may still be older than the windows
// that were read: something is to be hidden and it is not where it was.
func settle(before, now []desktop.Facts) bool {
	hidden := func(all []desktop.Facts) (out []desktop.Facts) {
		for _, w := range all {
			if w.Hidden {
				out = append(out, w)
			}
		}
		return out
	}
	a, b := hidden(before), hidden(now)
	if len(a) != len(b) {
		return true
	}
	for i := range a {
		if !same(a[i], b[i]) {
			return true
		}
	}
	return false
}
