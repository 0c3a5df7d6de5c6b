package relay

import (
	"context"
	"errors"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/support"
)

// DesktopStream is the server's side of AttachDesktop.
type DesktopStream interface {
	Context() context.Context
	Send(*hostpb.HelperCommand) error
	Recv() (*hostpb.HelperMessage, error)
}

// maxInputQueue bounds what waits for a helper that does not read.
const maxInputQueue = 4096

// helper is the one attached desktop helper. Its queue belongs to the driver's
// lock.
type helper struct {
	id       support.HelperID
	notify   chan struct{}
	queue    []command
	inputs   int
	stopping bool
	taken    chan struct{} // closed when the stream takes the next release; nil: nobody waits

	told   room // what it heard last of the engineer's link
	passed int  // bytes of its updates that went out since

	point      *command      // where the marker goes next; nil: it stays
	pointed    time.Duration // when the last place was handed out
	pointLater bool          // somebody will look again when it is time
}

// command is a HelperCommand waiting; what the engineer does remembers what it
// is judged by.
type command struct {
	*hostpb.HelperCommand
	from       support.LinkID // of input and clipboard, otherwise 0
	generation uint64
}

func (h *helper) push(c *hostpb.HelperCommand) {
	h.queue = append(h.queue, command{HelperCommand: c})
	h.wake()
}

func (h *helper) wake() {
	select {
	case h.notify <- struct{}{}:
	default:
	}
}

func (h *helper) view(on, full bool, generation uint64) {
	if !on {
		h.forgetMonitor() // chosen under a view that is over
	}
	h.push(&hostpb.HelperCommand{Generation: generation, Body: &hostpb.HelperCommand_View{View: &hostpb.HelperView{On: on, Full: full}}})
}

// room is what an engineer's link takes now.
type room struct {
	shown, taken uint32 // updates
	bytes, rate  int
}

// maxUntold is how many updates a helper may not have heard of.
const maxUntold = 16

// tells says whether a helper that knows only what it was told could be held up
// by it, or send too much. Waking it for every echo would cost more than the
// echo does.
func (h *helper) tells(r room) bool {
	differs := func(a, b int) bool { return max(a-b, b-a) > b/4 }
	return differs(r.bytes, h.told.bytes) || differs(r.rate, h.told.rate) || h.passed > h.told.bytes/4 || r.taken-h.told.taken >= maxUntold
}

// ack tells the helper of the link's room, at once or together with whatever
// goes to it next.
func (h *helper) ack(r room, generation uint64, atOnce bool) {
	if atOnce || h.tells(r) {
		h.wake()
	}
	c := &hostpb.HelperCommand{Generation: generation, Body: &hostpb.HelperCommand_Ack{Ack: &hostpb.HelperAck{
		Seq: r.shown, Room: uint64(r.bytes), Rate: uint64(r.rate), Taken: r.taken,
	}}}
	for i := range h.queue {
		if h.queue[i].GetAck() != nil {
			h.queue[i].HelperCommand = c // only the newest says anything
			return
		}
	}
	h.queue = append(h.queue, command{HelperCommand: c})
}

// maxTogether is the most events that go to the helper in one command.
const maxTogether = 256

func (h *helper) input(from support.LinkID, generation, current uint64, events []*hostpb.InputEvent) {
	if last := h.lastInput(from, generation); last != nil {
		// A move that nobody has seen yet gives way to the next one.
		if n := len(last.Events); isMove(last.Events[n-1]) && isMove(events[0]) {
			last.Events = last.Events[:n-1]
			h.inputs--
		}
		if h.inputs+len(events) <= maxInputQueue && len(last.Events)+len(events) <= maxTogether {
			last.Events = append(last.Events, events...)
			h.inputs += len(events)
			return
		}
	}
	if h.inputs+len(events) > maxInputQueue {
		// A helper this far behind would apply yesterday's clicks.
		h.release(current)
		return
	}
	h.inputs += len(events)
	h.queue = append(h.queue, command{
		HelperCommand: &hostpb.HelperCommand{Generation: generation, Body: &hostpb.HelperCommand_Input{Input: &hostpb.HelperInput{Events: events}}},
		from:          from, generation: generation,
	})
	h.wake()
}

// lastInput is the input at the end of the queue, if it stands under the same
// grant.
func (h *helper) lastInput(from support.LinkID, generation uint64) *hostpb.HelperInput {
	if len(h.queue) == 0 {
		return nil
	}
	last := h.queue[len(h.queue)-1]
	if in := last.GetInput(); in != nil && last.from == from && last.generation == generation && len(in.Events) > 0 {
		return in
	}
	return nil
}

func isMove(e *hostpb.InputEvent) bool {
	return e.GetKind() == hostpb.InputEvent_KIND_POINTER_MOVE
}

// release throws queued input away and lifts what is held down.
func (h *helper) release(generation uint64) {
	kept := h.queue[:0]
	for _, c := range h.queue {
		if c.GetInput() == nil {
			kept = append(kept, c)
		}
	}
	clear(h.queue[len(kept):])
	h.queue, h.inputs = kept, 0
	h.push(&hostpb.HelperCommand{Generation: generation, Body: &hostpb.HelperCommand_ReleaseKeys{ReleaseKeys: &hostpb.Empty{}}})
}

// stop is the last thing a helper hears.
func (h *helper) stop(generation uint64) {
	h.queue, h.inputs, h.point = nil, 0, nil
	h.release(generation)
	h.push(&hostpb.HelperCommand{Generation: generation, Body: &hostpb.HelperCommand_Stop{Stop: &hostpb.Empty{}}})
	h.stopping = true
}

// AttachDesktop serves the desktop helper. The first message must be its hello
// with the one-time token; whatever ends the stream ends the helper's part.
func (s *Support) AttachDesktop(stream DesktopStream) error {
	messages, failed := s.receiveFrom(stream)
	h := &helper{notify: make(chan struct{}, 1)}
	if err := s.attach(stream.Context(), h, messages, failed); err != nil {
		return err
	}
	defer s.detach(h)
	gone := make(chan struct{})
	// The reader ends with the stream, which ends when this method returns.
	go func() {
		defer close(gone)
		for {
			select {
			case m := <-messages:
				s.fromHelper(h, m)
			case <-failed:
				return
			case <-stream.Context().Done():
				return
			}
		}
	}()
	for {
		c, stopped := s.nextCommand(h)
		switch {
		case c != nil:
			if err := stream.Send(c); err != nil {
				return err
			}
		case stopped:
			return nil
		default:
			select {
			case <-h.notify:
			case <-gone:
				return stream.Context().Err()
			}
		}
	}
}

// receiveFrom turns Recv, which cannot be interrupted, into channels.
func (s *Support) receiveFrom(stream DesktopStream) (<-chan *hostpb.HelperMessage, <-chan error) {
	messages, failed := make(chan *hostpb.HelperMessage), make(chan error, 1)
	go func() {
		defer close(failed)
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
	return messages, failed
}

func (s *Support) attach(ctx context.Context, h *helper, messages <-chan *hostpb.HelperMessage, failed <-chan error) error {
	deadline := time.NewTimer(s.cfg.AttachLimit)
	defer deadline.Stop()
	var hello *hostpb.HelperHello
	select {
	case m := <-messages:
		hello = m.GetHello()
	case err := <-failed:
		return errors.Join(errors.New("relay: a helper left before its hello"), err)
	case <-deadline.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	if hello == nil {
		return &support.Refusal{Code: "helper-refused", Message: "the first message must be the helper's hello"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.helpers++
	h.id = s.helpers
	s.adoptMasks()
	before := s.helper
	s.helper = h            // what follows from the event may already be for it
	h.push(s.maskCommand()) // before any view
	res := s.doLocked(support.AttachHelper{Helper: h.id, Session: hello.GetSessionId(), Token: hello.GetToken()})
	if res.Err != nil {
		if s.helper == h {
			s.helper = before
		}
		return res.Err
	}
	if err := s.recordMasks(hello.GetSessionId()); err != nil {
		s.helper = nil
		s.doLocked(support.HelperLost{Helper: h.id})
		return &support.Refusal{Code: "log-failed", Message: err.Error()}
	}
	if s.preview.watchers > 0 {
		s.askPreview(h, true)
	}
	return nil
}

// detach tells the machine that the stream is over, whoever ended it.
func (s *Support) detach(h *helper) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.helper == h {
		s.helper = nil
	}
	s.doLocked(support.HelperLost{Helper: h.id})
}

// nextCommand takes the next command out. What the engineer does is asked about
// again, by the state of this very moment.
func (s *Support) nextCommand(h *helper) (c *hostpb.HelperCommand, stopped bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(h.queue) > 0 {
		next := h.queue[0]
		h.queue = h.queue[1:]
		if in := next.GetInput(); in != nil {
			h.inputs -= len(in.Events)
			if s.helper != h || s.halted > 0 || !s.m.MayInput(s.cfg.Now(), next.from, next.generation) {
				continue
			}
			s.m.CountInput(len(in.Events))
			next.Generation = s.m.Generation()
		}
		if next.GetClipboard() != nil {
			if s.helper != h || s.halted > 0 || !s.m.MayClipboard(s.cfg.Now(), next.from, support.ClipboardToPC, next.generation) {
				continue
			}
			next.Generation = s.m.Generation()
		}
		if a := next.GetAck(); a != nil {
			h.told, h.passed = room{shown: a.GetSeq(), taken: a.GetTaken(), bytes: int(a.GetRoom()), rate: int(a.GetRate())}, 0
		}
		if next.GetReleaseKeys() != nil && h.taken != nil {
			close(h.taken)
			h.taken = nil
		}
		return next.HelperCommand, false
	}
	if p := s.nextPoint(h); p != nil {
		return p, false
	}
	return nil, h.stopping
}

func (s *Support) fromHelper(h *helper, m *hostpb.HelperMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.helper != h {
		return
	}
	switch b := m.GetBody().(type) {
	case *hostpb.HelperMessage_ScreenUpdate:
		to, may := s.m.MayPicture(s.cfg.Now(), h.id, m.GetGeneration())
		if !may {
			s.pictures.drop(b.ScreenUpdate)
			if l := s.viewer(); l != nil {
				s.tellRoom(l)
			}
			return
		}
		kept, full := s.pictures.offer(picture{helper: h.id, generation: m.GetGeneration(), update: b.ScreenUpdate})
		l := s.links[to]
		if l != nil && !kept {
			s.tellRoom(l)
		}
		if full {
			h.view(true, true, s.m.Generation())
		}
		if l != nil && kept {
			l.wake()
		}
	case *hostpb.HelperMessage_Cursor:
		to, may := s.m.MayPicture(s.cfg.Now(), h.id, m.GetGeneration())
		if !may || !s.cursors.offer(h.id, m.GetGeneration(), b.Cursor) {
			return
		}
		if l := s.links[to]; l != nil {
			l.wake()
		}
	case *hostpb.HelperMessage_Clipboard:
		s.doLocked(support.ClipboardOut{Helper: h.id, Generation: m.GetGeneration(), Text: b.Clipboard.GetText()})
	case *hostpb.HelperMessage_Preview:
		s.takePreview(h, m.GetGeneration(), b.Preview)
	case *hostpb.HelperMessage_State:
		s.masksShown(b.State.GetMasks())
		s.doLocked(s.reportOf(h, b.State))
	}
}
