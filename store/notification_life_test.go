package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

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
