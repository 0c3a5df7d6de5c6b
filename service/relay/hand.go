package relay

import (
	"context"
	"errors"
	"slices"
	"time"

	"beckmanconnect/internal/safename"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/support"
)

// FilesStream is the server's side of HandleFiles.
type FilesStream interface {
	Context() context.Context
	Send(*hostpb.FilesCommand) error
	Recv() (*hostpb.FilesMessage, error)
}

// handWindow is how many bytes may be on the pipe beyond what the window
// program has written.
const handWindow = 1 << 20

// hand is the technician's window program as it reads and writes files, by the
// technician's own identity. All of it belongs to the driver's lock. A nil
// hand is one that is not there.
type hand struct {
	session string
	notify  chan struct{}
	queue   []*hostpb.FilesCommand
	saves   []*save
	over    bool
}

// save is a file that is being written.
type save struct {
	p           *parcel
	begun       bool
	ended       bool // the last piece was sent
	sent, acked int64
}

func (h *hand) push(c *hostpb.FilesCommand) {
	h.queue = append(h.queue, c)
	h.wake()
}

func (h *hand) wake() {
	select {
	case h.notify <- struct{}{}:
	default:
	}
}

// more says how much of a chosen file was taken.
func (h *hand) more(id string, done int64) {
	if h != nil {
		h.push(&hostpb.FilesCommand{Body: &hostpb.FilesCommand_More{More: &hostpb.FileProgress{TransferId: id, Done: uint64(done)}}})
	}
}

// drop has a transfer forgotten that did not come to its end.
func (h *hand) drop(id string) {
	if h == nil {
		return
	}
	h.saves = slices.DeleteFunc(h.saves, func(s *save) bool { return s.p.id == id })
	h.push(&hostpb.FilesCommand{Body: &hostpb.FilesCommand_Dropped{Dropped: &hostpb.FileTrouble{TransferId: id}}})
}

// choose and save run under the driver's lock.
func (s *Support) choose(id string) {
	if s.hand == nil {
		s.follow = append(s.follow, support.FileFailed{ID: id, Why: errWindow.Error()})
		return
	}
	s.hand.push(&hostpb.FilesCommand{Body: &hostpb.FilesCommand_Choose{Choose: &hostpb.ChooseFile{AskId: id}}})
}

func (s *Support) save(id string) {
	p := s.files.findID(id)
	if p == nil || s.hand == nil {
		s.follow = append(s.follow, support.FileFailed{ID: id, Why: errWindow.Error()})
		return
	}
	s.hand.saves = append(s.hand.saves, &save{p: p})
	s.hand.wake()
}

// HandleFiles serves the window program of the technician who asked for help,
// for as long as the session runs. A newer stream takes the place of an older.
func (s *Support) HandleFiles(technician string, stream FilesStream) error {
	messages, failed := make(chan *hostpb.FilesMessage), make(chan error, 1)
	go func() {
		for {
			m, err := stream.Recv()
			if err != nil {
				failed <- err
				return
			}
			select {
			case messages <- m:
			case <-stream.Context().Done():
				return
			}
		}
	}()
	h, err := s.attachHand(stream.Context(), messages, failed)
	if err != nil {
		return err
	}
	defer s.detachHand(h)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for {
			select {
			case m := <-messages:
				s.fromHand(h, technician, m)
			case <-failed:
				return
			case <-stream.Context().Done():
				return
			}
		}
	}()
	for {
		c, changed, over := s.nextFor(h)
		switch {
		case c != nil:
			if err := stream.Send(c); err != nil {
				return err
			}
		case over:
			return nil
		default:
			select {
			case <-h.notify:
			case <-changed:
			case <-gone:
				return stream.Context().Err()
			}
		}
	}
}

func (s *Support) attachHand(ctx context.Context, messages <-chan *hostpb.FilesMessage, failed <-chan error) (*hand, error) {
	deadline := time.NewTimer(s.cfg.AttachLimit)
	defer deadline.Stop()
	var hello *hostpb.FilesHello
	select {
	case m := <-messages:
		hello = m.GetHello()
	case err := <-failed:
		return nil, errors.Join(errors.New("relay: a window left before its hello"), err)
	case <-deadline.C:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if hello == nil {
		return nil, &support.Refusal{Code: "no-session", Message: "the first message must be the hello"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if id := s.m.Snapshot(s.cfg.Now()).Session; id == "" || id != hello.GetSessionId() {
		return nil, &support.Refusal{Code: "no-session", Message: "that session is not running"}
	}
	if old := s.hand; old != nil {
		s.dropHand(old)
	}
	h := &hand{session: hello.GetSessionId(), notify: make(chan struct{}, 1)}
	s.hand = h
	return h, nil
}

func (s *Support) detachHand(h *hand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropHand(h)
}

// dropHand fails what a window had in its hands.
func (s *Support) dropHand(h *hand) {
	if h.over {
		return
	}
	h.over = true
	h.wake()
	if s.hand == h {
		s.hand = nil
	}
	for _, v := range h.saves {
		s.doLocked(support.FileFailed{ID: v.p.id, Why: errWindow.Error()})
	}
	s.doLocked(support.WindowGone{})
}

// nextFor takes out the next command for the window.
func (s *Support) nextFor(h *hand) (c *hostpb.FilesCommand, changed <-chan struct{}, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h.over || s.m.Snapshot(s.cfg.Now()).Session != h.session {
		return nil, nil, true
	}
	if len(h.queue) > 0 {
		c = h.queue[0]
		h.queue = h.queue[1:]
		return c, nil, false
	}
	for _, v := range h.saves {
		if !v.begun {
			v.begun = true
			t := s.m.TransferOf(v.p.id)
			return &hostpb.FilesCommand{Body: &hostpb.FilesCommand_Save{Save: &hostpb.SaveFile{
				TransferId: t.ID, Name: t.File.Name, Size: uint64(t.File.Size), Sha256: t.File.SHA256,
			}}}, nil, false
		}
		if v.ended || v.sent-v.acked >= handWindow {
			continue
		}
		data := make([]byte, min(pieceSize, v.p.size-v.sent))
		at := v.sent
		v.sent += int64(len(data))
		v.ended = v.sent == v.p.size
		last := v.ended
		// Not under the lock; nobody else reads for this hand.
		s.mu.Unlock()
		err := v.p.read(data, at)
		s.mu.Lock()
		if err != nil {
			s.doLocked(support.FileFailed{ID: v.p.id, Why: whyOf(err)})
			return s.nextQueued(h), s.changed, h.over
		}
		return &hostpb.FilesCommand{Body: &hostpb.FilesCommand_Data{Data: &hostpb.FileData{TransferId: v.p.id, Data: data, Last: last}}}, nil, false
	}
	return nil, s.changed, false
}

func (s *Support) nextQueued(h *hand) *hostpb.FilesCommand {
	if len(h.queue) == 0 {
		return nil
	}
	c := h.queue[0]
	h.queue = h.queue[1:]
	return c
}

// fromHand takes in what the window says. Whether it may is decided by the
// state of this moment.
func (s *Support) fromHand(h *hand, technician string, m *hostpb.FilesMessage) {
	switch b := m.GetBody().(type) {
	case *hostpb.FilesMessage_Chosen:
		s.chosen(h, technician, b.Chosen)
	case *hostpb.FilesMessage_Data:
		s.fromDisk(h, b.Data)
	case *hostpb.FilesMessage_Saved:
		s.saved(h, b.Saved)
	case *hostpb.FilesMessage_Progress:
		s.mu.Lock()
		defer s.mu.Unlock()
		if v := h.find(b.Progress.GetTransferId()); v != nil && b.Progress.GetDone() <= uint64(v.sent) {
			v.acked = max(v.acked, int64(b.Progress.GetDone()))
			h.wake()
		}
	case *hostpb.FilesMessage_Trouble:
		s.mu.Lock()
		defer s.mu.Unlock()
		if !h.over {
			s.doLocked(support.FileFailed{ID: b.Trouble.GetTransferId(), Why: troubleOf(b.Trouble.GetCode())})
		}
	}
}

func (h *hand) find(id string) *save {
	if i := slices.IndexFunc(h.saves, func(v *save) bool { return v.p.id == id }); i >= 0 {
		return h.saves[i]
	}
	return nil
}

// troubleOf keeps what a window may say of a transfer to what is known.
func troubleOf(code string) string {
	switch code {
	case "disk-full", "disk", "cancelled", "changed", "name", "too-large":
		return code
	}
	return errWindow.Error()
}

func (s *Support) chosen(h *hand, technician string, c *hostpb.FileChosen) {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := c.GetAskId() != ""
	if _, ok := chunkKey(c.GetTransferId()); h.over || !ok || (asked && c.GetAskId() != c.GetTransferId()) {
		h.drop(c.GetTransferId())
		return
	}
	res := s.doLocked(support.FileChosen{
		Technician: technician, ID: c.GetTransferId(), Asked: asked, Name: safename.Of(c.GetName()), Size: int64(min(c.GetSize(), support.MaxFile+1)),
	})
	if res.Err != nil {
		s.cfg.Log.Warn("a chosen file was refused", "err", res.Err)
		h.drop(c.GetTransferId())
		return
	}
	if p := s.files.findID(c.GetTransferId()); p != nil && p.size == 0 {
		p.poke() // there are no bytes that would begin it
	}
}

// fromDisk takes in one piece of a chosen file.
func (s *Support) fromDisk(h *hand, d *hostpb.FileData) {
	p := s.files.findID(d.GetTransferId())
	if p == nil {
		return // over meanwhile
	}
	s.mu.Lock()
	may := !h.over && len(d.GetData()) <= pieceSize && s.m.MaySpool(p.id, len(d.GetData()))
	whole := may && s.m.Checking(p.id)
	s.mu.Unlock()
	switch {
	case !may:
		s.do(support.FileFailed{ID: p.id, Why: errChanged.Error()}) // longer than was said
		return
	case d.GetLast() != whole:
		s.do(support.FileFailed{ID: p.id, Why: errChanged.Error()}) // shorter
		return
	}
	if err := p.put(d.GetData()); err != nil {
		s.fileFailed(p.id, err)
		return
	}
	if whole {
		p.end()
	}
}

// saved is the window's word that a file can be seen. Only of one that it got
// whole.
func (s *Support) saved(h *hand, m *hostpb.FileSaved) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := h.find(m.GetTransferId())
	if h.over || v == nil || !v.ended {
		return
	}
	h.saves = slices.DeleteFunc(h.saves, func(o *save) bool { return o == v })
	name := safename.Of(m.GetName())
	if name != m.GetName() || name == "" {
		s.doLocked(support.FileFailed{ID: v.p.id, Why: errName.Error()})
		return
	}
	s.doLocked(support.FileSaved{ID: v.p.id, Name: name})
}
