package window

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"google.golang.org/grpc/codes"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/server"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/view"
)

func (s *stage) says() string {
	s.t.Helper()
	if o := part.Find(s.program.prompt.window.Content(), "prompt.warning"); o != nil {
		return o.(*part.Named).Content.(*part.Text).Content()
	}
	return ""
}

func (s *stage) fill(w fyne.Window, id, text string) {
	s.t.Helper()
	e, ok := part.Find(w.Content(), id).(*part.Entry)
	if !ok {
		s.t.Fatalf("there is no field %s", id)
	}
	e.SetText(text)
}

// Scenario 11: covered, locked, or on a screen that cannot tell who presses, a
// question cannot be allowed, and says why; it can be denied.
func TestPromptThatCannotBeAllowed(t *testing.T) {
	for name, row := range map[string]struct {
		set   func(*stage)
		words string
	}{
		"covered": {func(s *stage) { s.native.covered = true }, "Another window covers"},
		"locked":  {func(s *stage) { s.locked = true }, "The screen is locked"},
		"blind":   {func(s *stage) { s.native.blind = true }, "cannot tell whose press"},
		"machine": {func(s *stage) { s.native.machine = true }, "did not come from this PC's own"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, Config{})
			s.ready()
			row.set(s)
			s.ask(sample.ViewPrompt())
			s.look(2 * time.Second)
			s.tap(s.program.prompt.window, "prompt.allow")
			if said := strings.ReplaceAll(s.says(), "’", "'"); !strings.Contains(said, row.words) {
				t.Errorf("says %q", said)
			}
			s.tap(s.program.prompt.window, "prompt.deny")
			r := s.called("AnswerPrompt", 1).Request.(*hostpb.AnswerPromptRequest)
			if r.GetAllow() {
				t.Error("allowed")
			}
			s.until("the prompt closes", func() bool { return s.program.prompt == nil })
			if s.native.attends != 0 {
				t.Error("the devices are still watched")
			}
		})
	}
}

// What comes over a question in the moment of the press counts too.
func TestCoveredInTheMomentOfThePress(t *testing.T) {
	s := newStage(t, Config{})
	s.ready()
	s.ask(sample.ViewPrompt())
	s.look(time.Second)
	s.native.covered = true // not looked at yet by a tick
	s.tap(s.program.prompt.window, "prompt.allow")
	if n := len(s.service.Host.Calls("AnswerPrompt")); n != 0 || !strings.Contains(s.says(), "Another window covers") {
		t.Errorf("%d answers, says %q", n, s.says())
	}
}

// P24, B3: initials and PIN go with the answer; initials are remembered for
// this log-on, the PIN is not; a wrong one is said, with the tries left.
func TestPromptWithPIN(t *testing.T) {
	s := newStage(t, Config{})
	s.ready()
	s.service.Host.Handle(func(h *ipctest.Handlers) {
		h.AnswerPrompt = func(_ context.Context, r *hostpb.AnswerPromptRequest) (*hostpb.Empty, error) {
			if r.GetAllow() && r.GetPin() != "246801" {
				return nil, server.Fail(codes.InvalidArgument, "pin-wrong", "wrong PIN", "")
			}
			return &hostpb.Empty{}, nil
		}
	})
	question := sample.PINPrompt()
	s.ask(question)
	w := s.program.prompt.window
	s.look(time.Second)
	s.fill(w, "prompt.initials", "mh")
	s.fill(w, "prompt.pin", "111111")
	s.tap(w, "prompt.allow")
	r := s.called("AnswerPrompt", 1).Request.(*hostpb.AnswerPromptRequest)
	if r.GetInitials() != "MH" || r.GetPin() != "111111" || !r.GetAllow() {
		t.Errorf("answered %v", r)
	}
	s.until("the wrong PIN is told", func() bool { return s.says() == "The PIN is wrong." })
	if s.program.app.Preferences().String(initialsKey) != "" {
		t.Error("initials are remembered of an answer that did not count")
	}
	// The service puts the question anew, with one try less.
	again := sample.PINPrompt()
	again.Nonce, again.PinTriesLeft = []byte{7}, 2
	s.ask(again)
	w = s.program.prompt.window
	s.look(time.Second)
	s.fill(w, "prompt.initials", "MH")
	s.fill(w, "prompt.pin", "246801")
	s.tap(w, "prompt.allow")
	if r := s.called("AnswerPrompt", 2).Request.(*hostpb.AnswerPromptRequest); r.GetPin() != "246801" || string(r.GetNonce()) != "\x07" {
		t.Errorf("answered %v", r)
	}
	s.until("the prompt closes", func() bool { return s.program.prompt == nil })
	third := sample.PINPrompt()
	third.Id = "p9"
	s.ask(third)
	w = s.program.prompt.window
	if got := part.Find(w.Content(), "prompt.initials").(*part.Entry).Text; got != "MH" {
		t.Errorf("initials of last time: %q", got)
	}
	if got := part.Find(w.Content(), "prompt.pin").(*part.Entry).Text; got != "" {
		t.Errorf("a PIN of last time: %q", got)
	}
}

// The tries left change in the question that shows when nothing else does.
func TestTriesLeftChange(t *testing.T) {
	s := newStage(t, Config{})
	s.ready()
	s.ask(sample.PINPrompt())
	before := s.program.prompt
	s.fill(before.window, "prompt.initials", "MH")
	fewer := sample.PINPrompt()
	fewer.PinTriesLeft = 1
	s.service.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Prompt{Prompt: fewer}})
	s.until("one try is left", func() bool { return s.program.state.Prompt.GetPinTriesLeft() == 1 })
	if s.program.prompt != before || part.Find(before.window.Content(), "prompt.initials").(*part.Entry).Text != "MH" {
		t.Error("what was typed is gone")
	}
}

// A PIN is set by a call of its own, once at a time.
func TestSetPIN(t *testing.T) {
	s := newStage(t, Config{})
	s.ready()
	s.program.Navigate(view.Register)
	for id, typed := range map[string]string{"pin.initials": "ab", "pin.new": "246801", "pin.repeat": "246801"} {
		s.fill(s.program.main, id, typed)
	}
	s.service.Host.Handle(func(h *ipctest.Handlers) {
		h.SetPIN = func(context.Context, *hostpb.SetPINRequest) (*hostpb.Empty, error) {
			return nil, server.Fail(codes.InvalidArgument, "pin-weak", "too easy", "")
		}
	})
	s.tap(s.program.main, "pin.save")
	s.tap(s.program.main, "pin.save")
	s.until("the fault is told", func() bool { return s.program.state.PIN.Code == "pin-weak" })
	if n := len(s.service.Host.Calls("SetPIN")); n != 1 {
		t.Errorf("%d calls", n)
	}
	s.service.Host.Handle(func(h *ipctest.Handlers) { h.SetPIN = nil })
	s.tap(s.program.main, "pin.save")
	if r := s.called("SetPIN", 2).Request.(*hostpb.SetPINRequest); r.GetInitials() != "AB" || r.GetPin() != "246801" || r.GetOldPin() != "" {
		t.Errorf("set %v", r)
	}
	s.until("it is set", func() bool { return s.program.state.PIN.Saved == "AB" })
	if got := s.program.app.Preferences().String(initialsKey); got != "AB" {
		t.Errorf("remembered %q", got)
	}
}

func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// B6: the preview shows what the service sends while its window is open, and
// goes with the session.
func TestPreview(t *testing.T) {
	s := newStage(t, Config{})
	send := make(chan *hostpb.Preview)
	ended := make(chan struct{}, 4)
	s.service.Host.Handle(func(h *ipctest.Handlers) {
		h.WatchPreview = func(_ *hostpb.WatchPreviewRequest, stream hostpb.Host_WatchPreviewServer) error {
			defer func() { ended <- struct{}{} }()
			for {
				select {
				case m := <-send:
					if err := stream.Send(m); err != nil {
						return err
					}
				case <-stream.Context().Done():
					return stream.Context().Err()
				}
			}
		}
	})
	s.ready()
	s.program.ShowPreview()
	if s.program.preview != nil {
		t.Fatal("a preview without a session")
	}
	s.service.SetSupport(sample.SessionState())
	s.until("the session shows", func() bool { return part.Find(s.program.main.Content(), "preview.open") != nil })
	s.tap(s.program.main, "preview.open")
	s.tap(s.program.main, "preview.open")
	if r := s.called("WatchPreview", 1).Request.(*hostpb.WatchPreviewRequest); r.GetSessionId() != "s1" {
		t.Errorf("watches %v", r)
	}
	send <- &hostpb.Preview{State: "on", Masked: 1, Png: picture(t, 960, 540)}
	s.until("a picture shows", func() bool { return s.program.preview.picture != nil })
	send <- &hostpb.Preview{State: "on", Png: picture(t, 961, 540)}
	s.until("a picture that is too large does not show", func() bool { return s.program.preview.picture == nil && s.program.preview.lost })
	send <- &hostpb.Preview{State: "off"}
	s.until("nothing is seen", func() bool { return s.program.preview.last.GetState() == "off" && !s.program.preview.lost })
	s.tap(s.program.preview.window, "preview.close")
	<-ended
	if s.program.preview != nil {
		t.Error("the window stays")
	}
	s.tap(s.program.main, "preview.open")
	s.called("WatchPreview", 2)
	s.service.SetSupport(&hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_READY, EndedCode: "engineer", Summary: sample.Summary()})
	s.until("the preview goes with the session", func() bool { return s.program.preview == nil })
	<-ended
	// B5: then the summary shows, until somebody goes on.
	s.until("the summary shows", func() bool { return part.Find(s.program.main.Content(), "summary.close") != nil })
	s.tap(s.program.main, "summary.close")
	if part.Find(s.program.main.Content(), "help.called-them") == nil {
		t.Error("after the summary help cannot be asked for")
	}
	s.tap(s.program.main, "summary.open")
	s.tap(s.program.main, "summary.activity")
	if s.program.content.Page() != view.Activity || s.program.state.SummaryOpen {
		t.Error("not at the log")
	}
}

func FuzzDecodePreview(f *testing.F) {
	f.Add([]byte{})
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if p, err := decodePreview(raw); err == nil && p != nil && (p.Bounds().Dx() > previewWidth || p.Bounds().Dy() > previewHeight) {
			t.Errorf("a picture of %v", p.Bounds())
		}
	})
}
