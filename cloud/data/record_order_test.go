package data

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"beckmanconnect/cloud/acts"
	"beckmanconnect/cloud/events"
	"beckmanconnect/internal/cloudapi"
)

// However many decide about identities at once, from two nodes where the engine
// lets them, who asks again and again for what is behind the newest number that
// it has seen misses none (B13, P13).
func TestIdentityFeedMissesNothing(t *testing.T) {
	c := config(t)
	first, err := OpenConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	nodes := []*DB{first, first}
	if c.URL != "" {
		c.Node = "b"
		if nodes[1], err = OpenConfig(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		defer nodes[1].Close()
	}
	const writers, each = 6, 40
	name := func(w, i int) string { return fmt.Sprintf("bc-%d-%d", w, i) }
	for w := range writers {
		for i := range each {
			(&opened{DB: first}).register(t, name(w, i))
		}
	}
	after, err := first.IdentityLast(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				if err := nodes[w%2].Revoke(t.Context(), name(w, i), "op", "x"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writing.Wait(); close(done) }()
	seen := map[string]int{}
	for last := false; ; {
		devices, now, err := first.IdentityChanged(t.Context(), after)
		if err != nil {
			t.Fatal(err)
		}
		if now < after || len(devices) > 0 && now == after {
			t.Fatalf("number %d after %d, %d devices", now, after, len(devices))
		}
		after = now
		for _, d := range devices {
			seen[d.Device]++
		}
		if last {
			break
		}
		select {
		case <-done:
			last = true
		default:
		}
	}
	for w := range writers {
		for i := range each {
			if n := seen[name(w, i)]; n != 1 {
				t.Errorf("%s was told %d times", name(w, i), n)
			}
		}
	}
}

// What cannot be put on record is not decided, and of many who decide at once
// one is on record.
func TestADecisionIsKeptWithItsRecord(t *testing.T) { // P16, P24
	o := open(t)
	act := acts.Kept{Session: []byte("s"), Hash: []byte("h"), Act: cloudapi.Act{
		ID: "act-1", Kind: "lamp.switch", State: cloudapi.ActWaiting, By: "ada@vendor.example", AtMS: o.now.UnixMilli(), ExpiresMS: o.now.Add(time.Hour).UnixMilli(),
	}}
	if err := o.AddAct(t.Context(), act, 9); err != nil {
		t.Fatal(err)
	}
	record := events.Event{Kind: events.ActConfirmed, Severity: events.Notice, Actor: "ben@vendor.example", Region: "eu"}
	decide := func() (bool, error) {
		return o.DecideAct(t.Context(), "act-1", cloudapi.ActConfirmed, "ben@vendor.example", "", o.now, record)
	}
	var root []byte
	if err := o.sql.QueryRow("SELECT root FROM event_head").Scan(&root); err != nil {
		t.Fatal(err)
	}
	if _, err := o.sql.Exec("UPDATE event_head SET root = ?", slices.Repeat([]byte{1}, 32)); err != nil {
		t.Fatal(err)
	}
	if ok, err := decide(); ok || !errors.Is(err, ErrDamaged) {
		t.Errorf("without a record: %v %v", ok, err)
	}
	if kept, err := o.Act(t.Context(), "act-1"); err != nil || kept.State != cloudapi.ActWaiting {
		t.Errorf("%+v %v", kept, err)
	}
	if _, err := o.sql.Exec("UPDATE event_head SET root = ?", root); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 8 {
		all.Go(func() {
			ok, err := decide()
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if ok {
				won++
			}
		})
	}
	all.Wait()
	list, err := o.EventsAfter(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	on := 0
	for _, e := range list {
		if e.Kind == string(events.ActConfirmed) {
			on++
		}
	}
	if won != 1 || on != 1 {
		t.Errorf("%d won, %d are on record", won, on)
	}
}
