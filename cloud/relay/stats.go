package relay

import (
	"sync/atomic"

	"github.com/coder/websocket"

	"beckmanconnect/internal/cloudapi"
)

// Stats are a relay's counts at a moment. They name nobody.
type Stats struct {
	Meetings   int            // requests with somebody at them
	Hosts      int64          // sockets of devices
	Engineers  int64          // sockets of staff
	LinksIn    int64          // links other nodes opened to here
	LinksOut   int64          // links opened to other nodes
	LinkFailed int64          // since the start: links that could not be opened
	Bytes      int64          // since the start: carried, both directions
	Left       map[string]int // since the start: ends that left, by reason
	Draining   bool
}

// reasons is the bounded list of what ends leave with.
var reasons = map[websocket.StatusCode]string{
	websocket.StatusNormalClosure: "gone", cloudapi.CloseShutdown: "shutdown", cloudapi.ClosePeerLeft: "peer-left",
	cloudapi.CloseReplaced: "replaced", cloudapi.CloseNobody: "nobody", cloudapi.CloseLimit: "limit",
	cloudapi.CloseEnded: "ended", cloudapi.CloseBadFrame: "bad-frame",
}

// stats counts; the zero value is ready.
type stats struct {
	hosts, engineers, linksIn, links, linkFailed, bytes atomic.Int64

	gone [8]atomic.Int64 // by place
	rest atomic.Int64
}

// places gives each reason a place in stats.gone.
var places = func() map[websocket.StatusCode]int {
	at := map[websocket.StatusCode]int{}
	for code := range reasons {
		at[code] = len(at)
	}
	return at
}()

func (s *stats) came(end *side, n int64) {
	switch {
	case end.link:
		s.linksIn.Add(n)
	case end.role == roleHost:
		s.hosts.Add(n)
	default:
		s.engineers.Add(n)
	}
}

func (s *stats) left(code websocket.StatusCode) {
	if at, ok := places[code]; ok {
		s.gone[at].Add(1)
		return
	}
	s.rest.Add(1)
}

// Stats gives the counts.
func (l *Relay) Stats() Stats {
	l.mu.Lock()
	out := Stats{Meetings: len(l.meetings), Draining: l.draining, Left: map[string]int{"other": int(l.stats.rest.Load())}}
	l.mu.Unlock()
	s := &l.stats
	out.Hosts, out.Engineers, out.LinksIn, out.LinksOut = s.hosts.Load(), s.engineers.Load(), s.linksIn.Load(), s.links.Load()
	out.LinkFailed, out.Bytes = s.linkFailed.Load(), s.bytes.Load()
	for code, why := range reasons {
		out.Left[why] = int(s.gone[places[code]].Load())
	}
	return out
}
