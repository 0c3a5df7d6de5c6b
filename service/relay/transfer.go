package relay

import (
	"context"
	"errors"

	"beckmanconnect/service/support"
	"beckmanconnect/session/wire"
)

// tellEvery is how many bytes lie between two reports of progress.
const tellEvery = 256 << 10

// chunk takes in one piece of a file, if it may be taken at this moment.
func (s *Support) chunk(l *link, payload []byte) error {
	var key chunkID
	if len(payload) < len(key) || len(payload) > len(key)+wire.MaxChunk {
		return errProtocol
	}
	copy(key[:], payload)
	data := payload[len(key):]
	t := s.files.find(key)
	if t == nil {
		return nil // refused or over: what was on its way is dropped
	}
	s.mu.Lock()
	may := s.m.MayChunk(s.cfg.Now(), l.id, t.id, len(data))
	s.mu.Unlock()
	if !may {
		s.do(support.FileFailed{ID: t.id, Why: "not-allowed"})
		return nil
	}
	if err := s.files.write(t, data); err != nil {
		s.fileFailed(t, err)
		return nil
	}
	if t.done-t.told >= tellEvery {
		t.told = t.done
		s.mu.Lock()
		l.push(wire.Message{Type: "file", ID: t.id, State: "running", Done: t.done})
		s.publish()
		s.mu.Unlock()
	}
	return nil
}

func (s *Support) fileFailed(t *transfer, err error) {
	why := errDisk
	for _, known := range []error{errDiskFull, errName, errHash, errDuplicate} {
		if errors.Is(err, known) {
			why = known
		}
	}
	s.cfg.Log.Warn("a file transfer failed", "why", why, "err", err)
	s.do(support.FileFailed{ID: t.id, Why: why.Error()})
}

// fileEnd has a file checked that was sent whole. Reading it back may take
// seconds, so the link goes on meanwhile.
func (s *Support) fileEnd(l *link, id string) {
	t := s.files.findID(id)
	s.do(support.FileEnd{Link: l.id, ID: id})
	if t == nil {
		return
	}
	s.mu.Lock()
	checking := s.m.Checking(id)
	s.mu.Unlock()
	if !checking {
		return
	}
	s.work.Go(func() {
		sha, err := s.files.verify(context.Background(), t)
		if err != nil {
			s.fileFailed(t, err)
			return
		}
		s.do(support.FileChecked{ID: id, SHA256: sha, Name: t.name})
	})
}

// reveal runs under the driver's lock: whether the session still stands and
// whether the file becomes visible is one decision.
func (s *Support) reveal(id string) {
	t := s.files.findID(id)
	if t == nil {
		s.follow = append(s.follow, support.FileFailed{ID: id, Why: errDisk.Error()})
		return
	}
	name, err := s.files.reveal(t)
	if err != nil {
		s.cfg.Log.Warn("a received file could not be made visible", "err", err)
		s.follow = append(s.follow, support.FileFailed{ID: id, Why: errDisk.Error()})
		return
	}
	s.files.forget(id)
	s.follow = append(s.follow, support.FileRevealed{ID: id, Name: name})
}

// discard drops what came of a transfer. The disk may be slow, so not here.
func (s *Support) discard(id string) {
	if t := s.files.forget(id); t != nil {
		s.work.Go(func() { s.files.drop(t) })
	}
}
