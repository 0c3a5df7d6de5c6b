package server_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ipc/server"
)

// frames writes HTTP/2 by hand, as no well-behaved client would.
type frames struct {
	*http2.Framer
	conn net.Conn
	next uint32
}

func newFrames(t testing.TB, conn net.Conn) *frames {
	t.Helper()
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	f := &frames{Framer: http2.NewFramer(conn, conn), conn: conn, next: 1}
	if err := f.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	return f
}

// call opens a stream for a method and returns its number.
func (f *frames) call(t testing.TB, method string) uint32 {
	t.Helper()
	var block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	for _, h := range [][2]string{{":method", "POST"}, {":scheme", "http"}, {":path", method}, {":authority", "x"},
		{"content-type", "application/grpc"}, {"te", "trailers"}} {
		if err := enc.WriteField(hpack.HeaderField{Name: h[0], Value: h[1]}); err != nil {
			t.Fatal(err)
		}
	}
	id := f.next
	f.next += 2
	if err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block.Bytes(), EndHeaders: true}); err != nil {
		t.Fatal(err)
	}
	return id
}

// message is a gRPC frame whose header says length, true or not.
func message(length uint32, body []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, length), body...)
}

func (f *frames) hello(t testing.TB) {
	t.Helper()
	body, err := proto.Marshal(helloRequest(protocol.Window))
	if err != nil {
		t.Fatal(err)
	}
	id := f.call(t, hostpb.Host_Hello_FullMethodName)
	if err := f.WriteData(id, true, message(uint32(len(body)), body)); err != nil {
		t.Fatal(err)
	}
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		if h, ok := frame.(*http2.HeadersFrame); ok && h.StreamEnded() {
			return
		}
		if h, ok := frame.(*http2.MetaHeadersFrame); ok && h.StreamEnded() {
			return
		}
		if s, ok := frame.(*http2.SettingsFrame); ok && !s.IsAck() {
			if err := f.WriteSettingsAck(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// deadWatch says Hello, subscribes, and never reads again.
func deadWatch(t testing.TB, conn net.Conn) {
	t.Helper()
	f := newFrames(t, conn)
	f.hello(t)
	// A window wide open: nothing but the pipe itself stops the server.
	if err := f.WriteWindowUpdate(0, 1<<30); err != nil {
		t.Fatal(err)
	}
	id := f.call(t, hostpb.Host_Watch_FullMethodName)
	if err := f.WriteWindowUpdate(id, 1<<30); err != nil {
		t.Fatal(err)
	}
	if err := f.WriteData(id, true, message(0, nil)); err != nil {
		t.Fatal(err)
	}
}

// closed waits until the server closes the pipe.
func closed(t testing.TB, conn net.Conn) []byte {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(conn)
	if e, ok := err.(net.Error); ok && e.Timeout() {
		t.Fatal("the server kept the pipe open")
	}
	return b
}

func usedMemory() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// scenario 3: lengths that lie. The server holds what really came, never what
// was announced.
func TestLyingLengthsHoldNoMemory(t *testing.T) {
	f := ipctest.Start(t, ipctest.Config{Limits: server.Limits{PerConn: 32}})
	before := usedMemory()
	for range 20 {
		fr := newFrames(t, open(t, f, ipctest.Technician("anna"), protocol.Calls))
		fr.hello(t)
		go io.Copy(io.Discard, fr.conn)
		for _, length := range []uint32{1, protocol.MaxMessage, protocol.MaxMessage + 1, 64 << 20, 1<<31 - 1, 1<<32 - 1} {
			id := fr.call(t, hostpb.Host_RequestHelp_FullMethodName)
			if err := fr.WriteData(id, false, message(length, []byte("x"))); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The server still answers, so it has read what came before.
	c := f.Dial(ipctest.Technician("bea"), protocol.Window)
	if _, err := c.Host.GetStatus(t.Context(), &hostpb.GetStatusRequest{}); err != nil {
		t.Fatal(err)
	}
	if after := usedMemory(); after > before+64<<20 {
		t.Errorf("memory went from %d to %d", before, after)
	}
}

// scenario 3: drips. An opening that is never finished, a connection without
// Hello and a message that never ends are all given up.
func TestSlowDrips(t *testing.T) {
	short := 200 * time.Millisecond
	f := ipctest.Start(t, ipctest.Config{Limits: server.Limits{Opening: short, Call: short}})
	anna := ipctest.Technician("anna")
	t.Run("half an opening", func(t *testing.T) {
		conn, err := f.Client(anna, "").DialPipe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte("beckman")); err != nil {
			t.Fatal(err)
		}
		if b := closed(t, conn); len(b) > 0 {
			t.Errorf("it was answered %q", b)
		}
	})
	t.Run("no Hello", func(t *testing.T) {
		conn := open(t, f, anna, protocol.Calls)
		newFrames(t, conn)
		closed(t, conn)
	})
	t.Run("half a message", func(t *testing.T) {
		fr := newFrames(t, open(t, f, anna, protocol.Calls))
		fr.hello(t)
		id := fr.call(t, hostpb.Host_RequestHelp_FullMethodName)
		if err := fr.WriteData(id, false, message(100, []byte("half"))); err != nil {
			t.Fatal(err)
		}
		for { // until the server ends that stream
			frame, err := fr.ReadFrame()
			if err != nil {
				t.Fatal(err)
			}
			if frame.Header().StreamID != id {
				continue
			}
			switch fr := frame.(type) {
			case *http2.RSTStreamFrame:
				return
			case *http2.HeadersFrame:
				if fr.StreamEnded() {
					return
				}
			}
		}
	})
	if calls := f.Host.Calls(); len(calls) != 0 {
		t.Errorf("the host was reached: %v", calls)
	}
}

// Caps: one account cannot take the places of the others.
func TestPlaces(t *testing.T) {
	f := ipctest.Start(t, ipctest.Config{Limits: server.Limits{Connections: 5, PerIdentity: 3, Pictures: 1}})
	anna, bea := ipctest.Technician("anna"), ipctest.Technician("bea")
	var held []net.Conn
	for range 2 {
		held = append(held, open(t, f, anna, protocol.Calls))
	}
	open(t, f, anna, protocol.Picture)
	if _, a := knock(t, f, anna, protocol.Calls); a != protocol.RefusedMany {
		t.Errorf("a fourth connection: answer %d", a)
	}
	open(t, f, bea, protocol.Picture)
	if _, a := knock(t, f, bea, protocol.Picture); a != protocol.RefusedMany {
		t.Errorf("a second desktop helper: answer %d", a)
	}
	open(t, f, bea, protocol.Calls)
	if _, a := knock(t, f, ipctest.IT(), protocol.Calls); a != protocol.RefusedMany {
		t.Errorf("a sixth connection: answer %d", a)
	}
	held[0].Close()
	for { // the place is given back as soon as the server sees it
		if _, a := knock(t, f, ipctest.IT(), protocol.Calls); a == protocol.Welcome {
			break
		}
	}
}

// scenario 3: whatever bytes come, the server stays and serves the next one.
func FuzzFrames(f *testing.F) {
	fixture := ipctest.Start(f, ipctest.Config{})
	well := fixture.Dial(ipctest.Technician("bea"), protocol.Window)
	f.Add(false, []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
	f.Add(true, []byte(http2.ClientPreface))
	f.Add(true, append([]byte(http2.ClientPreface), 0, 0, 0, 4, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1))
	f.Add(true, append([]byte(http2.ClientPreface), bytes.Repeat([]byte{0, 0, 0, 4, 0, 0, 0, 0, 0}, 50)...))
	f.Add(false, []byte("beckmanconnect\x01\x00PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x04\x01\x04\x00\x00\x00\x01\x88"))
	f.Fuzz(func(t *testing.T, opened bool, b []byte) {
		conn, err := fixture.Client(ipctest.Technician("anna"), "").DialPipe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		go io.Copy(io.Discard, conn)
		if opened {
			_ = protocol.WriteOpening(conn, protocol.Calls)
		}
		_, _ = conn.Write(b) // the server may hang up at any byte
		conn.Close()
		if _, err := well.Host.GetStatus(t.Context(), &hostpb.GetStatusRequest{}); err != nil {
			t.Fatal(err)
		}
	})
}
