package staff

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/cloud/rights"
	"beckmanconnect/cloud/web"
	"beckmanconnect/internal/cloudapi"
)

// Feed tells every console that something changed.
type Feed struct {
	// Elsewhere is told of what changed here, where there are consoles at other
	// nodes; nil: there are none. It must not block.
	Elsewhere func(fleet bool)

	mu        sync.Mutex
	listeners map[*listener]struct{}
	noted     uint64
	closed    bool
}

// listener is one open console.
type listener struct {
	wake  chan struct{}
	fleet bool // requests or fleet changed since it looked
}

// maxConsoles bounds the open consoles.
const maxConsoles = 500

// Changed wakes every console: requests or fleet look different. Several
// changes in a row wake it once.
func (f *Feed) Changed() { f.told(true) }

// Noted wakes every console: notifications or messages changed.
func (f *Feed) Noted() { f.told(false) }

// Heard is Changed or Noted of another node.
func (f *Feed) Heard(fleet bool) { f.tell(fleet) }

func (f *Feed) told(fleet bool) {
	f.tell(fleet)
	if f.Elsewhere != nil {
		f.Elsewhere(fleet)
	}
}

func (f *Feed) tell(fleet bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !fleet {
		f.noted++
	}
	for l := range f.listeners {
		l.fleet = l.fleet || fleet
		select {
		case l.wake <- struct{}{}:
		default: // it has not looked yet, and will see this too
		}
	}
}

// Close ends every console's socket.
func (f *Feed) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for l := range f.listeners {
		close(l.wake)
		delete(f.listeners, l)
	}
}

func (f *Feed) listen() *listener {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || len(f.listeners) >= maxConsoles {
		return nil
	}
	if f.listeners == nil {
		f.listeners = map[*listener]struct{}{}
	}
	l := &listener{wake: make(chan struct{}, 1), fleet: true}
	l.wake <- struct{}{} // the first look
	f.listeners[l] = struct{}{}
	return l
}

func (f *Feed) leave(l *listener) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.listeners, l)
}

// take tells what a console has to look at, and counts it as looked at.
func (f *Feed) take(l *listener) (fleet bool, noted uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fleet, l.fleet = l.fleet, false
	return fleet, f.noted
}

// Times of a console's socket. A console is brought up to date every so often
// even when nothing changed: requests expire without a word, and so do
// sessions.
const (
	liveWrite   = 20 * time.Second
	liveRefresh = 30 * time.Second
	liveCheck   = 2 * time.Second
	// liveGap is the least time between two pushes, and liveShare how many
	// times longer a console rests than its last push took: a storm of changes
	// is a few pushes a second in a small fleet, and fewer in a large one.
	liveGap   = 200 * time.Millisecond
	liveShare = 4
	liveRest  = 5 * time.Second // but never longer
)

// live pushes what this person may see, on every change.
func (d *Desk) live(w http.ResponseWriter, r *http.Request, _ cloudapi.Staff) {
	console := d.Feed.listen()
	if console == nil {
		web.Fail(w, http.StatusServiceUnavailable, "full", "Too many consoles are open; try again.")
		return
	}
	defer d.Feed.leave(console)
	// With the cookie, Who has checked the origin.
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept answered
	}
	defer ws.CloseNow()
	ctx := ws.CloseRead(context.WithoutCancel(r.Context())) // a console has nothing to say
	refresh := time.NewTicker(liveRefresh)
	defer refresh.Stop()
	check := time.NewTicker(liveCheck)
	defer check.Stop()
	seen, _ := d.Who(r)
	for rest := time.Duration(0); ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(rest):
		}
		whole := false
		select {
		case <-ctx.Done():
			return
		case _, open := <-console.wake:
			if !open {
				_ = ws.Close(cloudapi.CloseShutdown, "going down")
				return
			}
		case <-refresh.C:
			whole = true
		case <-check.C:
			// What somebody may see can end while they look at it.
			if now, ok := d.Who(r); ok && reflect.DeepEqual(now, seen) {
				continue
			}
			whole = true
		}
		// The session is looked up each time: who signed out sees no more.
		who, ok := d.Who(r)
		if !ok {
			_ = ws.Close(websocket.StatusPolicyViolation, "signed out")
			return
		}
		seen = who
		begun := time.Now()
		fleet, noted := d.Feed.take(console)
		if err := d.push(ctx, ws, who, fleet || whole, noted); err != nil {
			return
		}
		rest = min(max(liveGap, liveShare*time.Since(begun)), liveRest)
	}
}

// addCases adds the desk to what somebody sees, and takes the requests away
// from who may not see it.
func (d *Desk) addCases(ctx context.Context, who cloudapi.Staff, live *cloudapi.Live) error {
	if !rights.May(who, rights.SeeQueue) {
		live.Requests = []cloudapi.Request{}
	}
	d.Cases.Seen(ctx, who)
	var err error
	live.Cases, err = d.Cases.List(ctx, who)
	return err
}

func (d *Desk) push(ctx context.Context, ws *websocket.Conn, who cloudapi.Staff, fleet bool, noted uint64) error {
	var live cloudapi.Live
	if fleet {
		var err error
		if live, err = d.snapshot(ctx, who); err == nil {
			err = d.addCases(ctx, who, &live)
		}
		if err != nil {
			d.Log.Error("staff: live list failed", "error", err)
			return err
		}
	}
	live.Feed = noted
	text, err := json.Marshal(live)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, liveWrite)
	defer cancel()
	return ws.Write(ctx, websocket.MessageText, text)
}
