package data

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/internal/cloudapi"
)

func (o *opened) signEvents(t testing.TB) string {
	t.Helper()
	signer, _, err := o.EventSigner(t.Context(), "cloud.example/events")
	if err != nil {
		t.Fatal(err)
	}
	tree, err := o.GrowEvents(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := tree.Sign(signer)
	if err == nil {
		err = o.KeepEventCheckpoint(t.Context(), tree.Size(), text)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (o *opened) someEvents(t testing.TB, n int) {
	t.Helper()
	list := make([]Event, n)
	for i := range list {
		list[i] = Event{Kind: "signin.refused", Severity: 4, Region: []string{"", "eu", "us"}[i%3],
			Personal: EventPersonal{Actor: fmt.Sprintf("person-%d@vendor.example", i%7), Address: "192.0.2.7", Fields: map[string]string{"why": "canary why"}}}
	}
	if err := o.AddEvents(t.Context(), list); err != nil {
		t.Fatal(err)
	}
}

func (o *opened) verified(t testing.TB, witnessed ...string) EventReport {
	t.Helper()
	report, err := o.VerifyEvents(t.Context(), witnessed...)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// P14, P24: what devices report and staff do stands in one order, in one log.
func TestEventsOfEverything(t *testing.T) {
	o := open(t)
	anna := cloudapi.Staff{Account: "anna@vendor.example", Name: "Anna"}
	err := o.Do(t.Context(), device, func(tx *Tx) error {
		return tx.AddSessionEvent(cloudapi.SessionEvent{Request: "r1", Session: "s1", Kind: "asked", Engineer: anna.Account, Fields: map[string]string{"kind": "forged", "capability": "view"}}, 42)
	})
	if err == nil {
		err = o.LogCertificate(t.Context(), Issued{Serial: "a1", Device: device, Request: "r1", Who: anna, NotAfter: o.now.Add(time.Minute)})
	}
	if err == nil {
		err = o.LogAccess(t.Context(), anna, "help-logs", device, "r1")
	}
	if err == nil {
		err = o.Revoke(t.Context(), device, "operator", "lost")
	}
	if err != nil {
		t.Fatal(err)
	}
	list, next, err := o.Events(t.Context(), EventQuery{Regions: []string{"eu"}, Limit: 100})
	if err != nil || next != 0 {
		t.Fatal(next, err)
	}
	var kinds []string
	for _, e := range slices.Backward(list) {
		kinds = append(kinds, e.Kind+" by "+e.Personal.Actor)
		if e.Device != device || e.Region != "eu" {
			t.Errorf("%+v", e)
		}
	}
	want := []string{"device.identity by device:" + device, "session.event by device:" + device, "session.certificate by anna@vendor.example", "record.read by anna@vendor.example", "device.identity by operator"}
	if !slices.Equal(kinds, want) {
		t.Errorf("%q, want %q", kinds, want)
	}
	// A device's own word for a field that is ours is kept, under another name.
	if f := list[3].Personal.Fields; f["kind"] != "asked" || f["said_kind"] != "forged" || f["engineer"] != anna.Account || f["device_ms"] != "42" {
		t.Errorf("%v", f)
	}
	o.signEvents(t)
	if r := o.verified(t); len(r.Faults) > 0 || r.Size != int64(len(want)) {
		t.Errorf("%+v", r)
	}
}

func TestEventsVerify(t *testing.T) { // P14, scenario 48
	o := open(t)
	o.someEvents(t, 300) // a node of the tree is among them
	first := o.signEvents(t)
	o.someEvents(t, 20)
	o.signEvents(t)
	r := o.verified(t, first)
	if len(r.Faults) > 0 || r.Size != 321 || r.Kept != 321 || r.Checkpoints != 3 {
		t.Fatalf("%+v", r)
	}
	// The same from a fresh start: the tree is restored.
	o.edge.tree = nil
	o.someEvents(t, 5)
	if r := o.verified(t, first); len(r.Faults) > 0 || r.Size != 326 {
		t.Fatalf("%+v", r)
	}
	for _, statement := range []string{
		"UPDATE events SET kind = 'x' WHERE seq = 3", "UPDATE event_leaves SET at_ms = 1 WHERE seq = 3", "DELETE FROM event_leaves WHERE seq = 3",
		"UPDATE event_checkpoints SET note = ''", "DELETE FROM event_checkpoints", "DELETE FROM event_nodes", "UPDATE event_nodes SET hash = x''",
	} {
		if _, err := o.sql.Exec(statement); err == nil {
			t.Errorf("%s: done", statement)
		}
	}
	onSQLite(t)
	// Who gets past the triggers is found out, in copies of the file.
	dropped := []string{"events_stay", "event_leaves_stay", "event_leaves_kept", "event_checkpoints_stay", "event_checkpoints_kept"}
	for _, name := range dropped {
		if _, err := o.sql.Exec("DROP TRIGGER " + name); err != nil {
			t.Fatal(err)
		}
	}
	for name, statements := range map[string][]string{
		"another kind":         {"UPDATE events SET kind = 'signin.ok' WHERE seq = 7"},
		"another severity":     {"UPDATE events SET severity = 6 WHERE seq = 7"},
		"another device":       {"UPDATE events SET device = 'bc-x' WHERE seq = 7"},
		"another region":       {"UPDATE events SET region = 'cn' WHERE seq = 7"},
		"another time":         {"UPDATE events SET at_ms = at_ms + 1 WHERE seq = 7"},
		"another actor":        {"UPDATE events SET who = x'00' WHERE seq = 7"},
		"another's body":       {"UPDATE events SET body = (SELECT body FROM events WHERE seq = 8) WHERE seq = 7"},
		"another commitment":   {"UPDATE events SET mac = x'00' WHERE seq = 7"},
		"row removed":          {"DELETE FROM events WHERE seq = 7"},
		"leaf removed":         {"PRAGMA foreign_keys = OFF", "DELETE FROM event_leaves WHERE seq = 7"},
		"leaf and row changed": {"UPDATE events SET region = 'cn' WHERE seq = 7", "UPDATE event_leaves SET region = 'cn' WHERE seq = 7"},
		"tail cut":             {"PRAGMA foreign_keys = OFF", "DELETE FROM events WHERE seq > 310", "DELETE FROM event_leaves WHERE seq > 310"},
		"checkpoint of nobody": {"UPDATE event_checkpoints SET note = replace(note, '301', '300')"},
		"head":                 {"UPDATE event_head SET size = 5"},
	} {
		copied := copyOf(t, o)
		for _, s := range statements {
			if _, err := copied.sql.Exec(s); err != nil {
				t.Fatalf("%s: %s: %v", name, s, err)
			}
		}
		if r := copied.verified(t); len(r.Faults) == 0 {
			t.Errorf("%s: not found", name)
		}
	}
	// An older copy as a whole is found by who kept a newer checkpoint.
	old := copyOf(t, o)
	o.someEvents(t, 1)
	kept := o.signEvents(t)
	if r := old.verified(t); len(r.Faults) > 0 {
		t.Errorf("the copy by itself: %v", r.Faults)
	}
	if r := old.verified(t, kept); len(r.Faults) == 0 {
		t.Error("an old copy was not found")
	}
}

// copyOf is another database with the same content and keys.
func copyOf(t *testing.T, o *opened) *opened {
	t.Helper()
	path := t.TempDir() + "/copy.db"
	if _, err := o.sql.Exec("VACUUM INTO ?", path); err != nil {
		t.Fatal(err)
	}
	c, err := sql.Open("sqlite3", dsn(path, "_foreign_keys=0"))
	if err != nil {
		t.Fatal(err)
	}
	c.SetMaxOpenConns(1)
	t.Cleanup(func() { c.Close() })
	return &opened{DB: &DB{sql: c, reading: c, seal: o.seal, index: o.index, now: o.DB.now}, now: o.now}
}

// P14: what retention deletes leaves its proof, and nothing else goes unseen.
func TestEventsExpire(t *testing.T) {
	o := open(t)
	o.someEvents(t, 90)
	o.signEvents(t)
	o.now = o.now.Add(40 * 24 * time.Hour)
	o.someEvents(t, 9)
	before := o.now.Add(-35 * 24 * time.Hour).UnixMilli()
	if _, err := o.ExpireEvents(t.Context(), "eu", o.now.UnixMilli(), ""); err == nil {
		t.Error("everything was deleted")
	}
	// A receiver that has not confirmed them holds them.
	if n, err := o.ExpireEvents(t.Context(), "eu", before, "siem"); n != 0 || err != nil {
		t.Errorf("%d went before the SIEM had them: %v", n, err)
	}
	if err := o.MoveEventCursor(t.Context(), "siem", 1000); err != nil {
		t.Fatal(err)
	}
	n, err := o.ExpireEvents(t.Context(), "eu", before, "siem")
	if n != 31 || err != nil { // 30, and the registration
		t.Fatalf("%d %v", n, err)
	}
	if n, err := o.ExpireEvents(t.Context(), "eu", before, "siem"); n != 0 || err != nil {
		t.Errorf("again: %d %v", n, err)
	}
	r := o.verified(t)
	if len(r.Faults) > 0 || r.Expired != 31 || r.Size != 101 || r.Kept != 70 {
		t.Errorf("%+v", r)
	}
	onSQLite(t)
	// One of another region, or one that is not old enough, is no retention.
	for _, where := range []string{"region = 'us' AND seq < 90", "region = 'eu' AND seq > 95"} {
		c := copyOf(t, o)
		if _, err := c.sql.Exec("DELETE FROM events WHERE seq = (SELECT MIN(seq) FROM events WHERE " + where + ")"); err != nil {
			t.Fatal(err)
		}
		if r := c.verified(t); len(r.Faults) != 1 || !strings.Contains(r.Faults[0], "was removed") {
			t.Errorf("%s: %v", where, r.Faults)
		}
	}
}

// A transaction that was given up leaves no trace in the tree.
func TestEventsGivenUp(t *testing.T) {
	o := open(t)
	stop := errors.New("stop")
	err := o.update(t.Context(), func(tx *sql.Tx) error {
		return errors.Join(o.noteEvent(tx, Event{Kind: "a"}), stop)
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	o.someEvents(t, 3)
	o.signEvents(t)
	if r := o.verified(t); len(r.Faults) > 0 || r.Size != 4 {
		t.Errorf("%+v", r)
	}
}

// Every page of every question is what a walk over all events gives.
func TestEventsSearch(t *testing.T) {
	o := open(t)
	kinds, regions, actors := []string{"a", "b", "c"}, []string{"", "eu", "us"}, []string{"", "x@v.example", "y@v.example"}
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(0, 8).Draw(rt, "new") {
			o.now = o.now.Add(time.Duration(rapid.IntRange(-2, 3).Draw(rt, "step")) * time.Second)
			e := Event{Kind: rapid.SampledFrom(kinds).Draw(rt, "kind"), Severity: rapid.IntRange(1, 6).Draw(rt, "severity"), Region: rapid.SampledFrom(regions).Draw(rt, "region"),
				Device: rapid.SampledFrom([]string{"", "d1", "d2"}).Draw(rt, "device"), Request: rapid.SampledFrom([]string{"", "r1"}).Draw(rt, "request"),
				Personal: EventPersonal{Actor: rapid.SampledFrom(actors).Draw(rt, "actor")}}
			if err := o.AddEvents(t.Context(), []Event{e}); err != nil {
				rt.Fatal(err)
			}
		}
		all, err := o.EventsAfter(t.Context(), 0, 100_000)
		if err != nil {
			rt.Fatal(err)
		}
		at := func(name string) int64 {
			return rapid.SampledFrom([]int64{0, 0, o.now.UnixMilli() - 3000, o.now.UnixMilli() + 1}).Draw(rt, name)
		}
		q := EventQuery{Regions: rapid.SliceOfNDistinct(rapid.SampledFrom(regions), 1, 3, rapid.ID).Draw(rt, "regions"),
			Kinds:    rapid.SliceOfNDistinct(rapid.SampledFrom(kinds), 0, 3, rapid.ID).Draw(rt, "kinds"),
			Severity: rapid.IntRange(0, 6).Draw(rt, "at least"), Actor: rapid.SampledFrom(actors).Draw(rt, "by"),
			Device: rapid.SampledFrom([]string{"", "d1"}).Draw(rt, "of"), Request: rapid.SampledFrom([]string{"", "r1"}).Draw(rt, "about"),
			FromMS: at("from"), ToMS: at("to"), Limit: rapid.IntRange(1, 5).Draw(rt, "limit")}
		var want, got []int64
		for _, e := range slices.Backward(all) {
			r := eventRow{Event: e, who: o.actorIndex(e.Personal.Actor)}
			if o.eventFits(&r, q) {
				want = append(want, e.Seq)
			}
		}
		for pages := 0; ; pages++ {
			list, next, err := o.Events(t.Context(), q)
			if err != nil || pages > len(all)+1 {
				rt.Fatalf("%d pages: %v", pages, err)
			}
			for _, e := range list {
				got = append(got, e.Seq)
			}
			if next == 0 {
				break
			}
			q.Before = next
		}
		if !slices.Equal(got, want) {
			rt.Errorf("%+v\n got %v\nwant %v", q, got, want)
		}
	})
}

// P15: nothing of a person stands in the table in clear.
func TestEventsAreSealed(t *testing.T) {
	o := open(t)
	o.someEvents(t, 7)
	rows, err := o.sql.Query("SELECT body, who, mac, kind, device, request FROM events")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			body, who, mac        []byte
			kind, device, request string
		)
		if err := rows.Scan(&body, &who, &mac, &kind, &device, &request); err != nil {
			t.Fatal(err)
		}
		text := string(body) + string(who) + string(mac) + kind + device + request
		for _, canary := range []string{"person-", "canary", "192.0.2.7"} {
			if strings.Contains(text, canary) {
				t.Errorf("%q stands in the table", canary)
			}
		}
	}
}
