package service

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/internal/logproof"
	"beckmanconnect/service/notify"
	"beckmanconnect/store"
)

type told struct {
	store *store.Store
	codes []string
}

func (a *told) Apply(ctx context.Context, seen []notify.Observation, also func(*store.Tx) error) error {
	for _, o := range seen {
		word := "raised "
		if o.Clear {
			word = "cleared "
		}
		a.codes = append(a.codes, word+o.Code)
		if len(o.Texts) != len(text.Languages()) {
			a.codes = append(a.codes, "texts")
		}
	}
	if also == nil {
		return nil
	}
	return a.store.Update(ctx, also)
}

// A log that was set aside is told once, its rest is read, old entries are
// archived by policy, and the whole is checked when that is due.
func TestLogCare(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	open := func() *store.Store {
		s, err := store.Open(ctx, store.Options{Dir: dir, SetAside: true, Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if err := open().Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, logproof.FileName), make([]byte, 9000), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open()
	defer s.Close()
	if s.Trouble() != store.TroubleSetAside {
		t.Error(s.Trouble())
	}
	to, keep := &told{store: s}, time.Duration(0)
	care := &logCare{store: s, alarms: to, keep: func() time.Duration { return keep }, now: clock, changed: func() {}, checkEvery: 7 * 24 * time.Hour}
	round := func() {
		t.Helper()
		if err := care.round(ctx); err != nil {
			t.Fatal(err)
		}
	}
	round()
	round()
	if want := []string{"raised " + codeLogSetAside, "cleared " + codeLogCheck}; !slices.Equal(to.codes, want) {
		t.Errorf("%q", to.codes)
	}
	asides, err := s.SetAsides(ctx)
	if err != nil || len(asides) != 1 || !asides[0].Told || asides[0].Salvaged == nil {
		t.Fatalf("%+v %v", asides, err)
	}
	for range 600 {
		if err := s.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Append(store.Entry{Kind: "a.b", Actor: "system"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(100 * 24 * time.Hour)
	round() // the policy keeps all
	keep = 90 * 24 * time.Hour
	round() // due, but too few for a file of their own
	if list, err := s.Archives(ctx); err != nil || list != nil {
		t.Fatal(list, err)
	}
	now = now.Add(21 * 24 * time.Hour)
	round()
	if list, err := s.Archives(ctx); err != nil || len(list) != 1 || list[0].To != 512 {
		t.Fatal(list, err)
	}
	if s.Trouble() != "" {
		t.Error(s.Trouble())
	}
}
