//go:build linux

package x11

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"strconv"

	"beckmanconnect/app/desktop"

	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"
)

// maxResources bounds the resources that are read for the scale, in units of 4
// bytes.
const maxResources = 16 << 10

// hasMonitors says whether the display tells of monitors: RandR 1.5.
func (c *conn) hasMonitors() bool {
	if !has(c.Conn, extRandr) {
		return false
	}
	v, err := randr.QueryVersion(c.Conn, 1, 5).Reply()
	return err == nil && (v.MajorVersion > 1 || v.MajorVersion == 1 && v.MinorVersion >= 5)
}

// layout are the monitors there are. A display that does not tell of any is one
// monitor.
func (c *conn) layout(size image.Rectangle, monitors bool) (desktop.Layout, error) {
	scale := c.scale()
	if monitors {
		reply, err := randr.GetMonitors(c.Conn, c.root, true).Reply()
		if err != nil {
			return nil, fmt.Errorf("x11: monitors: %w", err)
		}
		var out desktop.Layout
		for _, m := range reply.Monitors {
			r := image.Rect(0, 0, int(m.Width), int(m.Height)).Add(image.Pt(int(m.X), int(m.Y))).Intersect(size)
			if r.Empty() {
				continue // beside the screen, as a size that is just changing leaves it
			}
			name := c.nameOf(m.Name)
			if out.Has(name) {
				name = fmt.Sprintf("%s #%d", name, len(out)+1)
			}
			out = append(out, desktop.Monitor{ID: name, Name: name, Bounds: r, Primary: m.Primary, Scale: scale})
		}
		if len(out) > 0 {
			return out, nil
		}
	}
	return desktop.Layout{{ID: "screen", Name: "screen", Bounds: size, Primary: true, Scale: scale}}, nil
}

func (c *conn) nameOf(atom xproto.Atom) string {
	reply, err := xproto.GetAtomName(c.Conn, atom).Reply()
	if err != nil || reply.Name == "" {
		return "monitor"
	}
	return reply.Name
}

// scale is what desktops of X11 tell their programs to draw with, in percent:
// one number for all monitors, in the resource Xft.dpi.
func (c *conn) scale() int {
	reply, err := xproto.GetProperty(c.Conn, false, c.root, c.atoms.resources, xproto.AtomString, 0, maxResources).Reply()
	if err != nil {
		return 100
	}
	return scaleOf(reply.Value)
}

// scaleOf reads Xft.dpi out of resources; 96 is 100 %.
func scaleOf(resources []byte) int {
	for line := range bytes.Lines(resources) {
		value, found := bytes.CutPrefix(line, []byte("Xft.dpi:"))
		if !found {
			continue
		}
		dpi, err := strconv.ParseFloat(string(bytes.TrimSpace(value)), 64)
		if err == nil && dpi >= 48 && dpi <= 960 {
			return int(math.Round(dpi / 96 * 100))
		}
	}
	return 100
}
