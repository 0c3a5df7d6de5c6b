//go:build js

package channel

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

// DialRelay opens the browser's own WebSocket; its TLS and its cookies are the
// browser's business, so tlsConfig and header must be nil.
func DialRelay(ctx context.Context, url string, tlsConfig *tls.Config, header http.Header) (net.Conn, error) {
	if tlsConfig != nil || header != nil {
		return nil, fmt.Errorf("channel: dial relay: the browser sets its own TLS and headers")
	}
	ws, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		return nil, fmt.Errorf("channel: dial relay: %w", err)
	}
	return NetConn(ctx, ws), nil
}

// keepAlive: a page cannot ping. The relay pings it, and the engineer's client
// sends pings of its own inside the channel.
func keepAlive(context.Context, *websocket.Conn) {}
