package relay

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/internal/cloudapi"
)

const (
	roleHost     = "host"
	roleEngineer = "engineer"
)

// side is one end at the relay.
type side struct {
	role  string
	owner string // "device:…", "staff:…", or "node:…" of a link
	tag   string // of an engineer, also behind a link
	link  bool   // the end itself is at another node
	limit int
	ws    *websocket.Conn
	cut   func() error // closes the connection below ws; may be nil

	once    sync.Once
	ctx     context.Context // ends when it is to leave; then parting is set
	cancel  context.CancelFunc
	parting *parting

	joined chan struct{} // closed when other and pair are set
	other  *side
	pair   *pair

	messages atomic.Int64 // begun by this end
	holding  atomic.Bool  // one of them waits for the other end to take it
}

func newSide(role, owner string, limit int) *side {
	s := &side{role: role, owner: owner, limit: limit, joined: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// leave sends the end away. The first reason counts.
func (s *side) leave(p *parting) {
	s.once.Do(func() {
		s.parting = p
		s.cancel()
	})
}

// pair counts what two joined ends have sent.
type pair struct{ bytes atomic.Int64 }

// replaces tells whether s may take the seat that old has: the same device or
// account by a newer socket, or a host that came here itself while a link
// stood for it.
func (s *side) replaces(old *side) bool {
	if s.role == roleEngineer {
		return s.tag == old.tag
	}
	return s.owner == old.owner || old.link
}

// parting says why an end is sent away.
type parting struct {
	code websocket.StatusCode
	why  string
}

// meeting is the place where two ends of one request find each other.
type meeting struct {
	request string
	guests  int    // under Relay.mu
	stop    func() // ends what is heard of other nodes

	mu             sync.Mutex
	host, engineer *side
	dialling       bool // a link to the host's node is being opened
}

func (m *meeting) seat(role string) **side {
	if role == roleHost {
		return &m.host
	}
	return &m.engineer
}

// busy tells whether the seat is taken by somebody else. The same device or
// account may come in by a newer socket: its older one is dead or soon will be.
func (m *meeting) busy(s *side) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := *m.seat(s.role)
	if s.link && !m.wants(s) {
		return false // sit sends it away
	}
	return now != nil && !s.replaces(now)
}

// sit takes the seat, and joins the two when both are there. It tells whether
// the seat could be taken.
func (m *meeting) sit(s *side) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	seat := m.seat(s.role)
	if s.link && !m.wants(s) { // waiting is done where the end itself is
		s.leave(&parting{cloudapi.CloseNobody, "the other end is not here"})
		return true
	}
	if old := *seat; old != nil {
		if !s.replaces(old) {
			return false
		}
		old.leave(&parting{cloudapi.CloseReplaced, "replaced by a newer connection"})
		// What the old one was joined with spoke to the old one: a channel is
		// between two sockets, so that end must come in anew as well.
		if old.other != nil {
			m.clear(old.other)
			old.other.leave(&parting{cloudapi.ClosePeerLeft, "the other end left"})
		}
	}
	*seat = s
	h, e := m.host, m.engineer
	if h == nil || e == nil || h.other != nil || e.other != nil {
		if s.link { // it sent an older one away, and the host with it
			*seat = nil
			s.leave(&parting{cloudapi.CloseNobody, "the other end is not here"})
		}
		return true
	}
	p := &pair{}
	h.other, h.pair, e.other, e.pair = e, p, h, p
	close(h.joined)
	close(e.joined)
	return true
}

// wants tells whether a link's other end is here; mu is held.
func (m *meeting) wants(link *side) bool {
	if link.role == roleEngineer {
		return m.host != nil && !m.host.link
	}
	return m.host == nil && m.engineer != nil && !m.engineer.link && m.engineer.other == nil
}

// stand frees the seat and sends the joined end away too.
func (m *meeting) stand(s *side) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clear(s)
	if s.other != nil {
		m.clear(s.other)
		s.other.leave(&parting{cloudapi.ClosePeerLeft, "the other end left"})
	}
}

// hostMoved sends a host away that has come in anew at another node, and what
// it is joined with.
func (m *meeting) hostMoved() {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.host
	if h == nil {
		return
	}
	m.clear(h)
	h.leave(&parting{cloudapi.CloseReplaced, "replaced by a newer connection"})
	if h.other != nil {
		m.clear(h.other)
		h.other.leave(&parting{cloudapi.ClosePeerLeft, "the other end left"})
	}
}

// heardOf tells whether the host is here, of which an engineer at another node
// wants to know. An engineer of the same tag that waits here is dead by then.
func (m *meeting) heardOf(tag string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.engineer; tag != "" && e != nil && !e.link && e.other == nil && e.tag == tag {
		m.clear(e)
		e.leave(&parting{cloudapi.CloseReplaced, "replaced by a newer connection"})
	}
	return m.host != nil && !m.host.link
}

// reaching gives the engineer that waits here for a host that is elsewhere, and
// notes that a link is being opened for it. Nil: there is none.
func (m *meeting) reaching() *side {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.engineer
	if m.dialling || m.host != nil || e == nil || e.link || e.other != nil || e.ctx.Err() != nil {
		return nil
	}
	m.dialling = true
	return e
}

func (m *meeting) reached() {
	m.mu.Lock()
	m.dialling = false
	m.mu.Unlock()
}

// sendAway has everybody leave at once.
func (m *meeting) sendAway(p *parting) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range []*side{m.host, m.engineer} {
		if s != nil {
			s.leave(p)
		}
	}
}

// clear frees the seat if it is still this end's; mu is held.
func (m *meeting) clear(s *side) {
	if seat := m.seat(s.role); *seat == s {
		*seat = nil
	}
}

// end sends everybody away: who waits at once, who is joined after lastWords.
func (m *meeting) end(lastWords time.Duration, p *parting) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range []*side{m.host, m.engineer} {
		switch {
		case s == nil:
		case s.other == nil:
			s.leave(p)
		default:
			// Both in one step: once the first has left, the second is told that
			// the other end left.
			late := time.AfterFunc(lastWords, func() {
				m.mu.Lock()
				defer m.mu.Unlock()
				s.leave(p)
				s.other.leave(p)
			})
			context.AfterFunc(s.ctx, func() { late.Stop() })
		}
	}
}

// cut sends the host away if it is this one's, and everybody with it.
func (m *meeting) cut(owner string, p *parting) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.host == nil || m.host.owner != owner {
		return
	}
	for _, s := range []*side{m.host, m.engineer} {
		if s != nil {
			s.leave(p)
		}
	}
}
