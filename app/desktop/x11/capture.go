//go:build linux

package x11

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"
	"sync/atomic"

	"beckmanconnect/app/desktop"
	"beckmanconnect/session/screen"

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
	region xfixes.Region
	reader reader

	mu     sync.Mutex
	wish   string          // ID of the monitor to show
	moved  bool            // the wish is another one than was met
	shown  image.Rectangle // what of the desktop the last picture showed
	layout desktop.Layout  // as it was read last

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
	if s.region, err = xfixes.NewRegionId(s.c.Conn); err != nil {
		return fmt.Errorf("x11: XFIXES: %w", err)
	}
	xfixes.CreateRegion(s.c.Conn, s.region, nil)
	if err := damage.CreateChecked(s.c.Conn, s.damage, xproto.Drawable(s.c.root), damage.ReportLevelNonEmpty).Check(); err != nil {
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
		if err == nil && s.mirror.note(event) {
			signal(s.changed)
		}
	}
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

// Capture implements desktop.Screen.
func (s *Screen) Capture(full bool) (desktop.Picture, error) {
	picture, err := s.unchanged(full)
	if errors.Is(err, errChanged) {
		picture, err = s.anew(full)
	}
	if err == nil {
		s.black = false
		return picture, nil
	}
	if s.lost.Load() {
		return desktop.Picture{}, fmt.Errorf("%w: %w", desktop.ErrLost, err)
	}
	// Fail closed: whatever could not be told apart is not shown at all.
	clear(s.pix)
	s.black, s.cover = true, desktop.Cover{}
	return s.picture(desktop.Picture{Black: true}), err
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

// errChanged means that the windows are not those that were known.
var errChanged = errors.New("x11: the windows changed")

// unchanged captures without holding the server and without asking for the
// windows: the pixels only count when, after they were read, it turns out that
// no window changed before. What was read otherwise is thrown away.
func (s *Screen) unchanged(full bool) (desktop.Picture, error) {
	s.mu.Lock()
	moved := s.moved
	s.mu.Unlock()
	if moved || s.black || !s.mirror.exact() {
		return desktop.Picture{}, errChanged
	}
	rects, err := s.due(full, s.cover)
	if err == nil && len(rects) > 0 {
		err = s.reader.fetch(rects, s.view)
	}
	s.owed = append(s.owed, rects...)
	if err == nil {
		err = s.mirror.sync()
	}
	if err != nil || !s.mirror.exact() {
		return desktop.Picture{}, errChanged
	}
	return s.take(rects, s.cover)
}

// anew holds the server while it reads the windows and the pixels: a window
// that is to be hidden can then neither appear nor move in between.
func (s *Screen) anew(full bool) (desktop.Picture, error) {
	release := s.c.hold()
	defer release()
	windows, resized, err := s.mirror.windows()
	if errSize := s.aim(resized); errSize != nil || err != nil {
		s.mirror.whole = true
		return desktop.Picture{}, first(err, errSize)
	}
	seen := make([]desktop.Facts, len(windows))
	for i, w := range windows {
		seen[i] = w
		seen[i].Bounds = w.Bounds.Sub(s.view.Min)
	}
	cover := s.mirror.masks.Cover(image.Rectangle{Max: s.view.Size()}, s.view.Min, seen)
	for _, gap := range s.gaps {
		cover.Area = cover.Area.Add(gap)
	}
	rects, err := s.due(full, cover)
	if err == nil && len(rects) > 0 {
		err = s.reader.fetch(rects, s.view)
	}
	if err != nil {
		s.owed = append(s.owed, rects...)
		return desktop.Picture{}, err
	}
	return s.take(rects, cover)
}

// take puts pixels that were fetched into the picture, and the cover over it.
func (s *Screen) take(rects []image.Rectangle, cover desktop.Cover) (desktop.Picture, error) {
	s.reader.copy(s.pix, 4*s.view.Dx())
	desktop.Blacken(s.pix, 4*s.view.Dx(), cover.Area)
	s.cover, s.owed = cover, nil
	if rects == nil {
		rects = []image.Rectangle{}
	}
	return s.picture(desktop.Picture{Damage: rects, Hidden: cover.Windows, Masks: cover.Masks, Black: cover.Whole}), nil
}

// due is what has to be read: the damage, what an earlier try could not keep,
// and both what was and what is hidden when that is not the same: a mask that
// goes away damages nothing by itself.
func (s *Screen) due(full bool, cover desktop.Cover) ([]image.Rectangle, error) {
	whole := image.Rectangle{Max: s.view.Size()}
	// The damage is taken before the pixels are: what is painted afterwards
	// reports itself again.
	damage.Subtract(s.c.Conn, s.damage, xfixes.RegionNone, s.region)
	if full || s.black {
		return []image.Rectangle{whole}, nil
	}
	damaged, err := xfixes.FetchRegion(s.c.Conn, s.region).Reply()
	if err != nil {
		return []image.Rectangle{whole}, fmt.Errorf("x11: what changed: %w", err)
	}
	rects := s.owed
	for _, r := range damaged.Rectangles {
		at := image.Pt(int(r.X), int(r.Y)).Sub(s.view.Min)
		rects = append(rects, image.Rect(0, 0, int(r.Width), int(r.Height)).Add(at).Intersect(whole))
	}
	if !slices.Equal(s.cover.Area, cover.Area) {
		rects = append(append(rects, s.cover.Area...), cover.Area...)
	}
	return desktop.Merge(rects), nil
}

// aim finds out what of the desktop is to be captured, and makes room for it.
func (s *Screen) aim(resized bool) error {
	s.mu.Lock()
	wish, moved := s.wish, s.moved
	s.moved = false
	s.mu.Unlock()
	if !resized && !moved && !s.view.Empty() {
		return nil
	}
	size, err := s.c.size()
	if err != nil {
		return err
	}
	layout, err := s.c.layout(size, s.monitors)
	if err != nil {
		return err
	}
	picked, view, gaps := layout.Choose(wish)
	s.mu.Lock()
	s.layout = layout
	s.mu.Unlock()
	s.size, s.picked = size, picked
	s.gaps = nil
	for _, gap := range gaps {
		s.gaps = append(s.gaps, gap.Sub(view.Min))
	}
	if view == s.view {
		return nil
	}
	if len(s.pix) != 4*view.Dx()*view.Dy() {
		s.pix = make([]byte, 4*view.Dx()*view.Dy())
	}
	s.view, s.cover = view, desktop.Cover{}
	s.owed = []image.Rectangle{{Max: view.Size()}}
	s.reader.resize(len(s.pix))
	return nil
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
