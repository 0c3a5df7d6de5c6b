package relay

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/internal/cloudapi"
)

// copyBuffer is all that is held of one direction: a slow reader slows the
// writer, and nothing piles up here.
const copyBuffer = 32 << 10

// run seats one end and copies what it sends until it leaves or is sent away.
func (l *Relay) run(m *meeting, s *side, until time.Time) *parting {
	if m.sit(s) {
		watched := make(chan struct{})
		go func() {
			defer close(watched)
			l.watch(m, s, until)
		}()
		l.announce(m, s, true)
		p := l.pump(s)
		s.leave(p)
		// What the other node says of its end; not what it repeats of a reason
		// that this node gave it.
		if s.link && s.other != nil && p != gone && s.parting == p {
			s.other.leave(p)
		}
		m.stand(s)
		<-watched
	} else {
		s.leave(busyElsewhere)
		l.say(s)
	}
	return s.parting
}

// pump reads one end's messages and writes each to the other. It reads from
// the start, so that an end that leaves while it waits is noticed; the first
// message of an early end waits here for the other. It ends when the socket
// does, and tells why as far as it is this end's doing.
func (l *Relay) pump(s *side) *parting {
	buf := make([]byte, copyBuffer)
	for {
		// Not bounded by a context: that would cut the connection instead of
		// closing it with a reason. watch closes it.
		kind, r, err := s.ws.Reader(context.Background())
		if err != nil {
			if p := handedOn(err); s.link && p != nil {
				return p
			}
			return gone
		}
		if kind != websocket.MessageBinary {
			return &parting{cloudapi.CloseBadFrame, "binary frames only"}
		}
		s.holding.Store(true)
		s.messages.Add(1)
		select {
		case <-s.joined:
		case <-s.ctx.Done():
			return gone
		}
		if p := l.forward(s, r, buf); p != nil {
			return p
		}
		s.holding.Store(false)
	}
}

var gone = &parting{websocket.StatusNormalClosure, "gone"}

// forward passes one message on to the other end. What fits into buf, all that
// the two ends send, goes out as the one frame it came as.
func (l *Relay) forward(s *side, r io.Reader, buf []byte) *parting {
	n, err := io.ReadFull(r, buf)
	whole := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !whole {
		return gone
	}
	ctx, cancel := l.writing(s.other)
	defer cancel()
	passed := int64(n)
	if whole {
		err = s.other.ws.Write(ctx, websocket.MessageBinary, buf[:n])
	} else {
		passed, err = stream(ctx, s.other.ws, buf, r)
	}
	if err != nil {
		return gone
	}
	l.stats.bytes.Add(passed)
	if s.pair.bytes.Add(passed) > l.MaxBytes {
		s.other.leave(tooMuch)
		return tooMuch
	}
	return nil
}

// writing bounds a message to an end. At this node's own sockets each write has
// its end already (bounded).
func (l *Relay) writing(to *side) (context.Context, context.CancelFunc) {
	if !to.link {
		return context.Background(), func() {}
	}
	return context.WithTimeout(l.ctx, l.WriteTimeout)
}

// stream writes a message that begins with all of begun, and goes on in r.
func stream(ctx context.Context, to *websocket.Conn, begun []byte, r io.Reader) (int64, error) {
	w, err := to.Writer(ctx, websocket.MessageBinary)
	if err != nil {
		return 0, err
	}
	n, err := w.Write(begun)
	if err != nil {
		return int64(n), err
	}
	rest, err := io.CopyBuffer(w, r, begun)
	if err != nil {
		return int64(n) + rest, err
	}
	return int64(n) + rest, w.Close()
}

var (
	busyElsewhere = &parting{cloudapi.CloseEnded, "another engineer is connected"}
	silent        = &parting{websocket.StatusGoingAway, "no answer"}
	requestEnded  = &parting{cloudapi.CloseEnded, "the request has ended"}
)

var tooMuch = &parting{cloudapi.CloseLimit, "too many bytes"}

// watch bounds how long an end waits and how long a pair lasts, pings, and
// closes the socket once it is to leave.
func (l *Relay) watch(m *meeting, s *side, until time.Time) {
	end := time.NewTimer(until.Sub(l.Now()))
	defer end.Stop()
	ping := time.NewTicker(l.pingEvery(s))
	defer ping.Stop()
	ask, stop := l.asking(s)
	defer stop()
	joined := s.joined
	for {
		select {
		case <-s.ctx.Done():
			l.say(s)
			return
		case <-l.ctx.Done():
			s.leave(goingDown)
		case <-joined:
			joined, ask = nil, nil
			end.Reset(l.MaxTime)
		case <-end.C:
			if joined != nil {
				s.leave(&parting{cloudapi.CloseNobody, "the other end did not come"})
			} else {
				s.leave(&parting{cloudapi.CloseLimit, "the session has lasted too long"})
			}
		case <-ask:
			l.announce(m, s, false)
		case <-ping.C:
			if !l.alive(s) {
				s.leave(silent)
			}
		}
	}
}

func (l *Relay) pingEvery(s *side) time.Duration {
	if s.link {
		return l.LinkPing
	}
	return l.PingEvery
}

// say closes the socket with the reason.
func (l *Relay) say(s *side) {
	if s.link && s.parting == silent {
		_ = s.ws.CloseNow() // a goodbye to a node that is cut off would hold up the end here
		return
	}
	if s.cut != nil {
		// A peer could keep the closing handshake open for ever.
		cut := time.AfterFunc(l.CloseTimeout, func() { _ = s.cut() })
		defer cut.Stop()
	}
	_ = s.ws.Close(s.parting.code, s.parting.why)
}

// alive pings an end. While a message of it waits for the other end nobody
// reads its pong; then the time a write may take is the bound.
func (l *Relay) alive(s *side) bool {
	before := s.messages.Load()
	timeout := l.PingTimeout
	if s.link {
		timeout = l.LinkPing
	}
	ctx, cancel := context.WithTimeout(s.ctx, timeout)
	defer cancel()
	if s.holding.Load() || s.ws.Ping(ctx) == nil {
		return true
	}
	return s.holding.Load() || s.messages.Load() != before
}
