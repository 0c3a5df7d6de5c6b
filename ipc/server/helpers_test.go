package server_test

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/protocol"
)

// open passes the gate as a, as a hostile program would: by hand.
func open(t testing.TB, f *ipctest.Fixture, a identity.Actor, class protocol.Class) net.Conn {
	t.Helper()
	conn, answer := knock(t, f, a, class)
	if answer != protocol.Welcome {
		t.Fatalf("answer %d at the gate", answer)
	}
	return conn
}

func knock(t testing.TB, f *ipctest.Fixture, a identity.Actor, class protocol.Class) (net.Conn, protocol.Answer) {
	t.Helper()
	conn, err := f.Client(a, "").DialPipe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	// The gate may answer before it has heard anything.
	written := make(chan error, 1)
	go func() { written <- protocol.WriteOpening(conn, class) }()
	answer, err := protocol.ReadAnswer(conn)
	if err != nil {
		t.Fatal(err)
	}
	<-written
	return conn, answer
}

// raw is a gRPC connection over one opened pipe that says nothing by itself.
func raw(t testing.TB, f *ipctest.Fixture, a identity.Actor, class protocol.Class) *grpc.ClientConn {
	t.Helper()
	pipes := make(chan net.Conn, 1)
	pipes <- open(t, f, a, class)
	c, err := grpc.NewClient("passthrough:///raw",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			select {
			case p := <-pipes:
				return p, nil
			default:
				return nil, net.ErrClosed // one pipe, no second one
			}
		}),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(64<<20)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func hello(t testing.TB, c grpc.ClientConnInterface, program string) {
	t.Helper()
	if _, err := hostpb.NewHostClient(c).Hello(t.Context(), helloRequest(program)); err != nil {
		t.Fatal(err)
	}
}

func helloRequest(program string) *hostpb.HelloRequest {
	return &hostpb.HelloRequest{MinProtocol: protocol.Oldest, MaxProtocol: protocol.Newest, Program: program, Version: "test"}
}

// greeted is raw after Hello.
func greeted(t testing.TB, f *ipctest.Fixture, a identity.Actor, program string) *grpc.ClientConn {
	t.Helper()
	class := protocol.Calls
	if program == protocol.Desktop {
		class = protocol.Picture
	}
	c := raw(t, f, a, class)
	hello(t, c, program)
	return c
}
