package store

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/internal/logproof"
)

// lets is the filter as a person would check it, row by row.
func passes(f NotificationFilter, n *Notification) bool {
	text := strings.ToLower(n.Code + "\n" + n.Subject + "\n" + n.Publisher)
	switch {
	case len(f.Severities) > 0 && !slices.Contains(f.Severities, n.Severity),
		len(f.States) > 0 && !slices.Contains(f.States, n.State),
		len(f.Sources) > 0 && !slices.Contains(f.Sources, n.Source),
		f.OpenOnly && n.State == Cleared,
		!f.Since.IsZero() && n.Raised.Before(f.Since),
		!f.Until.IsZero() && !n.Raised.Before(f.Until),
		f.Text != "" && !strings.Contains(text, strings.ToLower(f.Text)),
		f.Group > 0 && n.Group != f.Group,
		f.Group == 0 && f.Text == "" && n.Group != 0:
		return false
	}
	return true
}

// Every filter gives what a look at each row gives, page by page, also when a
// clock jumped while they were raised.
func TestListIsWhatTheFilterSays(t *testing.T) {
	s := openTest(t, Options{})
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	states := []State{Raised, Acknowledged, Shelved, Cleared, Cleared, Cleared}
	sources := []string{"machine", "instrument-log", "local", "probe", "cloud", "self"}
	var all []*Notification
	at := begin
	for i := range 300 {
		switch at = at.Add(time.Hour); i {
		case 100:
			at = at.Add(-60 * 24 * time.Hour)
		case 200:
			at = at.Add(900 * 24 * time.Hour)
		}
		n := &Notification{
			Code: fmt.Sprintf("Code-%d", i%7), Subject: fmt.Sprintf("Modül-%d", i), Severity: Severity(1 + i%4), State: states[i%len(states)], Source: sources[i%len(sources)],
			Raised: at, Last: at, Count: 1, Texts: []Text{{Language: "en", Title: fmt.Sprint("t", i%3)}},
		}
		if n.Source == "local" {
			n.Publisher = "LIS"
		}
		if i%10 == 9 {
			n.Group = 5
		}
		if n.State == Shelved {
			n.Shelf = &Shelf{Since: at, Until: at.Add(time.Hour), Reason: "r", By: "b"}
		}
		update(t, s, func(tx *Tx) error { return tx.PutNotification(n) })
		all = append(all, n)
	}
	slices.Reverse(all)
	rapid.Check(t, func(rt *rapid.T) {
		maybe := func(name string) bool { return rapid.IntRange(0, 2).Draw(rt, name) == 0 }
		f := NotificationFilter{Limit: rapid.IntRange(1, 40).Draw(rt, "limit"), OpenOnly: maybe("open")}
		if maybe("severities") {
			f.Severities = rapid.SliceOfN(rapid.SampledFrom([]Severity{Info, Low, Medium, High}), 1, 3).Draw(rt, "severity")
		}
		if maybe("states") {
			f.States = rapid.SliceOfN(rapid.SampledFrom(states), 1, 3).Draw(rt, "state")
		}
		if maybe("sources") {
			f.Sources = rapid.SliceOfN(rapid.SampledFrom(append(sources, "nobody")), 1, 3).Draw(rt, "source")
		}
		hour := func(name string) time.Time {
			return begin.Add(time.Duration(rapid.IntRange(-1500, 22000).Draw(rt, name)) * time.Hour)
		}
		if maybe("since?") {
			f.Since = hour("since")
		}
		if maybe("until?") {
			f.Until = hour("until")
		}
		if maybe("text?") {
			f.Text = rapid.SampledFrom([]string{"code-3", "CODE", "MODÜL-2", "lis", "ist-nicht-da", "_", "%", "1\nModül"}).Draw(rt, "text")
		}
		if maybe("group?") {
			f.Group = rapid.SampledFrom([]uint64{5, 6}).Draw(rt, "group")
		}
		var want []uint64
		for _, n := range all {
			if passes(f, n) {
				want = append(want, n.ID)
			}
		}
		var got []uint64
		for {
			page, err := s.ListNotifications(context.Background(), f)
			if err != nil {
				rt.Fatalf("%+v: %v", f, err)
			}
			if page.Total != len(want) {
				rt.Fatalf("%+v: total %d, want %d", f, page.Total, len(want))
			}
			for _, n := range page.List {
				got = append(got, n.ID)
			}
			if !page.More {
				break
			}
			if len(page.List) != f.Limit {
				rt.Fatalf("%+v: a page of %d says there is more", f, len(page.List))
			}
			f.Before = page.List[len(page.List)-1].ID
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("%+v: %v, want %v", f, got, want)
		}
	})
}

// With more matches than are counted the page is merged, not collected.
func TestListOfMany(t *testing.T) {
	s := openTest(t, Options{})
	const rows = MaxTotal + 500
	fillNotifications(t, s, rows, 50)
	for _, f := range []NotificationFilter{{}, {Text: "code"}, {Text: "CODE", Severities: []Severity{Info, Low, Medium, High}}, {Text: "Code", Since: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}} {
		before, seen := uint64(rows+1), 0
		for {
			page, err := s.ListNotifications(context.Background(), f)
			if err != nil || page.Total != MaxTotal {
				t.Fatalf("%+v: %d %v", f, page.Total, err)
			}
			for _, n := range page.List {
				if n.ID >= before {
					t.Fatalf("%+v: %d after %d", f, n.ID, before)
				}
				before = n.ID
			}
			if seen += len(page.List); !page.More {
				break
			}
			f.Before, f.Limit = before, 1000
		}
		if seen != rows {
			t.Errorf("%+v: %d of %d", f, seen, rows)
		}
	}
}

// The texts of the same are kept once, and what says something new is another.
func TestTopicsAreKeptOnce(t *testing.T) {
	s := openTest(t, Options{})
	put := func(title string) *Notification {
		n := &Notification{Code: "c", Subject: "s", Severity: Low, State: Cleared, Texts: []Text{{Language: "en", Title: title}}}
		update(t, s, func(tx *Tx) error { return tx.PutNotification(n) })
		return n
	}
	topics := func() (n int) {
		if err := s.conn.QueryRowContext(context.Background(), "SELECT count(*) FROM topics").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	first := put("a")
	put("a")
	clear(s.topics) // as after a restart
	put("a")
	if n := topics(); n != 1 {
		t.Errorf("%d topics", n)
	}
	if other := put("b"); topics() != 2 || other.topic == first.topic {
		t.Error("other words are another topic")
	}
	if err := s.Update(context.Background(), func(tx *Tx) error {
		if err := tx.PutNotification(&Notification{Code: "d", Severity: Low, State: Cleared}); err != nil {
			return err
		}
		return context.Canceled
	}); err != context.Canceled {
		t.Fatal(err)
	}
	update(t, s, func(tx *Tx) error {
		return tx.PutNotification(&Notification{Code: "d", Severity: Low, State: Cleared})
	})
	if n, err := s.Notification(context.Background(), 5); err != nil || n == nil || n.Code != "d" {
		t.Errorf("a topic that was rolled back: %+v %v", n, err)
	}
}

// A second open one of the same code and subject is refused, whoever asks.
func TestOneOpenNotificationOfAKind(t *testing.T) {
	s := openTest(t, Options{})
	put := func(state State) error {
		return s.Update(context.Background(), func(tx *Tx) error {
			return tx.PutNotification(&Notification{Code: "c", Subject: "s", Severity: Low, State: state})
		})
	}
	for i, row := range []struct {
		state State
		ok    bool
	}{{Cleared, true}, {Raised, true}, {Acknowledged, false}, {Raised, false}, {Cleared, true}} {
		if err := put(row.state); (err == nil) != row.ok {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// A database of the version before is brought to this one: its notifications
// keep their texts, are found by a search, and of two open ones of a kind the
// newer stays open.
func TestMigrationOfNotifications(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	s := openTest(t, Options{Dir: dir})
	update(t, s, func(tx *Tx) error {
		return tx.PutNotification(&Notification{Code: "old", Subject: "S", Severity: High, State: Raised, Source: "machine", Raised: fromMS(5000), Last: fromMS(5000), Count: 3})
	})
	texts, err := s.seal.seal("notifications", "1", "sealed_texts", []byte(`[{"l":"en","t":"Old title"}]`))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	list, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", filepath.Join(dir, logproof.FileName))
	if err != nil {
		t.Fatal(err)
	}
	// Its tables as migration 2 makes them.
	for _, q := range []string{
		"DROP TABLE topics", "DROP TABLE topic_texts", "DROP TABLE notification_spans", "DROP TABLE notification_recent", "DROP TABLE notification_steps",
		"DROP TABLE notifications", "DROP TABLE events", "DROP TABLE outbox", "DROP TABLE settings", "DROP TABLE probe",
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(q, err)
		}
	}
	old := strings.NewReplacer("CREATE TABLE", "CREATE TABLE IF NOT EXISTS").Replace(list[1])
	if _, err := db.Exec(old + "; PRAGMA user_version = 2"); err != nil {
		t.Fatal(err)
	}
	insert := "INSERT INTO notifications VALUES (?, ?, 4, ?, 'machine', 'S', 3, 5000, 6000, 0, 0, 1, ?, NULL)"
	for id, row := range [][]any{{"old", "raised"}, {"old", "raised"}, {"other", "cleared"}} {
		if _, err := db.Exec(insert, append(append([]any{id + 1}, row...), texts)...); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, Options{Dir: dir})
	page, err := s.ListNotifications(ctx, NotificationFilter{Text: "OLD", Sources: []string{"machine"}, Severities: []Severity{High}})
	if err == nil || KindOf(err) != KindDamaged { // row 2's texts were sealed for row 1
		t.Fatalf("%+v %v", page, err)
	}
	page, err = s.ListNotifications(ctx, NotificationFilter{Text: "old", States: []State{Cleared}, Since: fromMS(4000), Until: fromMS(6000)})
	if err != nil || page.Total != 1 || page.List[0].ID != 1 || page.List[0].Texts[0].Title != "Old title" {
		t.Fatalf("%+v %v", page, err)
	}
	if open, _, err := s.OpenSummary(ctx); err != nil || open != 1 {
		t.Errorf("%d open, %v", open, err)
	}
	if due, _, err := s.NextDue(ctx, Waits{High: time.Second}); err != nil || !due.Equal(fromMS(6000)) {
		t.Errorf("the open one waits since it was raised: %v %v", due, err)
	}
}

// One message goes ahead of all that wait, alone, and takes none of them out.
func TestAheadOfTheOutbox(t *testing.T) {
	s := openTest(t, Options{})
	ctx := context.Background()
	update(t, s, func(tx *Tx) error {
		for _, body := range []string{"1", "2", "3"} {
			if _, err := tx.Enqueue("n", []byte(body)); err != nil {
				return err
			}
		}
		for _, body := range []string{"old", "digest"} { // the second takes the first one's place
			if _, err := tx.EnqueueAhead("d", []byte(body)); err != nil {
				return err
			}
		}
		return nil
	})
	waiting := func() string {
		out, err := s.Outbox(ctx, 10)
		if err != nil {
			t.Fatal(err)
		}
		var bodies []string
		for _, m := range out {
			bodies = append(bodies, string(m.Body))
		}
		return strings.Join(bodies, " ")
	}
	sent := func(seq uint64) {
		if err := s.Sent(ctx, seq); err != nil {
			t.Fatal(err)
		}
	}
	if w := waiting(); w != "digest" {
		t.Errorf("first %q", w)
	}
	sent(2) // a window that was on its way when the digest was made
	if w := waiting(); w != "digest" {
		t.Errorf("still %q", w)
	}
	sent(5)
	if w := waiting(); w != "3" {
		t.Errorf("then %q", w)
	}
	sent(3)
	if w := waiting(); w != "" {
		t.Errorf("at last %q", w)
	}
}

// The list's oldest rows go in small steps, and with the last of them their
// words; what is open stays, however old.
func TestOldRowsAreDeleted(t *testing.T) {
	s := openTest(t, Options{})
	at := func(day int) time.Time { return fromMS(int64(1+day) * 24 * 3600 * 1000) }
	for i := range 10 {
		n := &Notification{Code: fmt.Sprintf("c-%d", i/2), Severity: Low, State: Cleared, Raised: at(i), Last: at(i), Cleared: at(i)}
		if i == 1 {
			n.State, n.Cleared = Raised, time.Time{}
		}
		update(t, s, func(tx *Tx) error {
			if err := tx.PutNotification(n); err != nil {
				return err
			}
			return tx.AddStep(n.ID, Step{At: at(i), Kind: "seen"})
		})
	}
	var deleted []int
	for {
		n := 0
		update(t, s, func(tx *Tx) (err error) { n, err = tx.DeleteCleared(at(7), 3); return err })
		if deleted = append(deleted, n); n < 3 {
			break
		}
	}
	if !slices.Equal(deleted, []int{3, 3, 0}) {
		t.Errorf("%v", deleted)
	}
	page, err := s.ListNotifications(context.Background(), NotificationFilter{})
	if err != nil || page.Total != 4 || page.List[3].ID != 2 {
		t.Errorf("%+v %v", page, err)
	}
	var topics, texts, steps int
	for table, n := range map[string]*int{"topics": &topics, "topic_texts": &texts, "notification_steps": &steps} {
		if err := s.conn.QueryRowContext(context.Background(), "SELECT count(*) FROM "+table).Scan(n); err != nil {
			t.Fatal(err)
		}
	}
	if topics != 3 || texts != 3 || steps != 4 { // c-0, c-3, c-4
		t.Errorf("%d topics, %d texts, %d steps", topics, texts, steps)
	}
}

func TestOffendersAndTurnover(t *testing.T) {
	s := openTest(t, Options{})
	ctx := context.Background()
	march := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	put := func(code string, day int, count uint32, hours int, group string) {
		raised := march.Add(time.Duration(day) * 24 * time.Hour)
		n := &Notification{Code: code, Subject: "s", Severity: Medium, State: Cleared, Count: count, Raised: raised, Last: raised, GroupKind: group,
			Acknowledged: raised.Add(time.Minute), Cleared: raised.Add(time.Duration(hours) * time.Hour), Texts: []Text{{Language: "en", Title: fmt.Sprint(code, count)}}}
		update(t, s, func(tx *Tx) error { return tx.PutNotification(n) })
	}
	put("often", -1, 1, 1, "")
	put("once", 2, 100, 3, "")
	put("often", 3, 1, 1, "")
	put("often", 4, 5, 2, "") // says something else: another topic of the same alarm
	put("test", 5, 1, 1, "")
	put("test", 5, 1, 1, "")
	put("flood", 6, 1, 1, "flood")
	put("often", 31, 1, 1, "")
	list, err := s.Offenders(ctx, march, march.AddDate(0, 1, 0), march.AddDate(0, 2, 0), 20, "test")
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v %v", list, err)
	}
	if o := list[0]; o.Code != "often" || o.Raised != 2 || o.Repeats != 4 || o.Open != 3*time.Hour || o.Unacknowledged != 2*time.Minute || o.Texts[0].Title != "often5" || o.Severity != Medium {
		t.Errorf("%+v", o)
	}
	if o := list[1]; o.Code != "once" || o.Raised != 1 || o.Repeats != 99 {
		t.Errorf("%+v", o)
	}
	raised, cleared, err := s.Turnover(ctx, march.Add(4*24*time.Hour))
	if err != nil || raised != 4 || cleared != 4 {
		t.Errorf("%d %d %v", raised, cleared, err)
	}
}
