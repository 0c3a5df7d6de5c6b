package relay

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"beckmanconnect/service/support"
	"beckmanconnect/session/channel"
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
	l := &link{conn: conn, binding: binding, cancel: cancel, notify: make(chan struct{}, 1)}

	s.mu.Lock()
	s.counter++
	l.id = s.counter
	s.links[l.id] = l
	l.push(wire.Message{Type: "hello", Versions: []int{wire.Version}, Device: s.cfg.DeviceID(), Words: conn.Words()})
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
	if errors.Is(err, errProtocol) {
		s.do(support.Violation{Link: l.id})
	}
	s.mu.Lock()
	delete(s.links, l.id)
	s.doLocked(support.LinkLost{Link: l.id})
	l.finish()
	s.mu.Unlock()
	<-written
	_ = conn.Close()
}

// write sends what is queued, messages before pictures. Each picture is judged
// again when its turn comes.
func (s *Support) write(ctx context.Context, l *link) {
	for {
		frame, payload, done := s.next(l)
		switch {
		case done:
			return
		case payload == nil:
			select {
			case <-ctx.Done():
				return
			case <-l.notify:
			}
			continue
		}
		sending, cancel := context.WithTimeout(ctx, sendWithin)
		err := l.conn.Send(sending, frame, payload)
		cancel()
		if err != nil {
			return
		}
	}
}

func (s *Support) next(l *link) (frame byte, payload []byte, done bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(l.out) > 0 {
		raw, err := json.Marshal(l.out[0])
		l.out = l.out[1:]
		if err != nil {
			return 0, nil, true
		}
		return wire.FrameControl, raw, false
	}
	if l.finishing {
		return 0, nil, true
	}
	p, ok := s.pictures.take()
	if !ok {
		payload, _ := chunks{s, l}.Next(16 + wire.MaxChunk)
		return wire.FrameChunk, payload, false
	}
	if to, may := s.m.MayPicture(s.cfg.Now(), p.helper, p.generation); !may || to != l.id {
		s.pictures.clear() // nothing that waits may go out either
		return 0, nil, false
	}
	s.m.CountPicture()
	return wire.FrameScreen, p.update, false
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
	l.reason, l.ticket = support.Clean(m.Reason, 200), support.Clean(m.Ticket, 40)
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
		case wire.FrameChunk:
			if err := s.chunk(l, payload); err != nil {
				return err
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
