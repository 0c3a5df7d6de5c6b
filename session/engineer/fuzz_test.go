package engineer

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net"
	"testing"

	"beckmanconnect/session/channel"
	"beckmanconnect/session/channel/channeltest"
	"beckmanconnect/session/cpace"
	"beckmanconnect/session/proof"
	"beckmanconnect/session/wire"
)

// pair is a real channel whose host reads on and says nothing.
func pair(tb testing.TB) *channel.Conn {
	tb.Helper()
	k := channeltest.New(tb, "bc-1")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	b, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	a, err := l.Accept()
	if err != nil {
		tb.Fatal(err)
	}
	// Not the test's own: a fuzz target has none outside its function.
	ctx, cancel := context.WithCancel(context.Background())
	hosted := make(chan struct{})
	go func() {
		defer close(hosted)
		c, err := channel.Host(ctx, a, channel.HostConfig{
			Certificate: k.Host(), StaffCA: k.StaffCA.Pool(), Verify: func(*x509.Certificate) error { return nil },
		})
		for err == nil {
			_, _, err = c.Receive(ctx)
		}
	}()
	c, err := channel.Engineer(ctx, b, channel.EngineerConfig{
		Certificate: k.Engineer(channeltest.Anna()), DeviceCA: k.DeviceCA.Pool(), DeviceID: "bc-1",
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		c.Close()
		cancel()
		<-hosted
	})
	return c
}

// Scenario 53: whatever an end says that knows neither code nor key, at first
// and on the channel of a resume: no session begins, and the page hears of
// nothing but a greeting and a wrong code.
func FuzzWhoProvedNothing(f *testing.F) {
	seed := func(m wire.Message) []byte {
		m.V = wire.Version
		raw, _ := json.Marshal(m)
		return raw
	}
	_, share, _ := cpace.Initiate(cpace.Params{Code: "WRNGWRNG"})
	for _, m := range []wire.Message{
		{Type: "hello", Versions: []int{wire.Version}}, {Type: "hello", Versions: []int{1}}, {Type: "hello", Words: "amber river wolf"},
		{Type: "pake", Data: share}, {Type: "pake", Data: make([]byte, 32)}, {Type: "wrong-code", TriesLeft: 4}, {Type: "end", Why: "technician"},
		{Type: "authenticated", Data: make([]byte, cpace.TagSize)}, {Type: "answer", ID: "a", Capability: wire.View, Granted: true},
		{Type: "screen", State: "on"}, {Type: "pong", Seq: 3}, {Type: "paused", On: true}, {Type: "file", ID: "x"},
	} {
		f.Add(wire.FrameControl, seed(m), seed(wire.Message{Type: "authenticated", Data: make([]byte, 32)}))
	}
	f.Add(wire.FrameControl, seed(wire.Message{Type: "pake", Data: share}), seed(wire.Message{Type: "pake", Data: share}))
	f.Add(wire.FrameScreen, []byte("picture"), []byte("picture"))
	conn := pair(f)
	binding, err := proof.Bind(conn, "bc-1", "req-1")
	if err != nil {
		f.Fatal(err)
	}
	var key proof.Key // of a session that was
	{
		trial, share, _ := binding.Begin("ABCDEFGH", 99)
		verdict, share, _ := binding.Answer("ABCDEFGH", 99, share)
		confirmation, _ := trial.Answer(share)
		own, _, _ := verdict.Confirm(confirmation)
		if key, err = trial.Confirm(own); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, kind byte, one, two []byte) {
		for _, known := range []proof.Key{{}, key} {
			c := New(Config{State: func(s State) { t.Fatalf("%q, %q led to %+v", one, two, s) }})
			c.key = known
			l := &line{conn: conn, binding: binding}
			c.use(l)
			if !known.Known() {
				if err := c.Try(t.Context(), "ABCDEFGH"); err != nil {
					t.Fatal(err)
				}
			}
			for _, raw := range [][]byte{one, two, one} {
				got, err := c.take(t.Context(), l, kind, raw)
				var over *ended
				switch {
				case errors.As(err, &over):
					if got != nil {
						t.Fatalf("%q ended it and went on", raw)
					}
				case err != nil:
					t.Fatalf("%q: %v", raw, err)
				case got != nil:
					var m wire.Message
					if kind != wire.FrameControl || json.Unmarshal(got, &m) != nil || (m.Type != "hello" && m.Type != "wrong-code" && m.Type != "pong") {
						t.Fatalf("the page was given %q", got)
					}
				}
			}
			if l.proved || (c.key != known) {
				t.Fatalf("%q, %q proved something", one, two)
			}
			if err := c.Send(t.Context(), wire.FrameControl, []byte("{}")); !errors.Is(err, ErrNotConnected) {
				t.Fatal("the page is heard")
			}
		}
	})
}
