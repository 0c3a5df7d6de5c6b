package window

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/view"
)

// becomes has the service come back as a version.
func (s *stage) becomes(version string) {
	status := proto.CloneOf(sample.Status())
	status.Version = version
	s.service.SetStatus(status)
}

// outdated starts a program beside which another version is current by now.
func outdated(t *testing.T, c Config) *stage {
	s, _ := withAlarms(t, c, sample.Status(), sample.Notifications())
	s.program.version = sample.Status().GetVersion()
	s.program.successor = func() string { return "/install/bin/beckmanconnect" }
	s.ready()
	return s
}

// madeWay waits for a program to make way and returns where it was.
func (s *stage) madeWay() string {
	s.t.Helper()
	s.until("it makes way", func() bool { return s.program.again != nil })
	if s.quits != 1 {
		s.t.Errorf("it quit %d times", s.quits)
	}
	return s.program.again.Place
}

// After an upgrade the next version opens where the technician was: page, open
// notification, filter, and what was typed and not sent.
func TestTheNextVersionOpensWhereThisOneWas(t *testing.T) {
	filter := model.Filter{Scope: model.ScopeAll, High: true, Text: "sheath", Span: model.SpanWeek}
	tests := map[string]struct {
		go_  func(*program)
		want func(*stage) error
	}{
		"a page": {func(p *program) { p.Navigate(view.About) }, func(s *stage) error {
			if page := s.program.content.Page(); page != view.About {
				return fmt.Errorf("on page %s", page)
			}
			return nil
		}},
		"a filtered list": {func(p *program) { p.FilterNotifications(filter) }, func(s *stage) error {
			if got := s.program.state.Alarms.List.Filter(); got != filter {
				return fmt.Errorf("filter %+v", got)
			}
			if search := part.Find(s.program.main.Content(), "notifications.search"); search == nil {
				return errors.New("no list")
			}
			return nil
		}},
		"a notification, over a filtered list": {func(p *program) { p.FilterNotifications(filter); p.OpenNotification(18) }, func(s *stage) error {
			s.sees("notification.history")
			s.program.BackFromNotification()
			if got := s.program.state.Alarms; got.Place != model.PlaceList || got.List.Filter() != filter {
				return fmt.Errorf("behind it %v, %+v", got.Place, got.List.Filter())
			}
			return nil
		}},
		"a note half written": {func(p *program) { p.ShowNotifications(model.PlaceHandover); p.WriteDraft("Lot 7 is\nlow") }, func(s *stage) error {
			if h := s.program.state.Alarms.Handover; h.Draft != "Lot 7 is\nlow" || !h.Edited || s.program.state.Alarms.Place != model.PlaceHandover {
				return fmt.Errorf("%+v", h)
			}
			return nil
		}},
		"a request half written, and another page": {func(p *program) { p.HelpReason("it leaks"); p.Navigate(view.Activity) }, func(s *stage) error {
			if page := s.program.content.Page(); page != view.Activity || s.program.state.Help.Reason != "it leaks" {
				return fmt.Errorf("page %s, reason %q", page, s.program.state.Help.Reason)
			}
			return nil
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := outdated(t, Config{})
			tt.go_(before.program)
			before.becomes("9.9.9")
			after, _ := withAlarms(t, Config{View: view.Help, Place: before.madeWay()}, sample.Status(), sample.Notifications())
			after.ready()
			if err := tt.want(after); err != nil {
				t.Error(err)
			}
		})
	}
}

// It makes way for another version alone, and not while somebody is in a
// session or has a question before them.
func TestWhenItMakesWay(t *testing.T) {
	t.Run("the same version", func(t *testing.T) {
		s := outdated(t, Config{})
		s.becomes(sample.Status().GetVersion())
		s.program.Navigate(view.About)
		s.sees("nav.help")
		if s.program.again != nil || s.quits > 0 {
			t.Error("it makes way for itself")
		}
	})
	t.Run("nothing else is current", func(t *testing.T) {
		s := outdated(t, Config{})
		s.program.successor = func() string { return "" }
		s.becomes("9.9.9")
		s.until("it knows", func() bool { return s.program.outdated })
		if s.program.again != nil || s.quits > 0 {
			t.Error("it makes way for nobody")
		}
	})
	t.Run("a question", func(t *testing.T) {
		s := outdated(t, Config{})
		s.program.outdated = false
		s.service.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Prompt{Prompt: sample.ViewPrompt()}})
		s.until("the question", func() bool { return s.program.state.Prompt != nil })
		status := proto.CloneOf(sample.Status())
		status.Version = "9.9.9"
		status.Support = &hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_WAITING, RequestId: "r", Prompt: sample.ViewPrompt()}
		s.service.SetStatus(status)
		s.until("it knows", func() bool { return s.program.outdated })
		if s.program.again != nil || s.quits > 0 {
			t.Fatal("it makes way over an open question")
		}
		s.becomes("9.9.9")
		s.service.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Support{Support: &hostpb.SupportState{}}})
		s.madeWay()
	})
}

// Whatever stands in the environment: the program starts, on a page it has, in
// a window that fits, or as if nothing stood there.
func TestPlaceFromOutside(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, text string) {
		p, ok := readPlace(text)
		if !ok {
			if p != (place{}) {
				t.Fatalf("refused, and %+v", p)
			}
			return
		}
		again, err := json.Marshal(p)
		if err != nil {
			t.Fatalf("%v", err)
		}
		if got, ok := readPlace(string(again)); !ok || got != p {
			t.Fatalf("%+v comes back as %+v", p, got)
		}
		if size := p.size(); size.Width <= 0 || size.Width > maxSide || size.Height <= 0 || size.Height > maxSide {
			t.Fatalf("a window of %v", size)
		}
		if p.Part == model.PlaceDetail && p.Alarm == 0 || p.Month > 12 || len(p.Filter.Text) > reasonCap {
			t.Fatalf("%+v", p)
		}
	}
	for _, text := range []string{
		"", "{", "[]", "null", `{"page":"x"}`, `{"page":"help"}`, `{"page":"help","part":77,"width":-1,"height":1e30}`,
		`{"page":"notifications","part":1}`, `{"page":"notifications","filter":{"Scope":-1,"Text":"` + strings.Repeat("x", 5000) + `"}}`,
		`{"page":"about","note":"` + strings.Repeat("x", maxPlace) + `"}`, `{"page":"about","month":13,"year":2026}`,
	} {
		check(t, text)
	}
	rapid.Check(t, func(rt *rapid.T) {
		text, err := json.Marshal(map[string]any{
			"page": rapid.SampledFrom(append(view.Pages(), "", "prompt")).Draw(rt, "page"), "part": rapid.IntRange(-2, 9).Draw(rt, "part"),
			"alarm": rapid.Uint64().Draw(rt, "alarm"), "filter": map[string]any{"Text": rapid.String().Draw(rt, "text"), "Span": rapid.IntRange(-1, 9).Draw(rt, "span"), "Source": rapid.String().Draw(rt, "source")},
			"note": rapid.String().Draw(rt, "note"), "reason": rapid.String().Draw(rt, "reason"), "width": rapid.Float32Range(-10, 1e6).Draw(rt, "width"), "height": rapid.Float32Range(-10, 1e6).Draw(rt, "height"),
			"year": rapid.Int().Draw(rt, "year"), "month": rapid.IntRange(-1, 14).Draw(rt, "month"),
		})
		if err != nil {
			rt.Fatal(err)
		}
		check(rt, string(text))
	})
}
