package server_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ipc/server"
	"beckmanconnect/ipc/upgradepb"
)

// invoke makes any call with an empty message and returns its error code, ""
// when the handler was reached.
func invoke(t *testing.T, c grpc.ClientConnInterface, method string, stream bool) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if !stream {
		return client.Code(c.Invoke(ctx, method, &hostpb.Empty{}, &hostpb.Empty{}))
	}
	s, err := c.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, method)
	if err != nil {
		return client.Code(err)
	}
	// Sending to a call that was refused already fails; why, says receiving.
	_ = errors.Join(s.SendMsg(&hostpb.Empty{}), s.CloseSend())
	return client.Code(s.RecvMsg(&hostpb.Event{}))
}

// scenario 4: every call × every role. The table is written out here a second
// time, so that a change to the one in the code has to be meant.
func TestEveryMethodAndRole(t *testing.T) {
	const technician, it = "technician", "it"
	both := []string{technician, it}
	may := map[string][]string{
		"Hello": {technician, it, "stranger", "remote", "low"}, "GetStatus": both, "Watch": both, "Show": both, "GetTerms": both,
		"AcceptTerms": both, "Register": both, "ListNotifications": both, "AcknowledgeNotification": {technician},
		"PublishNotification": both, "RequestHelp": {technician}, "CancelHelp": both, "AnswerPrompt": {technician},
		"RevokeCapability": both, "EndSession": both, "ResetCodeTries": {it}, "SetPIN": {technician}, "RemovePIN": {it}, "WatchPreview": {technician}, "HoldSessionBar": {technician}, "AcceptUpgrade": both, "PostponeUpgrade": both, "CancelUpgrade": both, "CheckUpgrades": both,
		"ListActivity": both, "ExplainPolicy": both, "AttachDesktop": {technician},
		"HandleFiles": {technician}, "SendChat": {technician},
		"GetNotification": both, "SeenNotifications": {technician}, "ShelveNotification": {technician}, "UnshelveNotification": {technician},
		"TestAlarm": both, "GetHandover": both, "WriteHandover": {technician}, "ListOffenders": both, "SetQuietHours": both,
		"PrepareHelpLogs": {technician}, "OfferProxy": {technician},
		"GetActivity": both, "ExportLog": both, "GetLog": both, "ArchiveLog": {it}, "BackupLog": {it}, "RotateKeys": {it}, "ErasePerson": {it}, "RenewDevice": {it},
	}
	remote, low := ipctest.Technician("bea"), ipctest.Technician("carl")
	remote.Remote, low.LowIntegrity = true, true
	actors := map[string]identity.Actor{
		technician: ipctest.Technician("anna"), it: ipctest.IT(), "stranger": ipctest.Stranger(), "remote": remote, "low": low,
	}

	f := ipctest.Start(t, ipctest.Config{})
	f.SetStatus(&hostpb.Status{}) // so that Watch has something to answer
	f.Host.Handle(func(h *ipctest.Handlers) {
		h.HoldSessionBar = func(*hostpb.HoldSessionBarRequest, grpc.ServerStreamingServer[hostpb.Empty]) error {
			return server.Fail(codes.NotFound, "reached", "", "")
		}
		h.WatchPreview = func(*hostpb.WatchPreviewRequest, grpc.ServerStreamingServer[hostpb.Preview]) error {
			return server.Fail(codes.NotFound, "reached", "", "")
		}
		h.HandleFiles = func(grpc.BidiStreamingServer[hostpb.FilesMessage, hostpb.FilesCommand]) error {
			return server.Fail(codes.NotFound, "reached", "", "")
		}
		h.ExportLog = func(*hostpb.ExportLogRequest, grpc.ServerStreamingServer[hostpb.ExportPiece]) error {
			return server.Fail(codes.NotFound, "reached", "", "")
		}
		h.BackupLog = func(*hostpb.BackupLogRequest, grpc.ServerStreamingServer[hostpb.ExportPiece]) error {
			return server.Fail(codes.NotFound, "reached", "", "")
		}
		h.RotateKeys = func(*hostpb.RotateKeysRequest, grpc.ServerStreamingServer[hostpb.RotateProgress]) error {
			return server.Fail(codes.NotFound, "reached", "", "")
		}
		h.AttachDesktop = func(grpc.BidiStreamingServer[hostpb.HelperMessage, hostpb.HelperCommand]) error {
			return server.Fail(codes.NotFound, "reached", "", "")
		}
	})
	desc := hostpb.Host_ServiceDesc
	methods := map[string]bool{} // name → stream
	for _, m := range desc.Methods {
		methods[m.MethodName] = false
	}
	for _, s := range desc.Streams {
		methods[s.StreamName] = true
	}
	if len(methods) != len(may) {
		t.Errorf("the contract has %d calls, this test %d", len(methods), len(may))
	}
	for who, actor := range actors {
		calls := greeted(t, f, actor, protocol.Window)
		pictures := greeted(t, f, actor, protocol.Desktop)
		for name, stream := range methods {
			conn := calls
			if name == "AttachDesktop" {
				conn = pictures
			}
			want := protocol.CodeNotPermitted
			for _, role := range may[name] {
				if role == who {
					want = ""
				}
			}
			got := invoke(t, conn, "/"+desc.ServiceName+"/"+name, stream)
			if name == "Hello" && got == protocol.CodeInvalidRequest || got == "reached" {
				got = "" // an empty Hello reached its handler
			}
			if got != want {
				t.Errorf("%s calls %s: %q, want %q", who, name, got, want)
			}
			// On a connection of the wrong class nobody gets through.
			if name != "Hello" {
				other := calls
				if conn == calls {
					other = pictures
				}
				if got := invoke(t, other, "/"+desc.ServiceName+"/"+name, stream); got != protocol.CodeNotPermitted {
					t.Errorf("%s calls %s on the other class: %q", who, name, got)
				}
			}
		}
		for _, unknown := range []string{"/" + desc.ServiceName + "/Exec", "/x.Y/Z", "/" + desc.ServiceName + "/", "/"} {
			if got := invoke(t, calls, unknown, false); got != protocol.CodeUnknownMethod {
				t.Errorf("%s calls %s: %q", who, unknown, got)
			}
		}
	}
}

func TestEveryUpgraderMethodAndRole(t *testing.T) {
	for _, m := range upgradepb.Upgrader_ServiceDesc.Methods {
		for role, want := range map[identity.Roles]string{0: protocol.CodeNotPermitted, identity.Technician: protocol.CodeNotPermitted, identity.IT: "", identity.Service: ""} {
			if got := client.Code(server.AuthorizeUpgrader(m.MethodName, identity.Actor{ID: "uid:7", Roles: role})); got != want {
				t.Errorf("%s as %v: %q, want %q", m.MethodName, role, got, want)
			}
		}
	}
}

func TestHelloComesFirst(t *testing.T) {
	f := ipctest.Start(t, ipctest.Config{})
	c := raw(t, f, ipctest.Technician("anna"), protocol.Calls)
	host := hostpb.NewHostClient(c)
	_, err := host.GetStatus(t.Context(), &hostpb.GetStatusRequest{})
	if status.Code(err) != codes.FailedPrecondition || client.Code(err) != protocol.CodeHelloMissing {
		t.Errorf("before Hello: %v", err)
	}
	if len(f.Host.Calls()) != 0 {
		t.Error("the call reached the host")
	}
	hello(t, c, protocol.Tray)
	if _, err := host.GetStatus(t.Context(), &hostpb.GetStatusRequest{}); err != nil {
		t.Errorf("after Hello: %v", err)
	}
	hello(t, c, protocol.Tray)
	// A second Hello does not make it another program's connection.
	if _, err := host.Hello(t.Context(), helloRequest(protocol.Window)); client.Code(err) != protocol.CodeInvalidRequest {
		t.Errorf("another program on the same connection: %v", err)
	}
	if _, err := host.Hello(t.Context(), helloRequest(strings.Repeat("x", 65))); client.Code(err) != protocol.CodeInvalidRequest {
		t.Errorf("an endless name: %v", err)
	}
}

func TestVersions(t *testing.T) {
	tests := map[string]struct {
		server         server.Range
		oldest, newest uint32
		agreed         uint32
		old            protocol.Side
	}{
		"same":                            {server.Range{Oldest: 1, Newest: 1}, 1, 1, 1, 0},
		"previous window, new service":    {server.Range{Oldest: 1, Newest: 2}, 1, 1, 1, 0},
		"new window, previous service":    {server.Range{Oldest: 1, Newest: 1}, 1, 2, 1, 0},
		"ancient window, new service":     {server.Range{Oldest: 3, Newest: 4}, 1, 2, 0, protocol.Caller},
		"new window, ancient service":     {server.Range{Oldest: 1, Newest: 2}, 3, 4, 0, protocol.Server},
		"a service that speaks no number": {server.Range{Oldest: 9, Newest: 9}, 1, 9, 9, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := ipctest.Start(t, ipctest.Config{Protocol: tt.server})
			config := f.Client(ipctest.Technician("anna"), protocol.Window)
			config.Oldest, config.Newest = tt.oldest, tt.newest
			c, err := client.Dial(t.Context(), config)
			if old, is := client.Incompatible(err); is != (tt.old != 0) || old != tt.old {
				t.Fatalf("%v: old side %v, %v", err, old, is)
			}
			if err != nil {
				return
			}
			defer c.Close()
			if c.Hello().GetProtocol() != tt.agreed {
				t.Errorf("agreed on %d, want %d", c.Hello().GetProtocol(), tt.agreed)
			}
		})
	}
}

func TestHandlersThatFail(t *testing.T) {
	f := ipctest.Start(t, ipctest.Config{})
	c := f.Dial(ipctest.Technician("anna"), protocol.Window)
	tests := map[string]struct {
		answer func() error
		code   string
		grpc   codes.Code
	}{
		"panic":          {func() error { panic("secret") }, protocol.CodeInternal, codes.Internal},
		"nil pointer":    {func() error { var c *hostpb.Status; c.Version = "x"; return nil }, protocol.CodeInternal, codes.Internal},
		"plain error":    {func() error { return errors.New("secret /var/lib") }, protocol.CodeInternal, codes.Internal},
		"cancelled":      {func() error { return fmt.Errorf("x: %w", context.Canceled) }, protocol.CodeCancelled, codes.Canceled},
		"late":           {func() error { return context.DeadlineExceeded }, protocol.CodeTimeout, codes.DeadlineExceeded},
		"typed":          {func() error { return server.Fail(codes.Aborted, "busy", "busy", "wait") }, "busy", codes.Aborted},
		"typed, wrapped": {func() error { return fmt.Errorf("x: %w", server.Fail(codes.Aborted, "busy", "busy", "wait")) }, "busy", codes.Aborted},
		"bare status":    {func() error { return status.Error(codes.InvalidArgument, "no") }, protocol.CodeInvalidRequest, codes.InvalidArgument},
		"unknown status": {func() error { return status.Error(codes.Unknown, "secret") }, protocol.CodeInternal, codes.Internal},
	}
	for name, tt := range tests {
		f.Host.Handle(func(h *ipctest.Handlers) {
			h.CancelHelp = func(context.Context, *hostpb.CancelHelpRequest) (*hostpb.Empty, error) { return nil, tt.answer() }
		})
		_, err := c.Host.CancelHelp(t.Context(), &hostpb.CancelHelpRequest{})
		if client.Code(err) != tt.code || status.Code(err) != tt.grpc || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// scenario 3: no message larger than what the call may need.
func TestMessageSizes(t *testing.T) {
	f := ipctest.Start(t, ipctest.Config{})
	got := make(chan int, 1)
	f.Host.Handle(func(h *ipctest.Handlers) {
		h.AttachDesktop = func(s grpc.BidiStreamingServer[hostpb.HelperMessage, hostpb.HelperCommand]) error {
			m, err := s.Recv()
			got <- len(m.GetScreenUpdate())
			return err
		}
	})
	anna := ipctest.Technician("anna")
	calls := hostpb.NewHostClient(greeted(t, f, anna, protocol.Window))
	for size, want := range map[int]string{protocol.MaxMessage - 64: "", protocol.MaxMessage: protocol.CodeTooLarge, 8 << 20: protocol.CodeTooLarge} {
		_, err := calls.RequestHelp(t.Context(), &hostpb.RequestHelpRequest{Reason: strings.Repeat("x", size)})
		if client.Code(err) != want {
			t.Errorf("a call of %d bytes: %v", size, err)
		}
	}
	pictures := hostpb.NewHostClient(greeted(t, f, anna, protocol.Desktop))
	for size, want := range map[int]int{protocol.MaxDesktopMessage - 64: protocol.MaxDesktopMessage - 64, protocol.MaxDesktopMessage: 0} {
		s, err := pictures.AttachDesktop(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Send(&hostpb.HelperMessage{Body: &hostpb.HelperMessage_ScreenUpdate{ScreenUpdate: make([]byte, size)}})
		if n := <-got; n != want {
			t.Errorf("a picture of %d bytes arrived as %d", size, n)
		}
	}
}

// Who keeps knocking at closed doors is disconnected.
func TestEndlessRefusals(t *testing.T) {
	f := ipctest.Start(t, ipctest.Config{})
	c := greeted(t, f, ipctest.Stranger(), "guess")
	for range 1000 {
		_, err := hostpb.NewHostClient(c).GetStatus(t.Context(), &hostpb.GetStatusRequest{})
		if status.Code(err) == codes.Unavailable {
			return // the pipe was closed
		}
		if client.Code(err) != protocol.CodeNotPermitted {
			t.Fatal(err)
		}
	}
	t.Error("1000 refused calls over one connection")
}
