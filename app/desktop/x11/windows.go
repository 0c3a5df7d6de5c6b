//go:build linux

package x11

import (
	"fmt"
	"image"

	"github.com/jezek/xgb/xproto"
)

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

// bounds is a window's place with its border.
func (t top) bounds() image.Rectangle {
	g := t.geometry
	border := 2 * int(g.BorderWidth)
	return image.Rect(0, 0, int(g.Width)+border, int(g.Height)+border).Add(image.Pt(int(g.X), int(g.Y)))
}
