//go:build linux

package x11

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"sync"
	"time"

	"beckmanconnect/app/desktop"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/shape"
	"github.com/jezek/xgb/xproto"
)

// recheck is how old what is known of a window may be. All that decides about
// hiding is told by events, but for two rare things: a process that turns into
// another program, and a window that becomes a menu after it was shown.
const recheck = 10 * time.Second

// errGone means that the connection to the display ended.
var errGone = errors.New("x11: the connection to the display ended")

// mirror knows the windows of a display as far as hiding needs them, and asks
// only about those that an event named since (B6).
//
// What makes it exact is the order in which the server speaks: an event of a
// change is sent before the answer to any request that was carried out after
// it. Who reads pixels first and then finds, by sync, that no event came before
// the answer, knows that the windows were those in the mirror while the pixels
// were read. An event only ever says "ask again": what it carries is not used,
// since any program can make one up.
type mirror struct {
	c     *conn
	masks *desktop.MaskSet
	inbox xproto.Window // where sync's own messages go to
	nonce [2]uint32

	mu    sync.Mutex
	marks marks
	seen  uint32
	gone  bool
	told  *sync.Cond

	// The rest belongs to the goroutine that captures or applies.
	serial   uint32
	tops     map[xproto.Window]*known
	order    []xproto.Window // the shown ones, lowest first
	facts    []desktop.Facts // what was made of it, absent parents first
	uncached bool            // something is not told by events: ask each time
	read     time.Time       // when all of it was asked
	whole    bool            // ask all of it next time
	readings int             // how often something was asked

	size image.Rectangle // of the screen, as look read it
}

// marks are what events named since the last reading.
type marks struct {
	order bool                   // windows came, went or changed places
	stale map[xproto.Window]bool // true: all of it, false: only its place
	size  bool                   // the screen's size, its monitors or its scale
}

func (m *marks) none() bool { return !m.order && len(m.stale) == 0 && !m.size }

// known is one top-level window.
type known struct {
	top    top
	shown  bool
	facts  desktop.Facts
	opaque bool // asked already, and facts.Opaque is the answer
}

func newMirror(c *conn) (*mirror, error) {
	m := &mirror{c: c, whole: true}
	m.told = sync.NewCond(&m.mu)
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	m.nonce = [2]uint32{binary.LittleEndian.Uint32(b[:]), binary.LittleEndian.Uint32(b[4:])}
	var err error
	if m.inbox, err = xproto.NewWindowId(c.Conn); err != nil {
		return nil, fmt.Errorf("x11: window of messages: %w", err)
	}
	// Beside the screen, never shown, and without any event of its own.
	err = xproto.CreateWindowChecked(c.Conn, 0, m.inbox, c.root, -1, -1, 1, 1, 0, xproto.WindowClassInputOnly, 0, xproto.CwOverrideRedirect, []uint32{1}).Check()
	if err != nil {
		return nil, fmt.Errorf("x11: window of messages: %w", err)
	}
	// StructureNotify tells of a new size of the screen; SubstructureNotify of
	// windows that come, go and move without painting anything; PropertyChange
	// of the scale that programs draw with.
	mask := uint32(xproto.EventMaskStructureNotify | xproto.EventMaskSubstructureNotify | xproto.EventMaskPropertyChange)
	if err := xproto.ChangeWindowAttributesChecked(c.Conn, c.root, xproto.CwEventMask, []uint32{mask}).Check(); err != nil {
		return nil, fmt.Errorf("x11: watch the windows: %w", err)
	}
	if has(c.Conn, extRandr) {
		randr.SelectInput(c.Conn, c.root, randr.NotifyMaskScreenChange|randr.NotifyMaskCrtcChange|randr.NotifyMaskOutputChange)
	}
	return m, nil
}

// note takes one event and says whether it can change a picture.
func (m *mirror) note(event xgb.Event) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	root := m.c.root
	switch e := event.(type) {
	case xproto.ClientMessageEvent:
		if d := e.Data.Data32; e.Window == m.inbox && e.Format == 32 && d[0] == m.nonce[0] && d[1] == m.nonce[1] {
			m.seen = d[2]
			m.told.Broadcast()
		}
		return false
	case xproto.CreateNotifyEvent:
		return m.nested(root, e.Parent, 0)
	case xproto.DestroyNotifyEvent:
		return m.nested(root, e.Event, e.Window)
	case xproto.ReparentNotifyEvent:
		return m.nested(root, e.Event, e.Window)
	case xproto.MapNotifyEvent:
		return e.Event == root && m.nested(root, e.Event, e.Window)
	case xproto.UnmapNotifyEvent:
		return e.Event == root && m.nested(root, e.Event, e.Window)
	case xproto.ConfigureNotifyEvent:
		if e.Window == root {
			m.marks.size = true
			return true
		}
		if e.Event != root {
			return false // what is nested is hidden with its top, wherever it is
		}
		m.marks.order = true
		m.spoil(e.Window, false)
		return true
	case xproto.CirculateNotifyEvent:
		m.marks.order = true
		return true
	case xproto.PropertyNotifyEvent:
		switch {
		case e.Window == root && e.Atom == m.c.atoms.resources:
			m.marks.size = true
		case e.Window != root && m.c.classifies(e.Atom):
			m.spoil(e.Window, true)
		default:
			return false
		}
		return true
	case randr.ScreenChangeNotifyEvent, randr.NotifyEvent:
		m.marks.size = true
		return true
	case shape.NotifyEvent:
		m.spoil(e.AffectedWindow, true)
		return true
	}
	return true
}

// nested marks what a window that came or went means for the one it is in.
func (m *mirror) nested(root, parent, w xproto.Window) bool {
	m.marks.order = m.marks.order || parent == root
	if parent != root {
		m.spoil(parent, true)
	}
	if w != 0 {
		m.spoil(w, true)
	}
	return true
}

func (m *mirror) spoil(w xproto.Window, all bool) {
	if m.marks.stale == nil {
		m.marks.stale = map[xproto.Window]bool{}
	}
	m.marks.stale[w] = m.marks.stale[w] || all
}

// end wakes who waits in sync: no event comes any more.
func (m *mirror) end() {
	m.mu.Lock()
	m.gone = true
	m.told.Broadcast()
	m.mu.Unlock()
}

// sync waits until every event was noted that came before what the server did
// so far.
func (m *mirror) sync() error {
	m.mark()
	return m.await()
}

// mark sends ourselves a message, which comes after every event of what the
// server did before it.
func (m *mirror) mark() {
	m.serial++
	e := xproto.ClientMessageEvent{Format: 32, Window: m.inbox, Type: xproto.AtomCardinal,
		Data: xproto.ClientMessageDataUnionData32New([]uint32{m.nonce[0], m.nonce[1], m.serial, 0, 0})}
	// Without an event mask it comes to who made the window: to us alone.
	xproto.SendEvent(m.c.Conn, false, m.inbox, 0, string(e.Bytes()))
}

// await waits for the message of mark.
func (m *mirror) await() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.seen != m.serial && !m.gone {
		m.told.Wait()
	}
	if m.gone {
		return errGone
	}
	return nil
}

// exact says whether the mirror still is what it was made of: to be asked after
// sync.
func (m *mirror) exact() bool {
	if m.whole || m.uncached || m.masks == nil || time.Since(m.read) > recheck {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.marks.none()
}

// stale says whether an event named something that was not read since.
func (m *mirror) stale() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.marks.none()
}

// take takes the marks of what is read next.
func (m *mirror) take() marks {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := m.marks
	m.marks = marks{}
	return taken
}
