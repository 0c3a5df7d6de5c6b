package main

import (
	"context"
	"slices"
	"sync"
	"time"
)

// sightings are the lines written to a log, and when each reader saw them.
type sightings struct {
	mu      sync.Mutex
	changed chan struct{} // closed and made anew at every change
	written []time.Time
	readers []*reader
}

// reader has seen so many of the lines, in their order.
type reader struct {
	seen int
	took []float64 // ms, of each line since forget
}

func newSightings() *sightings { return &sightings{changed: make(chan struct{})} }

// reader adds one. Lines that were written before are none of its business.
func (s *sightings) reader() *reader {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &reader{seen: len(s.written)}
	s.readers = append(s.readers, r)
	return r
}

// gone takes a reader out: it is not waited for any more.
func (s *sightings) gone(r *reader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readers = slices.DeleteFunc(s.readers, func(o *reader) bool { return o == r })
}

// writing remembers when the next line was written. It is called before the
// write: what the write takes is part of the way.
func (s *sightings) writing() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written = append(s.written, time.Now())
}

// saw: the reader has seen the first n lines by at.
func (s *sightings) saw(r *reader, n int, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ; r.seen < min(n, len(s.written)); r.seen++ {
		r.took = append(r.took, float64(at.Sub(s.written[r.seen]))/float64(time.Millisecond))
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// forget what the readers took until now; the lines stay counted.
func (s *sightings) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.readers {
		r.took = nil
	}
}

// figures are what a reader took for each line since forget, in ms.
func (s *sightings) figures(r *reader) []float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]float64(nil), r.took...)
}

// wait until all have seen everything.
func (s *sightings) wait(ctx context.Context) error {
	for {
		s.mu.Lock()
		changed, done := s.changed, true
		for _, r := range s.readers {
			done = done && r.seen == len(s.written)
		}
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
