package relay

import (
	"beckmanconnect/service/support"
)

// do lets one event happen and carries out what follows from it, in order and
// under the lock.
func (s *Support) do(ev support.Event) support.Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.doLocked(ev)
}

func (s *Support) doLocked(ev support.Event) support.Result {
	first := s.m.Do(s.cfg.Now(), ev)
	s.carryOut(first.Effects)
	for len(s.follow) > 0 {
		next := s.follow[0]
		s.follow = s.follow[1:]
		s.carryOut(s.m.Do(s.cfg.Now(), next).Effects)
	}
	select {
	case s.poke <- struct{}{}:
	default:
	}
	return first
}

func (s *Support) carryOut(effects []support.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case support.SendTo:
			if l := s.links[e.Link]; l != nil {
				l.push(e.Message)
			}
		case support.DropLink:
			if l := s.links[e.Link]; l != nil {
				delete(s.links, e.Link)
				l.finish()
			}
		case support.CheckCode:
			if l := s.links[e.Link]; l != nil {
				l.check = &e
			}
		case support.ShowPrompt:
			s.cfg.Publisher.PromptShown(promptPB(e.Prompt))
		case support.HidePrompt:
			s.cfg.Publisher.PromptGone(promptGonePB(e))
		case support.Changed:
			s.publish()
		case support.WantDesktop:
			s.cfg.Publisher.DesktopWanted(desktopWantedPB(e))
		case support.StopDesktop:
			s.pictures.clear()
			s.cursors, s.clipping = cursors{}, nil
			if h := s.helper; h != nil && h.id == e.Helper {
				s.helper = nil
				h.stop(e.Generation)
			}
		case support.ViewDesktop:
			s.pictures.anew(e.On)
			s.cursors = cursors{}
			if h := s.helper; h != nil && h.id == e.Helper {
				if l := s.viewer(); l != nil && e.On {
					s.tellRoom(l)
				}
				h.view(e.On, e.Full, e.Generation)
			}
		case support.ReleaseInput:
			if h := s.helper; h != nil && h.id == e.Helper {
				h.release(e.Generation)
			}
		case support.SelectMonitor:
			if h := s.helper; h != nil && h.id == e.Helper {
				h.monitor(e.ID, e.Generation)
			}
		case support.HidePoint:
			if h := s.helper; h != nil && h.id == e.Helper {
				h.hidePoint(e.Generation)
			}
		case support.WatchClipboard:
			if h := s.helper; h != nil && h.id == e.Helper {
				h.watch(e.On, e.Generation)
			}
		case support.PutClipboard:
			if h := s.helper; h != nil && h.id == e.Helper {
				h.clipboard(e)
			}
		case support.SendClipboard:
			if l := s.links[e.Link]; l != nil {
				s.clipping = &clipping{e.Link, e.Generation, e.Text}
				l.wake()
			}
		case support.OpenTransfer:
			s.openTransfer(e.Transfer)
		case support.ChooseFile:
			s.choose(e.ID)
		case support.SaveTransfer:
			s.save(e.ID)
		case support.SendTransfer:
			s.send(e.ID, e.From)
		case support.AbortTransfer:
			s.discard(e.ID)
		}
	}
}

// publish tells the login's programs and wakes whoever waits for a change.
func (s *Support) publish() {
	s.cfg.Publisher.SupportChanged(s.stateLocked())
	close(s.changed)
	s.changed = make(chan struct{})
}
