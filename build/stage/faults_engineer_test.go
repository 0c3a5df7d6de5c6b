package stage

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/channel"
	"beckmanconnect/session/channel/channeltest"
	"beckmanconnect/session/engineer"
	"beckmanconnect/session/screen"
	"beckmanconnect/session/wire"
)

// desk is an engineer who is signed in, without a browser.
type desk struct {
	t   *testing.T
	ctx context.Context
	api engineer.API
	// over dials for the relay in place of the machine's own network; nil: that.
	over func(ctx context.Context, address string) (net.Conn, error)
}

// dial opens the way to the relay as engineer.API does.
func (d *desk) dial(ctx context.Context, request string) (net.Conn, error) {
	if d.over == nil {
		return d.api.Dial(ctx, request)
	}
	transport := &http.Transport{
		TLSClientConfig: d.api.TLS, DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) { return d.over(ctx, address) },
	}
	address := d.api.Base.JoinPath(cloudapi.PathRelay, request).String() + "?role=engineer"
	ws, _, err := websocket.Dial(ctx, strings.Replace(address, "https", "wss", 1), &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: d.api.Header(), CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, err
	}
	return channel.NetConn(ctx, ws), nil
}

// signIn signs the engineer in, without a browser.
func (h *House) signIn(t *testing.T, ctx context.Context) *desk {
	t.Helper()
	api, err := h.SignIn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t: t, ctx: ctx, api: api}
}

// get reads a list as the console does.
func (d *desk) get(path string, into any) error {
	request, err := http.NewRequestWithContext(d.ctx, http.MethodGet, d.api.Base.String()+path, nil)
	if err != nil {
		return err
	}
	request.Header = d.api.Header()
	reply, err := d.api.Client.Do(request)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	return json.NewDecoder(reply.Body).Decode(into)
}

// visit is an engineer's session from joining on.
type visit struct {
	t        *testing.T
	ctx      context.Context
	client   *engineer.Client
	said     chan wire.Message
	states   chan engineer.State
	pictures atomic.Int64
	received uint64 // payload bytes on this channel; used where frames come in
	why      chan string
}

// picture answers for one, as the console does that has drawn it.
func (v *visit) picture(update []byte) {
	v.received += uint64(len(update))
	if h, err := screen.ParseHeader(update); err == nil {
		_ = v.client.Send(v.ctx, wire.FrameAck, wire.Ack{Seq: h.Seq, Received: v.received}.Append(nil)) // a link that ends says so by itself
	}
	v.pictures.Add(1)
}

// join goes to a request that waits.
func (d *desk) join(request string) *visit {
	v := &visit{t: d.t, said: make(chan wire.Message, 1000), states: make(chan engineer.State, 1000), why: make(chan string, 1)}
	ctx, cancel := context.WithCancel(d.ctx)
	v.ctx = ctx
	key := channeltest.EngineerKey(d.t)
	v.client = engineer.New(engineer.Config{
		Request:     request,
		Reason:      "Ticket 4711",
		Credentials: func(ctx context.Context) (engineer.Credentials, error) { return d.api.Credentials(ctx, key, request) },
		Dial:        func(ctx context.Context) (net.Conn, error) { return d.dial(ctx, request) },
		Frame: func(kind byte, payload []byte) {
			if kind == wire.FrameScreen {
				v.picture(payload)
				return
			}
			var m wire.Message
			if json.Unmarshal(payload, &m) == nil {
				v.said <- m
			}
		},
		State: func(s engineer.State) {
			if s.Phase == engineer.Session {
				v.received = 0 // another channel counts anew
			}
			v.states <- s
		},
		FirstRetry: 100 * time.Millisecond,
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		why, _ := v.client.Run(ctx)
		v.why <- why
	}()
	d.t.Cleanup(func() { cancel(); <-done })
	return v
}

// phase waits for the client's own state.
func (v *visit) phase(want string) {
	v.t.Helper()
	for {
		select {
		case s := <-v.states:
			switch {
			case s.Phase == want:
				return
			case s.Phase == engineer.Ended:
				v.t.Fatalf("the session ended (%s), waited for %q", s.Why, want)
			}
		case <-v.ctx.Done():
			v.t.Fatalf("the engineer never came to %q", want)
		}
	}
}

func (v *visit) say(m wire.Message) {
	v.t.Helper()
	m.V = wire.Version
	raw, err := json.Marshal(m)
	if err != nil {
		v.t.Fatal(err)
	}
	if err := v.client.Send(v.ctx, wire.FrameControl, raw); err != nil {
		v.t.Fatal(err)
	}
}

// hear waits for a message of the host.
func (v *visit) hear(kind string) wire.Message {
	v.t.Helper()
	for {
		select {
		case m := <-v.said:
			if m.Type == kind {
				return m
			}
		case <-v.ctx.Done():
			v.t.Fatalf("%q was never said", kind)
		}
	}
}

// ended waits for the end and gives the host's word for it.
func (v *visit) ended() string {
	v.t.Helper()
	select {
	case why := <-v.why:
		return why
	case <-v.ctx.Done():
		v.t.Fatal("the engineer was never told of the end")
		return ""
	}
}

// pictured waits for one more picture.
func (v *visit) pictured() {
	v.t.Helper()
	v.say(wire.Message{Type: "refresh"})
	before := v.pictures.Load()
	until(v.t, v.ctx, "a picture", func() (bool, error) { return v.pictures.Load() > before, nil })
}

// connected has the technician ask for help and the engineer come in with the
// code: the story's third step.
func (s *site) connected(d *desk) *visit {
	s.t.Helper()
	help := s.requestHelp()
	// The waiting list first: without it the engineer does not know of it.
	until(s.t, s.ctx, "the request in the engineer's list", func() (bool, error) {
		var waiting []cloudapi.Request
		err := d.get(cloudapi.PathRequests, &waiting)
		for _, r := range waiting {
			if r.ID == help.RequestId {
				return true, nil
			}
		}
		return false, err
	})
	v := d.join(help.RequestId)
	v.phase(engineer.Code)
	if err := v.client.Try(v.ctx, help.Code); err != nil {
		s.t.Fatal(err)
	}
	v.phase(engineer.Session)
	return v
}

func (s *site) requestHelp() *hostpb.HelpRequested {
	s.t.Helper()
	return ask(s, hostpb.HostClient.RequestHelp, &hostpb.RequestHelpRequest{TechnicianCalled: true})
}

// viewed asks to view and has the technician allow it.
func (s *site) viewed(v *visit) *hostpb.SupportState {
	s.t.Helper()
	v.say(wire.Message{Type: "ask", ID: "a1", Capability: wire.View, Duration: "session"})
	var prompt *hostpb.Prompt
	until(s.t, s.ctx, "the prompt", func() (bool, error) {
		prompt = s.status().GetSupport().GetPrompt()
		return prompt.GetId() != "", nil
	})
	// Allow is armed a moment after the prompt shows; a refusal says so.
	until(s.t, s.ctx, "the answer to be taken", func() (bool, error) {
		_, err := try(s, hostpb.HostClient.AnswerPrompt, &hostpb.AnswerPromptRequest{
			PromptId: prompt.Id, Nonce: prompt.Nonce, Allow: true, Duration: hostpb.Duration__DURATION_SESSION,
		})
		return err == nil, err
	})
	if m := v.hear("answer"); !m.Granted {
		s.t.Fatalf("not granted: %+v", m)
	}
	v.pictured()
	support := s.status().GetSupport()
	if len(support.GetLeases()) != 1 || support.GetPhase() != hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED {
		s.t.Fatalf("a live view lease looks like this: %v", support)
	}
	return support
}

// over waits until nothing of a session is left, and gives how it ended.
func (s *site) over() string {
	s.t.Helper()
	var support *hostpb.SupportState
	until(s.t, s.ctx, "the end of the session", func() (bool, error) {
		support = s.status().GetSupport()
		return support.GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_READY, nil
	})
	if len(support.GetLeases()) != 0 || support.GetPrompt().GetId() != "" || support.GetSessionId() != "" {
		s.t.Errorf("something of the session is left: %v", support)
	}
	return support.GetEndedCode()
}
