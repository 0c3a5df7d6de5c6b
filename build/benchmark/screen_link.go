package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// line is the way between the PC and the engineer's side, as a proxy on
// loopback: it counts what goes over it, and can be made as slow as a real one.
type line struct {
	listener net.Listener
	target   string
	pcDials  bool // who dials is the PC; otherwise the engineer's side
	down, up lane // to the engineer; to the PC
	open     sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
	ended bool
}

// openLine listens on a port of loopback and carries each connection on.
func openLine(port int, target string, pcDials bool) (*line, error) {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fmt.Errorf("the bench's own port: %w", err)
	}
	w := &line{listener: l, target: target, pcDials: pcDials, conns: map[net.Conn]bool{}}
	w.open.Go(w.accept)
	return w, nil
}

func (w *line) port() int { return w.listener.Addr().(*net.TCPAddr).Port }

func (w *line) accept() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.open.Go(func() { w.carry(near) })
	}
}

func (w *line) carry(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", w.target)
	if err != nil {
		return
	}
	defer far.Close()
	w.mu.Lock()
	if w.ended {
		w.mu.Unlock()
		return
	}
	w.conns[near], w.conns[far] = true, true
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		delete(w.conns, near)
		delete(w.conns, far)
		w.mu.Unlock()
	}()
	pc, engineer := far, near
	if w.pcDials {
		pc, engineer = near, far
	}
	var both sync.WaitGroup
	both.Go(func() { w.down.pump(engineer, pc) })
	both.Go(func() { w.up.pump(pc, engineer) })
	both.Wait()
}

// limit sets the bits a second of each direction; 0: none.
func (w *line) limit(bits int64) {
	w.down.rate.Store(bits / 8)
	w.up.rate.Store(bits / 8)
}

// cut ends the connections that are open now; new ones may come.
func (w *line) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.conns {
		c.Close()
	}
}

func (w *line) close() {
	w.listener.Close()
	w.mu.Lock()
	w.ended = true
	w.mu.Unlock()
	w.cut()
	w.open.Wait()
}

// lane is one direction of a line.
type lane struct {
	bytes atomic.Int64 // payload that went through
	rate  atomic.Int64 // bytes a second; 0: as quickly as it can

	mu   sync.Mutex
	free time.Time // when the next byte may go
}

// pump carries bytes until either end is closed, and passes on the end.
func (l *lane) pump(to, from net.Conn) {
	buffer := make([]byte, 64<<10)
	for {
		part := buffer
		if l.rate.Load() > 0 {
			part = buffer[:2<<10] // a slow link carries small packets
		}
		n, err := from.Read(part)
		if n > 0 {
			l.wait(n)
			l.bytes.Add(int64(n))
			if _, err := to.Write(part[:n]); err != nil {
				from.Close()
				return
			}
		}
		if err != nil {
			if c, is := to.(*net.TCPConn); is && errors.Is(err, io.EOF) {
				_ = c.CloseWrite() // fails where it is closed already
				return
			}
			to.Close()
			return
		}
	}
}

// wait holds n bytes back until the link has carried them.
func (l *lane) wait(n int) {
	rate := l.rate.Load()
	if rate <= 0 {
		return
	}
	l.mu.Lock()
	now := time.Now()
	if l.free.Before(now) {
		l.free = now
	}
	l.free = l.free.Add(time.Duration(n) * time.Second / time.Duration(rate))
	until := l.free
	l.mu.Unlock()
	time.Sleep(time.Until(until))
}
