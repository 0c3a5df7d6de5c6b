package relay

import (
	"net/http"

	"github.com/coder/websocket"

	"beckmanconnect/internal/cloudapi"
)

var (
	endedByStaff = &parting{cloudapi.CloseByStaff, "ended by the vendor's staff"}
	unseated     = &parting{cloudapi.CloseEnded, "somebody else helps now"}
)

// EndByStaff sends both ends of a request away at once and says that staff
// ended it. A host that is not here is told when it comes: Config.Host answers
// with ErrEndedByStaff.
func (l *Relay) EndByStaff(request string) {
	if m := l.meeting(request); m != nil {
		m.dismiss(endedByStaff, roleHost, roleEngineer)
	}
	if l.Peers != nil {
		l.Peers.Say(request, Word{Kind: ByStaff})
	}
}

// Unseat sends the engineer of a request away, who may not help with it any
// more. The host waits on.
func (l *Relay) Unseat(request string) {
	if m := l.meeting(request); m != nil {
		m.dismiss(unseated, roleEngineer)
	}
	if l.Peers != nil {
		l.Peers.Say(request, Word{Kind: Unseated})
	}
}

func (l *Relay) meeting(request string) *meeting {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.meetings[request]
}

// dismiss frees the seats of these roles and sends who sat there away; whoever
// they were joined with goes as when the other end leaves.
func (m *meeting) dismiss(p *parting, roles ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, role := range roles {
		seat := m.seat(role)
		if s := *seat; s != nil {
			*seat = nil
			s.leave(p)
			if s.other != nil && len(roles) == 1 {
				m.clear(s.other)
				s.other.leave(&parting{cloudapi.ClosePeerLeft, "the other end left"})
			}
		}
	}
}

// tellEnded tells a host that comes back that staff ended its session. Its socket
// counts like any other: a host that does not answer holds it for a while.
func (l *Relay) tellEnded(w http.ResponseWriter, r *http.Request, s *side) {
	if l.leaving() {
		l.full(w)
		return
	}
	if !l.take(s.owner, s.limit) {
		tooMany(w)
		return
	}
	defer l.give(s.owner)
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept answered
	}
	_ = ws.Close(endedByStaff.code, endedByStaff.why)
}
