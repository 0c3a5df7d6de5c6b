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
	"beckmanconnect/ui/view"
)

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
