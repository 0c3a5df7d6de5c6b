//go:build linux

package x11

import "github.com/jezek/xgb/xproto"

// classifies says whether a property decides what a window is: a change of it
// may hide or show the window without painting anything.
func (c *conn) classifies(name xproto.Atom) bool {
	switch name {
	case xproto.AtomWmName, xproto.AtomWmClass, xproto.AtomWmTransientFor, c.atoms.netName, c.atoms.pid, c.atoms.opacity:
		return true
	}
	return false
}
