package native

import (
	"fmt"

	"fyne.io/fyne/v2"
	"github.com/jezek/xgb/screensaver"
	"github.com/jezek/xgb/xproto"
)

func (x *x11) Covered(w fyne.Window) bool {
	id, err := handle(w)
	return err != nil || x.covered(id)
}

// covered looks at everything that is drawn above a window. The server is held
// meanwhile: a window that comes or goes would make the answer a guess.
func (x *x11) covered(id xproto.Window) bool {
	xproto.GrabServer(x.conn)
	defer xproto.UngrabServer(x.conn)
	above, top, err := x.above(id)
	if err != nil {
		return true
	}
	area, err := x.bounds(id)
	if err != nil || x.saverOn() {
		return true
	}
	looks := make([]look, len(above))
	for i, w := range above {
		looks[i] = x.look(w)
	}
	for _, l := range looks {
		if over, err := x.over(l, area, id, top); err != nil || over {
			return true
		}
	}
	return !x.reachable(area, id, top)
}

// grid is how many points are looked at in each direction.
const grid = 5

// reachable says whether presses all over an area reach a window. It finds
// what is in no list of windows: the one that compositing managers draw into,
// as long as it takes input.
func (x *x11) reachable(area Rect, id, top xproto.Window) bool {
	var asks []xproto.TranslateCoordinatesCookie
	for i := range grid {
		for j := range grid {
			px, py := area.X+(2*i+1)*area.W/(2*grid), area.Y+(2*j+1)*area.H/(2*grid)
			asks = append(asks, xproto.TranslateCoordinates(x.conn, x.root, x.root, int16(px), int16(py)))
		}
	}
	reaches := true
	checked := map[xproto.Window]bool{top: true}
	for _, a := range asks {
		at, err := a.Reply()
		if err != nil || at.Child == 0 {
			reaches = false
			continue
		}
		if !checked[at.Child] {
			checked[at.Child] = true
			over, err := x.over(x.look(at.Child), area, id, top)
			reaches = reaches && err == nil && !over
		}
	}
	return reaches
}

// above lists what is drawn above a window: on each level of the tree the
// windows higher than it or its ancestor, and what is inside it. top is its
// ancestor below the root.
func (x *x11) above(id xproto.Window) (all []xproto.Window, top xproto.Window, err error) {
	inside, err := xproto.QueryTree(x.conn, id).Reply()
	if err != nil {
		return nil, 0, fmt.Errorf("native: windows in a window: %w", err)
	}
	all = append(all, inside.Children...)
	const deepest = 16 // a frame or two in life
	parent := inside.Parent
	for range deepest {
		tree, err := xproto.QueryTree(x.conn, parent).Reply()
		if err != nil {
			return nil, 0, fmt.Errorf("native: windows above a window: %w", err)
		}
		found := false
		for _, w := range tree.Children { // the lowest comes first
			if found {
				all = append(all, w)
			}
			found = found || w == id
		}
		if !found {
			return nil, 0, fmt.Errorf("native: window %#x is not where it was", id)
		}
		if parent == x.root {
			return all, id, nil
		}
		id, parent = parent, tree.Parent
	}
	return nil, 0, fmt.Errorf("native: windows are nested too deeply")
}

// look is what was asked of a window: all at once, so that the server is held
// no longer than a few ways there and back, however many windows there are.
type look struct {
	w          xproto.Window
	attributes xproto.GetWindowAttributesCookie
	size       xproto.GetGeometryCookie
	at         xproto.TranslateCoordinatesCookie
}

func (x *x11) look(w xproto.Window) look {
	return look{w, xproto.GetWindowAttributes(x.conn, w), xproto.GetGeometry(x.conn, xproto.Drawable(w)), xproto.TranslateCoordinates(x.conn, w, x.root, 0, 0)}
}

// bounds is where a window is on the screen, with its border.
func (x *x11) bounds(id xproto.Window) (Rect, error) { return x.look(id).bounds() }

func (l look) bounds() (Rect, error) {
	size, err := l.size.Reply()
	if err != nil {
		return Rect{}, fmt.Errorf("native: read a window's size: %w", err)
	}
	at, err := l.at.Reply()
	if err != nil {
		return Rect{}, fmt.Errorf("native: find a window: %w", err)
	}
	b := int(size.BorderWidth)
	return Rect{X: int(at.DstX) - b, Y: int(at.DstY) - b, W: int(size.Width) + 2*b, H: int(size.Height) + 2*b}, nil
}

// over says whether one window hides some of an area that another program
// should not hide. A window's shape and transparency do not count in its
// favour. Windows that only take input are not drawn and hide nothing.
func (x *x11) over(l look, area Rect, id, top xproto.Window) (bool, error) {
	w := l.w
	a, err := l.attributes.Reply()
	if err != nil {
		return true, err
	}
	if a.MapState != xproto.MapStateViewable || a.Class != xproto.WindowClassInputOutput {
		return false, nil
	}
	r, err := l.bounds()
	if err != nil || !r.Overlaps(area) {
		return err != nil, err
	}
	switch {
	case x.owner(w) == x.owner(id):
		return false, nil // our own session bar
	case x.owner(w) == 0:
		over, err := x.notCompositor(w)
		return over, err
	case top != id && x.owner(w) == x.owner(top):
		// A frame of the window manager: fine around a window of ours.
		ours, err := x.holds(w, x.owner(id), 3)
		return !ours, err
	}
	return true, nil
}

// owner is the client that made a window, as the server numbers it; it cannot
// be forged. 0 is the server itself.
func (x *x11) owner(w xproto.Window) uint32 {
	return uint32(w) &^ xproto.Setup(x.conn).ResourceIdMask
}

// holds says whether a client's window is inside another.
func (x *x11) holds(w xproto.Window, client uint32, depth int) (bool, error) {
	tree, err := xproto.QueryTree(x.conn, w).Reply()
	if err != nil {
		return false, err
	}
	for _, child := range tree.Children {
		if x.owner(child) == client {
			return true, nil
		}
		if depth > 1 {
			if in, err := x.holds(child, client, depth-1); err != nil || in {
				return in, err
			}
		}
	}
	return false, nil
}

// useSaver makes the requests of the display's screen saver usable. The
// library's own way writes tables that all connections share.
func (x *x11) useSaver() bool {
	const name = "MIT-SCREEN-SAVER"
	r, err := xproto.QueryExtension(x.conn, uint16(len(name)), name).Reply()
	if err != nil || !r.Present {
		return false
	}
	x.conn.ExtLock.Lock()
	defer x.conn.ExtLock.Unlock()
	x.conn.Extensions[name] = r.MajorOpcode
	return true
}

// saverOn says whether the display's own screen saver is over everything. Its
// window is in no list. Screen savers that are programs have windows.
func (x *x11) saverOn() bool {
	if !x.saver {
		return false
	}
	info, err := screensaver.QueryInfo(x.conn, xproto.Drawable(x.root)).Reply()
	return err != nil || info.State == screensaver.StateOn
}

// notCompositor is false for the one window of the server's own that hides
// nothing: the one a compositing manager draws all others into. It is known by
// holding windows of that manager and of nobody else.
func (x *x11) notCompositor(w xproto.Window) (bool, error) {
	name, err := x.atom(fmt.Sprintf("_NET_WM_CM_S%d", x.conn.DefaultScreen))
	if err != nil {
		return true, err
	}
	manager, err := xproto.GetSelectionOwner(x.conn, name).Reply()
	if err != nil || manager.Owner == 0 {
		return true, err
	}
	tree, err := xproto.QueryTree(x.conn, w).Reply()
	if err != nil || len(tree.Children) == 0 {
		return true, err
	}
	for _, child := range tree.Children {
		if x.owner(child) != x.owner(manager.Owner) {
			return true, nil
		}
	}
	return false, nil
}
