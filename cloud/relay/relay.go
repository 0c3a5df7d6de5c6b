// Package relay joins the two ends of a support session: exactly two
// WebSockets that name the same request, the host that made it and one
// engineer. It copies bytes and never looks inside: what it sees is the
// ciphertext of the end-to-end channel (B1). It keeps nothing but what is
// joined right now, and it never dials anywhere (scenario 46).
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
	Log      *slog.Logger
	Now      func() time.Time

	EngineerWait time.Duration // how long an engineer waits for the host; 30 s
	PingEvery    time.Duration // 20 s
	PingTimeout  time.Duration // 20 s
	CloseTimeout time.Duration // how long a closing handshake may take; 6 s
	LastWords    time.Duration // how long a joined pair may go on once its request has ended; 5 s
	WriteTimeout time.Duration // how long one message may take to be written; 30 s
	MaxTime      time.Duration // of one joined pair; 8 h
	MaxBytes     int64         // of one joined pair, both directions; 64 GiB
	MaxMessage   int64         // bytes of one WebSocket message; 1 MiB
	PerDevice    int           // sockets of one device; 4
	PerStaff     int           // sockets of one account; 8
	MaxMeetings  int           // 4,096
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

	mu       sync.Mutex
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
		m.end(l.LastWords, &parting{cloudapi.CloseEnded, "the request has ended"})
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
		sayEnded(w, r)
		return
	case errors.Is(err, ErrRefused):
		web.Fail(w, http.StatusForbidden, "refused", "This request is not open to you.")
		return
	case err != nil:
		l.Log.Error("relay: admission failed", "error", err)
		web.Fail(w, http.StatusInternalServerError, "internal", "Try again.")
		return
	}
	if !l.take(side.owner, side.limit) {
		web.Fail(w, http.StatusTooManyRequests, "too-many", "Too many connections at once.")
		return
	}
	defer l.give(side.owner)
	m := l.meet(request)
	if m == nil {
		web.Fail(w, http.StatusServiceUnavailable, "full", "The relay is full; try again.")
		return
	}
	defer l.part(m)
	if m.busy(side) {
		web.Fail(w, http.StatusConflict, "busy", "Another engineer is connected.")
		return
	}
	// Who may come was decided above, by certificate or by session and origin.
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept answered
	}
	ws.SetReadLimit(l.MaxMessage)
	side.ws = ws
	if conn := web.Conn(r); conn != nil {
		side.cut = conn.Close
	}
	p := l.run(m, side, until)
	l.Log.Info("relay: end left", "request", request, "role", side.role, "code", int(p.code), "why", p.why)
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
		return newSide(roleEngineer, "staff:"+e.Account, l.PerStaff), l.Now().Add(l.EngineerWait), err
	}
	return nil, time.Time{}, ErrRefused
}

// take counts a socket against its owner's limit.
func (l *Relay) take(owner string, limit int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil || l.sockets[owner] >= limit {
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
		m = &meeting{request: request}
		l.meetings[request] = m
	}
	m.guests++
	return m
}

func (l *Relay) part(m *meeting) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m.guests--; m.guests == 0 {
		delete(l.meetings, m.request)
	}
}
