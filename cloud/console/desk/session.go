package desk

import (
	"context"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/session/engineer"
	"beckmanconnect/session/wire"
)

// pageWrite is how long the page may take to read one frame before it counts
// as gone.
const pageWrite = 30 * time.Second

// session is a page's way to the channel: each message is a type and a
// payload, see engineer.Page. When the page goes, its session goes.
func (d *Desk) session(w http.ResponseWriter, r *http.Request) {
	select {
	case d.sessions <- struct{}{}:
		defer func() { <-d.sessions }()
	default:
		fail(w, http.StatusServiceUnavailable, "full", "Too many pages are open.")
		return
	}
	// The guard has compared the origin already; so does Accept.
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept answered
	}
	defer ws.CloseNow()
	ws.SetReadLimit(1 + wire.PieceHead + wire.MaxPiece + 64<<10)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	page := engineer.NewPage(engineer.PageConfig{
		API:  func() engineer.API { return d.api },
		Keys: d.keys,
		ToPage: func(kind byte, payload []byte) {
			writing, done := context.WithTimeout(ctx, pageWrite)
			defer done()
			if ws.Write(writing, websocket.MessageBinary, append([]byte{kind}, payload...)) != nil {
				cancel()
			}
		},
	})
	defer page.Close()
	for {
		kind, message, err := ws.Read(ctx)
		if err != nil || kind != websocket.MessageBinary || len(message) == 0 {
			return
		}
		if err := page.Message(ctx, message[0], message[1:]); err != nil {
			// On a lost link the page hears so from the session itself.
			d.conf.Log.Debug("a page's message went nowhere", "error", err)
		}
	}
}
