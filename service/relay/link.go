package relay

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"beckmanconnect/service/support"
	"beckmanconnect/session/channel"
	"beckmanconnect/session/flow"
	"beckmanconnect/session/lane"
	"beckmanconnect/session/proof"
	"beckmanconnect/session/wire"
)

const (
	maxQueued   = 512              // messages to an engineer who does not read
	lastWords   = 2 * time.Second  // for the reason of an end to get out
	sendWithin  = 60 * time.Second // one frame on a slow link; more is a dead one
	maxControl  = 256 << 10        // bytes of one control message
	maxEvents   = 256              // inputs in one message
	refreshEach = time.Second
)

// link is one engineer's open channel. Its fields below conn belong to the
// driver's lock.
type link struct {
	id      support.LinkID
	conn    *channel.Conn
	binding *proof.Binding // of what is proved over conn
	cancel  context.CancelFunc
	notify  chan struct{}

	out       []wire.Message
	finishing bool
	check     *support.CheckCode
	tries     uint32 // of the code, on this link
	trial     *trial
	reason    string // what the engineer's hello stated
	ticket    string
	refreshed time.Duration
	side      side

	lanes  bool          // the engineer's side speaks our version of the file lane; the reader's own
	lane   bool          // it is open
	flow   *flow.Control // what is under way of pictures and files
	shown  uint32        // the last picture the engineer's side shows
	chunks chunkSource   // files to the engineer; nil: none
	paced  time.Duration // when the next chunk may go
}

// chunkSource has files' bytes for the engineer.
type chunkSource interface {
	// Next gives the payload of the next FramePiece or, where there is no lane,
	// FrameChunk, of at most max bytes with its head, and false while there is
	// none. It is called under the driver's lock and must not wait; link.wake
	// says that there is something again.
	Next(max int) (payload []byte, ok bool)
}

// push queues a message; a reader who never reads loses the link instead of
// filling memory (scenario 53).
func (l *link) push(m wire.Message) {
	if len(l.out) >= maxQueued {
		l.end()
		return
	}
	m.V = wire.Version
	l.out = append(l.out, m)
	l.wake()
}

func (l *link) wake() {
	select {
	case l.notify <- struct{}{}:
	default:
	}
}

// finish closes the link once what is queued is out, and soon in any case.
func (l *link) finish() {
	if !l.finishing {
		l.finishing = true
		time.AfterFunc(lastWords, l.cancel)
		l.wake()
	}
}

func (l *link) end() { l.cancel() }

var errProtocol = errors.New("relay: the engineer's side does not keep to the protocol")

// serve runs one channel to its end.
func (s *Support) serve(ctx context.Context, conn *channel.Conn, request string, engineer support.Engineer) {
	binding, err := proof.Bind(conn, s.cfg.DeviceID(), request)
	if err != nil {
		s.cfg.Log.Error("nothing can be proved over this channel", "err", err)
		s.do(support.ChannelRefused{What: "binding"})
		_ = conn.Close()
		return
	}
	// Not with the service's context: a link that ends still says why. finish
	// and lastWords bound it.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	l := &link{conn: conn, binding: binding, cancel: cancel, notify: make(chan struct{}, 1), flow: flow.New()}
	l.chunks = chunks{s, l}

	s.mu.Lock()
	s.counter++
	l.id = s.counter
	s.links[l.id] = l
	l.push(wire.Message{Type: "hello", Versions: []int{wire.Version}, Lanes: lanesOf(conn), Device: s.cfg.DeviceID(), Words: conn.Words()})
	silent := s.cfg.SilentLimit
	if s.m.Snapshot(s.cfg.Now()).Session != "" {
		silent = s.cfg.ResumeLimit
	}
	s.doLocked(support.Joined{Link: l.id, Engineer: engineer, Words: conn.Words()})
	s.mu.Unlock()

	// Whoever proves nothing must not keep the one place at the relay.
	timer := time.AfterFunc(silent, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.links[l.id] == l && s.m.Current() != l.id {
			l.push(wire.Message{Type: "end", Why: "silent"})
			l.finish()
		}
	})
	defer timer.Stop()

	written := make(chan struct{})
	go func() {
		defer close(written)
		defer cancel()
		s.write(ctx, l)
	}()
	err = s.read(ctx, l)
	var broken *lane.Broken
	switch {
	case errors.As(err, &broken):
		s.cfg.Log.Warn("the file lane does not carry what the engineer's end sent: the session ends", "link", l.id, "why", broken.Why)
		s.do(support.Violation{Link: l.id})
	case errors.Is(err, errProtocol):
		s.do(support.Violation{Link: l.id})
	case channel.EndedByStaff(err):
		s.do(support.EndedByVendor{Request: request})
	}
	s.mu.Lock()
	delete(s.links, l.id)
	s.doLocked(support.LinkLost{Link: l.id})
	l.finish()
	s.mu.Unlock()
	<-written
	_ = conn.Close()
}

// read takes in messages until the channel ends.
func (s *Support) read(ctx context.Context, l *link) error {
	m, err := receive(ctx, l)
	if err != nil {
		return err
	}
	if m.Type != "hello" || !slices.Contains(m.Versions, wire.Version) {
		return errProtocol
	}
	l.lanes = slices.Contains(m.Lanes, lane.Version) && l.conn.HasLane()
	l.reason, l.ticket = support.Clean(m.Reason, 200), support.Clean(m.Ticket, 40)
	gate := newGate(s.cfg.Now().Mono)
	for {
		kind, payload, err := l.conn.Receive(ctx)
		if err != nil {
			return err
		}
		switch kind {
		case wire.FrameControl:
			m, err := decode(payload)
			if err != nil {
				return err
			}
			if err := s.handle(l, m); err != nil {
				return err
			}
			if err := s.openLane(l); err != nil {
				return err
			}
		case wire.FrameChunk:
			if err := s.chunk(l, payload); err != nil {
				return err
			}
		case wire.FramePiece:
			if err := s.piece(l, payload); err != nil {
				return err
			}
		case wire.FrameAck:
			a, err := wire.ParseAck(payload)
			if err != nil {
				return errProtocol
			}
			if s.acked(l, a) {
				continue // there are no more of these than of what was sent
			}
		default:
			return errProtocol
		}
		s.mu.Lock()
		over := l.finishing
		s.mu.Unlock()
		if over {
			return nil
		}
		if kind == wire.FrameChunk || kind == wire.FramePiece {
			continue // what was offered and allowed is counted there
		}
		if err := s.hold(ctx, l, &gate, len(payload)); err != nil {
			return err
		}
	}
}

// hold makes whoever sends too much wait.
func (s *Support) hold(ctx context.Context, l *link, g *gate, bytes int) error {
	wait, flood := g.pass(bytes, s.cfg.Now().Mono)
	switch {
	case flood:
		s.cfg.Log.Warn("the engineer's side floods this PC with messages: the session ends", "link", l.id)
		return errProtocol
	case wait > 0:
		return pause(ctx, wait)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func receive(ctx context.Context, l *link) (wire.Message, error) {
	kind, payload, err := l.conn.Receive(ctx)
	if err != nil {
		return wire.Message{}, err
	}
	if kind != wire.FrameControl {
		return wire.Message{}, errProtocol
	}
	return decode(payload)
}

func decode(payload []byte) (wire.Message, error) {
	var m wire.Message
	if len(payload) > maxControl || json.Unmarshal(payload, &m) != nil || m.V != wire.Version || len(m.Events) > maxEvents {
		return wire.Message{}, errProtocol
	}
	return m, nil
}
