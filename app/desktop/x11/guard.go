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
func (in *Input) SetMasks(m *desktop.MaskSet) { in.masks = m }

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
	// The frame around it holds other windows of the same program at most.
	top := chain[len(chain)-1]
	if own, err := in.ownTop(top, chain...); err != nil || own {
		return own, err
	}
	return in.maskedTop(top)
}

// hiddenAt says whether a pointer event at a place would go to a hidden window.
func (in *Input) hiddenAt(x, y int16) (bool, error) {
	reply, err := xproto.TranslateCoordinates(in.c.Conn, in.c.root, in.c.root, x, y).Reply()
	if err != nil {
		return false, fmt.Errorf("x11: window under the pointer: %w", err)
	}
	if reply.Child != 0 {
		if own, err := in.ownTop(reply.Child); err != nil || own {
			return own, err
		}
	}
	if in.masks.Empty() {
		return false, nil
	}
	look, err := in.look()
	if err != nil {
		return false, err
	}
	return look.area.Has(image.Pt(int(x), int(y))) || reply.Child != 0 && look.masked(reply.Child), nil
}

// ownTop says whether a top-level window or anything nested in it is ours.
func (in *Input) ownTop(w xproto.Window, also ...xproto.Window) (bool, error) {
	t := &tree{tops: []top{{id: w, members: []xproto.Window{w}}}}
	if err := in.c.descend(t); err != nil {
		return false, err
	}
	ids, err := in.c.identify(append(t.tops[0].members, also...))
	for _, id := range ids {
		if id.own {
			return true, err
		}
	}
	return false, err
}

// maskedTop says whether a window with the keyboard is masked, or shows nothing
// but what is masked: keys typed into it would be typed blindly.
func (in *Input) maskedTop(w xproto.Window) (bool, error) {
	if in.masks.Empty() {
		return false, nil
	}
	look, err := in.look()
	if err != nil || look.masked(w) {
		return true, err
	}
	i := look.find(w)
	if i < 0 { // invisible: a window that only takes keys
		return len(look.regions) > 0, nil
	}
	return len(look.regions) > 0 && desktop.Area(look.regions).Covers(look.windows[i].Bounds.Intersect(look.size)), nil
}

// look is what the profile hides at this moment. It is taken as for a picture,
// so that input is dropped exactly where the engineer sees nothing.
type look struct {
	size    image.Rectangle
	windows []desktop.Facts
	area    desktop.Area
	regions []image.Rectangle
}

func (in *Input) look() (look, error) {
	size, err := in.c.size()
	if err != nil {
		return look{}, err
	}
	windows, _, err := in.c.windows(in.masks)
	if err != nil {
		return look{}, err
	}
	return look{size, windows, in.masks.Masked(size, image.Point{}, windows), in.masks.Regions(size, image.Point{})}, nil
}

func (l look) find(top xproto.Window) int {
	return slices.IndexFunc(l.windows, func(w desktop.Facts) bool { return w.Members[0] == uint64(top) })
}

func (l look) masked(top xproto.Window) bool {
	i := l.find(top)
	return i >= 0 && l.windows[i].Mask != ""
}
