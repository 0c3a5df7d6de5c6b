//go:build linux

package x11

import (
	"beckmanconnect/app/desktop"

	"github.com/jezek/xgb/xproto"
)

// classifies says whether a property decides what a window is: a change of it
// may hide or show the window without painting anything.
func (c *conn) classifies(name xproto.Atom) bool {
	switch name {
	case xproto.AtomWmName, xproto.AtomWmClass, xproto.AtomWmTransientFor, c.atoms.netName, c.atoms.pid, c.atoms.opacity:
		return true
	}
	return false
}

// watchProperties asks to be told of the properties of all windows that show.
// A window that went away meanwhile is no matter: its error comes as an event
// and means nothing.
func (s *Screen) watchProperties(t *tree) {
	now := make(map[xproto.Window]bool, len(s.watched))
	for _, top := range t.tops {
		for _, w := range top.members {
			if !s.watched[w] {
				xproto.ChangeWindowAttributes(s.c.Conn, w, xproto.CwEventMask, []uint32{xproto.EventMaskPropertyChange})
			}
			now[w] = true
		}
	}
	s.watched = now
}

var _ desktop.Screen = (*Screen)(nil)
