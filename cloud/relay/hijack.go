package relay

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"time"
)

// sendBuffer holds a whole message of what both ends send: it then goes out as
// one write, and the TLS below needs fewer records and calls for it.
const sendBuffer = 32 << 10

// roomy gives a WebSocket larger buffers than net/http has for a request, and
// each write to its socket an end: a context with a time for every message was
// some 8 % of the relay's processor.
type roomy struct {
	http.ResponseWriter
	timeout time.Duration
}

// bounded is a connection whose every write has to be done within the timeout.
type bounded struct {
	net.Conn
	timeout time.Duration
}

func (c bounded) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// Hijack implements http.Hijacker.
func (w roomy) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	early, err := buffers.Reader.Peek(buffers.Reader.Buffered())
	if err != nil {
		return nil, nil, err
	}
	r := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(early), conn), sendBuffer)
	if _, err := r.Peek(len(early)); err != nil { // what came early is found in the new one's buffer
		return nil, nil, err
	}
	within := bounded{conn, w.timeout}
	return within, bufio.NewReadWriter(r, bufio.NewWriterSize(within, sendBuffer)), nil
}
