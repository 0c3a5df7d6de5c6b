package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"encoding/json"

	"google.golang.org/protobuf/proto"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/store"
)

func openStore(t testing.TB, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // a second Close does nothing
	return s
}

func newAlarms(t testing.TB) *Alarms {
	return &Alarms{Store: openStore(t, t.TempDir()), Now: time.Now}
}

var english = []store.Text{{Language: "en", Title: "Title", Advice: "Advice"}}

func raise(code string) Observation {
	return Observation{Code: code, Severity: store.Medium, Source: SourceLog, Texts: english, Verified: true}
}

func kinds(t *testing.T, s *store.Store) []string {
	t.Helper()
	entries, _, err := s.Entries(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range slices.Backward(entries) {
		if len(e.Kind) > 13 && e.Kind[:13] == "notification." {
			kinds = append(kinds, e.Kind[13:])
		}
	}
	return kinds
}

// TestLifecycle is B9's life of an alarm: raised, counted in place,
// acknowledged, cleared, re-armed.
func TestLifecycle(t *testing.T) {
	event, state := raise("c"), raise("c")
	state.Ends = true
	over := state
	over.Clear = true
	condition := state
	condition.Condition = true
	ack := Observation{Code: "acknowledge"} // stands for the technician
	for _, row := range []struct {
		name  string
		seen  []Observation
		want  []string // state and count of each notification, oldest first
		steps []string
	}{
		{"raised", []Observation{event}, []string{"raised 1"}, []string{"raised"}},
		{"counted in place", []Observation{event, event, event}, []string{"raised 3"}, []string{"raised", "repeated", "repeated"}},
		{"acknowledged", []Observation{event, ack}, []string{"acknowledged 1"}, []string{"raised", "acknowledged"}},
		{"an event again after it was dealt with", []Observation{event, ack, event}, []string{"cleared 1", "raised 1"}, []string{"raised", "acknowledged", "cleared", "raised"}},
		{"a state again while it is dealt with", []Observation{state, ack, state}, []string{"acknowledged 2"}, []string{"raised", "acknowledged", "repeated"}},
		{"over", []Observation{state, over}, []string{"cleared 1"}, []string{"raised", "cleared"}},
		{"over before it began", []Observation{over}, nil, nil},
		{"armed again", []Observation{state, over, state}, []string{"cleared 1", "raised 1"}, []string{"raised", "cleared", "raised"}},
		{"over after it was dealt with", []Observation{state, ack, over}, []string{"cleared 1"}, []string{"raised", "acknowledged", "cleared"}},
		{"a condition that holds is no news", []Observation{condition, condition}, []string{"raised 1"}, []string{"raised"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := newAlarms(t)
			for _, o := range row.seen {
				if o.Code != "acknowledge" {
					if err := a.Apply(t.Context(), []Observation{o}, nil); err != nil {
						t.Fatal(err)
					}
					continue
				}
				open, _, err := a.Store.Notifications(t.Context(), 0, 1, true)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := a.Acknowledge(t.Context(), open[0].ID, Person{Role: "technician", Account: "uid:1", Initials: "AW"}); err != nil {
					t.Fatal(err)
				}
			}
			check(t, a.Store, row.want, row.steps)
		})
	}
}

func check(t *testing.T, s *store.Store, want, steps []string) {
	t.Helper()
	all, _, err := s.Notifications(t.Context(), 0, 1000, false)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range slices.Backward(all) {
		got = append(got, fmt.Sprintf("%s %d", n.State, n.Count))
	}
	if !slices.Equal(got, want) {
		t.Errorf("notifications %q, want %q", got, want)
	}
	if k := kinds(t, s); steps != nil && !slices.Equal(k, steps) {
		t.Errorf("log %q, want %q", k, steps)
	}
}

// What comes in one batch is one change of each notification.
func TestABatchIsOneChange(t *testing.T) {
	a := newAlarms(t)
	state := raise("c")
	state.Ends = true
	over := state
	over.Clear = true
	if err := a.Apply(t.Context(), []Observation{state, state, state, over, state, state}, nil); err != nil {
		t.Fatal(err)
	}
	check(t, a.Store, []string{"cleared 3", "raised 2"}, []string{"raised", "repeated", "cleared", "raised", "repeated"})
	if last, err := a.Store.LastSeq(t.Context()); err != nil || last != 2 {
		t.Errorf("%d events, %v", last, err)
	}
	out, err := a.Store.Outbox(t.Context(), 10)
	if err != nil || len(out) != 2 {
		t.Errorf("%d messages for the cloud, %v", len(out), err)
	}
}

// Notification, log entry, event, message for the cloud and the source's place
// are one: with the last refused nothing of it remains.
func TestAllOrNothing(t *testing.T) { // scenario 47
	a := newAlarms(t)
	broken := errors.New("on purpose")
	if err := a.Apply(t.Context(), []Observation{raise("c")}, func(*store.Tx) error { return broken }); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	check(t, a.Store, nil, nil)
	if out, err := a.Store.Outbox(t.Context(), 10); err != nil || len(out) > 0 {
		t.Errorf("outbox %v %v", out, err)
	}
	if last, err := a.Store.LastSeq(t.Context()); err != nil || last != 0 {
		t.Errorf("event %d %v", last, err)
	}
}

func TestWhatTheCloudAndTheWindowsGet(t *testing.T) {
	a := newAlarms(t)
	if err := a.Apply(t.Context(), []Observation{raise("c")}, nil); err != nil {
		t.Fatal(err)
	}
	n, err := a.Acknowledge(t.Context(), 1, Person{Role: "technician", Account: "lab", Initials: "AW"})
	if err != nil {
		t.Fatal(err)
	}
	if n.AcknowledgedBy != "AW (lab)" {
		t.Errorf("by %q", n.AcknowledgedBy)
	}
	if again, err := a.Acknowledge(t.Context(), 1, Person{Role: "technician", Account: "other"}); err != nil || again.AcknowledgedBy != "AW (lab)" { // scenario 19
		t.Errorf("the second: %+v %v", again, err)
	}
	if _, err := a.Acknowledge(t.Context(), 99, Person{Role: "technician"}); !errors.Is(err, ErrUnknown) {
		t.Errorf("unknown: %v", err)
	}
	out, err := a.Store.Outbox(t.Context(), 10)
	if err != nil || len(out) != 2 {
		t.Fatalf("%v %v", out, err)
	}
	var c cloudapi.Notification
	if err := json.Unmarshal(out[1].Body, &c); err != nil || c.State != "acknowledged" || c.Title != "Title" || c.Severity != "medium" || out[1].Kind != cloudapi.KindNotification {
		t.Errorf("%+v %v", c, err)
	}
	if s := string(out[1].Body); containsAny(s, "AW", "lab") {
		t.Errorf("who acknowledged goes to the cloud: %s", s)
	}
	events, err := a.Store.EventsAfter(t.Context(), 0, 10)
	if err != nil || len(events) != 2 {
		t.Fatalf("%v %v", events, err)
	}
	var p hostpb.Notification
	if err := proto.Unmarshal(events[1].Payload, &p); err != nil || p.GetState() != hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED || p.GetTexts()[0].GetTitle() != "Title" {
		t.Errorf("%v %v", &p, err)
	}
}

func TestPublish(t *testing.T) {
	a := newAlarms(t)
	p := NewPublisher(a)
	who := Person{Role: "technician", Account: "lab"}
	good := Publication{Publisher: "lis", Code: "queue-full", Severity: store.Low, Subject: "host\n1", Title: "Queue full \u202eevil", Advice: "Look"}
	n, err := p.Publish(t.Context(), good, who)
	if err != nil || n.Code != "local/lis/queue-full" || n.Verified || n.Subject != "host 1" || n.Texts[0].Title != "Queue full evil" {
		t.Fatalf("%+v %v", n, err)
	}
	out, err := a.Store.Outbox(t.Context(), 1)
	if err != nil || containsAny(string(out[0].Body), "Queue", "host", "Look") {
		t.Errorf("another program's words go to the cloud: %s %v", out[0].Body, err)
	}
	for name, bad := range map[string]func(*Publication){
		"publisher-invalid": func(p *Publication) { p.Publisher = "../x" },
		"code-invalid":      func(p *Publication) { p.Code = "" },
		"severity-invalid":  func(p *Publication) { p.Severity = 9 },
		"title-invalid":     func(p *Publication) { p.Title = " " },
	} {
		pub := good
		bad(&pub)
		var e *PublishError
		if _, err := p.Publish(t.Context(), pub, who); !errors.As(err, &e) || e.Code != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	var e *PublishError
	for range 10 {
		_, err = p.Publish(t.Context(), good, who)
	}
	if !errors.As(err, &e) || e.Code != "too-many" {
		t.Errorf("the eleventh: %v", err)
	}
}
