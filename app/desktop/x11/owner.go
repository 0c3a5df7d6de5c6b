//go:build linux

package x11

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/jezek/xgb/res"
	"github.com/jezek/xgb/xproto"
)

// productName begins the class of our windows and the name of our programs.
const productName = "beckmanconnect"

// nesting is how deep a window manager puts a program's window below its own
// frame: frame, sometimes a container, the window.
const nesting = 3

// tree is the part of the window tree that decides whose a top-level window is.
type tree struct {
	tops []top // children of the root, lowest first
}

type top struct {
	id        xproto.Window
	geometry  *xproto.GetGeometryReply
	attribute *xproto.GetWindowAttributesReply
	members   []xproto.Window // the window itself and what is nested in it
}

// identity is whose a window is.
type identity struct {
	own     bool
	classes []string
	cut     bool     // there is more of the class than was read
	pids    []uint32 // as the server knows it, and as the window says itself
}

// identify finds out whose windows are. It is meant to be asked while the
// server is held. It trusts the server's own knowledge of processes first,
// since that cannot be forgotten or forged by a property, and takes the class
// and the process a window names itself as further reasons.
func (c *conn) identify(windows []xproto.Window) (map[xproto.Window]identity, error) {
	ids := make(map[xproto.Window]identity, len(windows))
	classes := make([]xproto.GetPropertyCookie, len(windows))
	pids := make([]xproto.GetPropertyCookie, len(windows))
	for i, w := range windows {
		classes[i] = xproto.GetProperty(c.Conn, false, w, xproto.AtomWmClass, xproto.AtomString, 0, 64)
		pids[i] = xproto.GetProperty(c.Conn, false, w, c.atoms.pid, xproto.AtomCardinal, 0, 1)
	}
	named := map[uint32][]xproto.Window{}
	for i, w := range windows {
		class, errClass := classes[i].Reply()
		pid, errPID := pids[i].Reply()
		if errClass != nil || errPID != nil {
			return nil, fmt.Errorf("x11: properties of window %#x: %w", w, first(errClass, errPID))
		}
		id := identity{cut: class.BytesAfter > 0}
		for part := range bytes.SplitSeq(class.Value, []byte{0}) { // two strings, each ended by a zero byte
			if len(part) > 0 {
				id.classes = append(id.classes, string(part))
				id.own = id.own || ourClass(string(part))
			}
		}
		ids[w] = id
		if len(pid.Value) >= 4 {
			named[le32(pid.Value)] = append(named[le32(pid.Value)], w)
		}
	}
	if err := c.processes(windows, named); err != nil {
		return nil, err
	}
	for pid, of := range named {
		own := ourProcess(pid)
		for _, w := range of {
			id := ids[w]
			id.own = id.own || own
			id.pids = append(id.pids, pid)
			ids[w] = id
		}
	}
	return ids, nil
}

// processes adds to named the windows of each process as the server knows it.
func (c *conn) processes(windows []xproto.Window, named map[uint32][]xproto.Window) error {
	if !c.hasRes || len(windows) == 0 {
		return nil
	}
	mask := c.setup.ResourceIdMask
	byClient := map[uint32][]xproto.Window{}
	var specs []res.ClientIdSpec
	for _, w := range windows {
		base := uint32(w) &^ mask
		if byClient[base] == nil && base != 0 { // 0 is the server itself
			specs = append(specs, res.ClientIdSpec{Client: uint32(w), Mask: res.ClientIdMaskLocalClientPID})
		}
		byClient[base] = append(byClient[base], w)
	}
	if len(specs) == 0 {
		return nil
	}
	reply, err := res.QueryClientIds(c.Conn, uint32(len(specs)), specs).Reply()
	if err != nil {
		return fmt.Errorf("x11: processes of the windows: %w", err)
	}
	for _, id := range reply.Ids {
		if id.Spec.Mask == res.ClientIdMaskLocalClientPID && len(id.Value) > 0 {
			named[id.Value[0]] = append(named[id.Value[0]], byClient[id.Spec.Client&^mask]...)
		}
	}
	return nil
}

func ourClass(class string) bool { return strings.HasPrefix(strings.ToLower(class), productName) }

// ourProcess says whether a local process runs one of our programs.
func ourProcess(pid uint32) bool {
	name, err := programOf(pid)
	return err == nil && strings.HasPrefix(name, productName)
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
