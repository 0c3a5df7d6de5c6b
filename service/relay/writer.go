package relay

import (
	"context"
	"encoding/json"
	"time"

	"beckmanconnect/session/flow"
	"beckmanconnect/session/screen"
	"beckmanconnect/session/wire"
)

// frame is what goes out next. Where there is none it says how long to wait
// for one; zero: until the link is woken.
type frame struct {
	kind    byte
	payload []byte
	wait    time.Duration
	over    bool // nothing will come any more
}

// write sends what there is, in the order of what waits least: messages, the
// pointer, pictures, chunks of files. Each picture is judged again when its
// turn comes.
func (s *Support) write(ctx context.Context, l *link) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		f := s.next(l)
		switch {
		case f.over:
			return
		case f.payload == nil:
			timer.Stop()
			if f.wait > 0 {
				timer.Reset(f.wait)
			}
			select {
			case <-ctx.Done():
				return
			case <-l.notify:
			case <-timer.C:
			}
			continue
		}
		sending, cancel := context.WithTimeout(ctx, sendWithin)
		err := l.send(sending, f)
		cancel()
		if err != nil {
			return
		}
	}
}

// send passes pieces on to the lane, and everything else to the TLS.
func (l *link) send(ctx context.Context, f frame) error {
	if f.kind == wire.FramePiece {
		return l.conn.SendPiece(ctx, f.payload)
	}
	return l.conn.Send(ctx, f.kind, f.payload)
}

func (s *Support) next(l *link) frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(l.out) > 0 {
		raw, err := json.Marshal(l.out[0])
		l.out = l.out[1:]
		if err != nil {
			return frame{over: true}
		}
		return frame{kind: wire.FrameControl, payload: raw}
	}
	if l.finishing {
		return frame{over: true}
	}
	if kind, payload := s.aside(l); payload != nil {
		return frame{kind: kind, payload: payload}
	}
	if payload := s.nextPicture(l); payload != nil {
		return frame{kind: wire.FrameScreen, payload: payload}
	}
	return s.nextChunk(l)
}

func (s *Support) nextPicture(l *link) []byte {
	p, ok := s.pictures.take()
	if !ok {
		return nil
	}
	now := s.cfg.Now()
	if to, may := s.m.MayPicture(now, p.helper, p.generation); !may || to != l.id {
		s.pictures.clear() // nothing that waits may go out either
		return nil
	}
	s.m.CountPicture()
	if l.flow.Sent(len(p.update), now.Mono) {
		screen.WantAck(p.update)
	}
	if h := s.helper; h != nil && h.id == p.helper {
		h.passed += len(p.update)
	}
	s.room(l, false)
	return p.update
}

// nextChunk gives files what pictures leave.
func (s *Support) nextChunk(l *link) frame {
	if l.chunks == nil {
		return frame{}
	}
	now := s.cfg.Now().Mono
	if ahead := l.paced - now; ahead > chunkSlack {
		return frame{wait: ahead}
	}
	rate := l.flow.Rate()
	head, kind, most := l.partHead(), wire.FrameChunk, wire.MaxChunk
	if l.lane {
		kind, most = wire.FramePiece, wire.MaxPiece
	}
	room := min(l.flow.Spare(now), flow.Piece(rate), head+most)
	if room <= head {
		return frame{} // the answer to what is under way makes room
	}
	payload, ok := l.chunks.Next(room)
	if !ok {
		return frame{}
	}
	l.flow.Sent(len(payload), now)
	l.paced = max(l.paced, now) + flow.Pause(len(payload), rate)
	return frame{kind: kind, payload: payload}
}

// chunkSlack is how far chunks may run ahead of their pace: no timer is as fine
// as a quick link.
const chunkSlack = 5 * time.Millisecond

// partHead is what stands in front of a file's bytes on this link.
func (l *link) partHead() int {
	if l.lane {
		return wire.PieceHead
	}
	return len(chunkID{})
}

// acked takes in what reached the engineer's side. False: it says nothing new.
func (s *Support) acked(l *link, a wire.Ack) (news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, shown := l.flow.InFlight(), l.shown
	// An answer that cannot be true changes nothing: it may be a late one, to
	// what the link before this one carried.
	if !l.flow.Acked(a, s.cfg.Now().Mono) {
		return false
	}
	l.shown = a.Seq
	if l.flow.InFlight() == before && l.shown == shown {
		return false
	}
	s.room(l, false)
	if l.chunks != nil {
		l.wake()
	}
	return true
}

// tellRoom tells the helper what its next update may have.
func (s *Support) tellRoom(l *link) { s.room(l, true) }

// room is tellRoom that waits for another command where it may.
func (s *Support) room(l *link, atOnce bool) {
	h := s.helper
	if h == nil || !s.m.Viewing(l.id) {
		return
	}
	now := s.cfg.Now().Mono
	h.ack(room{shown: l.shown, taken: s.pictures.passed, bytes: l.flow.Room(now), rate: l.flow.Rate()}, s.m.Generation(), atOnce)
}

// viewer is the link whose engineer may see, nil when there is none.
func (s *Support) viewer() *link {
	for id, l := range s.links {
		if s.m.Viewing(id) {
			return l
		}
	}
	return nil
}
