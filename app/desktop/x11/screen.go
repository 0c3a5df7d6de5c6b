//go:build linux

package x11

import (
	"errors"
	"fmt"
	"image"
	"sync"
	"sync/atomic"

	"beckmanconnect/app/desktop"

	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
)

// Screen captures an X display.
type Screen struct {
	c        *conn
	mirror   *mirror
	monitors bool // the display tells of monitors
	changed  chan struct{}
	lost     atomic.Bool

	damage damage.Damage
	reader reader

	mu      sync.Mutex
	wish    string            // ID of the monitor to show
	moved   bool              // the wish is another one than was met
	shown   image.Rectangle   // what of the desktop the last picture showed
	layout  desktop.Layout    // as it was read last
	painted []image.Rectangle // of the desktop, since it was taken last

	// The rest belongs to the goroutine that captures.
	size   image.Rectangle // of the whole screen
	view   image.Rectangle // what of it is captured
	picked string          // ID of the monitor that is
	gaps   desktop.Area    // of view, on no monitor
	cover  desktop.Cover
	owed   []image.Rectangle // of view: what the next picture has to read besides
	pix    []byte
	black  bool // the last picture was blackened whole
}

// OpenScreen connects to a display; an empty name means $DISPLAY.
func OpenScreen(display string) (*Screen, error) {
	c, err := connect(display)
	if err != nil {
		return nil, err
	}
	s := &Screen{c: c, changed: make(chan struct{}, 1)}
	if err := s.start(); err != nil {
		c.Close()
		return nil, err
	}
	go s.events()
	return s, nil
}

func (s *Screen) start() error {
	if err := s.checkFormat(); err != nil {
		return err
	}
	if !has(s.c.Conn, extFixes) || !has(s.c.Conn, extDamage) {
		return errors.New("x11: the display lacks DAMAGE or XFIXES")
	}
	if _, err := xfixes.QueryVersion(s.c.Conn, 5, 0).Reply(); err != nil {
		return fmt.Errorf("x11: XFIXES: %w", err)
	}
	if _, err := damage.QueryVersion(s.c.Conn, 1, 1).Reply(); err != nil {
		return fmt.Errorf("x11: DAMAGE: %w", err)
	}
	s.monitors = s.c.hasMonitors()
	s.reader = reader{c: s.c, shm: has(s.c.Conn, extSHM)}
	var err error
	if s.damage, err = damage.NewDamageId(s.c.Conn); err != nil {
		return fmt.Errorf("x11: DAMAGE: %w", err)
	}
	// Each rectangle that was not painted yet is told once: what is told needs
	// not be asked for, and what is painted over and over costs nothing.
	if err := damage.CreateChecked(s.c.Conn, s.damage, xproto.Drawable(s.c.root), damage.ReportLevelDeltaRectangles).Check(); err != nil {
		return fmt.Errorf("x11: watch the screen: %w", err)
	}
	s.mirror, err = newMirror(s.c)
	return err
}

// checkFormat makes sure that a pixel is blue, green, red and one byte more.
func (s *Screen) checkFormat() error {
	little := s.c.setup.ImageByteOrder == xproto.ImageOrderLSBFirst
	for _, f := range s.c.setup.PixmapFormats {
		if f.Depth == s.c.screen.RootDepth && f.Depth == 24 && f.BitsPerPixel == 32 && little {
			return nil
		}
	}
	return fmt.Errorf("x11: the screen has %d bits a pixel, only 24 are known", s.c.screen.RootDepth)
}

// events passes on that something changed. It ends with the connection.
func (s *Screen) events() {
	for {
		event, err := s.c.WaitForEvent()
		if event == nil && err == nil {
			s.lost.Store(true)
			s.mirror.end()
			signal(s.changed)
			return
		}
		if err != nil {
			continue
		}
		if e, is := event.(damage.NotifyEvent); is {
			s.paint(e.Area)
			signal(s.changed)
		} else if s.mirror.note(event) {
			signal(s.changed)
		}
	}
}

// maxPainted bounds the rectangles that wait to be read.
const maxPainted = 256

func (s *Screen) paint(r xproto.Rectangle) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.painted = append(s.painted, image.Rect(0, 0, int(r.Width), int(r.Height)).Add(image.Pt(int(r.X), int(r.Y))))
	if len(s.painted) > maxPainted {
		s.painted = desktop.Merge(s.painted)
	}
}

// repainted takes what was painted, and has it told again when it is painted
// again. That is done before pixels are read: what is painted afterwards is
// told, and what was told in between waits for the next picture.
func (s *Screen) repainted() []image.Rectangle {
	s.mu.Lock()
	rects := s.painted
	s.painted = nil
	s.mu.Unlock()
	damage.Subtract(s.c.Conn, s.damage, xfixes.RegionNone, xfixes.RegionNone)
	return rects
}

// behind says whether something was painted that no picture has.
func (s *Screen) behind() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.painted) > 0
}

// SetMasks implements desktop.Screen.
func (s *Screen) SetMasks(m *desktop.MaskSet) { s.mirror.masks = m }

// Show makes an exception of the marker of the engineer's pointer: it belongs to
// this product and is there to be seen. Before the first Capture.
func (s *Screen) Show(m *Marker) { s.c.marker = m.window }

// Changed implements desktop.Screen.
func (s *Screen) Changed() <-chan struct{} { return s.changed }

// Choose implements desktop.Monitors.
func (s *Screen) Choose(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.layout != nil && !s.layout.Has(id) {
		return false
	}
	s.wish, s.moved = id, true
	signal(s.changed)
	return true
}

// View implements desktop.Monitors.
func (s *Screen) View() image.Rectangle {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown
}

// Close implements desktop.Screen.
func (s *Screen) Close() error {
	s.reader.resize(0)
	s.c.Close()
	return nil
}

var (
	_ desktop.Screen   = (*Screen)(nil)
	_ desktop.Monitors = (*Screen)(nil)
)
