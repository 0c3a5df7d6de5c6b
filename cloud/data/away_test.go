package data

import (
	"errors"
	"os"
	"testing"

	"beckmanconnect/cloud/data/datatest"
)

// The server is killed again and again between messages: what was acknowledged
// is there, errors say what it is, and the same pool works again.
func TestServerKilled(t *testing.T) { // B13, scenario 43
	if os.Getenv(datatest.Variable) == "" {
		t.Skip("about PostgreSQL")
	}
	s, err := datatest.Start(true)
	if errors.Is(err, datatest.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := config(t)
	c.URL = s.Database(t)
	db, err := OpenConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	(&opened{DB: db}).register(t, device)
	take := func(seq uint64) (bool, error) {
		return db.Take(t.Context(), device, "e", seq, func(tx *Tx) error { return tx.Raise(AlarmLogForked, "log", "x", nil) })
	}
	const kills, between = 4, 10
	seq := uint64(0)
	for range kills {
		for range between {
			if fresh, err := take(seq + 1); err != nil || !fresh {
				t.Fatal(seq+1, fresh, err)
			}
			seq++
		}
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
		if _, err := take(seq + 1); !errors.Is(err, ErrAway) {
			t.Errorf("without a server: %v", err)
		}
		if err := db.Healthy(t.Context()); !errors.Is(err, ErrAway) {
			t.Errorf("without a server it is well: %v", err)
		}
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		if err := db.Healthy(t.Context()); err != nil {
			t.Errorf("with the server again: %v", err)
		}
		if fresh, err := take(seq); err != nil || fresh {
			t.Errorf("message %d was acknowledged and is lost: %v %v", seq, fresh, err)
		}
	}
	var count int
	if err := db.sql.QueryRow("SELECT count FROM alarms WHERE device=?", device).Scan(&count); err != nil || count != int(seq) {
		t.Errorf("%d of %d, %v", count, seq, err)
	}
}
