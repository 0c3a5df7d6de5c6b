package window

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/server"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/view"
)

// A line goes out for the session that runs; one that was refused comes back
// into the field, with the reason.
func TestChatIsSent(t *testing.T) {
	s := newStage(t, Config{View: view.Help})
	s.until("connected", func() bool { return s.program.state.Connected })
	s.service.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Support{Support: sample.Shared().Support}})
	s.until("in session", func() bool { return s.program.state.InSession() })
	s.program.SendChat("It is open")
	r, ok := s.called("SendChat", 1).Request.(*hostpb.SendChatRequest)
	if !ok || r.GetSessionId() != "s1" || r.GetText() != "It is open" {
		t.Errorf("%v", r)
	}
	s.service.Host.Handle(func(h *ipctest.Handlers) {
		h.SendChat = func(context.Context, *hostpb.SendChatRequest) (*hostpb.Empty, error) {
			return nil, server.Fail(codes.FailedPrecondition, "not-granted", "chat is not allowed", "")
		}
	})
	s.program.SendChat("too late")
	s.until("refused", func() bool { return s.program.state.Failure == "not-granted" })
	entry, ok := part.Find(s.program.content.Content(), "chat.text").(*part.Entry)
	if !ok || entry.Text != "too late" {
		t.Error("the line is gone")
	}
}

// What nobody looks at stays unread: on another page, and with the keyboard in
// another program.
func TestUnreadUntilLookedAt(t *testing.T) {
	s := newStage(t, Config{View: view.Help})
	s.until("connected", func() bool { return s.program.state.Connected })
	s.service.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Support{Support: sample.Shared().Support}})
	s.until("in session", func() bool { return s.program.state.InSession() })
	if n := s.program.state.Unread(); n != 2 {
		t.Errorf("%d unread", n)
	}
	s.program.inFront(true)
	s.program.Navigate(view.About)
	more := sample.Shared().Support
	more.Chat = append(more.Chat, &hostpb.ChatLine{Id: 4, UnixMs: sample.Ago(0), Text: "Are you there?"})
	s.service.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Support{Support: more}})
	s.until("a line nobody looks at", func() bool { return s.program.state.Unread() == 1 })
	s.program.ShowChat()
	if s.program.content.Page() != view.Help || s.program.state.Unread() != 0 {
		t.Errorf("page %s, %d unread", s.program.content.Page(), s.program.state.Unread())
	}
}
