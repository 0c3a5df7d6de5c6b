package broker

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/gobwas/ws"
)

// maxControl is the longest payload of a WebSocket control frame.
const maxControl = 125

var errFrame = errors.New("broker: a WebSocket frame that has no place here")

// deviceConn is a device's link as an engine sees it: the stream inside its
// WebSocket, and whose it is. It holds no buffer while nothing comes: with ten
// thousand devices that wait most of the time, buffers are what they cost.
type deviceConn struct {
	net.Conn
	device string

	early    []byte // came together with the request
	left     int64  // bytes of the frame being read
	at       int    // bytes of it that were read, for its mask
	mask     [4]byte
	fragment bool // more frames of the message follow
	over     sync.Once
	onClose  func()
}

// upgrade answers a WebSocket's opening and takes the connection over. It
// answers itself when that fails.
func upgrade(w http.ResponseWriter, r *http.Request, device string) (*deviceConn, error) {
	mqtt := ws.HTTPUpgrader{Protocol: func(name string) bool { return name == "mqtt" }}
	conn, buffered, hs, err := mqtt.Upgrade(r, w)
	if err == nil && hs.Protocol == "" {
		err = errors.New("broker: the device does not speak MQTT over its WebSocket")
	}
	if err != nil {
		if conn != nil {
			conn.Close()
		}
		return nil, err
	}
	c := &deviceConn{Conn: conn, device: device}
	c.early, err = rest(buffered.Reader)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

// rest is what the server had read already.
func rest(r *bufio.Reader) ([]byte, error) {
	n := r.Buffered()
	if n == 0 {
		return nil, nil
	}
	early := make([]byte, n)
	_, err := io.ReadFull(r, early)
	return early, err
}

// Read gives the bytes inside the frames, however they are cut.
func (c *deviceConn) Read(p []byte) (int, error) {
	for c.left == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	n, err := c.raw(p[:min(int64(len(p)), c.left)])
	ws.Cipher(p[:n], c.mask, c.at)
	c.left -= int64(n)
	c.at += n
	return n, err
}

// raw reads the connection itself.
func (c *deviceConn) raw(p []byte) (int, error) {
	if len(c.early) > 0 {
		n := copy(p, c.early)
		if c.early = c.early[n:]; len(c.early) == 0 {
			c.early = nil
		}
		return n, nil
	}
	return c.Conn.Read(p)
}

type rawReader struct{ c *deviceConn }

func (r rawReader) Read(p []byte) (int, error) { return r.c.raw(p) }

// next reads the header of the next frame and answers what is about the
// WebSocket itself.
func (c *deviceConn) next() error {
	h, err := ws.ReadHeader(rawReader{c})
	if err != nil {
		return err
	}
	if !h.Masked || h.Rsv != 0 || h.Length < 0 {
		return errFrame
	}
	if h.OpCode.IsControl() {
		return c.control(h)
	}
	if h.OpCode != ws.OpBinary && h.OpCode != ws.OpContinuation || c.fragment != (h.OpCode == ws.OpContinuation) {
		return errFrame
	}
	c.fragment, c.left, c.at, c.mask = !h.Fin, h.Length, 0, h.Mask
	return nil
}

func (c *deviceConn) control(h ws.Header) error {
	if !h.Fin || h.Length > maxControl {
		return errFrame
	}
	payload := make([]byte, h.Length)
	if _, err := io.ReadFull(rawReader{c}, payload); err != nil {
		return err
	}
	ws.Cipher(payload, h.Mask, 0)
	switch h.OpCode {
	case ws.OpPing:
		return c.frame(ws.OpPong, payload)
	case ws.OpPong:
		return nil
	case ws.OpClose:
		_ = c.frame(ws.OpClose, payload[:min(len(payload), 2)]) // it may be gone already
		return io.EOF
	}
	return errFrame
}

// frames are written from buffers that all connections share.
var frames = sync.Pool{New: func() any { return new([]byte) }}

// Write sends p as one message; several may call it at a time.
func (c *deviceConn) Write(p []byte) (int, error) {
	if err := c.frame(ws.OpBinary, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (c *deviceConn) frame(op ws.OpCode, p []byte) error {
	buffer := frames.Get().(*[]byte)
	defer frames.Put(buffer)
	out := sized{(*buffer)[:0]}
	if err := ws.WriteHeader(&out, ws.Header{Fin: true, OpCode: op, Length: int64(len(p))}); err != nil {
		return err
	}
	out.b = append(out.b, p...)
	// One call, so that what several write does not mix.
	_, err := c.Conn.Write(out.b)
	if cap(out.b) <= maxPacket {
		*buffer = out.b
	}
	return err
}

type sized struct{ b []byte }

func (s *sized) Write(p []byte) (int, error) {
	s.b = append(s.b, p...)
	return len(p), nil
}

// Close ends the link at once. A closing handshake would let a dead peer hold
// the broker's goroutine for seconds.
func (c *deviceConn) Close() error {
	err := net.ErrClosed
	c.over.Do(func() {
		err = c.Conn.Close()
		if c.onClose != nil {
			c.onClose()
		}
	})
	return err
}
