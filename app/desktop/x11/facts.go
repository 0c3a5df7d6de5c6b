//go:build linux

package x11

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"beckmanconnect/app/desktop"

	"github.com/jezek/xgb/xproto"
)

// titleUnits bounds a title that is read, in units of 4 bytes. A longer one
// cannot be held against a mask.
const titleUnits = 4 << 10

// describe fills in what the profile's masks are about. What cannot be read of
// a window stands in its Unknown: that window could be any.
func (c *conn) describe(tops []top, ids map[xproto.Window]identity, facts []desktop.Facts) {
	type ask struct{ modern, old, parent xproto.GetPropertyCookie }
	asks := map[xproto.Window]ask{}
	get := func(w xproto.Window, name xproto.Atom, units uint32) xproto.GetPropertyCookie {
		return xproto.GetProperty(c.Conn, false, w, name, xproto.GetPropertyTypeAny, 0, units)
	}
	for _, top := range tops {
		for _, w := range top.members {
			asks[w] = ask{get(w, c.atoms.netName, titleUnits), get(w, xproto.AtomWmName, titleUnits), get(w, xproto.AtomWmTransientFor, 1)}
		}
	}
	programs := map[uint32]program{}
	for i, top := range tops {
		f, framed := &facts[i], c.framed(top)
		f.Popup = top.attribute != nil && top.attribute.OverrideRedirect && !framed
		for _, w := range top.members {
			unknown := desktop.Unknown{Process: c.belonging(f, w, framed, ids[w], programs)}
			f.Classes = append(f.Classes, ids[w].classes...)
			if ids[w].cut {
				unknown.Class = errors.New("its class is too long")
			}
			var title []string
			title, unknown.Title = titleOf(asks[w].modern, asks[w].old)
			f.Titles = append(f.Titles, title...)
			parent, err := asks[w].parent.Reply()
			switch {
			case err != nil:
				unknown = desktop.Unknown{Title: err, Class: err, Process: err}
			case len(parent.Value) >= 4:
				p := xproto.Window(le32(parent.Value))
				if p == c.root || p == 0 {
					f.Popup = true // a dialog of its whole program
				} else {
					f.Parents = append(f.Parents, uint64(p))
				}
			}
			note(&f.Unknown.Title, w, unknown.Title)
			note(&f.Unknown.Class, w, unknown.Class)
			note(&f.Unknown.Process, w, unknown.Process)
		}
	}
}

// generations bounds how far a dialog's parents are followed.
const generations = 16

// addAbsent puts what dialogs belong to and does not show before the windows
// that do. A parent that is gone leaves a dialog that nobody can place.
func (c *conn) addAbsent(windows []desktop.Facts) ([]desktop.Facts, error) {
	for range generations {
		absent := desktop.Absent(windows)
		if len(absent) == 0 {
			return windows, nil
		}
		var tops []top
		var ids []xproto.Window
		more := make([]desktop.Facts, len(absent))
		for i, id := range absent {
			w := xproto.Window(id)
			ids = append(ids, w)
			tops = append(tops, top{id: w, members: []xproto.Window{w}})
			more[i].Members = []uint64{id}
		}
		whose, err := c.identify(ids)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", desktop.ErrUnclassified, err)
		}
		c.describe(tops, whose, more)
		windows = append(more, windows...)
	}
	return nil, fmt.Errorf("%w: x11: its parents have no end", desktop.ErrUnclassified)
}

func note(to *error, w xproto.Window, err error) {
	if err != nil {
		*to = fmt.Errorf("x11: window %#x: %w", w, err)
	}
}

// framed says whether a top-level window is a frame around another program's.
func (c *conn) framed(t top) bool {
	return slices.ContainsFunc(t.members, func(w xproto.Window) bool {
		return (uint32(w)^uint32(t.id))&^c.setup.ResourceIdMask != 0
	})
}

// belonging adds a window's client and programs.
func (c *conn) belonging(f *desktop.Facts, w xproto.Window, framed bool, id identity, programs map[uint32]program) error {
	base := uint32(w) &^ c.setup.ResourceIdMask
	if base == 0 {
		return nil // the server's own window: there is no program behind it
	}
	// All frames are one program's, the window manager's, which says nothing of
	// what is in them.
	if frame := framed && base == uint32(f.Members[0])&^c.setup.ResourceIdMask; !frame {
		f.Programs = append(f.Programs, uint64(base)<<32)
		for _, pid := range id.pids {
			f.Programs = append(f.Programs, uint64(pid))
		}
	}
	known := false
	var err error
	for _, pid := range id.pids {
		p, cached := programs[pid]
		if !cached {
			p.name, p.err = programOf(pid)
			programs[pid] = p
		}
		if p.err != nil {
			err = p.err
			continue
		}
		known = true
		f.Processes = append(f.Processes, p.name)
	}
	switch {
	case !known && err != nil:
		return err
	case !known:
		return errors.New("its process is not known")
	}
	return nil
}

type program struct {
	name string
	err  error
}

// programOf is the file name of a process's program.
func programOf(pid uint32) (string, error) {
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return "", fmt.Errorf("program of process %d: %w", pid, err)
	}
	return filepath.Base(exe), nil
}

// titleOf reads a window's two titles: the one every desktop of today sets, and
// the one of the first days. It is an error when there is one that it cannot
// read.
func titleOf(modern, old xproto.GetPropertyCookie) ([]string, error) {
	m, errM := modern.Reply()
	o, errO := old.Reply()
	if err := first(errM, errO); err != nil {
		return nil, fmt.Errorf("title: %w", err)
	}
	var out []string
	for i, p := range []*xproto.GetPropertyReply{m, o} {
		if p.Type == xproto.AtomNone || len(p.Value) == 0 && p.BytesAfter == 0 {
			continue
		}
		if p.Format != 8 || p.BytesAfter > 0 {
			return nil, errors.New("its title is no text")
		}
		title, ok := readTitle(p.Value, p.Type == xproto.AtomString)
		if !ok {
			if i == 1 && len(out) > 0 {
				continue // said in a form from before Unicode what the modern one says, too
			}
			return nil, errors.New("its title is in no known form")
		}
		out = append(out, title)
	}
	return out, nil
}

// readTitle takes UTF-8, and Latin-1 where the type says so. Compound text
// with other alphabets in it is not read.
func readTitle(value []byte, latin1 bool) (string, bool) {
	value = bytes.TrimRight(value, "\x00")
	if bytes.IndexByte(value, 0x1b) >= 0 {
		return "", false
	}
	if utf8.Valid(value) {
		return string(value), true
	}
	if !latin1 {
		return "", false
	}
	var b strings.Builder
	for _, c := range value {
		b.WriteRune(rune(c))
	}
	return b.String(), true
}

func le32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}
