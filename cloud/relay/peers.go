package relay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

// Peers are the other nodes of a relay that is more than one process. Host and
// engineer may arrive at different ones: the engineer's node asks who has the
// host, and opens one link to the node that answers. Nothing is kept between
// nodes; what is lost on the way is asked for again while somebody waits.
type Peers interface {
	// Follow has hear told of every other node's word about a request until
	// stop is called. It does not wait for the network.
	Follow(request string, hear func(Word)) (stop func())
	// Say tells the nodes that follow a request. Word.Node is filled in. What
	// cannot be said now is not said later.
	Say(request string, w Word)
	// Dial opens a link to a node of the configured list, and to no other
	// (scenario 46), as the engineer with this tag. It fails with ErrBusy when
	// another engineer is there.
	Dial(ctx context.Context, node, request, tag string) (*websocket.Conn, error)
}

// Word is what one node tells the others about a request. It names no person
// and no device.
type Word struct {
	Kind string `json:"kind"`
	Node string `json:"node"` // who says so
	// Tag tells engineers of one request apart; of Where, when one came anew.
	Tag string `json:"tag,omitempty"`
}

// Kinds of Word.
const (
	HostCame = "host-came" // a host took its seat at Node: an older one elsewhere is dead
	HostHere = "host-here" // the answer to Where
	Where    = "where"     // an engineer waits at Node
	Ended    = "ended"     // the request has ended
)

// ErrBusy is what Dial fails with when another engineer is connected.
var ErrBusy = errors.New("relay: another engineer is connected")

// tagOf is the tag of an engineer at a request: equal for the same account, and
// of no use anywhere else.
func tagOf(request, owner string) string {
	sum := sha256.Sum256([]byte(request + "\x00" + owner))
	return hex.EncodeToString(sum[:12])
}

// hear takes another node's word about the meeting's request.
func (l *Relay) hear(m *meeting, w Word) {
	switch w.Kind {
	case HostCame:
		m.hostMoved()
		l.reach(m, w.Node)
	case HostHere:
		l.reach(m, w.Node)
	case Where:
		if m.heardOf(w.Tag) {
			l.Peers.Say(m.request, Word{Kind: HostHere})
		}
	case Ended:
		m.end(l.LastWords, requestEnded)
	}
}

// reach links a waiting engineer to the node that has the host.
func (l *Relay) reach(m *meeting, node string) {
	e := m.reaching()
	if e == nil {
		return
	}
	if !l.take(nodeOwner(node), l.MaxMeetings) {
		m.reached()
		return
	}
	go func() {
		defer l.give(nodeOwner(node))
		if now := l.meet(m.request); now != nil {
			if now == m { // and not a later one, the engineer having left
				l.link(m, e, node)
			}
			l.part(now)
		}
	}()
}

// link opens the link and seats it as the host, until either end leaves.
func (l *Relay) link(m *meeting, e *side, node string) {
	defer m.reached()
	ctx, cancel := context.WithTimeout(e.ctx, l.LinkTimeout)
	ws, err := l.Peers.Dial(ctx, node, m.request, e.tag)
	cancel()
	switch {
	case errors.Is(err, ErrBusy):
		e.leave(busyElsewhere)
		return
	case err != nil:
		l.stats.linkFailed.Add(1)
		if e.ctx.Err() == nil { // it waits on, and is told of the host again
			l.Log.Warn("relay: a node cannot be reached", "request", m.request, "node", node, "error", err)
		}
		return
	}
	l.stats.links.Add(1)
	defer l.stats.links.Add(-1)
	ws.SetReadLimit(l.MaxMessage)
	s := newSide(roleHost, nodeOwner(node), 0)
	s.link, s.ws = true, ws
	l.run(m, s, l.Now().Add(l.EngineerWait))
}

// PeerHandler serves the links of other nodes below PathPeer. Who calls was
// proven by its certificate; node gives its name, "" for nobody.
func (l *Relay) PeerHandler(node func(*http.Request) string) http.Handler {
	return web.Method(http.MethodGet, func(w http.ResponseWriter, r *http.Request) {
		name, request, tag := node(r), strings.TrimPrefix(r.URL.Path, PathPeer), r.Header.Get(HeaderTag)
		if name == "" || tag == "" {
			web.Fail(w, http.StatusForbidden, "refused", "Nodes of this relay only.")
			return
		}
		if !l.take(nodeOwner(name), l.MaxMeetings) {
			l.full(w)
			return
		}
		defer l.give(nodeOwner(name))
		m := l.meet(request)
		if m == nil {
			l.full(w)
			return
		}
		defer l.part(m)
		s := newSide(roleEngineer, nodeOwner(name), 0)
		s.link, s.tag = true, tag
		if m.busy(s) {
			web.Fail(w, http.StatusConflict, "busy", "Another engineer is connected.")
			return
		}
		l.attend(w, r, m, s, l.Now().Add(l.EngineerWait))
	})
}

// Of the links between nodes.
const (
	PathPeer  = "/node/v1/relay/" // + request ID, WebSocket
	HeaderTag = "Engineer-Tag"
)

func nodeOwner(name string) string { return "node:" + name }

// announce tells the other nodes who took a seat here and found nobody.
func (l *Relay) announce(m *meeting, s *side, anew bool) {
	if l.Peers == nil || s.link {
		return
	}
	switch {
	case s.role == roleHost && anew:
		l.Peers.Say(m.request, Word{Kind: HostCame})
	case s.role == roleEngineer && anew:
		l.Peers.Say(m.request, Word{Kind: Where, Tag: s.tag})
	case s.role == roleEngineer:
		l.Peers.Say(m.request, Word{Kind: Where})
	}
}

// asking ticks while an engineer waits, so that a word that was lost is said
// again. Nil: never.
func (l *Relay) asking(s *side) (<-chan time.Time, func()) {
	if l.Peers == nil || s.link || s.role != roleEngineer {
		return nil, func() {}
	}
	t := time.NewTicker(l.AskEvery)
	return t.C, t.Stop
}

// handedOn gives the reason a link ended with, when it is one that an end here
// is to hear.
func handedOn(err error) *parting {
	var ce websocket.CloseError
	if !errors.As(err, &ce) {
		return nil
	}
	switch ce.Code {
	case cloudapi.CloseShutdown, cloudapi.CloseReplaced, cloudapi.CloseLimit, cloudapi.CloseEnded, cloudapi.CloseBadFrame:
		return &parting{ce.Code, ce.Reason}
	}
	return nil
}
