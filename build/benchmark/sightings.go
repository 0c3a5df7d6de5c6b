package main

import (
	"context"
	"sync"
	"time"
)

// sightings are the lines written to a log, and when two readers saw them.
type sightings struct {
	mu         sync.Mutex
	changed    chan struct{} // closed and made anew at every change
	written    []time.Time
	ours, tail reader
}

// reader has seen so many of the lines, in their order.
type reader struct {
	seen int
	took []float64 // ms, of each line since forget
}

func newSightings() *sightings { return &sightings{changed: make(chan struct{})} }

// writing remembers when the next line was written. It is called before the
// write: what the write takes is part of the way.
func (s *sightings) writing() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written = append(s.written, time.Now())
}

// saw: the reader has seen the first n lines now.
func (s *sightings) saw(r *reader, n int) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for ; r.seen < min(n, len(s.written)); r.seen++ {
		r.took = append(r.took, float64(now.Sub(s.written[r.seen]))/float64(time.Millisecond))
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// forget what the readers took until now; the lines stay counted.
func (s *sightings) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ours.took, s.tail.took = nil, nil
}

// wait until both have seen everything.
func (s *sightings) wait(ctx context.Context) error {
	for {
		s.mu.Lock()
		changed, done := s.changed, s.ours.seen == len(s.written) && s.tail.seen == len(s.written)
		s.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
