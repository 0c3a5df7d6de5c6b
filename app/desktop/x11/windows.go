//go:build linux

package x11

import (
	"fmt"
	"image"
	"slices"

	"beckmanconnect/app/desktop"

	"github.com/jezek/xgb/shape"
	"github.com/jezek/xgb/xproto"
)

// readTree reads the viewable top-level windows and what is nested in them.
// Any failure is an error: a tree that is only partly known masks nothing well.
func (c *conn) readTree() (*tree, error) {
	root, err := xproto.QueryTree(c.Conn, c.root).Reply()
	if err != nil {
		return nil, fmt.Errorf("x11: window tree: %w", err)
	}
	attributes := make([]xproto.GetWindowAttributesCookie, len(root.Children))
	geometries := make([]xproto.GetGeometryCookie, len(root.Children))
	for i, w := range root.Children {
		attributes[i] = xproto.GetWindowAttributes(c.Conn, w)
		geometries[i] = xproto.GetGeometry(c.Conn, xproto.Drawable(w))
	}
	t := &tree{}
	for i, w := range root.Children {
		attribute, errA := attributes[i].Reply()
		geometry, errG := geometries[i].Reply()
		if errA != nil || errG != nil {
			return nil, fmt.Errorf("x11: window %#x: %w", w, first(errA, errG))
		}
		if attribute.MapState == xproto.MapStateViewable && attribute.Class == xproto.WindowClassInputOutput {
			t.tops = append(t.tops, top{id: w, geometry: geometry, attribute: attribute, members: []xproto.Window{w}})
		}
	}
	return t, c.descend(t)
}

// descend adds the windows nested in each top-level one.
func (c *conn) descend(t *tree) error {
	from := make([]int, len(t.tops)) // members already asked, per top
	for range nesting {
		type ask struct {
			top    int
			cookie xproto.QueryTreeCookie
		}
		var asks []ask
		for i := range t.tops {
			members := t.tops[i].members
			for _, w := range members[from[i]:] {
				asks = append(asks, ask{i, xproto.QueryTree(c.Conn, w)})
			}
			from[i] = len(members)
		}
		for _, a := range asks {
			reply, err := a.cookie.Reply()
			if err != nil {
				return fmt.Errorf("x11: window tree below %#x: %w", t.tops[a.top].id, err)
			}
			t.tops[a.top].members = append(t.tops[a.top].members, reply.Children...)
		}
	}
	return nil
}

// windows says of every visible top-level window where it is and whether it is
// to be hidden, lowest first. It is meant to be asked while the server is held.
func (c *conn) windows(masks *desktop.MaskSet) ([]desktop.Facts, *tree, error) {
	if masks == nil {
		return nil, nil, desktop.ErrNoMasks
	}
	t, err := c.readTree()
	if err != nil {
		return nil, nil, err
	}
	var all []xproto.Window
	for _, top := range t.tops {
		all = append(all, top.members...)
	}
	ids, err := c.identify(all)
	if err != nil {
		return nil, nil, err
	}
	out := make([]desktop.Facts, len(t.tops))
	for i, top := range t.tops {
		out[i].Bounds = top.bounds()
		for _, w := range top.members {
			out[i].Own = out[i].Own || ids[w].own
			out[i].Members = append(out[i].Members, uint64(w))
		}
	}
	if masks.OfWindows() {
		c.describe(t.tops, ids, out)
		if out, err = c.addAbsent(out); err != nil {
			return nil, nil, err
		}
	}
	if err := masks.Hide(out); err != nil {
		return nil, nil, err
	}
	shown := out[len(out)-len(t.tops):]
	return out, t, c.findOpaque(t, shown)
}

// bounds is a window's place with its border.
func (t top) bounds() image.Rectangle {
	g := t.geometry
	border := 2 * int(g.BorderWidth)
	return image.Rect(0, 0, int(g.Width)+border, int(g.Height)+border).Add(image.Pt(int(g.X), int(g.Y)))
}

// findOpaque notes which of the windows above the first hidden one cover what
// is below them: without a shape of their own, without an alpha channel and
// without opacity set.
func (c *conn) findOpaque(t *tree, windows []desktop.Facts) error {
	lowest := slices.IndexFunc(windows, func(w desktop.Facts) bool { return w.Hidden })
	if !c.shapes || lowest < 0 {
		return nil // without shapes nothing counts as opaque, which only hides more
	}
	type ask struct {
		i       int
		shape   shape.QueryExtentsCookie
		opacity []xproto.GetPropertyCookie
	}
	var asks []ask
	for i := lowest + 1; i < len(windows); i++ {
		if windows[i].Hidden || t.tops[i].geometry.Depth != c.screen.RootDepth {
			continue
		}
		a := ask{i: i, shape: shape.QueryExtents(c.Conn, t.tops[i].id)}
		for _, w := range t.tops[i].members {
			a.opacity = append(a.opacity, xproto.GetProperty(c.Conn, false, w, c.atoms.opacity, xproto.AtomCardinal, 0, 1))
		}
		asks = append(asks, a)
	}
	for _, a := range asks {
		shaped, err := a.shape.Reply()
		opaque := err == nil && !shaped.BoundingShaped
		for _, cookie := range a.opacity {
			p, err := cookie.Reply()
			opaque = opaque && err == nil && len(p.Value) == 0
		}
		windows[a.i].Opaque = opaque
	}
	return nil
}
