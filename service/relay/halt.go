package relay

import (
	"time"

	"beckmanconnect/service/support"
)

// handOver bounds the wait until the helper's stream has taken the halt. It
// takes a fraction of a millisecond; a stream that stands still must not keep
// the technician's word from the log.
const handOver = 20 * time.Millisecond

// narrow lets an event happen that takes control away. The engineer's input
// stops first and the log is written after: a disk may take its time, and what
// only narrows needs no entry to take effect (B5, scenario 14).
func (s *Support) narrow(ev support.Event) support.Result {
	if taken := s.halt(); taken != nil {
		late := time.NewTimer(handOver)
		select {
		case <-taken:
		case <-late.C:
		}
		late.Stop()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.halted--
	return s.doLocked(ev)
}

// halt drops all input that waits and lets none through until narrow is done.
// The channel is closed once the helper's stream has the word; nil: no helper.
func (s *Support) halt() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.halted++
	h := s.helper
	if h == nil {
		return nil
	}
	h.release(s.m.Generation())
	if h.taken == nil {
		h.taken = make(chan struct{})
	}
	return h.taken
}
