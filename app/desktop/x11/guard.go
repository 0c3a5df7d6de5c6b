//go:build linux

package x11

import (
	"fmt"

	"github.com/jezek/xgb/xproto"
)

// The special values of the input focus.
const (
	focusNone        = 0
	focusPointerRoot = 1
)

// OwnFocus implements desktop.Injector.
func (in *Input) OwnFocus() (bool, error) {
	release := in.c.hold()
	defer release()
	return in.ownFocus()
}

// ownFocus says whether key events would go to a window of ours.
func (in *Input) ownFocus() (bool, error) {
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
		return in.ownAt(p.RootX, p.RootY)
	}
	// Upwards, since the focus is often a small child of the real window.
	return in.ownUpwards(focus.Focus)
}

func (in *Input) ownUpwards(w xproto.Window) (bool, error) {
	var chain []xproto.Window
	for w != 0 && w != in.c.root {
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
	return in.ownTop(chain[len(chain)-1], chain...)
}

// ownAt says whether a pointer event at a place would go to a window of ours.
func (in *Input) ownAt(x, y int16) (bool, error) {
	reply, err := xproto.TranslateCoordinates(in.c.Conn, in.c.root, in.c.root, x, y).Reply()
	if err != nil {
		return false, fmt.Errorf("x11: window under the pointer: %w", err)
	}
	if reply.Child == 0 {
		return false, nil
	}
	return in.ownTop(reply.Child)
}

// ownTop says whether a top-level window or anything nested in it is ours.
func (in *Input) ownTop(w xproto.Window, also ...xproto.Window) (bool, error) {
	t := &tree{tops: []top{{id: w, members: []xproto.Window{w}}}}
	if err := in.c.descend(t); err != nil {
		return false, err
	}
	ours, err := in.c.owners(append(t.tops[0].members, also...))
	return len(ours) > 0, err
}
