package gdi

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"
	"time"

	"beckmanconnect/app/desktop"
	"beckmanconnect/session/screen"
)

const (
	// period is how often the screen is looked at where nothing tells what
	// changed.
	period = 100 * time.Millisecond
	// pace is how often a duplication is asked whether there is something new.
	pace = 16 * time.Millisecond
	// idle is how often the windows are looked at while nothing is painted: a new
	// title may hide one.
	idle = 500 * time.Millisecond
)

// Screen captures the desktop of this log-on.
type Screen struct {
	changed  chan struct{}
	captured chan struct{} // a picture was taken since changed got its value
	done     chan struct{}
	ended    chan struct{}
	once     sync.Once

	masks  *desktop.MaskSet
	marker uintptr

	mu     sync.Mutex // of what follows
	wish   string
	shown  image.Rectangle
	layout desktop.Layout

	reading sync.Mutex // of sources
	sources sources

	view     image.Rectangle
	picked   string
	gaps     desktop.Area
	last     []desktop.Facts // of the picture before
	hidden   desktop.Area
	pix, raw []byte
	blank    bool // the picture before was blackened whole
}

// OpenScreen prepares for capturing.
func OpenScreen() (*Screen, error) {
	realPixels()
	s := &Screen{
		changed: make(chan struct{}, 1), captured: make(chan struct{}, 1), done: make(chan struct{}), ended: make(chan struct{}),
		sources: sources{duplicate: openDuplication, plain: openBlit, now: time.Now},
	}
	go s.tick()
	return s, nil
}

// tick says that something changed, or may have, once for each picture: while
// nobody takes one it sleeps.
func (s *Screen) tick() {
	defer close(s.ended)
	timer := time.NewTimer(period)
	defer timer.Stop()
	waited := time.Duration(0)
	for {
		select {
		case <-s.done:
			return
		case <-timer.C:
		}
		s.reading.Lock()
		quick := s.sources.quick()
		due := s.sources.waits()
		s.reading.Unlock()
		if quick && !due && waited < idle {
			waited += pace
			timer.Reset(pace)
			continue
		}
		waited = 0
		signal(s.changed)
		select {
		case <-s.done:
			return
		case <-s.captured:
		}
		if quick {
			timer.Reset(pace)
		} else {
			timer.Reset(period)
		}
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // one is waiting already
	}
}

// Changed implements desktop.Screen.
func (s *Screen) Changed() <-chan struct{} { return s.changed }

// SetMasks implements desktop.Screen.
func (s *Screen) SetMasks(m *desktop.MaskSet) { s.masks = m }

// Show makes an exception of the marker of the engineer's pointer: it belongs to
// this product and is there to be seen. Before the first Capture.
func (s *Screen) Show(m *Marker) { s.marker = m.window }

// Choose implements desktop.Monitors.
func (s *Screen) Choose(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.layout != nil && !s.layout.Has(id) {
		return false
	}
	s.wish = id
	signal(s.changed)
	return true
}

// View implements desktop.Monitors.
func (s *Screen) View() image.Rectangle {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown
}

// tries is how often a picture is taken again because windows that are to be
// hidden moved while it was taken.
const tries = 3

// Capture implements desktop.Screen. Windows has no way to hold the desktop
// still, so the windows are read before and after the picture: only one where
// everything was in the same place both times is shown. And since what a screen
// shows is composed a moment after windows moved, a picture waits for the next
// composition when what is to be hidden is not where it was.
func (s *Screen) Capture(full bool) (desktop.Picture, error) {
	defer signal(s.captured)
	if err := s.aim(); err != nil {
		return desktop.Picture{}, fmt.Errorf("%w: %w", desktop.ErrLost, err)
	}
	if f := faced(); f != facingShared {
		p, _ := s.black(nil)
		p.Secure, p.Answering = f == facingProtected, f == facingQuestion
		return p, nil
	}
	for range tries {
		before, err := windowsOn(s.view, s.masks, s.marker)
		if err != nil {
			return s.black(err)
		}
		if settle(s.last, before) {
			compose()
		}
		damage, err := s.read()
		if err != nil {
			return s.black(err)
		}
		after, err := windowsOn(s.view, s.masks, s.marker)
		if err != nil {
			return s.black(err)
		}
		if !slices.EqualFunc(before, after, same) {
			s.blank = true // what was read is not in the picture
			continue
		}
		return s.take(full, damage, before), nil
	}
	return s.black(errors.New("gdi: the windows did not keep still"))
}

func (s *Screen) read() ([]image.Rectangle, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	return s.sources.take(s.raw)
}

// take makes a picture of what was read.
func (s *Screen) take(full bool, damage []image.Rectangle, windows []desktop.Facts) desktop.Picture {
	whole := image.Rectangle{Max: s.view.Size()}
	cover := s.masks.Cover(whole, s.view.Min, windows)
	for _, gap := range s.gaps {
		cover.Area = cover.Area.Add(gap)
	}
	switch {
	case full || s.blank:
		damage = nil
	case damage != nil && !slices.Equal(s.hidden, cover.Area):
		damage = desktop.Merge(slices.Concat(damage, s.hidden, cover.Area))
	}
	rects := damage
	if rects == nil {
		rects = []image.Rectangle{whole}
	}
	stride := 4 * s.view.Dx()
	for _, r := range rects {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			copy(s.pix[y*stride+4*r.Min.X:y*stride+4*r.Max.X], s.raw[y*stride+4*r.Min.X:])
		}
	}
	desktop.Blacken(s.pix, stride, cover.Area)
	s.last, s.hidden, s.blank = windows, cover.Area, false
	return s.picture(desktop.Picture{Damage: damage, Hidden: cover.Windows, Masks: cover.Masks, Black: cover.Whole, Cover: cover.Area})
}

// picture adds what is the same in every picture.
func (s *Screen) picture(p desktop.Picture) desktop.Picture {
	p.Frame = screen.Frame{Pix: s.pix, Stride: 4 * s.view.Dx(), Width: s.view.Dx(), Height: s.view.Dy()}
	p.Monitor = s.picked
	s.mu.Lock()
	p.Layout, s.shown = s.layout, s.view
	s.mu.Unlock()
	return p
}

func (s *Screen) black(err error) (desktop.Picture, error) {
	clear(s.pix)
	s.blank, s.last, s.hidden = true, nil, nil
	return s.picture(desktop.Picture{Black: true}), err
}

// aim finds out what of the desktop is to be captured, and makes room for it.
// Asking is cheap, and no event tells of all that may change.
func (s *Screen) aim() error {
	layout := monitors()
	s.mu.Lock()
	wish := s.wish
	same := slices.Equal(layout, s.layout)
	s.layout = layout
	s.mu.Unlock()
	picked, view, gaps := layout.Choose(wish)
	if view.Empty() {
		return errors.New("gdi: the desktop has no size")
	}
	s.picked, s.gaps = picked, nil
	for _, gap := range gaps {
		s.gaps = append(s.gaps, gap.Sub(view.Min))
	}
	s.reading.Lock()
	s.sources.aim(view, !same)
	s.reading.Unlock()
	if view != s.view || s.pix == nil {
		s.view = view
		s.pix, s.raw = make([]byte, 4*view.Dx()*view.Dy()), make([]byte, 4*view.Dx()*view.Dy())
		s.blank, s.last, s.hidden = true, nil, nil
	}
	return nil
}

// Close implements desktop.Screen.
func (s *Screen) Close() error {
	s.once.Do(func() {
		close(s.done)
		<-s.ended
		s.reading.Lock()
		s.sources.close()
		s.reading.Unlock()
	})
	return nil
}

var (
	_ desktop.Screen   = (*Screen)(nil)
	_ desktop.Monitors = (*Screen)(nil)
)
