package files

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"sync"

	"beckmanconnect/ipc/hostpb"
)

const (
	pieceSize = 64 << 10 // of what is sent at once
	window    = 1 << 20  // bytes that may be on the pipe beyond what the service has taken
	tellEvery = 128 << 10
)

// Stream is the window's side of HandleFiles.
type Stream interface {
	Send(*hostpb.FilesMessage) error
	Recv() (*hostpb.FilesCommand, error)
}

// Config is what a Hand needs.
type Config struct {
	Session string
	// Folder is where received files go now.
	Folder func() string
	// Choose asks the technician for a file to send; it must not block. The
	// answer goes to Hand.Send or Hand.Cancel with the same ID, until ctx ends:
	// then nobody waits for it any more.
	Choose func(ctx context.Context, id string)
	// Saved is told where a received file is.
	Saved func(folder, name string)
	// Failed is told why a file was not written or read.
	Failed func(err error)
	Log    *slog.Logger
}

// Hand does the work of one HandleFiles stream.
type Hand struct {
	cfg    Config
	ctx    context.Context
	stream Stream

	sending sync.Mutex // one message at a time on the stream

	mu   sync.Mutex
	jobs map[string]*job
	work sync.WaitGroup
}

// job is one transfer: being chosen, read or written.
type job struct {
	ctx    context.Context
	cancel context.CancelFunc
	data   chan *hostpb.FileData // of a file that is written
	more   chan struct{}         // taken has grown

	taken uint64 // by the service, of a file that is read; under Hand.mu
}

// NewHand makes a hand for a stream that was just opened. Run does the work.
func NewHand(ctx context.Context, stream Stream, cfg Config) *Hand {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Hand{cfg: cfg, ctx: ctx, stream: stream, jobs: map[string]*job{}}
}

// Run serves the stream until it ends; what was on its way then is dropped.
func (h *Hand) Run() error {
	defer h.work.Wait()
	defer h.dropAll()
	if err := h.say(&hostpb.FilesMessage{Body: &hostpb.FilesMessage_Hello{Hello: &hostpb.FilesHello{SessionId: h.cfg.Session}}}); err != nil {
		return err
	}
	for {
		c, err := h.stream.Recv()
		if err != nil {
			return err
		}
		switch b := c.GetBody().(type) {
		case *hostpb.FilesCommand_Save:
			h.save(b.Save)
		case *hostpb.FilesCommand_Data:
			h.data(b.Data)
		case *hostpb.FilesCommand_Choose:
			if j := h.add(b.Choose.GetAskId()); j != nil {
				h.cfg.Choose(j.ctx, b.Choose.GetAskId())
			}
		case *hostpb.FilesCommand_Dropped:
			h.remove(b.Dropped.GetTransferId())
		case *hostpb.FilesCommand_More:
			h.mu.Lock()
			if j := h.jobs[b.More.GetTransferId()]; j != nil {
				j.taken = max(j.taken, b.More.GetDone())
				wake(j.more)
			}
			h.mu.Unlock()
		}
	}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (h *Hand) say(m *hostpb.FilesMessage) error {
	h.sending.Lock()
	defer h.sending.Unlock()
	return h.stream.Send(m)
}

func (h *Hand) trouble(id string, err error) {
	if h.ctx.Err() != nil {
		return
	}
	h.cfg.Log.Warn("a file was not transferred", "error", err)
	if h.cfg.Failed != nil {
		h.cfg.Failed(err)
	}
	_ = h.say(&hostpb.FilesMessage{Body: &hostpb.FilesMessage_Trouble{Trouble: &hostpb.FileTrouble{TransferId: id, Code: code(err)}}})
}

// add makes a job; nil: there is one with this ID.
func (h *Hand) add(id string) *job {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.jobs[id] != nil {
		return nil
	}
	j := &job{data: make(chan *hostpb.FileData, window/pieceSize+2), more: make(chan struct{}, 1)}
	j.ctx, j.cancel = context.WithCancel(h.ctx)
	h.jobs[id] = j
	return j
}

func (h *Hand) remove(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if j := h.jobs[id]; j != nil {
		j.cancel()
		delete(h.jobs, id)
	}
}

func (h *Hand) dropAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, j := range h.jobs {
		j.cancel()
		delete(h.jobs, id)
	}
}

// save writes a file the service has checked.
func (h *Hand) save(s *hostpb.SaveFile) {
	j := h.add(s.GetTransferId())
	if j == nil {
		return
	}
	folder := h.cfg.Folder()
	h.work.Go(func() {
		name, err := h.write(j, folder, s)
		over := j.ctx.Err() != nil
		h.remove(s.GetTransferId())
		switch {
		case over: // dropped; nobody waits for an answer
		case err != nil:
			h.trouble(s.GetTransferId(), err)
		default:
			if h.cfg.Saved != nil {
				h.cfg.Saved(folder, name)
			}
			_ = h.say(&hostpb.FilesMessage{Body: &hostpb.FilesMessage_Saved{Saved: &hostpb.FileSaved{TransferId: s.GetTransferId(), Name: name}}})
		}
	})
}

func (h *Hand) write(j *job, folder string, s *hostpb.SaveFile) (name string, err error) {
	if folder == "" {
		return "", &Error{Op: "save", Kind: ErrDisk}
	}
	in, err := Save(folder, s.GetName(), int64(s.GetSize()), s.GetSha256())
	if err != nil {
		return "", err
	}
	defer in.Drop()
	var told int64
	for {
		select {
		case <-j.ctx.Done():
			return "", j.ctx.Err()
		case d := <-j.data:
			if _, err := in.Write(d.GetData()); err != nil {
				return "", err
			}
			if d.GetLast() {
				if j.ctx.Err() != nil {
					return "", j.ctx.Err()
				}
				return in.Finish()
			}
			if in.Done()-told < tellEvery {
				continue
			}
			told = in.Done()
			if err := h.say(&hostpb.FilesMessage{Body: &hostpb.FilesMessage_Progress{Progress: &hostpb.FileProgress{TransferId: s.GetTransferId(), Done: uint64(told)}}}); err != nil {
				return "", err
			}
		}
	}
}

// data hands a piece to whoever writes it. The service keeps to what was
// acknowledged, so there is always room; one that does not is cut off.
func (h *Hand) data(d *hostpb.FileData) {
	h.mu.Lock()
	j := h.jobs[d.GetTransferId()]
	h.mu.Unlock()
	if j == nil {
		return // dropped
	}
	select {
	case j.data <- d:
	default:
		h.remove(d.GetTransferId())
		h.trouble(d.GetTransferId(), &Error{Op: "receive", Kind: ErrDisk})
	}
}

// Offer sends a file of the technician's own accord.
func (h *Hand) Offer(source *Source) {
	var raw [16]byte
	_, _ = rand.Read(raw[:])
	id := hex.EncodeToString(raw[:])
	if j := h.add(id); j != nil {
		h.read(j, id, "", source)
		return
	}
	source.Close()
}

// Send answers Choose with a file.
func (h *Hand) Send(id string, source *Source) {
	h.mu.Lock()
	j := h.jobs[id]
	h.mu.Unlock()
	if j == nil {
		source.Close() // too late
		return
	}
	h.read(j, id, id, source)
}

// Cancel stops a transfer, or answers Choose with nothing.
func (h *Hand) Cancel(id string) {
	h.remove(id)
	_ = h.say(&hostpb.FilesMessage{Body: &hostpb.FilesMessage_Trouble{Trouble: &hostpb.FileTrouble{TransferId: id, Code: ErrCancelled.Error()}}})
}

// Refuse answers Choose with a file that cannot be sent.
func (h *Hand) Refuse(id string, err error) {
	h.remove(id)
	h.trouble(id, err)
}

// read streams a file to the service.
func (h *Hand) read(j *job, id, ask string, source *Source) {
	h.work.Go(func() {
		defer source.Close()
		err := h.pump(j, id, ask, source)
		over := j.ctx.Err() != nil
		h.remove(id)
		if err != nil && !over {
			h.trouble(id, err)
		}
	})
}

func (h *Hand) pump(j *job, id, ask string, source *Source) error {
	err := h.say(&hostpb.FilesMessage{Body: &hostpb.FilesMessage_Chosen{Chosen: &hostpb.FileChosen{
		AskId: ask, TransferId: id, Name: source.Name, Size: uint64(source.Size),
	}}})
	for sent := int64(0); err == nil; {
		piece := make([]byte, min(pieceSize, source.Size-sent))
		if _, err := source.Read(piece); err != nil {
			return err
		}
		sent += int64(len(piece))
		last := sent == source.Size
		if last {
			if err := source.Unchanged(); err != nil {
				return err
			}
		}
		if err := h.room(j, sent); err != nil {
			return err
		}
		err = h.say(&hostpb.FilesMessage{Body: &hostpb.FilesMessage_Data{Data: &hostpb.FileData{TransferId: id, Data: piece, Last: last}}})
		if last {
			return err
		}
	}
	return err
}

// room waits until so many bytes may be on their way.
func (h *Hand) room(j *job, sent int64) error {
	for {
		h.mu.Lock()
		free := sent <= int64(j.taken)+window
		h.mu.Unlock()
		if free {
			return nil
		}
		select {
		case <-j.more:
		case <-j.ctx.Done():
			return j.ctx.Err()
		}
	}
}
