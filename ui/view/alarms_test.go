package view_test

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/view"
)

func list(t *testing.T, v *view.Window) *part.List {
	t.Helper()
	l, ok := part.Find(v.Content(), "notifications.list").(*part.List)
	if !ok {
		t.Fatal("there is no list")
	}
	return l
}

// top is where a row is on the screen; ok: it is in sight.
func top(v *view.Window, id uint64) (y float32, ok bool) {
	for _, p := range part.Places(v.Content()) {
		if p.ID == fmt.Sprintf("notification.%d", id) {
			return p.Pos.Y, true
		}
	}
	return 0, false
}

func press(w fyne.Window, name fyne.KeyName) {
	w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: name})
}

// B12: the list is worked through by keyboard alone: arrows, Enter, A, the
// slash, Escape.
func TestListByKeyboard(t *testing.T) {
	s := sample.Busy()
	v, a, w := window(t, view.Notifications, &s)
	w.Canvas().Focus(list(t, v))
	press(w, fyne.KeyDown)
	press(w, fyne.KeyReturn)
	if a.last() != "open 19" {
		t.Errorf("Enter: %q", a.last())
	}
	press(w, fyne.KeyEnd)
	press(w, fyne.KeyUp)
	test.Type(w.Canvas().Focused(), "a")
	if a.last() != "acknowledge 18" {
		t.Errorf("A: %q", a.last())
	}
	press(w, fyne.KeyHome)
	press(w, fyne.KeyReturn)
	if a.last() != "open 31" {
		t.Errorf("Home and Enter: %q", a.last())
	}
	test.Type(w.Canvas().Focused(), "/")
	search, ok := w.Canvas().Focused().(*part.Entry)
	if !ok || search.ID != "notifications.search" {
		t.Fatalf("the slash: the focus is on %v", w.Canvas().Focused())
	}
	test.Type(search, "w")
	if a.last() != "filter {High:false Medium:false Low:false Info:false Scope:0 Source: Span:0 Text:w Group:0}" {
		t.Errorf("search: %q", a.last())
	}
	press(w, fyne.KeyEscape)
	if w.Canvas().Focused() != list(t, v) {
		t.Error("Escape does not lead from the search back to the list")
	}
	press(w, fyne.KeyEscape)
	if a.last() != "navigate home" {
		t.Errorf("Escape: %q", a.last())
	}
}

// New rows do not move what somebody points at, has chosen or reads first;
// only at the very top they come into sight by themselves.
func TestNewRowsMoveNothing(t *testing.T) {
	s := sample.State()
	s.Alarms.List.SetFilter(model.Filter{Scope: model.ScopeAll})
	sample.Load(&s, sample.Many(150))
	v, _, w := window(t, view.Notifications, &s)
	l := list(t, v)
	next := uint64(150)
	arrive := func() {
		next++
		s.PutAlarm(&hostpb.Notification{Id: next, Code: "new", Severity: hostpb.Severity_SEVERITY_HIGH, State: hostpb.AlarmState_ALARM_STATE_RAISED, RaisedUnixMs: sample.Ago(0)})
		v.Update(&s, sample.Now)
	}
	arrive()
	if _, ok := top(v, next); !ok || l.Offset() != 0 {
		t.Fatal("at the top, what is new does not show")
	}
	stays := func(what string, id uint64) {
		t.Helper()
		before, ok := top(v, id)
		if !ok {
			t.Fatalf("%s: %d is not in sight", what, id)
		}
		for range 3 {
			arrive()
		}
		if after, ok := top(v, id); !ok || after != before {
			t.Errorf("%s: it moved from %.0f to %.0f", what, before, after)
		}
	}
	// Pointed at.
	var row fyne.CanvasObject
	for _, o := range l.Inside() {
		row = cell(o, 149)
	}
	row.(desktop.Hoverable).MouseIn(&desktop.MouseEvent{})
	stays("pointed at", 149)
	if b := part.Find(v.Content(), "notifications.newer"); b == nil || b.(*part.Button).Label() != "3 new ones" {
		t.Error("nothing says that there are new ones")
	}
	row.(desktop.Hoverable).MouseOut()
	// Scrolled.
	l.ScrollBy(1000)
	stays("scrolled", l0(l, &s))
	// Chosen.
	l.ScrollBy(-l.Offset())
	w.Canvas().Focus(l)
	press(w, fyne.KeyHome)
	press(w, fyne.KeyDown)
	stays("chosen", l.Cursor())
	tap(t, v.Content(), "notifications.newer")
	if l.Offset() != 0 {
		t.Error("the way to the new ones does not lead there")
	}
}

func l0(l *part.List, s *model.State) uint64 {
	from, _ := l.Whole()
	return s.Alarms.List.ID(from)
}

// cell is what is around a row: it takes the pointer.
func cell(o fyne.CanvasObject, id uint64) fyne.CanvasObject {
	var inside []fyne.CanvasObject
	switch c := o.(type) {
	case *fyne.Container:
		inside = c.Objects
	case interface{ Inside() []fyne.CanvasObject }:
		inside = c.Inside()
		for _, child := range inside {
			if named, ok := child.(part.Identified); ok && named.WidgetID() == fmt.Sprintf("notification.%d", id) {
				return o
			}
		}
	case fyne.Widget:
		inside = test.WidgetRenderer(c).Objects()
	}
	for _, child := range inside {
		if found := cell(child, id); found != nil {
			return found
		}
	}
	return nil
}

// Two presses at one place, the second on the row that came after, are one.
func TestDoublePressAcknowledgesOne(t *testing.T) {
	s := sample.Busy()
	v, a, _ := window(t, view.Notifications, &s)
	tap(t, v.Content(), "notification.31.acknowledge")
	n := sample.Everything()[0]
	n.State = hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED
	s.PutAlarm(n)
	v.Update(&s, sample.Now)
	tap(t, v.Content(), "notification.19.acknowledge")
	if a.last() != "acknowledge 31" {
		t.Errorf("the second press: %q", a.last())
	}
	tap(t, v.Content(), "notification.27.acknowledge") // another place
	if a.last() != "acknowledge 27" {
		t.Errorf("at another place: %q", a.last())
	}
}

// The filter says what it narrows, and asks for what was picked.
func TestFilterBar(t *testing.T) {
	s := sample.Busy()
	v, a, _ := window(t, view.Notifications, &s)
	for id, want := range map[string]string{
		"notifications.severity.high": "filter {High:true Medium:false Low:false Info:false Scope:0 Source: Span:0 Text: Group:0}",
		"notifications.scope.all":     "filter {High:false Medium:false Low:false Info:false Scope:2 Source: Span:0 Text: Group:0}",
		"notifications.handover":      "handover",
		"notifications.offenders":     "offenders",
	} {
		o := part.Find(v.Content(), id)
		if o == nil {
			t.Fatalf("there is no %s", id)
		}
		test.Tap(o.(fyne.Tappable))
		if a.last() != want {
			t.Errorf("%s: %q", id, a.last())
		}
	}
	s.Alarms.List.SetFilter(model.Filter{Low: true, Scope: model.ScopeAll, Source: "probe", Span: model.SpanWeek, Text: "pump"})
	asked := len(a.did)
	v.Update(&s, sample.Now)
	if len(a.did) != asked {
		t.Errorf("showing a filter asked for %q", a.last())
	}
	if !part.Find(v.Content(), "notifications.severity.low").(*part.Button).Selected() || part.Find(v.Content(), "notifications.search").(*part.Entry).Text != "pump" {
		t.Error("the filter that holds is not shown")
	}
	tap(t, v.Content(), "notifications.clear")
	if a.last() != "filter {High:false Medium:false Low:false Info:false Scope:2 Source: Span:0 Text: Group:0}" {
		t.Errorf("clear: %q", a.last())
	}
}
