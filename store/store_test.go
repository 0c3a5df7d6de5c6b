package store

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

func openTest(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func update(t testing.TB, s *Store, fn func(*Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// What is written is there after closing and opening again.
func TestRoundTrip(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	s, err := Open(ctx, Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	var got []Event
	cancel := s.Subscribe(func(e Event) { got = append(got, e) })
	defer cancel()
	n := &Notification{Code: "disk-nearly-full", Severity: High, State: Raised, Source: "machine", Subject: "/data",
		Texts: []Text{{Language: "en", Title: "Disk nearly full", Advice: "Free space"}}, Count: 1, Raised: fromMS(1000), Last: fromMS(2000), AcknowledgedBy: "Anna Weber"}
	update(t, s, func(tx *Tx) error {
		for i := range 600 {
			idx, err := tx.Append(Entry{Kind: "notification.raised", Actor: "system", Subject: "disk", Fields: map[string]string{"code": "disk-nearly-full"}, Personal: map[string]string{"who": "Anna Weber"}})
			if err != nil || idx != int64(i+1) {
				t.Fatal(idx, err)
			}
		}
		if err := tx.PutNotification(n); err != nil {
			return err
		}
		if _, err := tx.Emit("notification", []byte("one")); err != nil {
			return err
		}
		if _, err := tx.Enqueue("notification", []byte("two")); err != nil {
			return err
		}
		return tx.SetSetting("registration", "Anna")
	})
	if len(got) != 1 || got[0].Seq != 1 || string(got[0].Payload) != "one" {
		t.Fatalf("events published: %v", got)
	}
	epoch, state := s.Epoch(), s.LogState()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, Options{Dir: dir})
	if s.Epoch() != epoch || s.LogState().Root != state.Root || s.LogState().Entries != 601 {
		t.Fatalf("epoch or log changed: %+v", s.LogState())
	}
	back, err := s.Notification(ctx, n.ID)
	if err != nil || back == nil || back.AcknowledgedBy != "Anna Weber" || back.Texts[0] != n.Texts[0] || !back.Raised.Equal(n.Raised) || !back.Acknowledged.IsZero() {
		t.Fatalf("notification: %+v %v", back, err)
	}
	list, more, err := s.Entries(ctx, 0, 10)
	if err != nil || !more || len(list) != 10 || list[0].Index != 600 || list[0].Personal["who"] != "Anna Weber" || !list[0].Proven {
		t.Fatalf("entries: %+v %v %v", list, more, err)
	}
	if count, worst, err := s.OpenSummary(ctx); count != 1 || worst != High || err != nil {
		t.Fatal(count, worst, err)
	}
	out, err := s.Outbox(ctx, 10)
	if err != nil || len(out) != 1 || string(out[0].Body) != "two" {
		t.Fatal(out, err)
	}
	if err := s.Sent(ctx, out[0].Seq); err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx *Tx) error {
		seq, err := tx.Enqueue("status", nil)
		if seq != 2 {
			t.Errorf("an outbox number was given twice: %d", seq)
		}
		return err
	})
	if v, ok, err := s.Setting(ctx, "registration"); v != "Anna" || !ok || err != nil {
		t.Fatal(v, ok, err)
	}
}

// A relative folder, and one whose name would mean something in a URI.
func TestOddFolders(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	folder, err := filepath.Rel(here, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"data", "a b", "50% ü#y"} {
		dir := filepath.Join(folder, name)
		s, err := Open(context.Background(), Options{Dir: dir})
		if err != nil {
			t.Fatal(dir, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "log.db")); err != nil {
			t.Fatal(err)
		}
	}
}
