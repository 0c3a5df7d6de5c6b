package relay

import (
	"context"
	"errors"
	"slices"
	"time"

	"beckmanconnect/service/support"
	"beckmanconnect/session/lane"
	"beckmanconnect/session/wire"
)

const (
	tellEvery    = 128 << 10              // bytes between two reports to the sending end, at least
	progressEach = 250 * time.Millisecond // between two pictures of progress for the technician
)

// anywhere is the place of a part that does not say its own.
const anywhere = -1

// chunk takes in one FrameChunk.
func (s *Support) chunk(l *link, payload []byte) error {
	var key chunkID
	if len(payload) < len(key) || len(payload) > len(key)+wire.MaxChunk {
		return errProtocol
	}
	copy(key[:], payload)
	return s.takePart(l, key, anywhere, payload[len(key):])
}

// takePart takes in a part of a file to this PC, if it may be taken at this
// moment. It waits for no disk: what the engineer's side may have under way at
// once is bounded (wire.FileWindow), and so is what waits here.
func (s *Support) takePart(l *link, key chunkID, at int64, data []byte) error {
	p := s.files.find(key)
	if p == nil {
		return nil // refused or over: what was on its way is dropped
	}
	s.mu.Lock()
	may := s.m.MayChunk(s.cfg.Now(), l.id, p.id, len(data))
	taken := s.m.TransferOf(p.id).Done
	s.mu.Unlock()
	if may && at != anywhere && at+int64(len(data)) != taken {
		return errProtocol
	}
	if !may {
		s.do(support.FileFailed{ID: p.id, Why: "not-allowed"})
		return nil
	}
	if err := p.put(data); err != nil {
		s.fileFailed(p.id, err)
	}
	return nil
}

// fileEnd has a file checked that was sent whole. One that lacks bytes on a lane
// was not sent so by the engineer's end: somebody keeps frames back.
func (s *Support) fileEnd(l *link, id string) error {
	p := s.files.findID(id)
	s.mu.Lock()
	if t := s.m.TransferOf(id); l.lane && s.m.Current() == l.id && t.Direction == support.ToPC && t.State == "running" && t.Done < t.File.Size {
		s.mu.Unlock()
		return &lane.Broken{Why: lane.WhyMissing}
	}
	s.doLocked(support.FileEnd{Link: l.id, ID: id})
	checking := s.m.Checking(id)
	s.mu.Unlock()
	if p != nil && checking {
		p.end()
	}
	return nil
}

// openTransfer runs under the driver's lock.
func (s *Support) openTransfer(t support.Transfer) {
	p, err := s.files.open(t)
	if err != nil {
		s.follow = append(s.follow, support.FileFailed{ID: t.ID, Why: err.Error()})
		return
	}
	s.work.Go(func() { s.takeIn(p) })
}

// takeIn writes one file to the spool, as it comes, and has it checked.
func (s *Support) takeIn(p *parcel) {
	var spare []byte
	var told int64
	for {
		select {
		case <-p.ctx.Done():
			return
		case <-p.wake:
		}
		written, buffer, done, err := s.files.store(p, spare)
		spare = buffer
		if err != nil {
			if p.ctx.Err() == nil {
				s.fileFailed(p.id, err)
			}
			return
		}
		if written-told >= tellEvery || (written == p.size && written > told) {
			told = written
			s.tellTaken(p, written)
		}
		if done {
			s.check(p)
			return
		}
	}
}

// tellTaken lets the sending end go on.
func (s *Support) tellTaken(p *parcel, written int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.direction == support.ToEngineer {
		s.hand.more(p.id, written)
	} else if l := s.links[s.m.Current()]; l != nil {
		l.push(wire.Message{Type: "file", ID: p.id, State: "running", Done: written})
	}
	s.progress()
}

// progress shows the technician how far files are, not more often than eyes
// can follow. The caller holds the driver's lock.
func (s *Support) progress() {
	if now := s.cfg.Now().Mono; now-s.progressAt >= progressEach {
		s.progressAt = now
		s.publish()
	}
}

// check reads, hashes and scans a whole file.
func (s *Support) check(p *parcel) {
	sha, verdict, err := s.files.check(p)
	switch {
	case p.ctx.Err() != nil: // over meanwhile
	case err != nil:
		s.fileFailed(p.id, err)
	case !verdict.Clean:
		s.cfg.Log.Warn("the malware scanner found something in a file", "scanner", verdict.Scanner, "signature", verdict.Signature)
		s.do(support.FileInfected{ID: p.id, Scanner: verdict.Scanner, Signature: verdict.Signature})
	default:
		s.do(support.FileChecked{ID: p.id, SHA256: sha, Name: p.name, Scanner: verdict.Scanner})
	}
}

func (s *Support) fileFailed(id string, err error) {
	s.cfg.Log.Warn("a file transfer failed", "why", whyOf(err), "err", err)
	s.do(support.FileFailed{ID: id, Why: whyOf(err)})
}

// whyOf is a fault's stable code.
func whyOf(err error) string {
	for _, known := range []error{errDiskFull, errName, errHash, errDuplicate, errFlow, errChanged, errNoScanner, errScanSize, errScan, errWindow} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return errDisk.Error()
}

// discard drops what there is of a transfer. The disk may be slow, so not here.
// The caller holds the driver's lock.
func (s *Support) discard(id string) {
	s.hand.drop(id)
	if p := s.files.forget(id); p != nil {
		s.work.Go(func() { s.files.drop(p) })
	}
}

// fileReport takes in what the engineer's side says of a file it gets.
func (s *Support) fileReport(l *link, m wire.Message) error {
	if m.State != "running" {
		s.do(support.FileReport{Link: l.id, ID: m.ID, State: m.State, Why: m.Why})
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.m.ReportHeld(l.id, m.ID, m.Done) {
		return errProtocol
	}
	l.wake()
	s.progress()
	return nil
}

// outbox is what was read ahead of a file that is being sent.
type outbox struct {
	ready []ready
	room  chan struct{} // something was taken
	stop  context.CancelFunc
}

type ready struct {
	from int64
	data []byte
}

const readAhead = 32 // pieces: 2 MiB

// send begins, or after a lost link begins anew, to send a file from an
// offset. The caller holds the driver's lock.
func (s *Support) send(id string, from int64) {
	p := s.files.findID(id)
	if p == nil {
		s.follow = append(s.follow, support.FileFailed{ID: id, Why: errDisk.Error()})
		return
	}
	if from == p.size {
		s.follow = append(s.follow, support.FileSent{ID: id})
		return
	}
	ctx, stop := context.WithCancel(p.ctx)
	room := make(chan struct{}, 1)
	p.mu.Lock()
	if p.out.stop != nil {
		p.out.stop()
	}
	p.out = outbox{room: room, stop: stop}
	p.mu.Unlock()
	if !slices.Contains(s.sending, p) {
		s.sending = append(s.sending, p)
	}
	s.work.Go(func() { s.readOut(ctx, p, room, from) })
}

// readOut reads ahead of what is sent: the link never waits for the disk.
func (s *Support) readOut(ctx context.Context, p *parcel, room <-chan struct{}, from int64) {
	for at := from; at < p.size && ctx.Err() == nil; {
		n := int(at / pieceSize)
		data, err := p.piece(n)
		if err != nil {
			if ctx.Err() == nil {
				s.fileFailed(p.id, err)
			}
			return
		}
		data = data[at-int64(n)*pieceSize:]
		for !p.offer(ctx, ready{at, data}) {
			select {
			case <-ctx.Done():
				return
			case <-room:
			}
		}
		at += int64(len(data))
		s.mu.Lock()
		if l := s.links[s.m.Current()]; l != nil {
			l.wake()
		}
		s.mu.Unlock()
	}
}

// offer puts a piece into the outbox; false: it is full.
func (p *parcel) offer(ctx context.Context, r ready) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil {
		return true // of an earlier start: nobody wants it
	}
	if len(p.out.ready) >= readAhead {
		return false
	}
	p.out.ready = append(p.out.ready, r)
	return true
}

// chunks is what goes to the engineer of files, at the lowest priority: after
// messages and pictures.
type chunks struct {
	s *Support
	l *link
}

// Next gives the payload of the next FrameChunk, at most max bytes of it. Each
// piece is judged again when its turn comes. The caller holds the driver's
// lock, and sends what it got before anything that is queued later.
func (c chunks) Next(max int) (payload []byte, ok bool) {
	s := c.s
	for range len(s.sending) {
		p := s.sending[0]
		s.sending = append(s.sending[1:], p) // files take turns
		payload, keep := s.take(c.l, p, max)
		if !keep {
			s.sending = s.sending[:len(s.sending)-1]
		}
		if payload != nil {
			return payload, true
		}
	}
	return nil, false
}

// take gives the next chunk of one file; nil: none now. keep says that more
// will come.
func (s *Support) take(l *link, p *parcel, max int) (payload []byte, keep bool) {
	if p.ctx.Err() != nil {
		return nil, false // over; whoever drops it may be at the disk
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.out.ready) == 0 {
		return nil, true
	}
	next := &p.out.ready[0]
	n := s.m.MaySend(l.id, p.id, next.from, min(len(next.data), max-l.partHead()))
	if n <= 0 {
		return nil, true
	}
	payload = make([]byte, 0, l.partHead()+n)
	if l.lane {
		payload = wire.Piece{Transfer: p.key, At: next.from, Data: next.data[:n]}.Append(payload)
	} else {
		payload = append(append(payload, p.key[:]...), next.data[:n]...)
	}
	next.from, next.data = next.from+int64(n), next.data[n:]
	at := next.from
	if len(next.data) == 0 {
		p.out.ready = p.out.ready[1:]
		select {
		case p.out.room <- struct{}{}:
		default:
		}
	}
	if at < p.size {
		return payload, true
	}
	// The end is queued behind the chunk this caller is about to send.
	s.doLocked(support.FileSent{ID: p.id})
	return payload, false
}
