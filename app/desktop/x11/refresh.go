//go:build linux

package x11

import (
	"fmt"
	"slices"
	"time"

	"beckmanconnect/app/desktop"

	"github.com/jezek/xgb/shape"
	"github.com/jezek/xgb/xproto"
)

// windows says of every visible top-level window where it is and whether it is
// to be hidden, lowest first, after windows that do not show and that some of
// them belong to. It is asked while the server is held. resized says that the
// monitors may be others.
func (m *mirror) windows() (facts []desktop.Facts, resized bool, err error) {
	if m.masks == nil {
		return nil, true, desktop.ErrNoMasks
	}
	if err := m.sync(); err != nil {
		return nil, true, err
	}
	if m.exact() {
		return m.facts, false, nil
	}
	marks := m.take()
	m.readings++
	resized = marks.size || m.whole
	if m.whole || time.Since(m.read) > recheck {
		m.tops, m.read = map[xproto.Window]*known{}, time.Now()
	}
	m.whole = true // unless all goes well
	if err := m.refresh(marks); err != nil {
		return nil, true, err
	}
	if m.facts, m.uncached, err = m.classify(); err != nil {
		return nil, true, err
	}
	m.whole = false
	return m.facts, resized, nil
}

// refresh brings tops and order up to date. Any failure is an error: a tree
// that is only partly known masks nothing well.
func (m *mirror) refresh(marks marks) error {
	for w, all := range marks.stale {
		m.forget(w, all)
	}
	root, err := xproto.QueryTree(m.c.Conn, m.c.root).Reply()
	if err != nil {
		return fmt.Errorf("x11: window tree: %w", err)
	}
	children := slices.DeleteFunc(root.Children, m.c.beside)
	if err := m.place(children); err != nil {
		return err
	}
	var fresh []*known
	tops := make(map[xproto.Window]*known, len(children))
	m.order = m.order[:0]
	for _, w := range children {
		k := m.tops[w]
		tops[w] = k
		if !k.shown {
			continue
		}
		m.order = append(m.order, w)
		if k.top.members == nil {
			fresh = append(fresh, k)
		}
	}
	m.tops = tops
	return m.know(fresh)
}

// forget drops what is known of a window, or of the one it is nested in.
func (m *mirror) forget(w xproto.Window, all bool) {
	if k := m.tops[w]; k != nil && !all {
		k.top.geometry = nil
		return
	}
	if m.tops[w] != nil {
		delete(m.tops, w)
		return
	}
	for id, k := range m.tops {
		if slices.Contains(k.top.members, w) {
			delete(m.tops, id)
		}
	}
}

// place asks where windows are, of those where that is not known.
func (m *mirror) place(windows []xproto.Window) error {
	type ask struct {
		w         xproto.Window
		attribute xproto.GetWindowAttributesCookie
		geometry  xproto.GetGeometryCookie
	}
	var asks []ask
	for _, w := range windows {
		if k := m.tops[w]; k == nil || k.top.geometry == nil {
			asks = append(asks, ask{w, xproto.GetWindowAttributes(m.c.Conn, w), xproto.GetGeometry(m.c.Conn, xproto.Drawable(w))})
		}
	}
	for _, a := range asks {
		attribute, errA := a.attribute.Reply()
		geometry, errG := a.geometry.Reply()
		if errA != nil || errG != nil {
			return fmt.Errorf("x11: window %#x: %w", a.w, first(errA, errG))
		}
		k := m.tops[a.w]
		if k == nil {
			k = &known{top: top{id: a.w}}
			m.tops[a.w] = k
		}
		k.top.attribute, k.top.geometry = attribute, geometry
		k.shown = attribute.MapState == xproto.MapStateViewable && attribute.Class == xproto.WindowClassInputOutput
		k.facts.Bounds = k.top.bounds()
	}
	return nil
}

// know finds out what windows are, and has their changes told from now on.
func (m *mirror) know(fresh []*known) error {
	if len(fresh) == 0 {
		return nil
	}
	t := &tree{}
	for _, k := range fresh {
		k.top.members = []xproto.Window{k.top.id}
		t.tops = append(t.tops, k.top)
	}
	if err := m.c.descend(t); err != nil {
		return err
	}
	var all []xproto.Window
	for _, top := range t.tops {
		all = append(all, top.members...)
	}
	m.watch(t)
	ids, err := m.c.identify(all)
	if err != nil {
		return err
	}
	facts := make([]desktop.Facts, len(t.tops))
	for i, top := range t.tops {
		facts[i].Bounds = top.bounds()
		for _, w := range top.members {
			facts[i].Own = facts[i].Own || ids[w].own
			facts[i].Members = append(facts[i].Members, uint64(w))
		}
	}
	if m.masks.OfWindows() {
		m.c.describe(t.tops, ids, facts)
	}
	for i, k := range fresh {
		k.top.members, k.facts, k.opaque = t.tops[i].members, facts[i], false
	}
	return nil
}

// watch asks to be told of what changes in windows and what comes to be nested
// in them. The server is held: nothing is missed in between.
func (m *mirror) watch(t *tree) {
	const mask = xproto.EventMaskPropertyChange | xproto.EventMaskSubstructureNotify
	for _, top := range t.tops {
		for _, w := range top.members {
			xproto.ChangeWindowAttributes(m.c.Conn, w, xproto.CwEventMask, []uint32{mask})
		}
		if m.c.shapes {
			shape.SelectInput(m.c.Conn, top.id, true)
		}
	}
}

// classify decides what is hidden. Parents that do not show are asked anew each
// time: uncached says that there are some.
func (m *mirror) classify() (out []desktop.Facts, uncached bool, err error) {
	out = make([]desktop.Facts, len(m.order))
	for i, w := range m.order {
		out[i] = m.tops[w].facts
	}
	if m.masks.OfWindows() {
		if out, err = m.c.addAbsent(out); err != nil {
			return nil, true, err
		}
	}
	if err := m.masks.Hide(out); err != nil {
		return nil, true, err
	}
	absent := len(out) - len(m.order)
	m.findOpaque(out[absent:])
	return out, absent > 0, nil
}

// findOpaque notes which of the windows above the first hidden one cover what
// is below them: without a shape of their own, without an alpha channel and
// without opacity set. Without shapes nothing counts as opaque, which only
// hides more.
func (m *mirror) findOpaque(windows []desktop.Facts) {
	lowest := slices.IndexFunc(windows, func(w desktop.Facts) bool { return w.Hidden })
	if !m.c.shapes || lowest < 0 {
		return
	}
	type ask struct {
		of      *known
		shape   shape.QueryExtentsCookie
		opacity []xproto.GetPropertyCookie
	}
	var asks []ask
	for i := lowest + 1; i < len(windows); i++ {
		k := m.tops[m.order[i]]
		if windows[i].Hidden || k.opaque || k.top.geometry.Depth != m.c.screen.RootDepth {
			continue
		}
		a := ask{of: k, shape: shape.QueryExtents(m.c.Conn, k.top.id)}
		for _, w := range k.top.members {
			a.opacity = append(a.opacity, xproto.GetProperty(m.c.Conn, false, w, m.c.atoms.opacity, xproto.AtomCardinal, 0, 1))
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
		a.of.opaque, a.of.facts.Opaque = true, opaque
	}
	for i := lowest + 1; i < len(windows); i++ {
		windows[i].Opaque = !windows[i].Hidden && m.tops[m.order[i]].facts.Opaque
	}
}
