package ipctest_test

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ipc/server"
)

func TestNamedActorCallsAndFollows(t *testing.T) {
	f := ipctest.Start(t, ipctest.Config{})
	f.Host.Handle(func(h *ipctest.Handlers) {
		h.RequestHelp = func(_ context.Context, r *hostpb.RequestHelpRequest) (*hostpb.HelpRequested, error) {
			if !r.GetTechnicianCalled() {
				return nil, server.Fail(codes.FailedPrecondition, "called-by-somebody", "they called", "hang-up")
			}
			return &hostpb.HelpRequested{Code: "ABCD EFGH"}, nil
		}
	})
	c := f.Dial(ipctest.Technician("anna"), protocol.Window)
	if got := c.Hello(); got.GetEpoch() != ipctest.Epoch || got.GetVersion() != ipctest.Version || len(got.GetRoles()) != 1 {
		t.Errorf("Hello = %v", got)
	}
	reply, err := c.Host.RequestHelp(t.Context(), &hostpb.RequestHelpRequest{TechnicianCalled: true})
	if err != nil || reply.GetCode() != "ABCD EFGH" {
		t.Fatalf("RequestHelp = %v, %v", reply, err)
	}
	_, err = c.Host.RequestHelp(t.Context(), &hostpb.RequestHelpRequest{})
	if d := client.Detail(err); d.GetCode() != "called-by-somebody" || d.GetAction() != "hang-up" || d.GetRetryable() {
		t.Errorf("detail = %v", d)
	}
	calls := f.Host.Calls("RequestHelp")
	if len(calls) != 2 || calls[0].Actor.User != "anna" || calls[0].Program != protocol.Window {
		t.Errorf("calls = %v", calls)
	}

	f.SetStatus(&hostpb.Status{Cloud: "cloud.example"})
	ctx, cancel := context.WithCancel(t.Context())
	var seen []*hostpb.Event
	_ = client.Follow(ctx, f.Client(ipctest.Technician("anna"), protocol.Tray), func(e *hostpb.Event) {
		seen = append(seen, e)
		switch {
		case e.GetReset_() != nil:
			f.Raise(&hostpb.Notification{Code: "disk-nearly-full"})
		case e.GetNotification() != nil:
			cancel()
		}
	}, nil)
	if len(seen) != 2 || seen[0].GetReset_().GetSnapshot().GetCloud() != "cloud.example" || seen[1].GetSeq() != 1 {
		t.Errorf("events = %v", seen)
	}
}
