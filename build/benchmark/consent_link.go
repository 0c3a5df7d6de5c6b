package main

import (
	"net"
	"sync"
)

// stallable is the engineer's end of the connection to the relay, which can
// stall as a network does: what is written stays on the way, and nothing is
// read. It lies below the relay's TLS, so that the relay itself meets a link
// that stalls.
type stallable struct {
	net.Conn

	mu      sync.Mutex
	flowing chan struct{} // closed while it flows
	held    []byte
}

func newStallable(conn net.Conn) *stallable {
	s := &stallable{Conn: conn, flowing: make(chan struct{})}
	close(s.flowing)
	return s
}

func (s *stallable) stall() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.flowing:
		s.flowing = make(chan struct{})
	default:
	}
}

// flow lets everything that was held go, in its order.
func (s *stallable) flow() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.flowing:
		return nil
	default:
	}
	_, err := s.Conn.Write(s.held)
	s.held = nil
	close(s.flowing)
	return err
}

// onTheWay is how many bytes are held.
func (s *stallable) onTheWay() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.held)
}

func (s *stallable) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.flowing:
		return s.Conn.Write(p)
	default:
		s.held = append(s.held, p...)
		return len(p), nil
	}
}

func (s *stallable) Read(p []byte) (int, error) {
	s.mu.Lock()
	flowing := s.flowing
	s.mu.Unlock()
	<-flowing
	return s.Conn.Read(p)
}

// Close ends a stall too: nobody waits for a connection that is gone.
func (s *stallable) Close() error {
	err := s.Conn.Close() // first, so that a write which is under way ends
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.flowing:
	default:
		close(s.flowing)
	}
	return err
}
