package gdi

import (
	"bytes"
	"errors"
	"image"
	"slices"
	"testing"
	"time"

	"beckmanconnect/app/desktop"
)

// script is a source that answers as it is told.
type script struct {
	name   string
	answer []error
	damage []image.Rectangle
	closed bool
	log    *[]string
}

func (s *script) take([]byte) ([]image.Rectangle, error) {
	*s.log = append(*s.log, s.name)
	if len(s.answer) > 0 {
		err := s.answer[0]
		s.answer = s.answer[1:]
		return s.damage, err
	}
	return s.damage, nil
}
func (s *script) waits() bool { return false }
func (s *script) close()      { s.closed = true }

// By duplication where it works, opened again at once when it is taken back, by
// GDI where it never works, and tried again after a while where it failed. After
// each change of the way all of the picture counts as changed.
func TestSourcesFallBack(t *testing.T) {
	view := image.Rect(0, 0, 10, 10)
	part := []image.Rectangle{image.Rect(1, 1, 2, 2)}
	strange := errors.New("strange")
	var log []string
	var opened int
	var openErr error
	var fast *script
	clock := time.Unix(1e9, 0)
	s := &sources{
		now: func() time.Time { return clock },
		duplicate: func(image.Rectangle) (source, error) {
			opened++
			if openErr != nil {
				return nil, openErr
			}
			fast = &script{name: "fast", damage: part, log: &log}
			return fast, nil
		},
		plain: func(image.Rectangle) (source, error) { return &script{name: "slow", log: &log}, nil },
	}
	s.aim(view, false)
	take := func(what, by string, whole bool, opens int) {
		t.Helper()
		log, opened = nil, 0
		damage, err := s.take(nil)
		if err != nil || len(log) == 0 || log[len(log)-1] != by || (damage == nil) != whole || opened != opens {
			t.Errorf("%s: by %v, damage %v, opened %d times, %v", what, log, damage, opened, err)
		}
	}
	take("first", "fast", true, 1)
	take("second", "fast", false, 0)
	fast.answer = []error{errLost}
	take("taken back", "fast", true, 1)
	take("and then", "fast", false, 0)
	fast.answer, openErr = []error{errLost}, strange
	take("taken back for longer", "slow", true, 1)
	take("not tried at once", "slow", true, 0)
	clock = clock.Add(reopenAfter)
	take("tried again", "slow", true, 1)
	openErr = nil
	clock = clock.Add(reopenAfter)
	take("there again", "fast", true, 1)
	fast.answer = []error{strange}
	take("failed", "slow", true, 0)
	clock = clock.Add(reopenAfter)
	openErr = errUnsupported
	take("unsupported", "slow", true, 1)
	clock = clock.Add(time.Hour)
	take("never again", "slow", true, 0)
	openErr = nil
	s.aim(view, false)
	take("the same part", "slow", true, 0)
	s.aim(view, true)
	take("other monitors", "fast", true, 1)
	was := fast
	s.aim(image.Rect(10, 0, 20, 10), false)
	if !was.closed {
		t.Error("the duplication of another monitor stays open")
	}
	take("another monitor", "fast", true, 1)
	if none := (&sources{plain: s.plain, now: s.now}); none.waits() != true || none.quick() {
		t.Error("a system without duplication says what changed")
	}
}

func TestDamageOf(t *testing.T) {
	size := image.Pt(100, 50)
	whole := []image.Rectangle{{Max: size}}
	for name, test := range map[string]struct {
		moves []move
		dirty []image.Rectangle
		want  []image.Rectangle
	}{
		"nothing": {want: []image.Rectangle{}},
		"painted": {dirty: []image.Rectangle{image.Rect(1, 2, 3, 4)}, want: []image.Rectangle{image.Rect(1, 2, 3, 4)}},
		"copied":  {moves: []move{{image.Pt(0, 10), image.Rect(0, 0, 100, 40)}}, want: []image.Rectangle{image.Rect(0, 0, 100, 40)}},
		"outside": {dirty: []image.Rectangle{image.Rect(90, 40, 200, 200), image.Rect(200, 0, 210, 10)}, want: []image.Rectangle{image.Rect(90, 40, 100, 50)}},
		"broken":  {dirty: []image.Rectangle{{Min: image.Pt(9, 9), Max: image.Pt(1, 1)}}, want: whole},
	} {
		if got := damageOf(test.moves, test.dirty, size); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestFits(t *testing.T) {
	m := image.Rect(-100, 0, 0, 50)
	for name, test := range map[string]struct {
		view     image.Rectangle
		rotation uint32
		attached bool
		want     bool
	}{
		"upright":      {m, 1, true, true},
		"unspecified":  {m, 0, true, true},
		"rotated":      {m, 2, true, false},
		"another":      {m.Add(image.Pt(100, 0)), 1, true, false},
		"several":      {image.Rect(-100, 0, 100, 50), 1, true, false},
		"not attached": {m, 1, false, false},
	} {
		if got := fits(m, test.view, test.rotation, test.attached); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Scenario 11, B3: only the desktop that the helper works on is shown and
// steered; what cannot be told is not.
func TestFaces(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want facing
	}{
		{"Default", nil, facingShared}, {"Winlogon", nil, facingProtected}, {"Screen-saver", nil, facingProtected}, {"default ", nil, facingProtected},
		{"", nil, facingProtected}, {"", errors.New("denied"), facingProtected}, {"Default", errors.New("denied"), facingProtected},
		{"BeckmanConnect-0a", nil, facingQuestion}, {"beckmanconnect", nil, facingProtected},
	} {
		if got := faces(test.name, test.err); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}

// B6: a picture waits for the next composition exactly when what is to be
// hidden is not where it was.
func TestSettle(t *testing.T) {
	w := func(id uint64, x int, hidden bool) desktop.Facts {
		return desktop.Facts{Members: []uint64{id}, Window: desktop.Window{Bounds: image.Rect(x, 0, x+10, 10), Hidden: hidden}}
	}
	for name, test := range map[string]struct {
		before, now []desktop.Facts
		want        bool
	}{
		"nothing hidden":  {[]desktop.Facts{w(1, 0, false)}, []desktop.Facts{w(1, 5, false), w(2, 0, false)}, false},
		"hidden as ever":  {[]desktop.Facts{w(1, 0, true)}, []desktop.Facts{w(2, 3, false), w(1, 0, true)}, false},
		"moved":           {[]desktop.Facts{w(1, 0, true)}, []desktop.Facts{w(1, 1, true)}, true},
		"came":            {nil, []desktop.Facts{w(1, 1, true)}, true},
		"went":            {[]desktop.Facts{w(1, 0, true)}, nil, true},
		"is hidden now":   {[]desktop.Facts{w(1, 0, false)}, []desktop.Facts{w(1, 0, true)}, true},
		"changed its row": {[]desktop.Facts{w(1, 0, true), w(2, 0, true)}, []desktop.Facts{w(2, 0, true), w(1, 0, true)}, true},
	} {
		if got := settle(test.before, test.now); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestPointerPixels(t *testing.T) {
	for name, test := range map[string]struct {
		colour, mask, want []byte
	}{
		"alpha":    {[]byte{1, 2, 3, 128, 9, 9, 9, 0}, []byte{0, 0}, []byte{3, 2, 1, 128, 0, 0, 0, 0}},
		"no alpha": {[]byte{1, 2, 3, 0, 0, 0, 0, 0}, []byte{0, 1}, []byte{3, 2, 1, 255, 0, 0, 0, 0}},
		"inverse":  {[]byte{255, 255, 255, 0, 1, 2, 3, 0}, []byte{1, 0}, []byte{0, 0, 0, 255, 3, 2, 1, 255}},
		"mono 1":   {nil, []byte{0, 1, 1, 0}, []byte{255, 255, 255, 255, 0, 0, 0, 0}},
		"mono 2":   {nil, []byte{0, 1, 0, 1}, []byte{0, 0, 0, 255, 0, 0, 0, 255}},
		"cut off":  {[]byte{1, 2, 3}, []byte{0, 0}, nil},
		"no mask":  {nil, []byte{0, 0}, nil},
	} {
		if got := pointerPixels(2, 1, test.colour, test.mask); !bytes.Equal(got, test.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
