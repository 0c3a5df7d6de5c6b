//go:build linux

package x11

import (
	"fmt"
	"image"

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
// ours, lowest first. It is meant to be asked while the server is held.
func (c *conn) windows() ([]desktop.Window, int, error) {
	t, err := c.readTree()
	if err != nil {
		return nil, 0, err
	}
	var all []xproto.Window
	for _, top := range t.tops {
		all = append(all, top.members...)
	}
	ours, err := c.owners(all)
	if err != nil {
		return nil, 0, err
	}
	out := make([]desktop.Window, len(t.tops))
	lowest, count := -1, 0
	for i, top := range t.tops {
		g := top.geometry
		border := 2 * int(g.BorderWidth)
		out[i].Bounds = image.Rect(0, 0, int(g.Width)+border, int(g.Height)+border).Add(image.Pt(int(g.X), int(g.Y)))
		for _, w := range top.members {
			out[i].Ours = out[i].Ours || ours[w]
		}
		if out[i].Ours {
			count++
			if lowest < 0 {
				lowest = i
			}
		}
	}
	if count == 0 {
		return out, 0, nil
	}
	return out, count, c.findOpaque(t, out, lowest)
}

// findOpaque notes which of the windows above the first of ours hide what is
// below them: without a shape of their own, without an alpha channel and
// without opacity set.
func (c *conn) findOpaque(t *tree, windows []desktop.Window, lowest int) error {
	if !c.shapes {
		return nil // then nothing counts as opaque, which only hides more
	}
	type ask struct {
		i       int
		shape   shape.QueryExtentsCookie
		opacity []xproto.GetPropertyCookie
	}
	var asks []ask
	for i := lowest + 1; i < len(windows); i++ {
		if windows[i].Ours || t.tops[i].geometry.Depth != c.screen.RootDepth {
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
