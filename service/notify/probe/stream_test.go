package probe

import (
	"context"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"beckmanconnect/service/policy"
)

// far is a host on this machine. serve plays its part and the test gets what it
// was sent.
func far(t *testing.T, kind string, serve func(net.Conn)) (policy.Probe, <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	sent := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		serve(conn)
		rest, _ := io.ReadAll(conn) // until the probe closes
		sent <- string(rest)
	}()
	return probeOf(t, kind, l.Addr().String()), sent
}

func probeOf(t *testing.T, kind, addr string) policy.Probe {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return policy.Probe{Name: "far", Kind: kind, Host: host, Port: n, Every: time.Minute}
}

func readByte(conn net.Conn) byte {
	var b [1]byte
	_, _ = io.ReadFull(conn, b[:]) // a closed connection ends the look, too
	return b[0]
}

// ASTM and HL7 as health only: no message is sent, none is read, and nothing
// that was sent shows (defaults.md; requirement P2).
func TestASTMAndHL7AreHealthOnly(t *testing.T) {
	const result = "\x021H|\\^&|||Miller^Anna\r\x03" // what a far end should never have a chance to send
	for name, row := range map[string]struct {
		kind  string
		serve func(net.Conn)
		sent  string // after what serve read
		why   string
	}{
		"astm answers": {policy.ProbeASTM, func(c net.Conn) {
			if readByte(c) == enq {
				_, _ = c.Write([]byte{ack})
			}
		}, "\x04", ""},
		"astm is busy": {policy.ProbeASTM, func(c net.Conn) { readByte(c); _, _ = c.Write([]byte{nak}) }, "", ""},
		"astm wants to send itself": {policy.ProbeASTM, func(c net.Conn) {
			readByte(c)
			_, _ = c.Write([]byte{enq})
		}, "", ""},
		"astm sends a result at once": {policy.ProbeASTM, func(c net.Conn) { readByte(c); _, _ = c.Write([]byte(result)) }, "", "does not speak ASTM"},
		"astm closes":                 {policy.ProbeASTM, func(c net.Conn) { readByte(c); c.Close() }, "", "closes the connection"},
		"hl7 waits":                   {policy.ProbeHL7, func(net.Conn) {}, "", ""},
		"hl7 sends":                   {policy.ProbeHL7, func(c net.Conn) { _, _ = c.Write([]byte("\x0bMSH|...|Miller")) }, "", ""},
		"hl7 closes at once":          {policy.ProbeHL7, func(c net.Conn) { c.Close() }, "", "closes the connection at once"},
		"tcp":                         {policy.ProbeTCP, func(net.Conn) {}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, sent := far(t, row.kind, row.serve)
			found := lookerOf(p, "").look(t.Context())
			if !strings.Contains(found.why, row.why) || row.why == "" && found.why != "" || strings.Contains(found.why, "Miller") {
				t.Errorf("why %q, want %q", found.why, row.why)
			}
			if got := <-sent; got != row.sent {
				t.Errorf("it was sent %q, want %q", got, row.sent)
			}
		})
	}
}

// Nobody there, a name nobody has, a host that takes the connection and says
// nothing: each ends in time with plain words.
func TestNoAnswer(t *testing.T) { // scenario 56
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := probeOf(t, policy.ProbeTCP, l.Addr().String())
	l.Close()
	if found := lookerOf(closed, "").look(t.Context()); found.why != "it refuses the connection" {
		t.Errorf("%q", found.why)
	}
	unknown := policy.Probe{Kind: policy.ProbeTCP, Host: "no-such-host.invalid", Port: 1}
	if found := lookerOf(unknown, "").look(t.Context()); found.why == "" {
		t.Error("a name that nobody has answers")
	}
	p, _ := far(t, policy.ProbeASTM, func(net.Conn) {})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if found := lookerOf(p, "").look(ctx); found.why != "no answer in time" {
		t.Errorf("%q", found.why)
	}
}
