//go:build linux

package x11

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
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

// owners finds out which windows are ours. It is meant to be asked while the
// server is held. It trusts the server's own knowledge of processes first,
// since that cannot be forgotten or forged by a property, and takes the class
// and the process a window names itself as further reasons.
func (c *conn) owners(windows []xproto.Window) (map[xproto.Window]bool, error) {
	ours := make(map[xproto.Window]bool, len(windows))
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
		if ourClass(class.Value) {
			ours[w] = true
		}
		if len(pid.Value) >= 4 {
			n := uint32(pid.Value[0]) | uint32(pid.Value[1])<<8 | uint32(pid.Value[2])<<16 | uint32(pid.Value[3])<<24
			named[n] = append(named[n], w)
		}
	}
	if err := c.processes(windows, named); err != nil {
		return nil, err
	}
	for pid, of := range named {
		if !ourProcess(pid) {
			continue
		}
		for _, w := range of {
			ours[w] = true
		}
	}
	return ours, nil
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

// ourClass reads WM_CLASS: two strings, each ended by a zero byte.
func ourClass(value []byte) bool {
	for part := range bytes.SplitSeq(value, []byte{0}) {
		if strings.HasPrefix(strings.ToLower(string(part)), productName) {
			return true
		}
	}
	return false
}

// ourProcess says whether a local process runs one of our programs.
func ourProcess(pid uint32) bool {
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	return err == nil && strings.HasPrefix(filepath.Base(exe), productName)
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
