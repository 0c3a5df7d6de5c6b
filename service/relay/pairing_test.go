package relay

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"beckmanconnect/internal/cloudapi"
)

// pairing is a relay: it pairs the two WebSockets of a request and copies.
type pairing struct {
	*httptest.Server
	mu      sync.Mutex
	waiting map[string]chan *line
	lines   map[*websocket.Conn]bool           // false: staff ended it
	jam     chan struct{}                      // while it is there, what engineers send stays on its way
	mangle  func(message []byte) (on [][]byte) // what becomes of it; nil: itself
}

// newPairing starts a relay, on loopback unless a listener is given.
func newPairing(t *testing.T, on net.Listener) *pairing {
	p := &pairing{waiting: map[string]chan *line{}, lines: map[*websocket.Conn]bool{}}
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(p.serve))
	if on != nil {
		_ = p.Server.Listener.Close()
		p.Server.Listener = on
	}
	p.Server.StartTLS()
	if on != nil {
		p.Server.URL = "https://192.0.2.1:8443"
	}
	t.Cleanup(func() {
		p.cut()
		p.Server.CloseClientConnections()
		p.Server.Close()
	})
	return p
}

func (p *pairing) serve(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	ws.SetReadLimit(1 << 20)
	p.mu.Lock()
	p.lines[ws] = true
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		goesOn := p.lines[ws]
		delete(p.lines, ws)
		p.mu.Unlock()
		if !goesOn {
			_ = ws.Close(cloudapi.CloseByStaff, endedByStaff) // the other end's going must not be first
		}
		ws.CloseNow()
	}()
	// The engineer waits until the host's socket is there, and takes it.
	p.mu.Lock()
	c := p.waiting[r.URL.Path]
	if c == nil {
		c = make(chan *line)
		p.waiting[r.URL.Path] = c
	}
	p.mu.Unlock()
	if r.URL.Query().Get("role") == "host" {
		gone := make(chan struct{})
		select {
		case c <- &line{ws, gone}:
			<-gone
		case <-r.Context().Done():
		}
		return
	}
	select {
	case host := <-c:
		defer close(host.gone)
		done := make(chan struct{}, 2)
		go func() {
			p.carry(r.Context(), ws, host.ws, true)
			done <- struct{}{}
		}()
		go func() {
			p.carry(r.Context(), host.ws, ws, false)
			done <- struct{}{}
		}()
		<-done
	case <-r.Context().Done():
	}
}

// line is the host's socket, and the end of its part in the pairing.
type line struct {
	ws   *websocket.Conn
	gone chan struct{}
}

// carry passes messages on; the engineers' may be jammed and changed.
func (p *pairing) carry(ctx context.Context, from, to *websocket.Conn, engineers bool) {
	for {
		_, message, err := from.Read(ctx)
		if err != nil {
			return
		}
		on := [][]byte{message}
		if engineers {
			p.mu.Lock()
			jam := p.jam
			if p.mangle != nil {
				on = p.mangle(message)
			}
			p.mu.Unlock()
			if jam != nil {
				<-jam
			}
		}
		for _, m := range on {
			if to.Write(ctx, websocket.MessageBinary, m) != nil {
				return
			}
		}
	}
}

// mangled has the relay change what engineers send from now on.
func (p *pairing) mangled(how func(message []byte) (on [][]byte)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mangle = how
}

// stall holds up what engineers send until the returned function is called.
func (p *pairing) stall() (clear func()) {
	jam := make(chan struct{})
	p.mu.Lock()
	p.jam = jam
	p.mu.Unlock()
	return sync.OnceFunc(func() {
		p.mu.Lock()
		p.jam = nil
		p.mu.Unlock()
		close(jam)
	})
}

// cut breaks every line, as a lost network does.
func (p *pairing) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for ws := range p.lines {
		_ = ws.CloseNow()
	}
}

func (p *pairing) tls() *tls.Config {
	c := p.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	c.ServerName = "example.com" // one of the names httptest's certificate has
	return c
}
