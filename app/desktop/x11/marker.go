//go:build linux

package x11

import (
	"fmt"
	"image"
	"sync"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/marker"

	"github.com/jezek/xgb/shape"
	"github.com/jezek/xgb/xproto"
)

// Marker is the engineer's pointer on an X display: a window past the window
// manager, above all others, that no input reaches.
type Marker struct {
	c      *conn
	window xproto.Window
	done   chan struct{}

	mu      sync.Mutex
	visual  visual
	made    bool
	mapped  bool
	drawn   drawing
	picture marker.Picture
	at      image.Point
}

// drawing is what a picture was drawn for.
type drawing struct {
	name  string
	scale int
}

// visual is how the window's pixels are shown.
type visual struct {
	id    xproto.Visualid
	depth byte
	alpha bool // a compositor mixes them with what is below
}

// OpenMarker connects to a display; an empty name means $DISPLAY. Nothing shows
// yet.
func OpenMarker(display string) (*Marker, error) {
	c, err := connect(display)
	if err != nil {
		return nil, err
	}
	m := &Marker{c: c, done: make(chan struct{})}
	if !c.shapes { // it would take clicks
		c.Close()
		return nil, fmt.Errorf("x11: marker: the display lacks %s", extShape)
	}
	if m.window, err = xproto.NewWindowId(c.Conn); err != nil {
		c.Close()
		return nil, fmt.Errorf("x11: marker: %w", err)
	}
	go m.events()
	return m, nil
}

// events throws away what comes: the server repaints the window by itself.
func (m *Marker) events() {
	defer close(m.done)
	for {
		if event, err := m.c.WaitForEvent(); event == nil && err == nil {
			return
		}
	}
}

// Show implements desktop.Marker.
func (m *Marker) Show(at image.Point, name string, scale int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.draw(drawing{name, scale}); err != nil {
		return err
	}
	if m.mapped && at == m.at {
		return nil
	}
	m.at = at
	corner := at.Sub(m.picture.Hot)
	const mask = xproto.ConfigWindowX | xproto.ConfigWindowY | xproto.ConfigWindowStackMode
	err := xproto.ConfigureWindowChecked(m.c.Conn, m.window, mask, []uint32{uint32(int32(corner.X)), uint32(int32(corner.Y)), xproto.StackModeAbove}).Check()
	if err == nil && !m.mapped {
		err = xproto.MapWindowChecked(m.c.Conn, m.window).Check()
	}
	if err != nil {
		return fmt.Errorf("x11: show the marker: %w", err)
	}
	m.mapped = true
	return nil
}

// Hide implements desktop.Marker.
func (m *Marker) Hide() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.mapped {
		return nil
	}
	m.mapped = false
	if err := xproto.UnmapWindowChecked(m.c.Conn, m.window).Check(); err != nil {
		return fmt.Errorf("x11: hide the marker: %w", err)
	}
	return nil
}

// draw makes the window what a name asks for.
func (m *Marker) draw(d drawing) error {
	if m.made && d == m.drawn {
		return nil
	}
	if !m.made {
		m.visual = m.c.visualForMarker()
	}
	picture, err := marker.Draw(d.name, d.scale, m.visual.alpha)
	if err != nil {
		return err
	}
	size := picture.Image.Rect.Size()
	if !m.made {
		if err := m.create(size); err != nil {
			return fmt.Errorf("x11: marker: %w", err)
		}
		m.made = true
	}
	if err := m.paint(picture.Image); err != nil {
		return fmt.Errorf("x11: marker: %w", err)
	}
	m.drawn, m.picture = d, picture
	m.at = image.Point{X: -1 << 14} // its corner may be another now
	return nil
}

func (m *Marker) create(size image.Point) error {
	colours := m.c.screen.DefaultColormap
	if m.visual.alpha {
		var err error
		if colours, err = xproto.NewColormapId(m.c.Conn); err != nil {
			return err
		}
		if err := xproto.CreateColormapChecked(m.c.Conn, xproto.ColormapAllocNone, colours, m.c.root, m.visual.id).Check(); err != nil {
			return err
		}
	}
	const mask = xproto.CwBackPixel | xproto.CwBorderPixel | xproto.CwOverrideRedirect | xproto.CwColormap
	err := xproto.CreateWindowChecked(m.c.Conn, m.visual.depth, m.window, m.c.root, -1000, -1000, uint16(size.X), uint16(size.Y), 0,
		xproto.WindowClassInputOutput, m.visual.id, mask, []uint32{0, 0, 1, uint32(colours)}).Check()
	if err != nil {
		return err
	}
	class := "beckmanconnect-marker\x00beckmanconnect-marker\x00"
	xproto.ChangeProperty(m.c.Conn, xproto.PropModeReplace, m.window, xproto.AtomWmClass, xproto.AtomString, 8, uint32(len(class)), []byte(class))
	// No input region: whatever is clicked or pointed at is what lies below.
	return shape.RectanglesChecked(m.c.Conn, shape.SoSet, shape.SkInput, 0, m.window, 0, 0, nil).Check()
}

// visualForMarker is one with an alpha channel where a compositor is there to
// mix it; otherwise the window is cut to shape.
func (c *conn) visualForMarker() visual {
	plain := visual{id: c.screen.RootVisual, depth: c.screen.RootDepth}
	name := "_NET_WM_CM_S0"
	atom, err := xproto.InternAtom(c.Conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return plain
	}
	if owner, err := xproto.GetSelectionOwner(c.Conn, atom.Atom).Reply(); err != nil || owner.Owner == 0 {
		return plain
	}
	for _, d := range c.screen.AllowedDepths {
		for _, v := range d.Visuals {
			if d.Depth == 32 && v.Class == xproto.VisualClassTrueColor && v.RedMask == 0xff0000 && v.BlueMask == 0xff {
				return visual{id: v.VisualId, depth: 32, alpha: true}
			}
		}
	}
	return plain
}

// solid is the alpha from which on a pixel belongs to a window that is cut to
// shape.
const solid = 0x80

// rowsAtOnce bounds one request well below what every server takes.
const rowsAtOnce = 16

// paint puts a picture into the window's background.
func (m *Marker) paint(img *image.RGBA) error {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	pixmap, err := xproto.NewPixmapId(m.c.Conn)
	if err != nil {
		return err
	}
	if err := xproto.CreatePixmapChecked(m.c.Conn, m.visual.depth, pixmap, xproto.Drawable(m.window), uint16(w), uint16(h)).Check(); err != nil {
		return err
	}
	defer xproto.FreePixmap(m.c.Conn, pixmap) // the window keeps it
	gc, err := xproto.NewGcontextId(m.c.Conn)
	if err != nil {
		return err
	}
	xproto.CreateGC(m.c.Conn, gc, xproto.Drawable(pixmap), 0, nil)
	defer xproto.FreeGC(m.c.Conn, gc)
	pix, parts := m.pixels(img)
	for y := 0; y < h; y += rowsAtOnce {
		n := min(rowsAtOnce, h-y)
		xproto.PutImage(m.c.Conn, xproto.ImageFormatZPixmap, xproto.Drawable(pixmap), gc, uint16(w), uint16(n), 0, int16(y), 0, m.visual.depth, pix[4*w*y:4*w*(y+n)])
	}
	xproto.ConfigureWindow(m.c.Conn, m.window, xproto.ConfigWindowWidth|xproto.ConfigWindowHeight, []uint32{uint32(w), uint32(h)})
	if !m.visual.alpha {
		shape.Rectangles(m.c.Conn, shape.SoSet, shape.SkBounding, 0, m.window, 0, 0, parts)
	}
	xproto.ChangeWindowAttributes(m.c.Conn, m.window, xproto.CwBackPixmap, []uint32{uint32(pixmap)})
	return xproto.ClearAreaChecked(m.c.Conn, false, m.window, 0, 0, 0, 0).Check()
}

// pixels are a picture as the visual wants them, and what belongs to the
// window's shape, row by row.
func (m *Marker) pixels(img *image.RGBA) (pix []byte, parts []xproto.Rectangle) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	for y := range h {
		from := -1
		for x := range w {
			c := img.RGBAAt(x, y)
			if !m.visual.alpha && c.A > 0 { // full colours: nothing mixes them
				c.R, c.G, c.B = byte(int(c.R)*255/int(c.A)), byte(int(c.G)*255/int(c.A)), byte(int(c.B)*255/int(c.A))
			}
			pix = append(pix, c.B, c.G, c.R, c.A)
			switch in := c.A >= solid; {
			case in && from < 0:
				from = x
			case !in && from >= 0:
				parts, from = append(parts, xproto.Rectangle{X: int16(from), Y: int16(y), Width: uint16(x - from), Height: 1}), -1
			}
		}
		if from >= 0 {
			parts = append(parts, xproto.Rectangle{X: int16(from), Y: int16(y), Width: uint16(w - from), Height: 1})
		}
	}
	return pix, parts
}

// Close implements desktop.Marker.
func (m *Marker) Close() error {
	m.c.Close()
	<-m.done
	return nil
}

var _ desktop.Marker = (*Marker)(nil)
