package data

import (
	"testing"

	"beckmanconnect/cloud/events"
)

// Who reads the whole log reads one moment of it, and keeps nobody from writing.
func TestMoment(t *testing.T) { // B13
	o := open(t)
	tx, err := o.moment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	count := func() (n int) {
		if err := tx.QueryRow("SELECT size FROM event_head WHERE id = 1").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count()
	if err := o.AddEvents(t.Context(), []Event{EventFrom(events.Event{Kind: events.SignIn, Actor: "a@vendor.example"})}); err != nil {
		t.Fatalf("nothing can be written beside it: %v", err)
	}
	if now := count(); now != before {
		t.Errorf("%d events are read, and then %d", before, now)
	}
	if _, err := tx.Exec("DELETE FROM events"); err == nil {
		t.Error("it writes")
	}
}
