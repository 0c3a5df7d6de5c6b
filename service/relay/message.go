package relay

import (
	"beckmanconnect/internal/safename"
	"beckmanconnect/service/support"
	"beckmanconnect/session/wire"
)

// handle does what one message of the engineer's side asks for, as far as the
// machine allows. Types this version does not know are passed over.
func (s *Support) handle(l *link, m wire.Message) error {
	if s.flooded(l) {
		s.do(support.Violation{Link: l.id, Flood: true})
		return nil
	}
	switch m.Type {
	case "pake":
		s.try(l, m)
	case "pake-confirm":
		s.confirm(l, m)
	case "resume":
		s.do(support.Resume{Link: l.id, Binding: l.binding.Resume(), Proof: m.Data})
	case "ask":
		reason, ticket := l.stated(m)
		s.do(support.Ask{
			Link: l.id, ID: m.ID, Capability: support.Capability(m.Capability), Reason: reason, Ticket: ticket,
			Duration: support.Duration(m.Duration),
		})
	case "ask-file":
		if _, ok := chunkKey(m.ID); m.File == nil || !ok {
			return errProtocol
		}
		reason, ticket := l.stated(m)
		// From here on it has one name: in the prompt, in the log and on disk.
		// One that cannot be made safe is empty, and refused.
		m.File.Name = safename.Of(m.File.Name)
		s.do(support.AskFile{Link: l.id, ID: m.ID, File: *m.File, Reason: reason, Ticket: ticket})
	case "cancel":
		s.do(support.Cancel{Link: l.id, ID: m.ID})
	case "input":
		s.input(l, m)
	case "refresh":
		s.refresh(l)
	case "monitor":
		s.do(support.ShowMonitor{Link: l.id, ID: m.Monitor})
	case "focus":
		s.do(support.Focus{Link: l.id, On: m.On})
	case "clipboard":
		s.do(support.ClipboardIn{Link: l.id, Text: m.Text})
	case "chat":
		s.do(support.EngineerSays{Link: l.id, ID: m.ID, Text: m.Text})
	case "point":
		s.point(l, m)
	case "ask-fetch":
		if _, ok := chunkKey(m.ID); !ok {
			return errProtocol
		}
		reason, ticket := l.stated(m)
		s.do(support.AskFetch{Link: l.id, ID: m.ID, Reason: reason, Ticket: ticket})
	case "resume-file":
		s.do(support.ResumeFile{Link: l.id, ID: m.ID, Done: m.Done})
	case "file":
		return s.fileReport(l, m)
	case "file-end":
		return s.fileEnd(l, m.ID)
	case "ping":
		s.mu.Lock()
		l.push(wire.Message{Type: "pong", Seq: m.Seq})
		s.mu.Unlock()
	case "bye":
		s.do(support.Bye{Link: l.id})
	}
	return nil
}

// stated is why the engineer asks and for which case: as the ask says it, or
// the hello before.
func (l *link) stated(m wire.Message) (reason, ticket string) {
	reason, ticket = m.Reason, m.Ticket
	if reason == "" {
		reason = l.reason
	}
	if ticket == "" {
		ticket = l.ticket
	}
	return reason, ticket
}

// input queues what the engineer typed, if it may be applied now. It is asked
// about again when its turn comes.
func (s *Support) input(l *link, m wire.Message) {
	events := inputEvents(m.Events)
	if len(events) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.helper; h != nil && s.halted == 0 && s.m.MayInput(s.cfg.Now(), l.id, m.Generation) {
		h.input(l.id, m.Generation, s.m.Generation(), events)
	}
}

// refresh asks for a complete picture, not more often than makes sense.
func (s *Support) refresh(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Now().Mono
	if s.helper == nil || !s.m.Viewing(l.id) || (l.refreshed != 0 && now-l.refreshed < refreshEach) {
		return
	}
	l.refreshed = now
	s.pictures.anew(true)
	s.tellRoom(l)
	s.helper.view(true, true, s.m.Generation())
}
