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
	owner string // "device:…" or "staff:…"
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

// parting says why an end is sent away.
type parting struct {
	code websocket.StatusCode
	why  string
}

// meeting is the place where two ends of one request find each other.
type meeting struct {
	request string
	guests  int // under Relay.mu

	mu             sync.Mutex
	host, engineer *side
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
	return now != nil && now.owner != s.owner
}

// sit takes the seat, and joins the two when both are there. It tells whether
// the seat could be taken.
func (m *meeting) sit(s *side) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	seat := m.seat(s.role)
	if old := *seat; old != nil {
		if old.owner != s.owner {
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
		return true
	}
	p := &pair{}
	h.other, h.pair, e.other, e.pair = e, p, h, p
	close(h.joined)
	close(e.joined)
	return true
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
			late := time.AfterFunc(lastWords, func() { s.leave(p) })
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
