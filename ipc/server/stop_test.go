package server_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ipc/server"
)

// scenario 7: a stream that was opened before the service stopped, and whose
// request comes after, is told that the service stops. On a busy PC that is
// every stream whose handler had no turn yet.
func TestStopBeforeTheRequestCame(t *testing.T) {
	f := ipctest.Start(t, ipctest.Config{Limits: server.Limits{Grace: time.Minute}})
	c := greeted(t, f, ipctest.Technician("anna"), protocol.Window)
	host := hostpb.NewHostClient(c)
	bar, err := host.HoldSessionBar(t.Context(), &hostpb.HoldSessionBarRequest{})
	if err != nil {
		t.Fatal(err)
	}
	late, err := c.NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true}, hostpb.Host_HoldSessionBar_FullMethodName)
	if err != nil {
		t.Fatal(err)
	}
	// Headers are read in order: when this is answered, those of both were.
	if _, err := host.GetStatus(t.Context(), &hostpb.GetStatusRequest{}); err != nil {
		t.Fatal(err)
	}
	stopped := make(chan struct{})
	go func() { defer close(stopped); f.Stop() }()
	if _, err := bar.Recv(); client.Code(err) != protocol.CodeUnavailable || !client.Detail(err).GetRetryable() {
		t.Errorf("the stream that was held ended with %v", err)
	}
	if err := errors.Join(late.SendMsg(&hostpb.HoldSessionBarRequest{}), late.CloseSend()); err != nil {
		t.Error(err)
	}
	err = late.RecvMsg(&hostpb.Empty{})
	if d := client.Detail(err); d.GetCode() != protocol.CodeUnavailable || d.GetMessage() != "the service is stopping" {
		t.Errorf("the stream whose request came late ended with %v", err)
	}
	<-stopped
}

// A call that comes while the service stops is told so, whatever it is.
func TestCallWhileStopping(t *testing.T) {
	f := ipctest.Start(t, ipctest.Config{Limits: server.Limits{Grace: time.Minute}})
	fr := newFrames(t, open(t, f, ipctest.Technician("anna"), protocol.Calls))
	fr.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	fr.hello(t)
	stopped := make(chan struct{})
	go func() { defer close(stopped); f.Stop() }()
	var ping [8]byte
	for going := false; !going; { // the first GOAWAY refuses nothing yet; a ping is behind it
		frame, err := fr.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := frame.(*http2.PingFrame); ok && !p.IsAck() {
			going, ping = true, p.Data
		}
	}
	for _, method := range []string{hostpb.Host_HoldSessionBar_FullMethodName, hostpb.Host_AttachDesktop_FullMethodName, hostpb.Host_GetStatus_FullMethodName} {
		id := fr.call(t, method)
		if err := fr.WriteData(id, true, message(0, nil)); err != nil {
			t.Fatal(err)
		}
		if code, message := fr.status(t, id); code != codes.Unavailable || message != "the service is stopping" {
			t.Errorf("%s: %v, %q", method, code, message)
		}
	}
	if err := fr.WritePing(true, ping); err != nil {
		t.Fatal(err)
	}
	closed(t, fr.conn)
	<-stopped
}

// status waits for the end of a stream. The frames are read as meta headers.
func (f *frames) status(t testing.TB, id uint32) (code codes.Code, message string) {
	t.Helper()
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		h, ok := frame.(*http2.MetaHeadersFrame)
		if !ok || h.StreamID != id || !h.StreamEnded() {
			continue
		}
		for _, field := range h.RegularFields() {
			switch field.Name {
			case "grpc-status":
				n, err := strconv.ParseUint(field.Value, 10, 32)
				if err != nil {
					t.Fatal(err)
				}
				code = codes.Code(n)
			case "grpc-message":
				message = field.Value
			}
		}
		return code, message
	}
}
