package relay

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/channel"
	"beckmanconnect/session/channel/channeltest"
	console "beckmanconnect/session/engineer"
	"beckmanconnect/session/wire"
)

// between is a whole cloud turned hostile: it has both authorities, so it
// shows the engineer a device certificate of its own making and the host an
// engineer's, ends both channels, sees every frame, and passes on what it
// likes.
type between struct {
	*rig
	request string
	// up and down may change a message of the engineer and of the host; what
	// they do not give is kept back.
	up, down func(m wire.Message) *wire.Message
	// tell sends the engineer a message of our own. It is set before the first
	// up.
	tell func(m wire.Message)

	passing sync.WaitGroup
	mu      sync.Mutex
	frames  [][]byte // everything that crossed either channel
}

func (b *between) seen() [][]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.frames)
}

// dial is the engineer's way to the relay.
func (b *between) dial(ctx context.Context) (net.Conn, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer l.Close()
	out, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return nil, err
	}
	in, err := l.Accept()
	if err != nil {
		return nil, err
	}
	device := b.kit.DeviceCA.Device(b, b.kit.DeviceID)
	cert, err := channel.IssueSession(device, channeltest.HostKey(b), time.Now().Add(-time.Minute), time.Now().Add(time.Hour))
	if err != nil {
		return nil, err
	}
	b.passing.Add(1)
	b.work(func() {
		defer b.passing.Done()
		engineer, err := channel.Host(ctx, in, channel.HostConfig{Certificate: cert, StaffCA: b.kit.StaffCA.Pool(), Verify: func(*x509.Certificate) error { return nil }})
		if err != nil {
			b.Error("the engineer does not take our device certificate: ", err)
			return
		}
		defer engineer.Close()
		host, err := b.rig.dial(b.request, channeltest.Anna())
		if err != nil {
			b.Error("the host does not take our engineer's certificate: ", err)
			return
		}
		defer host.Close()
		b.tell = func(m wire.Message) {
			m.V = wire.Version
			raw, _ := json.Marshal(m)
			_ = engineer.Send(ctx, wire.FrameControl, raw)
		}
		ctx, cancel := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			b.pass(ctx, host, engineer, b.down)
			cancel()
		}()
		b.pass(ctx, engineer, host, b.up)
		cancel()
		<-done
	})
	return out, nil
}

func (b *between) pass(ctx context.Context, from, to *channel.Conn, change func(wire.Message) *wire.Message) {
	for {
		kind, payload, err := from.Receive(ctx)
		if err != nil {
			return
		}
		b.mu.Lock()
		b.frames = append(b.frames, payload)
		b.mu.Unlock()
		var m wire.Message
		if kind == wire.FrameControl && change != nil && json.Unmarshal(payload, &m) == nil {
			out := change(m)
			if out == nil {
				continue
			}
			payload, _ = json.Marshal(out)
		}
		if to.Send(ctx, kind, payload) != nil {
			return
		}
	}
}

// visit is the real engineer's side of a session, over any way to the relay.
type visit struct {
	*rig
	client *console.Client
	states chan console.State
	said   chan wire.Message
	why    chan string
}

// work runs what must be over before the test is.
func (r *rig) work(do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	r.Cleanup(func() { <-done })
}

func (r *rig) visit(request string, dial func(context.Context) (net.Conn, error)) *visit {
	v := &visit{rig: r, states: make(chan console.State, 100), said: make(chan wire.Message, 1000), why: make(chan string, 1)}
	v.client = console.New(console.Config{
		Request: request, Reason: "Ticket 4711", FirstRetry: 5 * time.Millisecond,
		Credentials: func(context.Context) (console.Credentials, error) {
			return console.Credentials{Certificate: r.kit.Engineer(channeltest.Anna()), DeviceID: device, DeviceCA: r.kit.DeviceCA.Pool()}, nil
		},
		Dial: dial,
		Frame: func(kind byte, payload []byte) {
			var m wire.Message
			if kind == wire.FrameControl && json.Unmarshal(payload, &m) == nil {
				v.said <- m
			}
		},
		State: func(s console.State) { v.states <- s },
	})
	ctx, cancel := context.WithCancel(context.Background())
	r.work(func() {
		why, _ := v.client.Run(ctx)
		v.why <- why
	})
	r.Cleanup(cancel) // comes before the work is waited for
	return v
}

// straight is the honest way.
func (r *rig) straight(request string) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		url := "wss" + strings.TrimPrefix(r.relay.URL, "https") + "/relay/v1/" + request + "?role=engineer"
		return channel.DialRelay(ctx, url, r.relay.tls(), nil)
	}
}

func (v *visit) phase(want string) {
	v.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case s := <-v.states:
			if s.Phase == want {
				return
			}
			if s.Phase == console.Ended {
				v.Fatalf("%q (%s), waited for %q\n%s", s.Phase, s.Why, want, v.log)
			}
		case <-deadline:
			v.Fatalf("never came to %q", want)
		}
	}
}

func (v *visit) hear(kind string) wire.Message {
	v.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case m := <-v.said:
			if m.Type == kind {
				return m
			}
		case <-deadline:
			v.Fatalf("%q was never said\n%s", kind, v.log)
		}
	}
}

// ended gives why the session ended.
func (v *visit) ended() string {
	v.Helper()
	select {
	case why := <-v.why:
		return why
	case <-time.After(20 * time.Second):
		v.Fatalf("the engineer's side never ended\n%s", v.log)
		return ""
	}
}

// neverOn is ended for an engineer's side that must not have come to a session
// since its states were read last.
func (v *visit) neverOn() string {
	v.Helper()
	why := v.ended()
	for len(v.states) > 0 {
		if s := <-v.states; s.Phase == console.Session {
			v.Error("the engineer's side went on")
		}
	}
	return why
}

// view has the engineer see the screen, so that there is a lease to come back
// to.
func (v *visit) view() {
	v.Helper()
	v.rig.phase(hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED)
	v.hold()
	ask, _ := json.Marshal(wire.Message{V: wire.Version, Type: "ask", ID: "v", Capability: wire.View})
	if err := v.client.Send(v.Context(), wire.FrameControl, ask); err != nil {
		v.Fatal(err)
	}
	v.answer(1, true)
	v.attach(1).get(v, isView(true))
}

// proves types a code.
func (v *visit) proves(code string) {
	v.Helper()
	v.phase(console.Code)
	if err := v.client.Try(v.Context(), code); err != nil {
		v.Fatal(err)
	}
}

// noWords takes the words out of the host's hello, which are not those of the
// engineer's channel: whoever stands in between and knows the product does.
func noWords(m wire.Message) *wire.Message {
	if m.Type == "hello" {
		m.Words = ""
	}
	return &m
}

// B1, scenario 29: the engineer types the right code, and a cloud with both
// authorities stands in between. Nobody gets a session, the host has it in its
// log, and what crossed the channels holds no code.
func TestTheCloudInBetweenAtTheFirstJoin(t *testing.T) {
	claim := func(proof func(ta []byte) []byte) func(b *between) {
		return func(b *between) {
			ta := make(chan []byte, 1)
			b.up = func(m wire.Message) *wire.Message {
				if m.Type == "pake-confirm" {
					ta <- m.Data
				}
				return &m
			}
			b.down = func(m wire.Message) *wire.Message {
				if m.Type == "wrong-code" {
					return &wire.Message{V: wire.Version, Type: "authenticated", Session: "s", Data: proof(<-ta)}
				}
				return noWords(m)
			}
		}
	}
	for name, tt := range map[string]struct {
		set   func(b *between)
		typed bool   // the engineer's side gets as far as the code
		wrong int    // tries the host counts
		want  string // why the engineer's side ends, or the message that it gets
	}{
		// The words differ already: the engineer's side does not even begin.
		"all passed on as it is":   {func(*between) {}, false, 0, console.WhyIdentity},
		"all but the words":        {func(b *between) { b.down = noWords }, true, 1, "wrong-code"},
		"a session claimed":        {claim(func([]byte) []byte { return nil }), true, 1, console.WhyIdentity},
		"its own confirmation":     {claim(func(ta []byte) []byte { return ta }), true, 1, console.WhyIdentity},
		"its own confirmation cut": {claim(func(ta []byte) []byte { return ta[:32] }), true, 1, console.WhyIdentity},
		"its own share": {func(b *between) {
			b.down = noWords
			b.up = func(m wire.Message) *wire.Message {
				if m.Type == "pake" {
					b.tell(m)
					return nil
				}
				return &m
			}
		}, true, 0, console.WhyIdentity},
		"the neutral element": {func(b *between) {
			b.down = func(m wire.Message) *wire.Message {
				if m.Type == "pake" {
					m.Data = make([]byte, len(m.Data))
				}
				return noWords(m)
			}
		}, true, 1, console.WhyIdentity},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			h := r.help()
			b := &between{rig: r, request: h.RequestId}
			tt.set(b)
			v := r.visit(h.RequestId, b.dial)
			if tt.typed {
				v.proves(h.Code)
			}
			if tt.want == "wrong-code" {
				v.hear(tt.want)
				v.client.Bye(t.Context())
				v.neverOn()
			} else if why := v.neverOn(); why != tt.want {
				t.Errorf("ended for %q, want %q", why, tt.want)
			}
			r.await("the wrong codes counted", func(d *desk) bool {
				return d.state.GetWrongCodes() == uint32(tt.wrong) && r.kinds()["code.wrong"] == tt.wrong
			})
			if k := r.kinds(); k["session.authenticated"] != 0 || k["code.tried"] != tt.wrong {
				t.Errorf("log: %v", k)
			}
			if p := r.s.State().GetPhase(); p != hostpb.SupportPhase_SUPPORT_PHASE_WAITING {
				t.Errorf("phase %v", p)
			}
			b.noCode(h.Code)
		})
	}
}

// noCode looks for the code in everything that crossed the two channels once
// they have ended (scenario 25). The host's hello is all of it where the
// engineer's side goes away for that.
func (b *between) noCode(code string) {
	b.Helper()
	b.passing.Wait()
	frames := b.seen()
	if len(frames) == 0 {
		b.Error("no frame was seen")
	}
	code = strings.ReplaceAll(code, " ", "")
	for _, raw := range frames {
		if text := strings.ToUpper(strings.ReplaceAll(string(raw), " ", "")); strings.Contains(text, code) {
			b.Errorf("the code was in %s", raw)
		}
	}
}

// The same when a session whose link was lost comes back: the cloud cuts the
// link and stands in between from then on. The host turns it away and logs it;
// the engineer's side does not go on.
func TestTheCloudInBetweenWhenComingBack(t *testing.T) {
	for name, tt := range map[string]struct {
		set  func(b *between)
		want string
	}{
		"all passed on as it is": {func(*between) {}, console.WhyIdentity},
		"all but the words":      {func(b *between) { b.down = noWords }, "not-resumable"},
		"a session claimed": {func(b *between) {
			b.down = func(m wire.Message) *wire.Message {
				if m.Type == "end" {
					return &wire.Message{V: wire.Version, Type: "authenticated", Session: "s", Data: make([]byte, 32)}
				}
				return noWords(m)
			}
		}, console.WhyIdentity},
		"its own proof": {func(b *between) {
			b.down = noWords
			b.up = func(m wire.Message) *wire.Message {
				if m.Type == "resume" {
					b.tell(wire.Message{Type: "authenticated", Session: "s", Data: m.Data})
				}
				return &m
			}
		}, console.WhyIdentity},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			h := r.help()
			b := &between{rig: r, request: h.RequestId}
			tt.set(b)
			first := true
			v := r.visit(h.RequestId, func(ctx context.Context) (net.Conn, error) {
				if first {
					first = false
					return r.straight(h.RequestId)(ctx)
				}
				return b.dial(ctx)
			})
			v.proves(h.Code)
			v.phase(console.Session)
			v.view()
			r.relay.cut()
			if why := v.neverOn(); why != tt.want {
				t.Errorf("ended for %q, want %q", why, tt.want)
			}
			r.phase(hostpb.SupportPhase_SUPPORT_PHASE_LOST)
			k := r.kinds()
			if k["session.resumed"] != 0 || k["session.link-lost"] != 1 {
				t.Errorf("log: %v", k)
			}
			if name == "all but the words" && k["session.resume-refused"] != 1 {
				t.Errorf("not in the log: %v", k)
			}
			b.noCode(h.Code)
		})
	}
}

// Scenario 18: the real engineer's side and the real host, with nobody in
// between: in, and back after two cuts.
func TestTheRealEndsComeBack(t *testing.T) {
	r := newRig(t)
	h := r.help()
	v := r.visit(h.RequestId, r.straight(h.RequestId))
	v.proves(strings.ToLower(h.Code))
	v.phase(console.Session)
	v.view()
	for n := 1; n <= 2; n++ {
		r.relay.cut()
		v.phase(console.Lost)
		v.phase(console.Session)
		if got := r.kinds()["session.resumed"]; got != n {
			t.Errorf("%d resumes in the log, want %d", got, n)
		}
	}
	v.client.Bye(t.Context())
	if why := v.ended(); why != console.WhyLeft {
		t.Errorf("ended for %q", why)
	}
}
