package broker

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/gobwas/ws"
	"pgregory.net/rapid"
)

// wire is a connection that gives what was put into it, in pieces of any size.
type wire struct {
	net.Conn
	in    bytes.Buffer
	out   bytes.Buffer
	piece int
}

func (w *wire) Read(p []byte) (int, error)  { return w.in.Read(p[:min(len(p), w.piece)]) }
func (w *wire) Write(p []byte) (int, error) { return w.out.Write(p) }
func (w *wire) Close() error                { return nil }

// However a device cuts its stream into frames, and TCP the frames, the same
// bytes arrive; pings in between are answered.
func TestStreamInFrames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &wire{piece: rapid.IntRange(1, 50).Draw(t, "piece")}
		var want []byte
		pings, open := 0, false
		for range rapid.IntRange(1, 10).Draw(t, "frames") {
			if rapid.Bool().Draw(t, "ping") {
				pings++
				_ = ws.WriteFrame(&w.in, ws.MaskFrame(ws.NewPingFrame([]byte("p"))))
			}
			payload := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "payload")
			op, last := ws.OpBinary, rapid.Bool().Draw(t, "last")
			if open {
				op = ws.OpContinuation
			}
			open = !last
			want = append(want, payload...)
			_ = ws.WriteFrame(&w.in, ws.MaskFrame(ws.NewFrame(op, last, append([]byte{}, payload...))))
		}
		early := rapid.IntRange(0, w.in.Len()).Draw(t, "early")
		c := &deviceConn{Conn: w, early: append([]byte(nil), w.in.Next(early)...)}
		got, err := io.ReadAll(c)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%q for %q: %v", got, want, err)
		}
		for range pings {
			if f, err := ws.ReadFrame(&w.out); err != nil || f.Header.OpCode != ws.OpPong || string(f.Payload) != "p" {
				t.Fatalf("%+v %v", f, err)
			}
		}
	})
}

// What no honest device sends ends its link.
func TestFramesThatHaveNoPlace(t *testing.T) {
	masked := func(f ws.Frame) []byte { return ws.MustCompileFrame(ws.MaskFrame(f)) }
	rsv := ws.NewBinaryFrame([]byte("x"))
	rsv.Header.Rsv = 4
	for name, bytes := range map[string][]byte{
		"not masked":                 ws.MustCompileFrame(ws.NewBinaryFrame([]byte("x"))),
		"text":                       masked(ws.NewTextFrame([]byte("x"))),
		"compressed":                 masked(rsv),
		"continuation of nothing":    masked(ws.NewFrame(ws.OpContinuation, true, []byte("x"))),
		"a message inside another":   append(masked(ws.NewFrame(ws.OpBinary, false, nil)), masked(ws.NewBinaryFrame([]byte("x")))...),
		"a ping in pieces":           masked(ws.NewFrame(ws.OpPing, false, []byte("x"))),
		"a ping that is too long":    masked(ws.NewFrame(ws.OpPing, true, make([]byte, 126))),
		"an operation of the future": masked(ws.NewFrame(3, true, []byte("x"))),
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{piece: 1000}
			w.in.Write(bytes)
			if n, err := (&deviceConn{Conn: w}).Read(make([]byte, 10)); !errors.Is(err, errFrame) {
				t.Errorf("%d bytes, %v", n, err)
			}
		})
	}
	w := &wire{piece: 1000}
	w.in.Write(masked(ws.NewCloseFrame(ws.NewCloseFrameBody(1000, "bye"))))
	if _, err := (&deviceConn{Conn: w}).Read(make([]byte, 10)); !errors.Is(err, io.EOF) {
		t.Errorf("close: %v", err)
	}
	if f, err := ws.ReadFrame(&w.out); err != nil || f.Header.OpCode != ws.OpClose {
		t.Errorf("answer to close: %+v %v", f, err)
	}
}
