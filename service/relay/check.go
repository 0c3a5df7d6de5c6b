package relay

import (
	"beckmanconnect/service/support"
	"beckmanconnect/session/proof"
	"beckmanconnect/session/wire"
)

// trial is one try of the code that waits for the engineer's confirmation.
type trial struct {
	try     uint64
	verdict *proof.Verdict
}

// try begins one try of the code: counted on disk first, computed afterwards,
// answered last (scenario 21). The machine ends a try that is not finished in
// time, so nothing waits here.
func (s *Support) try(l *link, m wire.Message) {
	s.mu.Lock()
	l.tries++
	n := l.tries
	l.trial = nil // a new try takes the place of one that was not finished
	s.doLocked(support.TryCode{Link: l.id})
	check := l.check
	l.check = nil
	s.mu.Unlock()
	if check == nil {
		return // the machine has answered
	}
	verdict, share, err := l.binding.Answer(check.Code.Reveal(), n, m.Data)
	if err != nil {
		s.cfg.Log.Warn("a try of the code cannot be computed", "err", err)
		s.do(support.TryDone{Link: l.id, Try: check.Try})
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l.trial = &trial{check.Try, verdict}
	l.push(wire.Message{Type: "pake", Data: share})
}

// confirm finishes a try. One that is over already changes nothing: the machine
// knows which try it waits for.
func (s *Support) confirm(l *link, m wire.Message) {
	s.mu.Lock()
	t := l.trial
	l.trial = nil
	s.mu.Unlock()
	if t == nil {
		return
	}
	done := support.TryDone{Link: l.id, Try: t.try}
	var err error
	done.Confirmation, done.Key, err = t.verdict.Confirm(m.Data)
	done.Right = err == nil
	s.do(done)
}
