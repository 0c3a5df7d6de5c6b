//go:build linux

package xtesting

import (
	"image"
	"image/color"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Painter makes windows on a display.
type Painter struct {
	t    testing.TB
	X    *xgb.Conn
	Root xproto.Window
	keys []string
}

// NewPainter connects to a display; the connection ends with the test.
func NewPainter(t testing.TB, display string) *Painter {
	t.Helper()
	x, err := xgb.NewConnDisplay(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	return &Painter{t: t, X: x, Root: xproto.Setup(x).DefaultScreen(x).Root}
}

// Window is one made by a Painter.
type Window struct {
	p  *Painter
	ID xproto.Window
	R  image.Rectangle
}

// Window makes and shows a window of one colour, with a class when it is not
// empty, past any window manager.
func (p *Painter) Window(r image.Rectangle, c color.RGBA, class string) *Window {
	p.t.Helper()
	w := p.create(r, c, true)
	if class != "" {
		w.SetClass(class)
	}
	w.Map()
	return w
}

// Titled makes and shows an ordinary window of one colour with a title, for a
// window manager to frame where there is one.
func (p *Painter) Titled(r image.Rectangle, c color.RGBA, title string) *Window {
	p.t.Helper()
	w := p.create(r, c, false)
	w.SetTitle(title)
	w.Map()
	return w
}

// Popup makes and shows a menu of the painter's program: past the window
// manager and without a word about itself.
func (p *Painter) Popup(r image.Rectangle, c color.RGBA) *Window {
	p.t.Helper()
	return p.Window(r, c, "")
}

func (p *Painter) create(r image.Rectangle, c color.RGBA, past bool) *Window {
	p.t.Helper()
	id, err := xproto.NewWindowId(p.X)
	if err != nil {
		p.t.Fatal(err)
	}
	screen := xproto.Setup(p.X).DefaultScreen(p.X)
	redirect := uint32(0)
	if past {
		redirect = 1
	}
	err = xproto.CreateWindowChecked(p.X, screen.RootDepth, id, p.Root, int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), 0,
		xproto.WindowClassInputOutput, screen.RootVisual, xproto.CwBackPixel|xproto.CwOverrideRedirect|xproto.CwEventMask,
		[]uint32{pixel(c), redirect, xproto.EventMaskKeyPress | xproto.EventMaskKeyRelease | xproto.EventMaskButtonPress | xproto.EventMaskButtonRelease | xproto.EventMaskPointerMotion}).Check()
	if err != nil {
		p.t.Fatal(err)
	}
	return &Window{p: p, ID: id, R: r}
}

func pixel(c color.RGBA) uint32 { return uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B) }

// Map shows the window.
func (w *Window) Map() {
	w.p.t.Helper()
	if err := xproto.MapWindowChecked(w.p.X, w.ID).Check(); err != nil {
		w.p.t.Fatal(err)
	}
}

// Fill paints the window in another colour.
func (w *Window) Fill(c color.RGBA) {
	w.p.t.Helper()
	err := xproto.ChangeWindowAttributesChecked(w.p.X, w.ID, xproto.CwBackPixel, []uint32{pixel(c)}).Check()
	if err == nil {
		err = xproto.ClearAreaChecked(w.p.X, false, w.ID, 0, 0, 0, 0).Check()
	}
	if err != nil {
		w.p.t.Fatal(err)
	}
}

// SetRoot sets a property of bytes on the screen's own window.
func (p *Painter) SetRoot(name, kind string, value []byte) {
	p.t.Helper()
	(&Window{p: p, ID: p.Root}).Set(name, kind, 8, value)
}

// Set sets a property of the window; empty removes it.
func (w *Window) Set(name, kind string, format byte, value []byte) {
	w.p.t.Helper()
	atom := func(name string) xproto.Atom {
		reply, err := xproto.InternAtom(w.p.X, false, uint16(len(name)), name).Reply()
		if err != nil {
			w.p.t.Fatal(err)
		}
		return reply.Atom
	}
	var err error
	if len(value) == 0 {
		err = xproto.DeletePropertyChecked(w.p.X, w.ID, atom(name)).Check()
	} else {
		err = xproto.ChangePropertyChecked(w.p.X, xproto.PropModeReplace, w.ID, atom(name), atom(kind), format, uint32(len(value)/int(format/8)), value).Check()
	}
	if err != nil {
		w.p.t.Fatal(err)
	}
}

// SetTitle sets the title as desktops of today read it.
func (w *Window) SetTitle(title string) { w.Set("_NET_WM_NAME", "UTF8_STRING", 8, []byte(title)) }

// TransientFor makes the window a dialog of another one.
func (w *Window) TransientFor(of *Window) {
	id := uint32(of.ID)
	w.Set("WM_TRANSIENT_FOR", "WINDOW", 32, []byte{byte(id), byte(id >> 8), byte(id >> 16), byte(id >> 24)})
}

// Raise puts the window above all others, Lower below them.
func (w *Window) Raise() { w.configure(xproto.ConfigWindowStackMode, xproto.StackModeAbove) }
func (w *Window) Lower() { w.configure(xproto.ConfigWindowStackMode, xproto.StackModeBelow) }

// Resize gives the window another size.
func (w *Window) Resize(width, height int) {
	w.configure(xproto.ConfigWindowWidth|xproto.ConfigWindowHeight, uint32(width), uint32(height))
	w.R.Max = w.R.Min.Add(image.Pt(width, height))
}

func (w *Window) configure(mask uint16, values ...uint32) {
	w.p.t.Helper()
	if err := xproto.ConfigureWindowChecked(w.p.X, w.ID, mask, values).Check(); err != nil {
		w.p.t.Fatal(err)
	}
}

// SetClass sets WM_CLASS.
func (w *Window) SetClass(class string) {
	w.p.t.Helper()
	value := class + "\x00" + class + "\x00"
	if err := xproto.ChangePropertyChecked(w.p.X, xproto.PropModeReplace, w.ID, xproto.AtomWmClass, xproto.AtomString, 8, uint32(len(value)), []byte(value)).Check(); err != nil {
		w.p.t.Fatal(err)
	}
}

// Focus gives the window the keyboard.
func (w *Window) Focus() {
	w.p.t.Helper()
	if err := xproto.SetInputFocusChecked(w.p.X, xproto.InputFocusParent, w.ID, xproto.TimeCurrentTime).Check(); err != nil {
		w.p.t.Fatal(err)
	}
}

// Move moves the window.
func (w *Window) Move(to image.Point) {
	w.p.t.Helper()
	w.configure(xproto.ConfigWindowX|xproto.ConfigWindowY, uint32(to.X), uint32(to.Y))
	w.R = w.R.Add(to.Sub(w.R.Min))
}

// Unmap hides the window.
func (w *Window) Unmap() {
	w.p.t.Helper()
	if err := xproto.UnmapWindowChecked(w.p.X, w.ID).Check(); err != nil {
		w.p.t.Fatal(err)
	}
}

// Events returns the input events that arrived so far. A reply in between
// makes sure that everything done before is in.
func (p *Painter) Events() []xgb.Event {
	p.t.Helper()
	if _, err := xproto.GetInputFocus(p.X).Reply(); err != nil {
		p.t.Fatal(err)
	}
	var out []xgb.Event
	for {
		event, err := p.X.PollForEvent()
		if event == nil && err == nil {
			return out
		}
		if event != nil {
			out = append(out, event)
		}
	}
}

// Seen collects the keys that were pressed in the painter's windows until
// enough says so, by the name of their unshifted symbol.
func (p *Painter) Seen(what string, enough func([]string) bool) []string {
	p.t.Helper()
	Eventually(p.t, what, func() bool {
		for _, e := range p.Events() {
			if k, ok := e.(xproto.KeyPressEvent); ok {
				p.keys = append(p.keys, p.keyName(k.Detail))
			}
		}
		return enough(p.keys)
	})
	return p.keys
}

func (p *Painter) keyName(code xproto.Keycode) string {
	p.t.Helper()
	m, err := xproto.GetKeyboardMapping(p.X, code, 1).Reply()
	if err != nil {
		p.t.Fatal(err)
	}
	switch s := m.Keysyms[0]; {
	case s == 0xffe1 || s == 0xffe2:
		return "Shift"
	case s == 0xffe3 || s == 0xffe4:
		return "Control"
	case s < 0x100:
		return string(rune(s))
	}
	return "?"
}
