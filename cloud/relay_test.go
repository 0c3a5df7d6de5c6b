package cloud_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"beckmanconnect/internal/cloudapi"
)

// end is one socket at the relay.
type end struct {
	*websocket.Conn
	t *testing.T
}

func (r *running) relay(t *testing.T, c *http.Client, request, role string, header ...string) (*end, int) {
	t.Helper()
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	address := fmt.Sprintf("wss%s%s%s?role=%s", strings.TrimPrefix(r.BaseURL(), "https"), cloudapi.PathRelay, request, role)
	ws, resp, err := websocket.Dial(t.Context(), address, &websocket.DialOptions{HTTPClient: c, HTTPHeader: h})
	if err != nil {
		if resp == nil {
			t.Fatal(err)
		}
		return nil, resp.StatusCode
	}
	t.Cleanup(func() { ws.CloseNow() })
	ws.SetReadLimit(1 << 20)
	return &end{ws, t}, http.StatusSwitchingProtocols
}

func (r *running) host(t *testing.T, d *device, request string) *end {
	t.Helper()
	e, status := r.relay(t, r.client(d.cert), request, "host")
	if e == nil {
		t.Fatalf("the host was refused: %d", status)
	}
	return e
}

func (r *running) engineer(t *testing.T, request string, header []string) *end {
	t.Helper()
	e, status := r.relay(t, r.client(), request, "engineer", header...)
	if e == nil {
		t.Fatalf("the engineer was refused: %d", status)
	}
	return e
}

func (e *end) send(b []byte) {
	e.t.Helper()
	if err := e.Write(e.t.Context(), websocket.MessageBinary, b); err != nil {
		e.t.Fatal(err)
	}
}

func (e *end) receives(want []byte) {
	e.t.Helper()
	kind, got, err := e.Read(e.t.Context())
	if err != nil || kind != websocket.MessageBinary || !bytes.Equal(got, want) {
		e.t.Fatalf("received %d bytes of kind %v, %v; want %d", len(got), kind, err, len(want))
	}
}

// closed waits for the relay to close the socket and gives the code.
func (e *end) closed() websocket.StatusCode {
	e.t.Helper()
	for {
		if _, _, err := e.Read(e.t.Context()); err != nil {
			var ce websocket.CloseError
			if !errors.As(err, &ce) {
				e.t.Fatalf("ended without a close frame: %v", err)
			}
			return ce.Code
		}
	}
}

func TestRelayJoinsTwo(t *testing.T) {
	r := start(t)
	d := r.register(t)
	d.connect(t).say(d.id, cloudapi.KindRequest, "e", 1, waiting("req-1"))
	anna := r.bearer(t, "anna.weber@vendor.example")
	big := make([]byte, 200<<10)
	rand.Read(big)

	for round, hostFirst := range []bool{true, false, true} { // and the host may wait again
		var host, engineer *end
		if hostFirst {
			host, engineer = r.host(t, d, "req-1"), r.engineer(t, "req-1", anna)
		} else {
			engineer = r.engineer(t, "req-1", anna)
			engineer.send([]byte("early")) // the first bytes wait for the host
			host = r.host(t, d, "req-1")
			host.receives([]byte("early"))
		}
		for i := range 20 {
			engineer.send([]byte{byte(i)})
			host.receives([]byte{byte(i)})
			host.send(big[:i*10_000])
			engineer.receives(big[:i*10_000])
		}
		leaving, staying := host, engineer
		if round == 1 {
			leaving, staying = engineer, host
		}
		leaving.Close(websocket.StatusNormalClosure, "")
		if code := staying.closed(); code != cloudapi.ClosePeerLeft {
			t.Errorf("round %d: the other end was closed with %d", round, code)
		}
	}
}

// TestRelayHoldsBackpressure: a reader that does not read stops the writer; the
// relay holds a few buffers, not the stream (scenario 53).
func TestRelayHoldsBackpressure(t *testing.T) {
	r := start(t)
	d := r.register(t)
	host := r.host(t, d, "req-1")
	d.connect(t).say(d.id, cloudapi.KindRequest, "e", 1, waiting("req-1"))
	engineer := r.engineer(t, "req-1", r.bearer(t, "anna.weber@vendor.example"))
	const messages, size = 400, 100 << 10
	sent := make(chan error, 1)
	go func() {
		for i := range messages {
			if err := host.Write(context.Background(), websocket.MessageBinary, bytes.Repeat([]byte{byte(i)}, size)); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	select {
	case err := <-sent:
		t.Fatalf("40 MB went nowhere: %v", err)
	default:
	}
	for i := range messages {
		engineer.receives(bytes.Repeat([]byte{byte(i)}, size))
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
}

func TestRelayRefuses(t *testing.T) { // scenarios 29, 44
	r := start(t)
	d, other := r.register(t), r.register(t)
	l := d.connect(t)
	l.say(d.id, cloudapi.KindRequest, "e", 1, waiting("req-1"))
	anna, bob := r.bearer(t, "anna.weber@vendor.example"), r.bearer(t, "bob.stone@vendor.example")
	browser := r.browser(t, "anna.weber@vendor.example")
	for _, c := range []struct {
		name, request, role string
		client              *http.Client
		header              []string
		want                int
	}{
		{"another device", "req-1", "host", r.client(other.cert), nil, http.StatusForbidden},
		{"a host without certificate", "req-1", "host", r.client(), nil, http.StatusForbidden},
		{"staff as host", "req-1", "host", r.client(), anna, http.StatusForbidden},
		{"a page as host", "req-1", "host", r.client(d.cert), []string{"Origin", r.BaseURL()}, http.StatusForbidden},
		{"an ID that is none", "a/b", "host", r.client(d.cert), nil, http.StatusNotFound},
		{"nobody as engineer", "req-1", "engineer", r.client(), nil, http.StatusForbidden},
		{"a device as engineer", "req-1", "engineer", r.client(d.cert), nil, http.StatusForbidden},
		{"another region", "req-1", "engineer", r.client(), r.bearer(t, "carl.us@vendor.example"), http.StatusForbidden},
		{"no such request", "req-9", "engineer", r.client(), anna, http.StatusForbidden},
		{"a foreign page", "req-1", "engineer", browser, []string{"Origin", "https://evil.example"}, http.StatusForbidden},
		{"a cookie without origin", "req-1", "engineer", browser, nil, http.StatusForbidden},
		{"no role", "req-1", "", r.client(d.cert), anna, http.StatusForbidden},
	} {
		if e, status := r.relay(t, c.client, c.request, c.role, c.header...); e != nil || status != c.want {
			t.Errorf("%s: %d, want %d", c.name, status, c.want)
		}
	}
	host := r.host(t, d, "req-1")
	engineer, status := r.relay(t, browser, "req-1", "engineer", "Origin", r.BaseURL())
	if engineer == nil {
		t.Fatalf("our own page was refused: %d", status)
	}
	engineer.send([]byte("x"))
	host.receives([]byte("x"))
	if e, status := r.relay(t, r.client(), "req-1", "engineer", bob...); e != nil || status != http.StatusForbidden {
		t.Errorf("a third socket came in: %d", status)
	}
	r.invite(t, "req-1", "anna.weber@vendor.example", "bob.stone@vendor.example")
	if e, status := r.relay(t, r.client(), "req-1", "engineer", bob...); e != nil || status != http.StatusConflict {
		t.Errorf("a guest came in beside the engineer: %d", status)
	}
	host.send([]byte("still here"))
	engineer.receives([]byte("still here"))

	again := r.host(t, d, "req-1")
	if a, b := host.closed(), engineer.closed(); a != cloudapi.CloseReplaced || b != cloudapi.ClosePeerLeft {
		t.Errorf("the same end again: closed with %d and %d", a, b)
	}
	host = again
	t.Run("text frames end the session", func(t *testing.T) {
		engineer := r.engineer(t, "req-1", anna)
		if err := engineer.Write(t.Context(), websocket.MessageText, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if code := engineer.closed(); code != cloudapi.CloseBadFrame {
			t.Errorf("closed with %d", code)
		}
		if code := host.closed(); code != cloudapi.ClosePeerLeft {
			t.Errorf("the other end was closed with %d", code)
		}
	})
	t.Run("a request that ends closes its meeting", func(t *testing.T) {
		host, engineer := r.host(t, d, "req-1"), r.engineer(t, "req-1", anna)
		engineer.send([]byte("x"))
		host.receives([]byte("x"))
		l.say(d.id, cloudapi.KindRequest, "e", 2, cloudapi.Request{ID: "req-1", State: "ended"})
		if a, b := host.closed(), engineer.closed(); a != cloudapi.CloseEnded || b != cloudapi.CloseEnded {
			t.Errorf("closed with %d and %d", a, b)
		}
		if e, status := r.relay(t, r.client(d.cert), "req-1", "host"); e != nil || status != http.StatusNotFound {
			t.Errorf("the host came back to an ended request: %d", status)
		}
	})
	if _, err := io.WriteString(io.Discard, r.logs.String()); err != nil || strings.Contains(r.logs.String(), "anna.weber") {
		t.Error("the log names a person")
	}
}
