package local

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/policy"
	"beckmanconnect/store"
)

func (l *lab) raise(n int, severity store.Severity) {
	l.t.Helper()
	var list []notify.Observation
	for i := range n {
		list = append(list, notify.Observation{
			Code: fmt.Sprintf("c-%d", i), Subject: "Rack", Severity: severity, Source: notify.SourceMachine, Ends: true, Texts: []store.Text{{Language: "en", Title: "T"}},
		})
	}
	if err := l.config.Alarms.Apply(l.t.Context(), list, nil); err != nil {
		l.t.Fatal(err)
	}
}

func TestListWithAFilter(t *testing.T) {
	l := newLab(t)
	l.raise(3, store.Low)
	page, err := l.ListNotifications(anna, &hostpb.ListNotificationsRequest{
		Limit: 2, Text: "RACK\u202e", Severities: []hostpb.Severity{hostpb.Severity_SEVERITY_LOW}, States: []hostpb.AlarmState{hostpb.AlarmState_ALARM_STATE_RAISED},
		Sources: []string{"machine"}, SinceUnixMs: 1, UntilUnixMs: time.Now().Add(time.Hour).UnixMilli(),
	})
	if err != nil || len(page.GetNotifications()) != 2 || !page.GetMore() || page.GetTotal() != 3 {
		t.Fatalf("%v %v", page, err)
	}
	for what, bad := range map[string]*hostpb.ListNotificationsRequest{
		"severity": {Severities: []hostpb.Severity{9}},
		"unknown":  {Severities: []hostpb.Severity{0}},
		"state":    {States: []hostpb.AlarmState{77}},
		"sources":  {Sources: make([]string, 1000)},
	} {
		_, err := l.ListNotifications(anna, bad)
		l.code(what, err, "filter-invalid")
	}
	if page, err := l.ListNotifications(anna, &hostpb.ListNotificationsRequest{BeforeId: 1<<64 - 1, GroupId: 1<<64 - 1, Text: strings.Repeat("x", 1<<20), SinceUnixMs: -5}); err != nil || page.GetTotal() != 0 {
		t.Errorf("far away: %v %v", page, err)
	}
}

// A person's acts on a notification, and what is refused (scenario 4).
func TestActsOnANotification(t *testing.T) {
	l := newLab(t)
	l.raise(1, store.Medium)
	in := func(d time.Duration) int64 { return time.Now().Add(d).UnixMilli() }
	for what, row := range map[string]struct {
		r    *hostpb.ShelveNotificationRequest
		want string
	}{
		"no reason":     {&hostpb.ShelveNotificationRequest{Id: 1, UntilUnixMs: in(time.Hour), Reason: " \u202e"}, "reason-missing"},
		"no end":        {&hostpb.ShelveNotificationRequest{Id: 1, Reason: "r"}, "until-invalid"},
		"in the past":   {&hostpb.ShelveNotificationRequest{Id: 1, Reason: "r", UntilUnixMs: in(-time.Hour)}, "until-invalid"},
		"too long":      {&hostpb.ShelveNotificationRequest{Id: 1, Reason: "r", UntilUnixMs: in(31 * 24 * time.Hour)}, "until-invalid"},
		"far too long":  {&hostpb.ShelveNotificationRequest{Id: 1, Reason: "r", UntilUnixMs: 1<<63 - 1}, "until-invalid"},
		"no such":       {&hostpb.ShelveNotificationRequest{Id: 99, Reason: "r", UntilUnixMs: in(time.Hour)}, codeUnknown},
		"none so great": {&hostpb.ShelveNotificationRequest{Id: 1<<64 - 1, Reason: "r", UntilUnixMs: in(time.Hour)}, codeUnknown},
	} {
		_, err := l.ShelveNotification(anna, row.r)
		l.code(what, err, row.want)
	}
	n, err := l.ShelveNotification(anna, &hostpb.ShelveNotificationRequest{Id: 1, Reason: "waits\nfor a part", UntilUnixMs: in(time.Hour), Initials: "AW"})
	if err != nil || n.GetState() != hostpb.AlarmState_ALARM_STATE_SHELVED || n.GetShelf().GetReason() != "waits for a part" || n.GetShelf().GetBy() != "AW (anna)" {
		t.Fatalf("%v %v", n, err)
	}
	if _, newest := l.entries(); newest.Kind != "notification.shelved" || newest.Personal["reason"] != "waits for a part" || newest.Personal["account"] != "anna" || newest.Actor != "technician" || newest.Fields["reason"] != "" {
		t.Errorf("%+v", newest)
	}
	if n, err = l.UnshelveNotification(bert, &hostpb.UnshelveNotificationRequest{Id: 1}); err != nil || n.GetState() != hostpb.AlarmState_ALARM_STATE_RAISED || n.GetShelf() != nil {
		t.Errorf("%v %v", n, err)
	}
	if _, err := l.SeenNotifications(anna, &hostpb.SeenNotificationsRequest{Ids: []uint64{1, 1, 42, 1<<64 - 1}}); err != nil {
		t.Error(err)
	}
	_, err = l.SeenNotifications(anna, &hostpb.SeenNotificationsRequest{Ids: make([]uint64, 201)})
	l.code("too many", err, "too-many")
	if n, err = l.AcknowledgeNotification(anna, &hostpb.AcknowledgeNotificationRequest{Id: 1}); err != nil || n.GetSeenUnixMs() == 0 {
		t.Errorf("%v %v", n, err)
	}
	if n, err = l.AcknowledgeNotification(bert, &hostpb.AcknowledgeNotificationRequest{Id: 1}); err != nil || n.GetAcknowledgedBy() != "anna" { // scenario 19
		t.Errorf("%v %v", n, err)
	}
	detail, err := l.GetNotification(root, &hostpb.GetNotificationRequest{Id: 1})
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, s := range detail.GetHistory() {
		steps = append(steps, strings.TrimSpace(s.GetKind()+" "+s.GetBy()+" "+s.GetDetail()))
	}
	if got, want := strings.Join(steps, ", "), "raised, shelved AW (anna) waits for a part, unshelved bert, seen anna, acknowledged anna"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if err := l.config.Alarms.Apply(t.Context(), []notify.Observation{{Code: "c-0", Subject: "Rack", Severity: store.Medium, Ends: true, Clear: true}}, nil); err != nil {
		t.Fatal(err)
	}
	_, err = l.ShelveNotification(anna, &hostpb.ShelveNotificationRequest{Id: 1, Reason: "r", UntilUnixMs: in(time.Hour)})
	l.code("it is over", err, codeOver)
	_, err = l.GetNotification(anna, &hostpb.GetNotificationRequest{Id: 77})
	l.code("no such", err, codeUnknown)
}

// Two people at once: one is the one who takes care (scenario 19).
func TestTwoAcknowledgeTogether(t *testing.T) { // scenario 19
	l := newLab(t)
	l.raise(1, store.High)
	names := make(chan string, 20)
	for i := range cap(names) {
		who := anna
		if i%2 == 1 {
			who = bert
		}
		go func() {
			n, err := l.AcknowledgeNotification(who, &hostpb.AcknowledgeNotificationRequest{Id: 1})
			if err != nil {
				t.Error(err)
			}
			names <- n.GetAcknowledgedBy()
		}()
	}
	first := <-names
	for range cap(names) - 1 {
		if next := <-names; next != first {
			t.Errorf("%s and %s", first, next)
		}
	}
	if kinds, _ := l.entries(); strings.Count(strings.Join(kinds, " "), "notification.acknowledged") != 1 {
		t.Errorf("%q", kinds)
	}
}

func TestAGroupAndItsMembers(t *testing.T) {
	l := newLab(t)
	l.raise(12, store.Low)
	page, err := l.ListNotifications(anna, &hostpb.ListNotificationsRequest{OpenOnly: true})
	if err != nil || len(page.GetNotifications()) != 1 || page.GetNotifications()[0].GetMembers() != 12 {
		t.Fatalf("%v %v", page, err)
	}
	group := page.GetNotifications()[0].GetId()
	if _, err := l.AcknowledgeNotification(anna, &hostpb.AcknowledgeNotificationRequest{Id: group}); err != nil {
		t.Fatal(err)
	}
	if _, newest := l.entries(); newest.Kind != "notification.acknowledged" || newest.Fields["members"] != "12" || newest.Personal["account"] != "anna" {
		t.Errorf("%+v", newest)
	}
	detail, err := l.GetNotification(anna, &hostpb.GetNotificationRequest{Id: group})
	if err != nil || len(detail.GetMembers()) != 12 {
		t.Fatalf("%v %v", detail, err)
	}
	for _, m := range detail.GetMembers() {
		if m.GetState() != hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED || m.GetGroupId() != group || m.GetAcknowledgedBy() != "anna" {
			t.Errorf("%v", m)
		}
	}
}

func TestTestAlarmIsLimited(t *testing.T) {
	l := newLab(t)
	for range 3 {
		if n, err := l.TestAlarm(root, &hostpb.TestAlarmRequest{}); err != nil || n.GetCode() != notify.CodeTest {
			t.Fatalf("%v %v", n, err)
		}
	}
	_, err := l.TestAlarm(anna, &hostpb.TestAlarmRequest{})
	l.code("the fourth", err, "too-many")
}

func TestHandoverNote(t *testing.T) {
	l := newLab(t)
	l.raise(2, store.Low)
	h, err := l.WriteHandover(anna, &hostpb.WriteHandoverRequest{Note: "first\r\n\x1b[31msecond\u202e\n\n", Initials: "AW"})
	if err != nil || h.GetNote() != "first\n[31msecond" || h.GetBy() != "AW (anna)" || h.GetUnixMs() == 0 || len(h.GetOpen()) != 2 { // scenario 49
		t.Fatalf("%v %v", h, err)
	}
	for _, long := range []string{strings.Repeat("ä", 2001), strings.Repeat("\n", 1<<20)} {
		_, err = l.WriteHandover(anna, &hostpb.WriteHandoverRequest{Note: long})
		l.code("too long", err, "note-too-long")
	}
	if h, err := l.WriteHandover(bert, &hostpb.WriteHandoverRequest{}); err != nil || h.GetNote() != "" || h.GetBy() != "bert" {
		t.Errorf("nothing to hand over: %v %v", h, err)
	}
	if o, err := l.ListOffenders(root, &hostpb.ListOffendersRequest{}); err != nil || len(o.GetRows()) != 2 || o.GetMonth() != uint32(time.Now().Month()) {
		t.Errorf("%v %v", o, err)
	}
	for _, bad := range []*hostpb.ListOffendersRequest{{Year: 2026, Month: 13}, {Year: 2026}, {Month: 2}, {Year: 1 << 31, Month: 1}} {
		_, err := l.ListOffenders(root, bad)
		l.code("month", err, "month-invalid")
	}
}

func TestSetQuietHours(t *testing.T) {
	l := newLab(t)
	q, err := l.SetQuietHours(anna, &hostpb.SetQuietHoursRequest{On: true, FromMinute: 22 * 60, ToMinute: 6 * 60, Initials: "AW"})
	if err != nil || !q.GetOn() || q.GetFromMinute() != 22*60 || q.GetSite() || l.changed != 1 {
		t.Fatalf("%v %v", q, err)
	}
	if _, newest := l.entries(); newest.Kind != "quiet.changed" || newest.Fields["from"] != "22:00" || newest.Personal["initials"] != "AW" {
		t.Errorf("%+v", newest)
	}
	_, err = l.SetQuietHours(anna, &hostpb.SetQuietHoursRequest{On: true, FromMinute: 1<<32 - 1, ToMinute: 5})
	l.code("no minute", err, "quiet-hours-invalid")
	l.config.Alarms.Rules = func() notify.Rules { return notify.Rules{Quiet: &policy.Quiet{From: 60, To: 120}} }
	_, err = l.SetQuietHours(root, &hostpb.SetQuietHoursRequest{})
	l.code("the site's", err, codeSiteQuiet)
	if q, err := QuietHours(t.Context(), l.config.Alarms); err != nil || !q.GetSite() || q.GetFromMinute() != 60 {
		t.Errorf("%v %v", q, err)
	}
}
