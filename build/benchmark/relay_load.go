package main

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// stream is one end of a session at the one in the middle: messages of ours
// are WebSocket's, a peer's are told by their length.
type stream interface {
	send([]byte) error
	// receive fills b, which is as long as the message.
	receive(b []byte) error
	close()
}

// byWebSocket is an end at our relay.
type byWebSocket struct{ *websocket.Conn }

func (s byWebSocket) send(b []byte) error {
	return s.Write(context.Background(), websocket.MessageBinary, b)
}

func (s byWebSocket) receive(b []byte) error {
	_, r, err := s.Reader(context.Background())
	if err != nil {
		return err
	}
	if _, err = io.ReadFull(r, b); err != nil {
		return err
	}
	_, err = r.Read(make([]byte, 1))
	if err == io.EOF {
		return nil // its end
	}
	return errors.New("a message is longer than what was sent")
}

func (s byWebSocket) close() { _ = s.CloseNow() }

// byTLS is an end at a peer.
type byTLS struct{ net.Conn }

func (s byTLS) send(b []byte) error {
	_, err := s.Write(b)
	return err
}

func (s byTLS) receive(b []byte) error {
	_, err := io.ReadFull(s, b)
	return err
}

func (s byTLS) close() { _ = s.Conn.Close() }

// load is all sessions of a run.
type load struct {
	ends    []stream
	group   sync.WaitGroup
	done    chan struct{}
	failed  chan error
	arrived atomic.Int64

	mu      sync.Mutex
	latency []float64 // ms
}

// picture is the sizes of the records one picture is sent in.
func picture() []int {
	left, sizes := int(relayRate/relayPictures), []int(nil)
	for left > 0 {
		n := min(left, relayRecord)
		sizes, left = append(sizes, n), left-n
	}
	return sizes
}

func startLoad(ctx context.Context, m *carrier, l relayLoad) (*load, error) {
	d := &load{done: make(chan struct{}), failed: make(chan error, 3*l.sessions)}
	for i := range l.sessions {
		host, engineer, err := m.session(ctx, i)
		if err != nil {
			d.stop()
			return nil, err
		}
		d.ends = append(d.ends, host, engineer)
		d.group.Go(func() { d.sendPictures(host, l.paced) })
		d.group.Go(func() { d.takeAnswers(host) })
		d.group.Go(func() { d.takePictures(engineer) })
	}
	return d, nil
}

// sendPictures is the host. The pace is that of the clock: what was late is
// made up for.
func (d *load) sendPictures(s stream, paced bool) {
	sizes, message := picture(), make([]byte, relayRecord)
	for i := range message {
		message[i] = byte(rand.Uint32()) // noise, as what is encrypted inside
	}
	next := time.Now().Add(rand.N(time.Second / relayPictures))
	for {
		if paced {
			select {
			case <-d.done:
				return
			case <-time.After(time.Until(next)):
			}
		}
		due := time.Now()
		if paced {
			due, next = next, next.Add(time.Second/relayPictures)
		}
		for _, n := range sizes {
			binary.BigEndian.PutUint64(message, uint64(due.UnixNano()))
			if err := s.send(message[:n]); err != nil {
				d.fail(err)
				return
			}
		}
	}
}

func (d *load) takePictures(s stream) {
	sizes, message, answer := picture(), make([]byte, relayRecord), make([]byte, relayAnswer)
	for {
		for _, n := range sizes {
			if err := s.receive(message[:n]); err != nil {
				d.fail(err)
				return
			}
			d.arrived.Add(int64(n))
		}
		ms := float64(time.Now().UnixNano()-int64(binary.BigEndian.Uint64(message))) / 1e6
		d.mu.Lock()
		d.latency = append(d.latency, ms)
		d.mu.Unlock()
		if err := s.send(answer); err != nil {
			d.fail(err)
			return
		}
	}
}

func (d *load) takeAnswers(s stream) {
	answer := make([]byte, relayAnswer)
	for {
		if err := s.receive(answer); err != nil {
			d.fail(err)
			return
		}
		d.arrived.Add(relayAnswer)
	}
}

func (d *load) fail(err error) { d.failed <- err }

// begin forgets what was measured while it warmed up.
func (d *load) begin() int64 {
	d.mu.Lock()
	d.latency = nil
	d.mu.Unlock()
	return d.arrived.Load()
}

func (d *load) late() []float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]float64(nil), d.latency...)
}

func (d *load) wait(ctx context.Context, t time.Duration) error {
	select {
	case <-time.After(t):
		return nil
	case err := <-d.failed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *load) stop() {
	close(d.done)
	for _, s := range d.ends {
		s.close()
	}
	d.group.Wait()
}
