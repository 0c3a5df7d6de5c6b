package notify

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/store"
)

// More than ten new ones in ten minutes are one group, the worst on top.
func TestFlood(t *testing.T) {
	w := newWard(t)
	all := flood(13, store.Low)
	for i := range 10 {
		w.apply(all[i])
		w.now = w.now.Add(50 * time.Second)
	}
	if got := w.alerts(); len(got) != 10 {
		t.Fatalf("ten stand alone: %q", got)
	}
	w.apply(all[10])
	w.wantAlerts("the eleventh", "flood quiet")
	w.apply(all[11])
	w.wantAlerts("one more is nothing to tell")
	rows := w.list(store.NotificationFilter{OpenOnly: true})
	if len(rows) != 1 || rows[0].GroupKind != "flood" || rows[0].Members != 12 || rows[0].Severity != store.Low {
		t.Fatalf("%+v", rows)
	}
	group := rows[0].ID
	if title, advice := titleIn(rows[0].Texts, "de"), rows[0].Texts[0].Advice; title != "12 Alarme innerhalb weniger Minuten" || !strings.Contains(advice, "Title of flood-11") || len(rows[0].Texts) != 7 {
		t.Errorf("%q %q", title, advice)
	}
	if members := w.list(store.NotificationFilter{Group: group}); len(members) != 12 {
		t.Errorf("%d members", len(members))
	}
	if n, worst, err := w.Store.OpenSummary(t.Context()); err != nil || n != 1 || worst != store.Low {
		t.Errorf("%d %v %v", n, worst, err)
	}

	// A worse one is told by the group; the highest class for itself.
	w.apply(alarmOf("bad", store.Medium))
	w.wantAlerts("a worse one", "flood loud")
	w.apply(alarmOf("worst", store.High))
	w.wantAlerts("the highest class", "worst loud")
	if g := w.get(group); g.Severity != store.High || !strings.Contains(g.Texts[0].Advice, "Title of worst") {
		t.Errorf("%+v", g)
	}
	w.apply(alarmOf("worst", store.High)) // counted
	w.wantAlerts("again")

	// Its members are waited for by the group, the highest class for itself.
	w.pass(10 * time.Minute)
	w.wantAlerts("nobody came", "worst loud")
	w.apply(overOf(alarmOf("worst", store.High)))
	w.pass(time.Hour)
	w.wantAlerts("nobody came for the group", "flood loud")

	// One act for all of them; a new one asks again, but no flood: it stands alone.
	if n, err := w.Acknowledge(t.Context(), group, nurse); err != nil || n.State != store.Acknowledged || n.AcknowledgedBy != "AW (lab)" {
		t.Fatalf("%+v %v", n, err)
	}
	for _, m := range w.list(store.NotificationFilter{Group: group, OpenOnly: true}) {
		if m.State != store.Acknowledged {
			t.Errorf("%s is %s", m.Code, m.State)
		}
	}
	w.wantAlerts("an act is nothing to tell")
	w.apply(alarmOf("later", store.Medium))
	w.wantAlerts("after the flood", "later loud")

	// Over when all are.
	w.now = w.now.Add(time.Minute)
	for i := range 12 {
		w.apply(overOf(all[i]))
	}
	if g := w.get(group); !g.Open() {
		t.Errorf("one still stood: %+v", g)
	}
	w.apply(overOf(alarmOf("bad", store.Medium)))
	if g := w.get(group); g.Open() || g.Texts[0].Advice != "All of them are over." {
		t.Errorf("%+v", g)
	}
	if rows := w.list(store.NotificationFilter{OpenOnly: true}); len(rows) != 1 || rows[0].Code != "later" {
		t.Errorf("%+v", rows)
	}
}

// A thousand at once are one group, with one alert.
func TestFloodInOneBatch(t *testing.T) {
	w := newWard(t)
	w.apply(append(flood(1000, store.Medium), alarmOf("bad", store.High))...)
	w.wantAlerts("at once", "bad loud")
	if rows := w.list(store.NotificationFilter{}); len(rows) != 1 || rows[0].Members != 1001 {
		t.Fatalf("%+v", rows)
	}
	if page, err := w.Store.ListNotifications(t.Context(), store.NotificationFilter{Group: w.list(store.NotificationFilter{})[0].ID}); err != nil || page.Total != store.MaxTotal || !page.More {
		t.Errorf("%d %v", page.Total, err)
	}
	for _, m := range w.list(store.NotificationFilter{Text: "FLOOD-77"}) { // a search finds what stands in a group
		if !strings.HasPrefix(m.Code, "flood-77") {
			t.Errorf("%+v", m)
		}
	}
}

// A group is put away and comes back as one.
func TestAGroupIsShelved(t *testing.T) {
	w := newWard(t)
	w.apply(flood(12, store.Medium)...)
	group := w.list(store.NotificationFilter{})[0].ID
	w.told()
	n, err := w.Shelve(t.Context(), group, w.now.Add(time.Hour), "the service is here", nurse)
	if err != nil || n.State != store.Shelved || n.Shelf.Reason != "the service is here" || n.Shelf.By != "AW (lab)" {
		t.Fatalf("%+v %v", n, err)
	}
	entries, _, err := w.Store.Entries(t.Context(), 0, 1)
	if err != nil || entries[0].Kind != "notification.shelved" || entries[0].Personal["reason"] != "the service is here" || entries[0].Fields["members"] != "12" {
		t.Errorf("%+v %v", entries, err)
	}
	if n, err := w.Shelve(t.Context(), group, w.now.Add(2*time.Hour), "longer", nurse); err != nil || n.Shelf.Reason != "longer" {
		t.Errorf("%+v %v", n, err)
	}
	w.apply(overOf(flood(12, store.Medium)[3]))
	w.wantAlerts("put away")
	w.pass(2 * time.Hour)
	w.wantAlerts("the end of the shelf", "flood loud")
	if g := w.get(group); g.State != store.Raised || g.Shelf != nil {
		t.Errorf("%+v", g)
	}
	if members := w.list(store.NotificationFilter{Group: group, OpenOnly: true}); len(members) != 11 {
		t.Errorf("%d", len(members))
	}
	if n, err := w.Shelve(t.Context(), group, w.now.Add(time.Hour), "again", nurse); err != nil || n.State != store.Shelved {
		t.Errorf("%+v %v", n, err)
	}
	if n, err := w.Unshelve(t.Context(), group, nurse); err != nil || n.State != store.Raised {
		t.Errorf("%+v %v", n, err)
	}
	w.wantAlerts("by hand")
}

// What came while nobody listened is one digest; the highest class is told for
// itself, and one alone stands alone.
func TestDigest(t *testing.T) {
	late := func(o Observation) Observation {
		o.Backlog = true
		return o
	}
	w := newWard(t)
	w.apply(late(alarmOf("single", store.Medium)))
	w.wantAlerts("one alone", "single loud")
	w.apply(late(alarmOf("a", store.Low)), late(alarmOf("b", store.Medium)), late(overOf(alarmOf("a", store.Low))), late(alarmOf("c", store.High)))
	w.wantAlerts("a backlog", "c loud")
	var digest *store.Notification
	for _, n := range w.list(store.NotificationFilter{}) {
		if n.GroupKind == "digest" {
			digest = &n
		}
	}
	if digest == nil || digest.Members != 3 || digest.Severity != store.High || titleIn(digest.Texts, "en") != "3 alarms while nobody was listening" {
		t.Fatalf("%+v", digest)
	}
	w.apply(late(alarmOf("d", store.Low)))
	w.wantAlerts("the rest of it")
	if n := w.get(digest.ID); n.Members != 4 {
		t.Errorf("%+v", n)
	}
}

// Chatter: the sixth time within ten minutes is held open until it is calm.
func TestChatter(t *testing.T) {
	w := newWard(t)
	o := alarmOf("c", store.Medium)
	for range 5 {
		w.apply(o)
		w.apply(overOf(o))
		w.now = w.now.Add(10 * time.Second)
	}
	w.apply(o)
	w.wantAlerts("six times", "c loud", "c loud", "c loud", "c loud", "c loud", "c loud")
	open := w.list(store.NotificationFilter{OpenOnly: true})
	if len(open) != 1 || !open[0].Chatters {
		t.Fatalf("%+v", open)
	}
	for range 50 {
		w.apply(overOf(o))
		w.now = w.now.Add(5 * time.Second)
		w.apply(o)
		w.now = w.now.Add(5 * time.Second)
	}
	w.wantAlerts("chatter is counted")
	w.again()
	n := w.get(open[0].ID)
	if n.Count != 51 || n.State != store.Raised {
		t.Errorf("%+v", n)
	}
	w.apply(overOf(o))
	w.pass(9 * time.Minute)
	if n := w.get(n.ID); !n.Open() || !n.Chatters {
		t.Errorf("not calm yet: %+v", n)
	}
	w.pass(time.Minute)
	if n := w.get(n.ID); n.Open() || n.Chatters {
		t.Errorf("calm: %+v", n)
	}
	w.pass(time.Minute)
	w.apply(o)
	if open := w.list(store.NotificationFilter{OpenOnly: true}); len(open) != 1 || open[0].Chatters {
		t.Errorf("armed again: %+v", open)
	}
	steps, err := w.Store.Steps(t.Context(), n.ID)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, s := range History(w.get(n.ID), steps) {
		kinds = append(kinds, strings.TrimSpace(s.GetKind()+" "+s.GetDetail()))
	}
	if want := []string{"raised", "chatter", "repeated 50", "calm", "cleared"}; !slices.Equal(kinds, want) {
		t.Errorf("%q, want %q", kinds, want)
	}
}

// Neither who nor why nor another program's words go to the cloud.
func TestTheCloudGetsNoWords(t *testing.T) {
	w := newWard(t)
	local := alarmOf("local/lis/x", store.High)
	local.Source, local.Publisher, local.Subject, local.Texts = SourceLocal, "lis", "Erika", []store.Text{{Language: "en", Title: "Erika", Advice: "Erika"}}
	w.apply(append(flood(12, store.Low), local)...)
	for _, n := range w.list(store.NotificationFilter{Text: "lis"}) {
		if _, err := w.Shelve(t.Context(), n.ID, w.now.Add(time.Hour), "Erika", Person{Role: "technician", Account: "Erika"}); err != nil {
			t.Fatal(err)
		}
	}
	out, err := w.Store.Outbox(t.Context(), 1000)
	if err != nil || len(out) < 14 {
		t.Fatal(len(out), err)
	}
	last := map[string]cloudapi.Notification{}
	for _, m := range out {
		if strings.Contains(string(m.Body), "Erika") {
			t.Errorf("%s", m.Body)
		}
		var n cloudapi.Notification
		if err := json.Unmarshal(m.Body, &n); err != nil {
			t.Fatal(err)
		}
		last[n.Code] = n
	}
	if n := last["local/lis/x"]; n.State != "shelved" || n.ShelvedUntil == 0 || n.Group == 0 {
		t.Errorf("%+v", n)
	}
	if n := last["flood"]; n.Members != 13 || n.Title != "13 alarms within a few minutes" {
		t.Errorf("%+v", n)
	}
}
