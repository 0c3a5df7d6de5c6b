package main

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/build/stage"
	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/session/channel"
	"beckmanconnect/session/engineer"
	"beckmanconnect/session/wire"
)

// staff is an engineer who is signed in, with a session key made ahead.
type staff struct {
	api engineer.API
	key crypto.Signer
	// over dials for the relay in place of the machine's own network; nil: that.
	over func(ctx context.Context, address string) (net.Conn, error)
}

func signIn(ctx context.Context, house *stage.House) (*staff, error) {
	api, err := house.SignIn(ctx)
	if err != nil {
		return nil, err
	}
	key, err := channel.NewKey()
	return &staff{api: api, key: key}, err
}

// dial opens the way to the relay as engineer.API does, over a connection
// that can stall.
func (s *staff) dial(ctx context.Context, request string, opened func(*stallable)) (net.Conn, error) {
	transport := &http.Transport{
		TLSClientConfig: s.api.TLS, DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := s.connect(ctx, network, address)
			if err != nil {
				return nil, err
			}
			link := newStallable(conn)
			opened(link)
			return link, nil
		},
	}
	address := s.api.Base.JoinPath(cloudapi.PathRelay, url.PathEscape(request)).String() + "?role=engineer"
	ws, _, err := websocket.Dial(ctx, strings.Replace(address, "https", "wss", 1), &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: s.api.Header(), CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, fmt.Errorf("engineer at the relay: %w", err)
	}
	return channel.NetConn(ctx, ws), nil
}

func (s *staff) connect(ctx context.Context, network, address string) (net.Conn, error) {
	if s.over != nil {
		return s.over(ctx, address)
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// waits until a request stands in the engineer's list: before, the cloud knows
// nothing of it.
func (s *staff) listed(ctx context.Context, request string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return stage.Until(ctx, "the request in the engineer's list", func() (bool, error) {
		q, err := http.NewRequestWithContext(ctx, http.MethodGet, s.api.Base.JoinPath(cloudapi.PathRequests).String(), nil)
		if err != nil {
			return false, err
		}
		q.Header = s.api.Header()
		reply, err := s.api.Client.Do(q)
		if err != nil {
			return false, err
		}
		defer reply.Body.Close()
		var waiting []cloudapi.Request
		if err := json.NewDecoder(reply.Body).Decode(&waiting); err != nil {
			return false, err
		}
		for _, r := range waiting {
			if r.ID == request {
				return true, nil
			}
		}
		return false, nil
	})
}

// visit is one session of the engineer's.
type visit struct {
	client *engineer.Client
	link   atomic.Pointer[stallable]
	said   chan wire.Message
	states chan engineer.State
	cancel context.CancelFunc
	done   chan struct{}

	generation uint64 // of the newest grant
	asks       int
	seq        uint32
	view       *view // of the pictures
	pong       atomic.Pointer[upload]
	sent       atomic.Int64 // inputs
}

// visit joins a request and proves its code.
func (s *staff) visit(ctx context.Context, request, code string) (*visit, error) {
	v := &visit{said: make(chan wire.Message, 1024), states: make(chan engineer.State, 64), done: make(chan struct{})}
	v.view = newView(func(a wire.Ack) {
		_ = v.client.Send(ctx, wire.FrameAck, a.Append(nil)) // a link that ends says so by itself
	})
	running, cancel := context.WithCancel(ctx)
	v.cancel = cancel
	v.client = engineer.New(engineer.Config{
		Request:     request,
		Reason:      "Sample syringe",
		Ticket:      "4711",
		Credentials: func(ctx context.Context) (engineer.Credentials, error) { return s.api.Credentials(ctx, s.key, request) },
		Dial: func(ctx context.Context) (net.Conn, error) {
			return s.dial(ctx, request, func(l *stallable) { v.link.Store(l) })
		},
		Frame: func(kind byte, payload []byte) { v.frame(running, kind, payload) },
		State: func(st engineer.State) {
			select {
			case v.states <- st:
			case <-running.Done():
			}
		},
		FirstRetry: 100 * time.Millisecond,
	})
	go func() {
		defer close(v.done)
		_, _ = v.client.Run(running) // why it ended stands in its last state
	}()
	err := v.phase(ctx, engineer.Code)
	if err == nil {
		err = v.client.Try(ctx, code)
	}
	if err == nil {
		err = v.phase(ctx, engineer.Session)
	}
	if err != nil {
		v.leave()
		return nil, err
	}
	return v, nil
}

// leave ends the visit, however it stands.
func (v *visit) leave() {
	v.cancel()
	if l := v.link.Load(); l != nil {
		l.Close()
	}
	<-v.done
}

// frame takes what the host sends.
func (v *visit) frame(ctx context.Context, kind byte, payload []byte) {
	switch kind {
	case wire.FrameScreen:
		v.view.picture(payload)
	case wire.FrameChunk:
		v.view.chunk(payload)
	case wire.FrameControl:
		var m wire.Message
		if json.Unmarshal(payload, &m) != nil {
			return
		}
		if u := v.pong.Load(); u != nil && m.Type == "pong" && m.Seq > uploadPings {
			u.arrived(m.Seq)
			return
		}
		select {
		case v.said <- m:
		case <-ctx.Done():
		}
	}
}

func (v *visit) phase(ctx context.Context, want string) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	for {
		select {
		case s := <-v.states:
			switch {
			case s.Phase == want:
				return nil
			case s.Phase == engineer.Ended:
				return fmt.Errorf("the engineer's session ended (%s) before it came to %q", s.Why, want)
			}
		case <-ctx.Done():
			return fmt.Errorf("the engineer never came to %q", want)
		}
	}
}

func (v *visit) say(ctx context.Context, m wire.Message) error {
	m.V = wire.Version
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return v.client.Send(ctx, wire.FrameControl, raw)
}

// hear waits for a message that is looked for.
func (v *visit) hear(ctx context.Context, what string, is func(wire.Message) bool) (wire.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		select {
		case m := <-v.said:
			if is(m) {
				return m, nil
			}
		case <-v.done:
			return wire.Message{}, fmt.Errorf("the session ended before %s", what)
		case <-ctx.Done():
			return wire.Message{}, fmt.Errorf("the host never said %s", what)
		}
	}
}

// ask asks for a capability; the technician's answer is heard by granted.
func (v *visit) ask(ctx context.Context, capability string) error {
	v.asks++
	return v.say(ctx, wire.Message{Type: "ask", ID: fmt.Sprintf("%032x", v.asks), Capability: capability, Duration: "session"})
}

// granted waits for the yes to the newest ask.
func (v *visit) granted(ctx context.Context) error {
	id := fmt.Sprintf("%032x", v.asks)
	m, err := v.hear(ctx, "the answer", func(m wire.Message) bool { return m.Type == "answer" && m.ID == id })
	if err == nil && !m.Granted {
		err = fmt.Errorf("%s was not granted: %s", m.Capability, m.Why)
	}
	v.generation = m.Generation
	return err
}

// handled waits until the host has handled everything that was sent before.
func (v *visit) handled(ctx context.Context) error {
	v.seq++
	seq := v.seq
	if err := v.say(ctx, wire.Message{Type: "ping", Seq: seq}); err != nil {
		return err
	}
	_, err := v.hear(ctx, "that it has handled the engineer's input", func(m wire.Message) bool { return m.Type == "pong" && m.Seq == seq })
	return err
}

// batch is how many inputs go in one message; the host takes up to 256.
const batch = 250

// pour sends inputs under the newest grant: moves and keys in turns, each
// something of its own for the desktop to do. It is as quick as the link.
func (v *visit) pour(ctx context.Context, count int) error {
	for count > 0 {
		events := make([]wire.Input, 0, batch)
		for range min(batch, count) {
			n := int(v.sent.Add(1))
			if n%2 == 0 {
				events = append(events, wire.Input{Kind: "move", X: target.Min.X + 5 + n%(target.Dx()-10), Y: target.Min.Y + 5 + n%(target.Dy()-10)})
			} else {
				events = append(events, wire.Input{Kind: "keydown", Code: "KeyA", Key: "a"})
			}
		}
		count -= len(events)
		if err := v.say(ctx, wire.Message{Type: "input", Generation: v.generation, Events: events}); err != nil {
			return fmt.Errorf("send input: %w", err)
		}
	}
	return nil
}

// keepPouring pours until stop is called, which waits for its end. Between two
// messages it pauses; 0: as quickly as the link takes them.
func (v *visit) keepPouring(ctx context.Context, each time.Duration) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil && err == nil {
			// Not with ctx: a context that ends in mid-send ends the channel.
			if err = v.pour(context.WithoutCancel(ctx), batch); each > 0 {
				_ = pause(ctx, each)
			}
		}
		if errors.Is(err, engineer.ErrNotConnected) {
			err = nil // the session is over
		}
	}()
	return func() error {
		cancel()
		<-done
		return err
	}
}
