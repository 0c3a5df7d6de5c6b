package probe

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gopcua/opcua/server"
	"github.com/gopcua/opcua/ua"

	"beckmanconnect/service/notify/steady"
	"beckmanconnect/service/policy"
)

// uaServer is a real OPC UA server with a few values.
func uaServer(t *testing.T) (policy.Probe, *server.MapNamespace) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := probeOf(t, policy.ProbeOPCUA, l.Addr().String())
	l.Close()
	s := server.New(server.EndPoint(p.Host, p.Port), server.EnableSecurity("None", ua.MessageSecurityModeNone),
		server.EnableAuthMode(ua.UserTokenTypeAnonymous), server.SetLogger(slog.New(slog.DiscardHandler)))
	values := server.NewMapNamespace(s, "instrument")
	values.Data["heartbeat"], values.Data["patient"] = 1, "Miller"
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	p.Nodes = []string{fmt.Sprintf("ns=%d;s=heartbeat", values.ID())}
	p.Stale = time.Minute
	return p, values
}

// A server that answers, but whose values stand still, is an alarm; when they
// move on it is over.
func TestOPCUAWatchdog(t *testing.T) {
	p, values := uaServer(t)
	look := newOPCUALook(p).(*opcuaLook)
	now := time.Unix(0, 0)
	look.now = func() time.Time { return now }
	see := func(after time.Duration, want steady.Level) {
		t.Helper()
		now = now.Add(after)
		if found := look.look(t.Context()); found.why != "" || found.stale != want {
			t.Errorf("at %s: %+v, want %d", now.UTC().Format(time.TimeOnly), found, want)
		}
	}
	see(0, steady.Unknown)
	see(30*time.Second, steady.Unknown) // not yet long enough to tell
	see(31*time.Second, steady.Bad)
	values.SetValue("heartbeat", 2)
	see(time.Second, steady.Good)
	see(time.Minute, steady.Good)
	see(time.Second, steady.Bad)
	values.SetValue("heartbeat", 3)
	see(time.Second, steady.Good)
	noAnswerOverOPCUA(t, p) // with the same server: making one takes seconds
}

func noAnswerOverOPCUA(t *testing.T, p policy.Probe) {
	gone := p
	gone.Nodes = []string{"ns=1;s=no-such-node"}
	if found := newOPCUALook(gone).look(t.Context()); found.why != errNode.Error() {
		t.Errorf("%q", found.why)
	}
	mute, _ := far(t, policy.ProbeOPCUA, func(net.Conn) {})
	mute.Nodes, mute.Stale = p.Nodes, p.Stale
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if found := newOPCUALook(mute).look(ctx); found.why == "" {
		t.Error("a host that says nothing answers")
	}
	nonsense, _ := far(t, policy.ProbeOPCUA, func(c net.Conn) { _, _ = c.Write([]byte("HTTP/1.1 400 Miller\r\n\r\n")) })
	nonsense.Nodes, nonsense.Stale = p.Nodes, p.Stale
	ctx, cancel = context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if found := newOPCUALook(nonsense).look(ctx); found.why == "" || strings.Contains(found.why, "Miller") {
		t.Errorf("%q", found.why)
	}
}
