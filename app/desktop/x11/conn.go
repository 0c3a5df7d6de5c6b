//go:build linux

// Package x11 is the desktop helper's screen and input on X11: pictures by
// MIT-SHM where DAMAGE says something changed, input by XTEST.
package x11

import (
	"fmt"
	"image"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/res"
	"github.com/jezek/xgb/xproto"
)

// conn is one connection with what every user of it needs.
type conn struct {
	*xgb.Conn
	root   xproto.Window
	setup  *xproto.SetupInfo
	screen *xproto.ScreenInfo
	atoms  atoms
	hasRes bool // the server tells which process a window belongs to
	shapes bool // the server tells which windows are not rectangular

	marker xproto.Window // the engineer's pointer: ours, but there to be seen
}

// beside says whether a window is no window as far as hiding goes: the marker
// of the engineer's pointer takes no input and shows nothing of the desktop.
func (c *conn) beside(w xproto.Window) bool { return c.marker != 0 && w == c.marker }

type atoms struct {
	pid, opacity, activeWindow, netName, resources xproto.Atom
}

// connect opens a display; an empty name means $DISPLAY.
func connect(display string) (*conn, error) {
	x, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, fmt.Errorf("x11: connect to display %q: %w", display, err)
	}
	registerAll(x)
	c := &conn{Conn: x, setup: xproto.Setup(x)}
	c.screen = c.setup.DefaultScreen(x)
	c.root = c.screen.Root
	for name, to := range map[string]*xproto.Atom{
		"_NET_WM_PID": &c.atoms.pid, "_NET_WM_WINDOW_OPACITY": &c.atoms.opacity, "_NET_ACTIVE_WINDOW": &c.atoms.activeWindow,
		"_NET_WM_NAME": &c.atoms.netName, "RESOURCE_MANAGER": &c.atoms.resources,
	} {
		reply, err := xproto.InternAtom(x, false, uint16(len(name)), name).Reply()
		if err != nil {
			x.Close()
			return nil, fmt.Errorf("x11: atom %s: %w", name, err)
		}
		*to = reply.Atom
	}
	c.hasRes = c.initRes()
	c.shapes = has(x, extShape)
	return c, nil
}

// initRes asks for X-Resource 1.2, where a client's process can be looked up.
func (c *conn) initRes() bool {
	if !has(c.Conn, extRes) {
		return false
	}
	v, err := res.QueryVersion(c.Conn, 1, 2).Reply()
	return err == nil && (v.ServerMajor > 1 || v.ServerMajor == 1 && v.ServerMinor >= 2)
}

// hold keeps every other client's requests waiting, so that what is read and
// what is done next belong together. It must be short.
func (c *conn) hold() func() {
	xproto.GrabServer(c.Conn)
	return func() { xproto.UngrabServer(c.Conn) }
}

// size is the screen's size now; the set-up information only knows the one at
// the start of the connection.
func (c *conn) size() (image.Rectangle, error) {
	g, err := xproto.GetGeometry(c.Conn, xproto.Drawable(c.root)).Reply()
	if err != nil {
		return image.Rectangle{}, fmt.Errorf("x11: size of the screen: %w", err)
	}
	return image.Rect(0, 0, int(g.Width), int(g.Height)), nil
}
