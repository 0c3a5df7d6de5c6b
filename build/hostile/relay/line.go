package relay

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/netdial/netdialtest"
	"beckmanconnect/service/relay"
	"beckmanconnect/session/channel"
)

// The two roles.
const (
	host     = "host"
	engineer = "engineer"
)

// line is a relay that belongs to the attacker: it takes every socket and
// leaves it to the attempt what becomes of it.
type line struct {
	server *httptest.Server

	mu      sync.Mutex
	waiting map[string]*end  // by role and request: the newest
	answer  http.HandlerFunc // instead of a relay; nil: a relay
	news    chan struct{}
}

func newLine() *line {
	l := &line{waiting: map[string]*end{}, news: make(chan struct{})}
	l.server = httptest.NewUnstartedServer(http.HandlerFunc(l.serve))
	l.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	l.server.StartTLS()
	return l
}

func (l *line) close() {
	l.mu.Lock()
	for _, e := range l.waiting {
		e.Close()
	}
	l.mu.Unlock()
	l.server.CloseClientConnections()
	l.server.Close()
}

func (l *line) tls() *tls.Config {
	return l.server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
}

func (l *line) dialer() relay.Dialer {
	return relay.CloudDialer{URL: l.server.URL, TLS: l.tls, Client: netdialtest.Client(l.server.URL)}
}

// dial is the honest engineer's way in.
func (l *line) dial(ctx context.Context, request string) (net.Conn, error) {
	address := "wss" + strings.TrimPrefix(l.server.URL, "https") + cloudapi.PathRelay + request + "?role=" + engineer
	return channel.DialRelay(ctx, address, l.tls(), nil)
}

func (l *line) serve(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	answer := l.answer
	l.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept answered
	}
	ws.SetReadLimit(1 << 20)
	e := &end{ws: ws, in: make(chan []byte, 256), gone: make(chan struct{})}
	key := r.URL.Query().Get("role") + " " + strings.TrimPrefix(r.URL.Path, cloudapi.PathRelay)
	l.mu.Lock()
	if before := l.waiting[key]; before != nil {
		before.Close()
	}
	l.waiting[key] = e
	close(l.news)
	l.news = make(chan struct{})
	l.mu.Unlock()
	e.read()
}

// answering has every dial answered by f, until the returned function is
// called.
func (l *line) answering(f http.HandlerFunc) (stop func()) {
	set := func(f http.HandlerFunc) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.answer = f
	}
	set(f)
	return func() { set(nil) }
}

// errLost is a socket that does not come any more.
var errLost = errors.New("the session was over")

// take waits for the newest socket of a role that is still there, as long as
// there is somebody who may dial.
func (l *line) take(ctx context.Context, role, request string, dials func() bool) (*end, error) {
	key := role + " " + request
	late := time.Now().Add(30 * time.Second)
	for {
		l.mu.Lock()
		e, news := l.waiting[key], l.news
		if e != nil {
			delete(l.waiting, key)
		}
		l.mu.Unlock()
		if e != nil && !e.over() {
			return e, nil
		}
		switch {
		case !dials():
			return nil, errLost
		case time.Now().After(late):
			return nil, fmt.Errorf("no socket of the %s", role)
		}
		select {
		case <-news:
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// end is one socket. It is a stream, too, for an attacker who ends the channel
// on it.
type end struct {
	ws   *websocket.Conn
	in   chan []byte // messages, closed when the socket is
	gone chan struct{}
	once sync.Once
	rest []byte
}

// read keeps what comes until somebody wants it.
func (e *end) read() {
	defer close(e.in)
	defer e.Close()
	for {
		_, b, err := e.ws.Read(context.Background())
		if err != nil {
			return
		}
		select {
		case e.in <- b:
		case <-e.gone:
			return
		}
	}
}

func (e *end) over() bool {
	select {
	case <-e.gone:
		return true
	default:
		return false
	}
}

func (e *end) Close() error {
	e.once.Do(func() {
		close(e.gone)
		_ = e.ws.CloseNow()
	})
	return nil
}

func (e *end) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		b, ok := <-e.in
		if !ok {
			return 0, io.EOF
		}
		e.rest = b
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// writeWithin bounds one write to an end that does not read.
const writeWithin = 20 * time.Second

func (e *end) Write(p []byte) (int, error) {
	if err := e.send(websocket.MessageBinary, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (e *end) send(kind websocket.MessageType, p []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
	defer cancel()
	return e.ws.Write(ctx, kind, p)
}

// The rest of net.Conn.

func (e *end) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (e *end) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (e *end) SetDeadline(time.Time) error      { return nil }
func (e *end) SetReadDeadline(time.Time) error  { return nil }
func (e *end) SetWriteDeadline(time.Time) error { return nil }

// mangler changes one message on its way: what it gives is sent on, and back
// to where it came from.
type mangler func(n int, b []byte) (on, back [][]byte)

// pair are two ends that are joined.
type pair struct {
	a, b *end
	wait sync.WaitGroup

	mu       sync.Mutex
	up, down mangler
	recorded [2][][]byte // what came from the engineer and from the host
}

// join copies between two ends until one of them is gone; then the other goes,
// too.
func join(h, e *end, up, down mangler) *pair {
	p := &pair{a: e, b: h, up: up, down: down}
	p.wait.Go(func() { p.copy(e, h, 0) })
	p.wait.Go(func() { p.copy(h, e, 1) })
	return p
}

// mangle sets what becomes of messages from now on.
func (p *pair) mangle(up, down mangler) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.up, p.down = up, down
}

func (p *pair) copy(from, to *end, way int) {
	defer from.Close()
	defer to.Close()
	for n := 0; ; n++ {
		b, ok := <-from.in
		if !ok {
			return
		}
		p.mu.Lock()
		m := p.up
		if way == 1 {
			m = p.down
		}
		if len(p.recorded[way]) < 64 {
			p.recorded[way] = append(p.recorded[way], b)
		}
		p.mu.Unlock()
		on, back := [][]byte{b}, [][]byte(nil)
		if m != nil {
			on, back = m(n, b)
		}
		for _, b := range back {
			if _, err := from.Write(b); err != nil {
				return
			}
		}
		for _, b := range on {
			if _, err := to.Write(b); err != nil {
				return
			}
		}
	}
}

// close ends both.
func (p *pair) close() {
	p.a.Close()
	p.b.Close()
	p.wait.Wait()
}

// record is what went over this pair from one side.
func (p *pair) record(way int) [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([][]byte(nil), p.recorded[way]...)
}

// noise is n random bytes.
func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}
