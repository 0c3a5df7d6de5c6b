package view_test

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
	"beckmanconnect/ui/view"
)

func (a *actions) SendChat(line string) { a.note("chat " + line) }
func (a *actions) ShowChat()            { a.note("show chat") }

// Chat by keyboard alone: typed, sent with Enter, and a half-written line stays
// where it is when the other side writes meanwhile.
func TestChatByKeyboard(t *testing.T) {
	s := sample.Shared()
	v, a, w := window(t, view.Help, &s)
	v.ShowChat()
	entry := part.Find(v.Content(), "chat.text").(*part.Entry)
	if w.Canvas().Focused() != fyne.Focusable(entry) {
		t.Fatalf("the focus is on %v", w.Canvas().Focused())
	}
	test.Type(entry, "  It is \u202eopen ")
	entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if a.last() != "chat It is open" || entry.Text != "" {
		t.Errorf("%q sent, %q left", a.last(), entry.Text)
	}
	entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if len(a.did) != 1 {
		t.Errorf("an empty line was sent: %q", a.did)
	}
	test.Type(entry, "half")
	s.Support.Chat = append(s.Support.Chat, &hostpb.ChatLine{Id: 4, UnixMs: sample.Ago(0), Text: "another"})
	v.Update(&s, sample.Now)
	now := part.Find(v.Content(), "chat.text").(*part.Entry)
	if now.Text != "half" || w.Canvas().Focused() != fyne.Focusable(now) {
		t.Errorf("%q is left, the focus is on %v", now.Text, w.Canvas().Focused())
	}
	tap(t, v.Content(), "chat.send")
	if a.last() != "chat half" {
		t.Errorf("%q", a.last())
	}
	v.ChatFailed("half")
	if now.Text != "half" {
		t.Error("what did not get out is gone")
	}
}

// Without the right, or the link, nothing can be written.
func TestChatThatIsOver(t *testing.T) {
	for what, change := range map[string]func(*hostpb.SupportState){
		"not allowed": func(s *hostpb.SupportState) { s.Leases = nil },
		"lost":        func(s *hostpb.SupportState) { s.Phase = hostpb.SupportPhase_SUPPORT_PHASE_LOST },
	} {
		s := sample.Shared()
		change(s.Support)
		v, a, _ := window(t, view.Help, &s)
		if part.Find(v.Content(), "chat.text") != nil || part.Find(v.Content(), "chat.send") != nil || part.Find(v.Content(), "chat.lines") == nil {
			t.Errorf("%s: a line can be written, or what was said is gone", what)
		}
		if len(a.did) != 0 {
			t.Errorf("%q", a.did)
		}
	}
	s := sample.Session()
	v, _, _ := window(t, view.Help, &s)
	if part.Find(v.Content(), "chat.lines") != nil {
		t.Error("a chat where none was allowed")
	}
}

// Every right on the bar has its way back, and unread lines their mark.
func TestBarOfASharedSession(t *testing.T) {
	s := sample.Shared()
	a := &actions{}
	k := kit(t, "en", theme.Light())
	b := view.NewBar(k, a)
	v, _ := s.Bar(k.Words, sample.Now)
	b.Update(v)
	open(t, b.Content(), fyne.NewSize(0, 0))
	for _, l := range s.Support.Leases {
		id := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(l.Capability.String(), "CAPABILITY_")), "_", "-")
		tap(t, b.Content(), "bar."+id+".revoke")
		if a.last() != "revoke "+l.Capability.String() {
			t.Errorf("%s: %q", id, a.last())
		}
	}
	if v.Unread != "2 new messages" {
		t.Errorf("%q", v.Unread)
	}
	tap(t, b.Content(), "bar.chat")
	if a.last() != "show chat" {
		t.Errorf("%q", a.last())
	}
	if !s.ReadChat() || s.ReadChat() || s.Unread() != 0 {
		t.Error("what was read is not read, or twice")
	}
	if v, _ = s.Bar(k.Words, sample.Now.Add(time.Second)); v.Unread != "" {
		t.Errorf("%q", v.Unread)
	}
	if b.Update(v); part.Find(b.Content(), "bar.chat") != nil {
		t.Error("the mark stays")
	}
	next := sample.SessionState()
	next.SessionId = "s2"
	next.Chat = []*hostpb.ChatLine{{Id: 1, Text: "of another session"}}
	s.Apply(&hostpb.Event{Body: &hostpb.Event_Support{Support: next}})
	if s.Unread() != 1 {
		t.Error("a new session's first line counts as read")
	}
}

// A question with one duration says it and answers with it.
func TestPromptsOfOneDuration(t *testing.T) {
	for _, row := range []struct {
		prompt *hostpb.Prompt
		want   hostpb.Duration_
	}{
		{sample.ChatPrompt(), hostpb.Duration__DURATION_SESSION}, {sample.PointerPrompt(), hostpb.Duration__DURATION_SESSION},
		{sample.ClipboardPrompt(hostpb.Capability_CAPABILITY_CLIPBOARD_TO_PC), hostpb.Duration__DURATION_ONCE},
		{sample.FilePrompt(), hostpb.Duration__DURATION_ONCE},
	} {
		a := ask(t, row.prompt)
		a.look(time.Second)
		tap(t, a.prompt.Content(), "prompt.allow")
		a.want(1, true)
		if a.answers[0].Duration != row.want {
			t.Errorf("%v: %v", row.prompt.Capability, a.answers[0].Duration)
		}
	}
}

// What is typed is one line that the service takes (scenario 49).
func TestChatLine(t *testing.T) {
	for in, want := range map[string]string{
		"": "", " \n ": "", "a\nb": "a b", "\u202ea": "a", strings.Repeat("ä", 1500): strings.Repeat("ä", 1000),
	} {
		if got := model.ChatLine(in); got != want {
			t.Errorf("%.20q: %.20q (%d bytes)", in, got, len(got))
		}
	}
}
