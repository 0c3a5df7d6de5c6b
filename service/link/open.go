package link

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net"
	"net/http"

	"github.com/coder/websocket"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/netdial"
)

// maxRefusal bounds what is read of an answer that is no WebSocket.
const maxRefusal = 4 << 10

// Open opens a WebSocket for MQTT to a path on HOST[:PORT], with the device's
// certificate. ctx bounds the opening only.
func (l *Link) Open(ctx context.Context, host, path string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	client := l.config.Client(l.config.TLS())
	defer client.CloseIdleConnections() // ours is the WebSocket's own by then
	ws, answer, err := websocket.Dial(ctx, "wss://"+host+path, &websocket.DialOptions{
		HTTPClient: client, Subprotocols: []string{"mqtt"}, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		if answer != nil && answer.StatusCode != http.StatusSwitchingProtocols {
			return nil, refusal(answer, err)
		}
		return nil, err
	}
	ws.SetReadLimit(-1) // guarded bounds packets, however frames hold them
	return websocket.NetConn(context.WithoutCancel(ctx), ws, websocket.MessageBinary), nil
}

// refusal is an answer of somebody who does not speak WebSocket with us.
func refusal(answer *http.Response, err error) error {
	e := &netdial.StatusError{Status: answer.StatusCode, Err: err}
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	e.Page = kind == "text/html"
	if answer.Body == nil {
		return e
	}
	text, readErr := io.ReadAll(io.LimitReader(answer.Body, maxRefusal))
	answer.Body.Close()
	var said cloudapi.Error
	if readErr == nil && json.Unmarshal(text, &said) == nil {
		e.Code = said.Code
	}
	return e
}
