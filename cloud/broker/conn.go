package broker

import (
	"net"

	"github.com/coder/websocket"
)

// deviceConn is a device's link as mochi sees it: a stream that knows whose it
// is.
type deviceConn struct {
	net.Conn
	ws     *websocket.Conn
	device string
}

// Close ends the link at once. A closing handshake would let a dead peer hold
// the broker's goroutine for seconds.
func (c *deviceConn) Close() error { return c.ws.CloseNow() }
