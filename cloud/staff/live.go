package staff

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

// Feed tells every console that something changed.
type Feed struct {
	mu        sync.Mutex
	listeners map[chan struct{}]struct{}
	closed    bool
}

// maxConsoles bounds the open consoles.
const maxConsoles = 500

// Changed wakes every console; several changes in a row wake it once.
func (f *Feed) Changed() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.listeners {
		select {
		case c <- struct{}{}:
		default: // it has not looked yet, and will see this too
		}
	}
}

// Close ends every console's socket.
func (f *Feed) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for c := range f.listeners {
		close(c)
		delete(f.listeners, c)
	}
}

func (f *Feed) listen() chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || len(f.listeners) >= maxConsoles {
		return nil
	}
	if f.listeners == nil {
		f.listeners = map[chan struct{}]struct{}{}
	}
	c := make(chan struct{}, 1)
	c <- struct{}{} // the first look
	f.listeners[c] = struct{}{}
	return c
}

func (f *Feed) leave(c chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.listeners, c)
}

// Times of a console's socket. A console is brought up to date every so often
// even when nothing changed: requests expire without a word, and so do
// sessions.
const (
	liveWrite   = 20 * time.Second
	liveRefresh = 30 * time.Second
)

// live pushes what this person may see, on every change.
func (d *Desk) live(w http.ResponseWriter, r *http.Request, _ cloudapi.Staff) {
	changes := d.Feed.listen()
	if changes == nil {
		web.Fail(w, http.StatusServiceUnavailable, "full", "Too many consoles are open; try again.")
		return
	}
	defer d.Feed.leave(changes)
	// With the cookie, Who has checked the origin.
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept answered
	}
	defer ws.CloseNow()
	ctx := ws.CloseRead(context.WithoutCancel(r.Context())) // a console has nothing to say
	refresh := time.NewTicker(liveRefresh)
	defer refresh.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-changes:
			if !open {
				_ = ws.Close(cloudapi.CloseShutdown, "going down")
				return
			}
		case <-refresh.C:
		}
		// The session is looked up each time: who signed out sees no more.
		who, ok := d.Who(r)
		if !ok {
			_ = ws.Close(websocket.StatusPolicyViolation, "signed out")
			return
		}
		if err := d.push(ctx, ws, who); err != nil {
			return
		}
	}
}

func (d *Desk) push(ctx context.Context, ws *websocket.Conn, who cloudapi.Staff) error {
	live, err := d.snapshot(ctx, who)
	if err != nil {
		d.Log.Error("staff: live list failed", "error", err)
		return err
	}
	text, err := json.Marshal(live)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, liveWrite)
	defer cancel()
	return ws.Write(ctx, websocket.MessageText, text)
}
