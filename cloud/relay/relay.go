// Package relay joins the two ends of a support session: exactly two
// WebSockets that name the same request, the host that made it and one
// engineer. It copies bytes and never looks inside: what it sees is the
// ciphertext of the end-to-end channel (B1). It keeps nothing but what is
// joined right now. It dials nowhere but, where it is more than one process, the
// nodes that its configuration names (scenario 46).
package relay

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

// Errors with which Config's functions refuse. Anything else is a fault of ours.
var (
	ErrUnknown = errors.New("relay: no such request")
	ErrRefused = errors.New("relay: not allowed")
	// ErrEndedByStaff: the host is told so, and its session ends.
	ErrEndedByStaff = errors.New("relay: the vendor's staff ended this session")
)

// Engineer is who stands at the engineer's end.
type Engineer struct{ Account string }

// Config is what a Relay works with. Zero limits take the defaults.
type Config struct {
	// Host admits a device to its own request and gives the time until which
	// it may wait.
	Host func(ctx context.Context, request, device string) (until time.Time, err error)
	// Engineer admits a member of staff to a request.
	Engineer func(r *http.Request, request string) (Engineer, error)
	Peers    Peers // the other nodes; nil: this is the only one
	Log      *slog.Logger
	Now      func() time.Time
	// Left is told of each end that left: role, close code, how long it was
	// here and what its pair carried. It may be nil.
	Left func(Left)

	EngineerWait time.Duration // how long an engineer waits for the host; 30 s
	PingEvery    time.Duration // 20 s
	PingTimeout  time.Duration // 20 s
	CloseTimeout time.Duration // how long a closing handshake may take; 6 s
	LastWords    time.Duration // how long a joined pair may go on once its request has ended; 5 s
	WriteTimeout time.Duration // how long one write to a socket, of 32 KiB at most, may take; 30 s
	MaxTime      time.Duration // of one joined pair; 8 h
	MaxBytes     int64         // of one joined pair, both directions; 64 GiB
	MaxMessage   int64         // bytes of one WebSocket message; 1 MiB
	PerDevice    int           // sockets of one device; 4
	PerStaff     int           // sockets of one account; 8
	MaxMeetings  int           // 4,096

	AskEvery    time.Duration // how often a waiting engineer's node asks for the host; 2 s
	LinkTimeout time.Duration // of opening a link to another node; 5 s
	LinkPing    time.Duration // between pings of a link, and how long one may take; 5 s
}

// Left is one end that left.
type Left struct {
	Role  string        // "host" or "engineer"
	Code  int           // it was closed with
	Link  bool          // it was at another node
	Here  time.Duration // from its coming
	Bytes int64         // its pair carried, both directions; 0: it was not joined
}

func (c *Config) defaults() {
	def(&c.EngineerWait, 30*time.Second)
	def(&c.PingEvery, 20*time.Second)
	def(&c.PingTimeout, 20*time.Second)
	def(&c.CloseTimeout, 6*time.Second)
	def(&c.LastWords, 5*time.Second)
	def(&c.WriteTimeout, 30*time.Second)
	def(&c.MaxTime, 8*time.Hour)
	def(&c.MaxBytes, 64<<30)
	def(&c.MaxMessage, 1<<20)
	def(&c.PerDevice, 4)
	def(&c.PerStaff, 8)
	def(&c.MaxMeetings, 4096)
	def(&c.AskEvery, 2*time.Second)
	def(&c.LinkTimeout, 5*time.Second)
	def(&c.LinkPing, 5*time.Second)
}

func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Relay is a running relay.
type Relay struct {
	Config
	ctx    context.Context
	cancel context.CancelFunc
	open   sync.WaitGroup
	stats  stats

	mu       sync.Mutex
	draining bool
	meetings map[string]*meeting
	sockets  map[string]int // by "device:…" and "staff:…"
}

// New makes a relay; Close ends it.
func New(c Config) *Relay {
	c.defaults()
	r := &Relay{Config: c, meetings: map[string]*meeting{}, sockets: map[string]int{}}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// Close tells every end that the relay goes down and waits for them.
func (l *Relay) Close() {
	l.mu.Lock()
	l.cancel()
	l.mu.Unlock()
	l.open.Wait()
}

// End closes a request's meeting because the request has ended. Whoever waits
// goes at once. A joined pair has LastWords: that the request has ended comes
// over the device's link, and may be here before the host's own word for it,
// which the engineer is to hear, has been carried.
func (l *Relay) End(request string) {
	l.mu.Lock()
	m := l.meetings[request]
	l.mu.Unlock()
	if m != nil {
		m.end(l.LastWords, requestEnded)
	}
	if l.Peers != nil {
		l.Peers.Say(request, Word{Kind: Ended})
	}
}

// Cut sends a device's sockets away at once, and with each the engineer it is
// joined with: it may not be here any more.
func (l *Relay) Cut(device string) {
	l.mu.Lock()
	all := make([]*meeting, 0, len(l.meetings))
	for _, m := range l.meetings {
		all = append(all, m)
	}
	l.mu.Unlock()
	for _, m := range all {
		m.cut(deviceOwner(device), &parting{cloudapi.CloseEnded, "the device may not be here any more"})
	}
}

func deviceOwner(device string) string { return "device:" + device }

// Handler serves cloudapi.PathRelay.
func (l *Relay) Handler() http.Handler { return web.Method(http.MethodGet, l.serve) }

func (l *Relay) serve(w http.ResponseWriter, r *http.Request) {
	request := strings.TrimPrefix(r.URL.Path, cloudapi.PathRelay)
	side, until, err := l.admit(r, request)
	switch {
	case errors.Is(err, ErrUnknown):
		web.Fail(w, http.StatusNotFound, "unknown-request", "There is no such request, or it has ended.")
		return
	case errors.Is(err, ErrEndedByStaff):
		l.tellEnded(w, r, side)
		return
	case errors.Is(err, ErrRefused):
		web.Fail(w, http.StatusForbidden, "refused", "This request is not open to you.")
		return
	case err != nil:
		l.Log.Error("relay: admission failed", "error", err)
		web.Fail(w, http.StatusInternalServerError, "internal", "Try again.")
		return
	}
	if l.leaving() {
		l.full(w)
		return
	}
	if !l.take(side.owner, side.limit) {
		tooMany(w)
		return
	}
	defer l.give(side.owner)
	m := l.meet(request)
	if m == nil {
		l.full(w)
		return
	}
	defer l.part(m)
	if m.busy(side) {
		web.Fail(w, http.StatusConflict, "busy", "Another engineer is connected.")
		return
	}
	l.attend(w, r, m, side, until)
}

// full sends a newcomer to another node, or to a later time.
func (l *Relay) full(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	web.Fail(w, http.StatusServiceUnavailable, "full", "The relay is full or going down; try again.")
}

func tooMany(w http.ResponseWriter) {
	web.Fail(w, http.StatusTooManyRequests, "too-many", "Too many connections at once.")
}

// attend makes the WebSocket and stays with it until it is closed.
func (l *Relay) attend(w http.ResponseWriter, r *http.Request, m *meeting, s *side, until time.Time) {
	// Who may come was decided before, by certificate or by session and origin.
	ws, err := websocket.Accept(roomy{w, l.WriteTimeout}, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept answered
	}
	ws.SetReadLimit(l.MaxMessage)
	s.ws = ws
	if conn := web.Conn(r); conn != nil {
		s.cut = conn.Close
	}
	came := l.Now()
	l.stats.came(s, 1)
	p := l.run(m, s, until)
	l.stats.came(s, -1)
	l.stats.left(p.code)
	left := Left{Role: s.role, Code: int(p.code), Link: s.link, Here: l.Now().Sub(came)}
	if s.pair != nil {
		left.Bytes = s.pair.bytes.Load()
	}
	if l.Left != nil {
		l.Left(left)
	}
	l.Log.Info("relay: end left", "request", m.request, "role", s.role, "link", s.link, "code", left.Code, "why", p.why)
}

// admit decides who is there.
func (l *Relay) admit(r *http.Request, request string) (*side, time.Time, error) {
	switch r.URL.Query().Get("role") {
	case roleHost:
		device := web.DeviceID(r)
		if device == "" || r.Header.Get("Origin") != "" { // a host is no browser
			return nil, time.Time{}, ErrRefused
		}
		until, err := l.Host(r.Context(), request, device)
		return newSide(roleHost, deviceOwner(device), l.PerDevice), until, err
	case roleEngineer:
		e, err := l.Engineer(r, request)
		s := newSide(roleEngineer, "staff:"+e.Account, l.PerStaff)
		s.tag = tagOf(request, s.owner)
		return s, l.Now().Add(l.EngineerWait), err
	}
	return nil, time.Time{}, ErrRefused
}

// take counts a socket against its owner's limit.
func (l *Relay) take(owner string, limit int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil || l.draining || l.sockets[owner] >= limit {
		return false
	}
	l.sockets[owner]++
	l.open.Add(1)
	return true
}

func (l *Relay) give(owner string) {
	l.mu.Lock()
	if l.sockets[owner]--; l.sockets[owner] == 0 {
		delete(l.sockets, owner)
	}
	l.mu.Unlock()
	l.open.Done()
}

// meet gives the meeting of a request, which lives while somebody is at it.
func (l *Relay) meet(request string) *meeting {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.meetings[request]
	if m == nil {
		if len(l.meetings) >= l.MaxMeetings {
			return nil
		}
		m = &meeting{request: request, stop: func() {}}
		l.meetings[request] = m
		if l.Peers != nil {
			m.stop = l.Peers.Follow(request, func(w Word) { l.hear(m, w) })
		}
	}
	m.guests++
	return m
}

func (l *Relay) part(m *meeting) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m.guests--; m.guests == 0 {
		delete(l.meetings, m.request)
		m.stop()
	}
}
