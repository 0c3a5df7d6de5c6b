package relay

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
)

// sendBuffer holds a whole message of what both ends send: it then goes out as
// one write, and the TLS below needs fewer records and calls for it.
const sendBuffer = 32 << 10

// roomy gives a WebSocket larger buffers than net/http has for a request.
type roomy struct{ http.ResponseWriter }

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
	return conn, bufio.NewReadWriter(r, bufio.NewWriterSize(conn, sendBuffer)), nil
}
