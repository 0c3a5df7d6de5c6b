//go:build linux

package x11

import (
	"fmt"
	"image"
	"slices"

	"beckmanconnect/app/desktop"

	"github.com/jezek/xgb/xproto"
)

// The special values of the input focus.
const (
	focusNone        = 0
	focusPointerRoot = 1
)

// SetMasks implements desktop.Injector.
func (in *Input) SetMasks(m *desktop.MaskSet) { in.mirror.masks = m }

// Pass makes an exception of the marker of the engineer's pointer: it belongs
// to this product, and no input ever reaches it. Before any event is applied.
func (in *Input) Pass(m *Marker) { in.c.marker = m.window }

// HiddenFocus implements desktop.Injector.
func (in *Input) HiddenFocus() (bool, error) {
	release := in.c.hold()
	defer release()
	return in.hiddenFocus()
}

// hiddenFocus says whether key events would go to a hidden window.
func (in *Input) hiddenFocus() (bool, error) {
	focus, err := xproto.GetInputFocus(in.c.Conn).Reply()
	if err != nil {
		return false, fmt.Errorf("x11: keyboard focus: %w", err)
	}
	switch focus.Focus {
	case focusNone:
		return false, nil // keys go nowhere
	case focusPointerRoot, in.c.root:
		p, err := xproto.QueryPointer(in.c.Conn, in.c.root).Reply()
		if err != nil {
			return false, fmt.Errorf("x11: pointer: %w", err)
		}
		return in.hiddenAt(p.RootX, p.RootY)
	}
	// Upwards, since the focus is often a small child of the real window.
	var chain []xproto.Window
	for w := focus.Focus; w != 0 && w != in.c.root; {
		chain = append(chain, w)
		reply, err := xproto.QueryTree(in.c.Conn, w).Reply()
		if err != nil {
			return false, fmt.Errorf("x11: window with the keyboard: %w", err)
		}
		w = reply.Parent
	}
	if len(chain) == 0 {
		return false, nil
	}
	return in.mirror.hiddenTop(chain)
}

// hiddenTop says whether the window with the keyboard is hidden: chain leads
// from it to its top-level one.
func (m *mirror) hiddenTop(chain []xproto.Window) (bool, error) {
	top := chain[len(chain)-1]
	look, err := m.look()
	if err != nil {
		return true, err
	}
	i := look.find(top)
	if i >= 0 && look.windows[i].Hidden {
		return true, nil
	}
	// The frame around it holds other windows of the same program at most, and
	// what is nested deeper than the mirror reaches may be ours.
	if i < 0 || slices.ContainsFunc(chain, func(w xproto.Window) bool { return !slices.Contains(look.windows[i].Members, uint64(w)) }) {
		if own, err := m.c.ownTop(top, chain...); err != nil || own {
			return true, err
		}
	}
	return look.blind(i), nil
}

// hiddenAt says whether a pointer event at a place would go to a hidden window.
func (in *Input) hiddenAt(x, y int16) (bool, error) { return in.mirror.hiddenAt(x, y) }

// hiddenAt says whether a place, in the desktop's pixels, or the window there is
// hidden. It is asked while the server is held.
func (m *mirror) hiddenAt(x, y int16) (bool, error) {
	look, err := m.look()
	if err != nil {
		return true, err
	}
	return m.hiddenIn(look, x, y)
}

func (m *mirror) hiddenIn(look look, x, y int16) (bool, error) {
	reply, err := xproto.TranslateCoordinates(m.c.Conn, m.c.root, m.c.root, x, y).Reply()
	if err != nil {
		return true, fmt.Errorf("x11: window under the pointer: %w", err)
	}
	if look.area.Has(image.Pt(int(x), int(y))) {
		return true, nil
	}
	if reply.Child == 0 || m.c.beside(reply.Child) {
		return false, nil
	}
	if i := look.find(reply.Child); i >= 0 {
		return look.windows[i].Hidden, nil
	}
	return m.c.ownTop(reply.Child) // invisible: one that only takes input
}

// ownTop says whether a top-level window or anything nested in it is ours.
func (c *conn) ownTop(w xproto.Window, also ...xproto.Window) (bool, error) {
	t := &tree{tops: []top{{id: w, members: []xproto.Window{w}}}}
	if err := c.descend(t); err != nil {
		return true, err
	}
	ids, err := c.identify(append(t.tops[0].members, also...))
	for _, id := range ids {
		if id.own {
			return true, err
		}
	}
	return err != nil, err
}

// blind says whether a window shows nothing but what is masked: keys typed into
// it would be typed blindly. One without a place, below 0, only takes keys.
func (l look) blind(i int) bool {
	if len(l.regions) == 0 {
		return false
	}
	return i < 0 || desktop.Area(l.regions).Covers(l.windows[i].Bounds.Intersect(l.size))
}

// look is what the profile hides at this moment. It is taken as for a picture,
// so that input is dropped exactly where the engineer sees nothing.
type look struct {
	size    image.Rectangle
	windows []desktop.Facts
	area    desktop.Area
	regions []image.Rectangle
}

func (m *mirror) look() (look, error) {
	windows, resized, err := m.windows()
	if err != nil {
		return look{}, err
	}
	if resized || m.size.Empty() {
		if m.size, err = m.c.size(); err != nil {
			m.whole = true
			return look{}, err
		}
	}
	l := look{size: m.size, windows: windows}
	if !m.masks.Empty() {
		l.area, l.regions = m.masks.Masked(l.size, image.Point{}, windows), m.masks.Regions(l.size, image.Point{})
	}
	return l, nil
}

func (l look) find(top xproto.Window) int {
	return slices.IndexFunc(l.windows, func(w desktop.Facts) bool { return w.Members[0] == uint64(top) })
}
