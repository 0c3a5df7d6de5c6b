//go:build linux

package x11

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"sync/atomic"

	"beckmanconnect/app/desktop"
	"beckmanconnect/session/screen"

	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
)

// maxRects is how many rectangles one capture asks for; more are merged.
const maxRects = 8

// Screen captures an X display.
type Screen struct {
	c       *conn
	changed chan struct{}
	lost    atomic.Bool

	damage  damage.Damage
	region  xfixes.Region
	shared  *segment // nil: pictures come through the socket
	haveSHM bool

	masks   *desktop.MaskSet
	watched map[xproto.Window]bool // whose properties are told of

	size   image.Rectangle
	pix    []byte
	hidden desktop.Area
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
	s.haveSHM = has(s.c.Conn, extSHM)
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
	// StructureNotify tells of a new size of the screen; SubstructureNotify of
	// windows that come, go and move without painting anything.
	mask := uint32(xproto.EventMaskStructureNotify | xproto.EventMaskSubstructureNotify)
	if err := xproto.ChangeWindowAttributesChecked(s.c.Conn, s.c.root, xproto.CwEventMask, []uint32{mask}).Check(); err != nil {
		return fmt.Errorf("x11: watch the windows: %w", err)
	}
	return nil
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
			signal(s.changed)
			return
		}
		if err != nil {
			continue
		}
		if p, ok := event.(xproto.PropertyNotifyEvent); !ok || s.c.classifies(p.Atom) {
			signal(s.changed)
		}
	}
}

// SetMasks implements desktop.Screen.
func (s *Screen) SetMasks(m *desktop.MaskSet) { s.masks = m }

// Changed implements desktop.Screen.
func (s *Screen) Changed() <-chan struct{} { return s.changed }

// Capture implements desktop.Screen.
func (s *Screen) Capture(full bool) (desktop.Picture, error) {
	picture, err := s.capture(full)
	if err == nil {
		s.black = false
		return picture, nil
	}
	if s.lost.Load() {
		return desktop.Picture{}, fmt.Errorf("%w: %w", desktop.ErrLost, err)
	}
	// Fail closed: whatever could not be told apart is not shown at all.
	clear(s.pix)
	s.black, s.hidden = true, nil
	return desktop.Picture{Frame: s.frame(), Black: true}, err
}

func (s *Screen) frame() screen.Frame {
	return screen.Frame{Pix: s.pix, Stride: 4 * s.size.Dx(), Width: s.size.Dx(), Height: s.size.Dy()}
}

// capture holds the server while it reads the windows and the pixels: a window
// that is to be hidden can then neither appear nor move in between.
func (s *Screen) capture(full bool) (desktop.Picture, error) {
	release := s.c.hold()
	defer release()

	size, err := s.c.size()
	if err != nil {
		return desktop.Picture{}, err
	}
	if size != s.size {
		s.resize(size)
		full = true
	}
	// The damage is taken before the pixels are: what is painted afterwards
	// reports itself again.
	damage.Subtract(s.c.Conn, s.damage, xfixes.RegionNone, s.region)
	damaged, err := xfixes.FetchRegion(s.c.Conn, s.region).Reply()
	if err != nil {
		return desktop.Picture{}, fmt.Errorf("x11: what changed: %w", err)
	}
	windows, tree, err := s.c.windows(s.masks)
	if err != nil {
		return desktop.Picture{}, err
	}
	if s.masks.OfWindows() {
		s.watchProperties(tree)
	}
	cover := s.masks.Cover(size, image.Point{}, windows)

	var rects []image.Rectangle
	if full || s.black {
		rects = []image.Rectangle{size}
	} else {
		rects = s.changedRects(damaged, cover.Area)
	}
	if err := s.read(rects); err != nil {
		return desktop.Picture{}, err
	}
	desktop.Blacken(s.pix, 4*size.Dx(), cover.Area)
	s.hidden = cover.Area
	picture := desktop.Picture{Frame: s.frame(), Damage: rects, Hidden: cover.Windows, Masks: cover.Masks, Black: cover.Whole}
	if rects == nil {
		picture.Damage = []image.Rectangle{}
	}
	return picture, nil
}

// changedRects is the damage, and both what was and what is hidden when that is
// not the same: a mask that goes away damages nothing by itself.
func (s *Screen) changedRects(damaged *xfixes.FetchRegionReply, hidden desktop.Area) []image.Rectangle {
	var rects []image.Rectangle
	for _, r := range damaged.Rectangles {
		rects = append(rects, image.Rect(0, 0, int(r.Width), int(r.Height)).Add(image.Pt(int(r.X), int(r.Y))).Intersect(s.size))
	}
	if !slices.Equal(s.hidden, hidden) {
		rects = append(append(rects, s.hidden...), hidden...)
	}
	return desktop.Coalesce(rects, maxRects)
}

// resize makes room for a screen of another size.
func (s *Screen) resize(size image.Rectangle) {
	s.size, s.hidden = size, nil
	s.pix = make([]byte, 4*size.Dx()*size.Dy())
	if s.shared != nil {
		s.shared.close()
		s.shared = nil
	}
	if !s.haveSHM {
		return
	}
	shared, err := newSegment(s.c, len(s.pix))
	if err != nil {
		s.haveSHM = false // a remote display, or no shared memory left: the socket does
		return
	}
	s.shared = shared
}

// read copies rectangles of the screen into the picture.
func (s *Screen) read(rects []image.Rectangle) error {
	for _, r := range rects {
		data, err := s.image(r)
		if err != nil {
			return fmt.Errorf("x11: read the screen: %w", err)
		}
		row, stride := 4*r.Dx(), 4*s.size.Dx()
		if len(data) < row*r.Dy() {
			return errors.New("x11: read the screen: the picture is cut off")
		}
		for y := range r.Dy() {
			copy(s.pix[(r.Min.Y+y)*stride+4*r.Min.X:][:row], data[y*row:])
		}
	}
	return nil
}

func (s *Screen) image(r image.Rectangle) ([]byte, error) {
	const allPlanes = 0xffffffff
	x, y, w, h := int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy())
	if s.shared != nil {
		_, err := shm.GetImage(s.c.Conn, xproto.Drawable(s.c.root), x, y, w, h, allPlanes, xproto.ImageFormatZPixmap, s.shared.id, 0).Reply()
		return s.shared.data, err
	}
	reply, err := xproto.GetImage(s.c.Conn, xproto.ImageFormatZPixmap, xproto.Drawable(s.c.root), x, y, w, h, allPlanes).Reply()
	if err != nil {
		return nil, err
	}
	return reply.Data, nil
}

// Close implements desktop.Screen.
func (s *Screen) Close() error {
	if s.shared != nil {
		s.shared.close()
		s.shared = nil
	}
	s.c.Close()
	return nil
}
