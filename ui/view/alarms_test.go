package view_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

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

// What an act needs is asked for, and nothing is done without it.
func TestActs(t *testing.T) {
	s := sample.Opened(27)
	s.Status.Identify = "initials"
	v, a, w := window(t, view.Notifications, &s)
	for id, want := range map[string]string{"notification.27.acknowledge": "acknowledge 27", "notification.27.help": "help 27", "notification.27.shelve": "start 2", "notification.back": "back"} {
		tap(t, v.Content(), id)
		if a.last() != want {
			t.Errorf("%s: %q", id, a.last())
		}
	}
	s.Alarms.Detail.Act = model.ActShelve
	v.Update(&s, sample.Now)
	did := len(a.did)
	tap(t, v.Content(), "notification.act")
	if len(a.did) != did {
		t.Fatalf("put away without a reason: %q", a.last())
	}
	test.Type(w.Canvas().Focused(), "a new one\u202e comes")
	v.Update(&s, sample.Now) // a clock tick must not wipe what was typed
	initials := part.Find(v.Content(), "notification.initials").(*part.Entry)
	initials.SetText("")
	tap(t, v.Content(), "notification.act")
	if len(a.did) != did {
		t.Fatalf("put away without initials: %q", a.last())
	}
	initials.SetText("qz")
	test.Tap(part.Find(v.Content(), "notification.until.tomorrow").(fyne.Tappable))
	tap(t, v.Content(), "notification.act")
	if want := `shelve 27 2 "a new one comes" QZ`; a.last() != want {
		t.Errorf("%q, want %q", a.last(), want)
	}
	group := sample.Opened(31)
	v, a, _ = window(t, view.Notifications, &group)
	test.Tap(part.Find(v.Content(), "notification.130.open").(fyne.Tappable))
	if a.last() != "open 130" {
		t.Errorf("a member: %q", a.last())
	}
}

// Where the site wants a PIN, an act is not sent without one, and what was typed
// is there for one act alone (defaults, "Who acted").
func TestActsWithAPIN(t *testing.T) {
	s := sample.Opened(27)
	s.Status.Identify = "pin"
	v, a, w := window(t, view.Notifications, &s)
	s.Alarms.Detail.Act = model.ActAcknowledge
	v.Update(&s, sample.Now)
	pin := part.Find(v.Content(), "notification.pin").(*part.Entry)
	if w.Canvas().Focused() != fyne.Focusable(pin) {
		t.Error("the initials are known, and the PIN is not what is typed first")
	}
	test.Type(pin, "12a")
	tap(t, v.Content(), "notification.act")
	if a.last() != "" || pin.Text != "12" {
		t.Fatalf("%q was sent, with %q typed", a.last(), pin.Text)
	}
	pin.OnKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if a.last() != "back" {
		t.Errorf("Escape: %q", a.last())
	}
	s.Alarms.Detail.Act = model.ActNone
	v.Update(&s, sample.Now)
	s.Alarms.Detail.Act = model.ActAcknowledge
	v.Update(&s, sample.Now)
	if pin.Text != "" {
		t.Errorf("%q of an act that was left", pin.Text)
	}
	test.Type(pin, "4938")
	s.Alarms.Detail.Got = sample.Detail(27)
	v.Update(&s, sample.Now.Add(time.Minute)) // the page is drawn anew meanwhile
	tap(t, v.Content(), "notification.act")
	if a.last() != "acknowledge 27 MH/4938" || pin.Text != "" {
		t.Errorf("%q, left in the field %q", a.last(), pin.Text)
	}
	did := len(a.did)
	tap(t, v.Content(), "notification.act") // a second one is signed anew
	if len(a.did) != did {
		t.Errorf("%q without a PIN", a.last())
	}

	handover := sample.Busy()
	handover.ShowAlarmPlace(model.PlaceHandover)
	handover.Alarms.Handover.Got = sample.Handover()
	handover.Alarms.Handover.WriteDraft("Lot 2217")
	handover.Status.Identify = "pin"
	v, a, _ = window(t, view.Notifications, &handover)
	tap(t, v.Content(), "handover.save")
	if strings.HasPrefix(a.last(), "handover") {
		t.Fatalf("saved without a PIN: %q", a.last())
	}
	part.Find(v.Content(), "handover.pin").(*part.Entry).SetText("4938")
	tap(t, v.Content(), "handover.save")
	if want := `handover "Lot 2217" MH/4938`; a.last() != want {
		t.Errorf("%q, want %q", a.last(), want)
	}

	quiet := sample.State()
	quiet.Status.Identify, quiet.Status.QuietHours = "pin", &hostpb.QuietHours{On: true, FromMinute: 60, ToMinute: 120}
	v, a, _ = window(t, view.Settings, &quiet)
	tap(t, v.Content(), "quiet.save")
	if a.last() != "" {
		t.Fatalf("quiet hours without a PIN: %q", a.last())
	}
	part.Find(v.Content(), "quiet.pin").(*part.Entry).SetText("4938")
	tap(t, v.Content(), "quiet.save")
	if want := "quiet true 60 120 MH/4938"; a.last() != want {
		t.Errorf("%q, want %q", a.last(), want)
	}
}

// B8: a code comes without the log, and the log goes only after it was looked
// at; both answers are there.
func TestLogIsLookedAtFirst(t *testing.T) {
	s := sample.Opened(19)
	s.Help = model.Help{Step: model.StepForm, Notification: 19, About: s.Notification(19)}
	s.Help.Logs.Take(sample.HelpLogs())
	v, a, _ := window(t, view.Help, &s)
	tap(t, v.Content(), "help.request")
	if a.last() != "request false" {
		t.Fatalf("a code takes more than a press, or the log went unseen: %q", a.last())
	}
	tap(t, v.Content(), "help.with-log")
	if a.last() != "logs" {
		t.Fatalf("the log is not shown: %q", a.last())
	}
	s.Help.Step = model.StepLogs
	v.Update(&s, sample.Now)
	tap(t, v.Content(), "logs.without")
	tap(t, v.Content(), "logs.send")
	if n := len(a.did); a.did[n-2] != "request false" || a.did[n-1] != "request true" {
		t.Errorf("%q", a.did)
	}
}

func TestHandoverAndQuiet(t *testing.T) {
	s := sample.State()
	s.ShowAlarmPlace(model.PlaceHandover)
	s.Alarms.Handover.Got = sample.Handover()
	v, a, _ := window(t, view.Notifications, &s)
	note := part.Find(v.Content(), "handover.note").(*part.Area)
	test.Type(note, "Lot")
	if a.last() != "draft Lot" {
		t.Fatalf("%q", a.last())
	}
	s.Alarms.Handover.WriteDraft("Lot")
	v.Update(&s, sample.Now)
	tap(t, v.Content(), "handover.save")
	if a.last() != `handover "Lot" ` {
		t.Errorf("%q", a.last())
	}
	s.Status.QuietHours = &hostpb.QuietHours{On: true, FromMinute: 1320, ToMinute: 375}
	v, a, _ = window(t, view.Settings, &s)
	tap(t, v.Content(), "quiet.test")
	tap(t, v.Content(), "quiet.save")
	if n := len(a.did); a.did[n-2] != "test" || a.did[n-1] != "quiet true 1320 375 " {
		t.Errorf("%q", a.did)
	}
	s.Status.QuietHours.Site = true
	v.Update(&s, sample.Now)
	if part.Find(v.Content(), "quiet.save") != nil {
		t.Error("what the site has set can be changed")
	}
}
