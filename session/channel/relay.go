package channel

import (
	"context"
	"net"
	"time"

	"github.com/coder/websocket"
)

// Keepalive of the relay's WebSocket: below the idle limits of common proxies,
// and quick enough to notice a black hole inside a lease.
const (
	pingEvery   = 20 * time.Second
	pingTimeout = 15 * time.Second
)

// maxMessage bounds one WebSocket message from the relay. A TLS record is at
// most 16 KiB and a little; a handshake flight holds a few certificates.
const maxMessage = 256 << 10

// NetConn is a WebSocket as the stream channel runs on. It lives until it is
// closed, whatever becomes of ctx's deadline.
func NetConn(ctx context.Context, ws *websocket.Conn) net.Conn {
	ctx = context.WithoutCancel(ctx)
	conn := websocket.NetConn(ctx, ws, websocket.MessageBinary)
	ws.SetReadLimit(maxMessage)
	s := &stream{Conn: conn, ws: ws}
	ctx, s.stop = context.WithCancel(ctx)
	keepAlive(ctx, ws)
	return s
}

// stream is a connection whose keepalive ends with it, and which can end
// without the WebSocket's closing handshake.
type stream struct {
	net.Conn
	ws   *websocket.Conn
	stop context.CancelFunc
}

func (s *stream) Close() error {
	s.stop()
	return s.Conn.Close()
}

func (s *stream) CloseNow() error {
	s.stop()
	return s.ws.CloseNow()
}
