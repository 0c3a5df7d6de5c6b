package channel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/coder/websocket"

	"beckmanconnect/session/lane"
)

// stream is a WebSocket as the channel runs on it: a stream of TLS records, and
// beside it the messages of the file lane. Its keepalive ends with it, and it
// can end without the WebSocket's closing handshake.
type stream struct {
	net.Conn // all but reading
	ws       *websocket.Conn
	stop     context.CancelFunc

	reading context.Context
	message io.Reader // what is read at the moment
	frame   []byte    // the newest of the lane
	waits   bool      // nobody took it yet
}

// NetConn is a WebSocket as the stream channel runs on. It lives until it is
// closed, whatever becomes of ctx's deadline.
func NetConn(ctx context.Context, ws *websocket.Conn) net.Conn {
	ctx = context.WithoutCancel(ctx)
	conn := websocket.NetConn(ctx, ws, websocket.MessageBinary)
	ws.SetReadLimit(maxMessage)
	s := &stream{Conn: conn, ws: ws}
	ctx, s.stop = context.WithCancel(ctx)
	s.reading = ctx
	keepAlive(ctx, ws)
	return s
}

// errLane says that a message of the lane came. It looks like a deadline: TLS
// goes on after it where it was.
type errLane struct{}

func (errLane) Error() string   { return "channel: a frame of the file lane" }
func (errLane) Timeout() bool   { return true }
func (errLane) Temporary() bool { return true }

// Read gives bytes of the TLS. Where a message of the lane comes it gives
// errLane: lane has the frame.
func (s *stream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if s.waits {
		return 0, errLane{}
	}
	for {
		begins := s.message == nil
		if begins {
			kind, r, err := s.ws.Reader(s.reading)
			switch {
			case err != nil:
				return 0, ended(err)
			case kind != websocket.MessageBinary:
				s.ws.Close(websocket.StatusUnsupportedData, "binary messages only")
				return 0, errors.New("channel: a message that is not binary")
			}
			s.message = r
		}
		n, err := s.message.Read(p)
		if errors.Is(err, io.EOF) {
			s.message, err = nil, nil
		}
		if err != nil {
			return n, ended(err)
		}
		if begins && n > 0 && p[0] == lane.Marker {
			if err := s.rest(p[:n]); err != nil {
				return 0, ended(err)
			}
			return 0, errLane{}
		}
		if n > 0 {
			return n, nil
		}
	}
}

// rest reads a message of the lane to its end.
func (s *stream) rest(begun []byte) error {
	s.frame = append(s.frame[:0], begun...)
	for s.message != nil {
		s.frame = slices.Grow(s.frame, 16<<10)
		n, err := s.message.Read(s.frame[len(s.frame):cap(s.frame)])
		s.frame = s.frame[:len(s.frame)+n]
		if errors.Is(err, io.EOF) {
			s.message, err = nil, nil
		}
		if err != nil {
			return err
		}
	}
	s.waits = true
	return nil
}

// lane takes the frame that errLane announced. It is the caller's until the next
// Read.
func (s *stream) lane() []byte {
	s.waits = false
	return s.frame
}

// send writes a frame of the lane.
func (s *stream) send(ctx context.Context, frame []byte) error {
	return s.ws.Write(ctx, websocket.MessageBinary, frame)
}

func ended(err error) error {
	switch websocket.CloseStatus(err) {
	case websocket.StatusNormalClosure, websocket.StatusGoingAway:
		return io.EOF
	}
	return fmt.Errorf("channel: relay: %w", err)
}

func (s *stream) Close() error {
	s.stop()
	return s.Conn.Close()
}

func (s *stream) CloseNow() error {
	s.stop()
	return s.ws.CloseNow()
}

// below finds the stream under what a caller put around it.
func below(conn net.Conn) *stream {
	for {
		switch c := conn.(type) {
		case *stream:
			return c
		case interface{ Unwrap() net.Conn }:
			conn = c.Unwrap()
		default:
			return nil
		}
	}
}
