package paint

import (
	"fmt"
	"image"
	"image/color"
	"unsafe"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"
	"golang.org/x/sys/unix"
)

// Width and Height of the displays that are painted on.
const (
	Width  = 1920
	Height = 1080
)

// screen is a connection to a display.
type screen struct {
	c     *xgb.Conn
	root  xproto.Window
	depth byte
	gc    xproto.Gcontext
	last  xproto.Window // the newest window
	free  []func()
}

func open(display string) (*screen, error) {
	c, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, err
	}
	s := &screen{c: c}
	info := xproto.Setup(c).DefaultScreen(c)
	s.root, s.depth = info.Root, info.RootDepth
	if info.WidthInPixels != Width || info.HeightInPixels != Height || info.RootDepth != 24 {
		c.Close()
		return nil, fmt.Errorf("the display has %d × %d pixels of %d bits", info.WidthInPixels, info.HeightInPixels, info.RootDepth)
	}
	if err := shm.Init(c); err != nil {
		c.Close()
		return nil, err
	}
	if s.gc, err = xproto.NewGcontextId(c); err == nil {
		// No exposures of copies: nothing covers what is copied.
		err = xproto.CreateGCChecked(c, s.gc, xproto.Drawable(s.root), xproto.GcGraphicsExposures, []uint32{0}).Check()
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return s, nil
}

func (s *screen) close() {
	s.c.Close()
	for _, free := range s.free {
		free()
	}
}

// sync waits until the server has done everything.
func (s *screen) sync() error {
	_, err := xproto.GetInputFocus(s.c).Reply()
	return err
}

// window makes and shows a window past any window manager, above the others.
// What it shows where it is uncovered is the picture, by the server itself.
func (s *screen) window(at image.Rectangle, picture *surface, events uint32) (xproto.Window, error) {
	id, err := xproto.NewWindowId(s.c)
	if err != nil {
		return 0, err
	}
	pixmap, err := s.pixmap(picture)
	if err != nil {
		return 0, err
	}
	err = xproto.CreateWindowChecked(s.c, s.depth, id, s.root, int16(at.Min.X), int16(at.Min.Y), uint16(at.Dx()), uint16(at.Dy()), 0,
		xproto.WindowClassInputOutput, xproto.Setup(s.c).DefaultScreen(s.c).RootVisual, xproto.CwBackPixmap|xproto.CwOverrideRedirect|xproto.CwEventMask,
		[]uint32{uint32(pixmap), 1, events}).Check()
	if err != nil {
		return 0, err
	}
	xproto.FreePixmap(s.c, pixmap)
	s.last = id
	return id, xproto.MapWindowChecked(s.c, id).Check()
}

// pixmap is a copy of the picture in the server.
func (s *screen) pixmap(picture *surface) (xproto.Pixmap, error) {
	id, err := xproto.NewPixmapId(s.c)
	if err != nil {
		return 0, err
	}
	if err := xproto.CreatePixmapChecked(s.c, s.depth, id, xproto.Drawable(s.root), uint16(picture.w), uint16(picture.h)).Check(); err != nil {
		return 0, err
	}
	return id, picture.put(xproto.Drawable(id), picture.Bounds(), image.Point{})
}

// surface is a picture in memory that the server reads too. It is a
// draw.Image, for texts; the quick ones write its pixels (0x00RRGGBB).
type surface struct {
	s    *screen
	seg  shm.Seg
	w, h int
	pix  []uint32
}

func (s *screen) surface(w, h int) (*surface, error) {
	key, err := unix.SysvShmGet(unix.IPC_PRIVATE, 4*w*h, unix.IPC_CREAT|0o600)
	if err != nil {
		return nil, fmt.Errorf("shared memory: %w", err)
	}
	data, err := unix.SysvShmAttach(key, 0, 0)
	if err == nil {
		s.free = append(s.free, func() { _ = unix.SysvShmDetach(data) })
	}
	p := &surface{s: s, w: w, h: h}
	if err == nil {
		p.pix = unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(data))), w*h)
		if p.seg, err = shm.NewSegId(s.c); err == nil {
			err = shm.AttachChecked(s.c, p.seg, uint32(key), true).Check()
		}
	}
	// Removed now, it is gone when both have let go of it, also after a crash.
	_, _ = unix.SysvShmCtl(key, unix.IPC_RMID, nil)
	if err != nil {
		return nil, fmt.Errorf("shared memory: %w", err)
	}
	return p, nil
}

// put shows a part of the surface and waits until the server has read it.
func (p *surface) put(to xproto.Drawable, part image.Rectangle, at image.Point) error {
	part = part.Intersect(p.Bounds())
	if part.Empty() {
		return nil
	}
	return shm.PutImageChecked(p.s.c, to, p.s.gc, uint16(p.w), uint16(p.h), uint16(part.Min.X), uint16(part.Min.Y), uint16(part.Dx()), uint16(part.Dy()),
		int16(at.X), int16(at.Y), p.s.depth, xproto.ImageFormatZPixmap, 0, p.seg, 0).Check()
}

func (p *surface) fill(part image.Rectangle, c uint32) {
	part = part.Intersect(p.Bounds())
	for y := part.Min.Y; y < part.Max.Y; y++ {
		row := p.pix[y*p.w+part.Min.X : y*p.w+part.Max.X]
		for i := range row {
			row[i] = c
		}
	}
}

func (p *surface) Bounds() image.Rectangle { return image.Rect(0, 0, p.w, p.h) }
func (p *surface) ColorModel() color.Model { return color.RGBAModel }

func (p *surface) At(x, y int) color.Color {
	if !(image.Point{X: x, Y: y}).In(p.Bounds()) {
		return color.RGBA{}
	}
	c := p.pix[y*p.w+x]
	return color.RGBA{R: uint8(c >> 16), G: uint8(c >> 8), B: uint8(c), A: 255}
}

func (p *surface) Set(x, y int, c color.Color) {
	if !(image.Point{X: x, Y: y}).In(p.Bounds()) {
		return
	}
	r, g, b, _ := c.RGBA()
	p.pix[y*p.w+x] = r>>8<<16 | g>>8<<8 | b>>8
}
