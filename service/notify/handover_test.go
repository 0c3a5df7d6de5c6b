package notify

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/store"
)

func TestHandover(t *testing.T) {
	w := newWard(t)
	if h, err := w.Handover(t.Context()); err != nil || h.Note.Text != "" || !h.Note.At.IsZero() || len(h.Open) > 0 {
		t.Fatalf("%+v %v", h, err)
	}
	w.apply(alarmOf("before", store.Low))
	w.now = w.now.Add(time.Hour)
	if err := w.WriteHandover(t.Context(), "Erika is in room 3", nurse); err != nil {
		t.Fatal(err)
	}
	entries, _, err := w.Store.Entries(t.Context(), 0, 1)
	if e := entries[0]; err != nil || e.Kind != "handover.written" || e.Personal["note"] != "Erika is in room 3" || strings.Contains(fmt.Sprint(e.Fields, e.Subject), "Erika") {
		t.Errorf("%+v %v", e, err)
	}
	w.now = w.now.Add(time.Hour)
	w.apply(alarmOf("low", store.Low), alarmOf("high", store.High), alarmOf("medium", store.Medium), alarmOf("over", store.Low))
	w.apply(overOf(alarmOf("over", store.Low)))
	shelved := w.list(store.NotificationFilter{Text: "medium"})[0]
	if _, err := w.Shelve(t.Context(), shelved.ID, w.now.Add(time.Hour), "r", nurse); err != nil {
		t.Fatal(err)
	}
	w.again()
	h, err := w.Handover(t.Context())
	if err != nil || h.Note.Text != "Erika is in room 3" || h.Note.By != "AW (lab)" || h.Raised != 4 || h.Cleared != 1 || len(h.Shelved) != 1 {
		t.Fatalf("%+v %v", h, err)
	}
	if len(h.Open) != 3 || h.Open[0].Code != "high" || h.Open[1].Code != "low" || h.Open[2].Code != "before" {
		t.Errorf("worst and newest first: %+v", h.Open)
	}
}

func TestOffendersOfAMonth(t *testing.T) {
	w := newWard(t)
	for range 3 {
		w.apply(alarmOf("often", store.Low))
		w.apply(overOf(alarmOf("often", store.Low)))
		w.now = w.now.Add(11 * time.Minute)
	}
	w.apply(alarmOf("once", store.High))
	if _, err := w.Test(t.Context(), nurse); err != nil {
		t.Fatal(err)
	}
	list, err := w.Offenders(t.Context(), 2026, time.March)
	if err != nil || len(list) != 2 || list[0].Code != "often" || list[0].Raised != 3 || titleIn(list[0].Texts, "de") != "Titel von often" {
		t.Errorf("%+v %v", list, err)
	}
	if list, err := w.Offenders(t.Context(), 2026, time.April); err != nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
}

// After an outage one digest is sent before what waits; without much to tell
// there is none.
func TestDigestForTheCloud(t *testing.T) {
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Now: func() time.Time { return t0 }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	a := &Alarms{Store: s, Now: func() time.Time { return t0 }}
	first := func() store.Outgoing {
		t.Helper()
		if err := Digest(t.Context(), s, t0.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		out, err := s.Outbox(t.Context(), 100)
		if err != nil || len(out) == 0 {
			t.Fatal(out, err)
		}
		return out[0]
	}
	for i := range 10 {
		if err := a.Apply(t.Context(), []Observation{alarmOf(fmt.Sprint("c-", i), store.Severity(1+i%4))}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if m := first(); m.Kind != cloudapi.KindNotification || m.Seq != 1 {
		t.Errorf("ten are no backlog: %+v", m)
	}
	if err := a.Apply(t.Context(), []Observation{overOf(alarmOf("c-0", store.Info))}, nil); err != nil {
		t.Fatal(err)
	}
	var seq uint64
	for range 2 { // once more after the link was lost again: in its place
		m := first()
		var d cloudapi.Digest
		if err := json.Unmarshal(m.Body, &d); err != nil || m.Kind != cloudapi.KindDigest || m.Seq <= seq {
			t.Fatalf("%+v %v", m, err)
		}
		seq = m.Seq
		if d.FromMS != t0.UnixMilli() || d.ToMS != t0.Add(time.Hour).UnixMilli() || d.Open != 9 || d.Waiting != 11 || d.Raised["info"] != 3 || d.Raised["high"] != 2 {
			t.Errorf("%+v", d)
		}
	}
	if err := s.Sent(t.Context(), seq); err != nil {
		t.Fatal(err)
	}
	out, err := s.Outbox(t.Context(), 100)
	if err != nil || len(out) != 11 || out[0].Seq != 1 {
		t.Errorf("what waits is still there: %d %v", len(out), err)
	}
}
