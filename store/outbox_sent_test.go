package store

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
)

func enqueued(t *testing.T, s *Store, kind string, bodies ...[]byte) {
	t.Helper()
	update(t, s, func(tx *Tx) error {
		for _, b := range bodies {
			if _, err := tx.Enqueue(kind, b); err != nil {
				return err
			}
		}
		return nil
	})
}

func waitingNumbers(t *testing.T, s *Store) (list []uint64) {
	t.Helper()
	out, err := s.Outbox(context.Background(), 200)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range out {
		list = append(list, m.Seq)
	}
	return list
}

func keptNumbers(t *testing.T, s *Store) (oldest, newest uint64) {
	t.Helper()
	oldest, newest, err := s.Kept(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return oldest, newest
}

// What was acknowledged waits no longer, and can be asked for again: with its
// number, its body and its place.
func TestSentCanBeAskedForAgain(t *testing.T) {
	s, ctx := openTest(t, Options{}), context.Background()
	body := func(i int) []byte { return []byte("body " + strconv.Itoa(i)) }
	for i := range 6 {
		enqueued(t, s, []string{"n", "logs"}[i/5], body(i+1)) // the last one is of the other kind
	}
	update(t, s, func(tx *Tx) error { _, err := tx.EnqueueAhead("d", []byte("digest")); return err })
	if o, n := keptNumbers(t, s); o != 0 || n != 0 {
		t.Errorf("kept %d to %d before anything was sent", o, n)
	}
	for _, seq := range []uint64{7, 4, 6} { // the digest alone, then what waited
		if err := s.Sent(ctx, seq, "logs"); err != nil {
			t.Fatal(err)
		}
	}
	if w := waitingNumbers(t, s); len(w) > 0 {
		t.Errorf("%v still wait", w)
	}
	if n, err := s.Waiting(ctx); n != 0 || err != nil {
		t.Errorf("%d still wait, %v", n, err)
	}
	if o, n := keptNumbers(t, s); o != 1 || n != 7 {
		t.Errorf("kept %d to %d", o, n)
	}
	enqueued(t, s, "n", body(8))
	if n, err := s.Again(ctx, []cloudapi.Range{{From: 2, To: 3}, {From: 5, To: 7}, {From: 0, To: 9}, {From: 4, To: 3}, {From: 8, To: 1 << 63}}); n != 4 || err != nil {
		t.Errorf("%d again, %v", n, err) // 6 was not kept
	}
	if w := waitingNumbers(t, s); !slices.Equal(w, []uint64{2, 3, 5, 7, 8}) {
		t.Errorf("%v wait", w)
	}
	out, err := s.Outbox(ctx, 1)
	if err != nil || string(out[0].Body) != "body 2" || out[0].Kind != "n" {
		t.Errorf("%+v %v", out, err)
	}
	if o, n := keptNumbers(t, s); o != 1 || n != 4 {
		t.Errorf("kept %d to %d", o, n)
	}
	// Superseded is only what waits.
	if n, err := s.Supersede(ctx, "n", func([]byte) string { return "one" }); n != 3 || err != nil {
		t.Errorf("%d superseded, %v", n, err)
	}
	if n, err := s.Again(ctx, []cloudapi.Range{{From: 1, To: 4}}); n != 2 || err != nil {
		t.Errorf("%d of the sent ones are left, %v", n, err)
	}
}

// What is kept is bounded by age, by number and by size.
func TestSentIsBounded(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	sent := func(t *testing.T, s *Store, seq uint64) {
		t.Helper()
		if err := s.Sent(context.Background(), seq); err != nil {
			t.Fatal(err)
		}
	}
	open := func(t *testing.T) *Store { return openTest(t, Options{Now: func() time.Time { return now }}) }
	t.Run("age", func(t *testing.T) {
		s := open(t)
		enqueued(t, s, "n", []byte("1"), []byte("2"), []byte("3"))
		sent(t, s, 1)
		now = now.Add(KeepSent - time.Millisecond)
		sent(t, s, 2)
		if o, n := keptNumbers(t, s); o != 1 || n != 2 {
			t.Errorf("kept %d to %d", o, n)
		}
		now = now.Add(time.Millisecond)
		sent(t, s, 3)
		if o, n := keptNumbers(t, s); o != 2 || n != 3 {
			t.Errorf("kept %d to %d", o, n)
		}
	})
	t.Run("count", func(t *testing.T) {
		s := open(t)
		bodies := make([][]byte, KeepSentCount+5)
		enqueued(t, s, "n", bodies...)
		sent(t, s, 3)
		sent(t, s, KeepSentCount+5)
		if o, n := keptNumbers(t, s); o != 6 || n != KeepSentCount+5 {
			t.Errorf("kept %d to %d", o, n)
		}
	})
	t.Run("size", func(t *testing.T) {
		s := open(t)
		const size = 1 << 20
		for i := range uint64(40) {
			enqueued(t, s, "n", bytes.Repeat([]byte{1}, size))
			sent(t, s, i+1)
		}
		var all int64
		if err := s.read.QueryRow("SELECT sum(length(sealed)) FROM outbox").Scan(&all); err != nil {
			t.Fatal(err)
		}
		if o, n := keptNumbers(t, s); o < 8 || o > 11 || n != 40 || all > KeepSentBytes+size+1024 {
			t.Errorf("kept %d to %d, %d bytes", o, n, all)
		}
	})
}
