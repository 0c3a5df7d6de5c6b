package data

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

const hub = "hub.example/name/group"

// Nodes share a stream's partitions; one that says nothing for the length of
// its leases is no reader any more, and what it notes then counts no more.
func TestNodesShareAStream(t *testing.T) { // B13
	c := config(t)
	now := time.UnixMilli(1_700_000_000_000)
	c.Now = func() time.Time { return now }
	a, err := OpenConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	parts := []string{"0", "1", "2", "3", "4"}
	reads := func(db *DB) []HubLease {
		t.Helper()
		own, err := db.LeasePartitions(t.Context(), hub, parts, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return own
	}
	names := func(own []HubLease) string {
		var list []string
		for _, l := range own {
			list = append(list, fmt.Sprintf("%s@%d/%d", l.Partition, l.Epoch, l.Place))
		}
		return fmt.Sprint(list)
	}
	first := reads(a)
	if got := names(first); got != "[0@1/-1 1@1/-1 2@1/-1 3@1/-1 4@1/-1]" {
		t.Fatalf("one node reads %s", got)
	}
	first[4].Place = 7
	if err := a.KeepPlace(t.Context(), hub, first[4]); err != nil {
		t.Fatal(err)
	}
	if got := names(reads(a)); got != "[0@1/-1 1@1/-1 2@1/-1 3@1/-1 4@1/7]" {
		t.Errorf("renewed it reads %s", got)
	}
	other, err := a.LeasePartitions(t.Context(), hub+"2", []string{"0"}, time.Minute)
	if err != nil || names(other) != "[0@1/-1]" {
		t.Errorf("of another stream %s, %v", names(other), err)
	}
	if err := a.LeavePartitions(t.Context(), hub+"2"); err != nil {
		t.Fatal(err)
	}
	if c.URL == "" {
		return // nobody else is there
	}
	c.Node = "b"
	b, err := OpenConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if got := names(reads(b)); got != "[]" {
		t.Errorf("the second node reads %s at once", got)
	}
	if got := names(reads(a)); got != "[0@1/-1 1@1/-1 2@1/-1]" {
		t.Errorf("the first node keeps %s", got)
	}
	if got := names(reads(b)); got != "[3@2/-1 4@2/7]" {
		t.Errorf("the second node reads %s", got)
	}
	if err := a.KeepPlace(t.Context(), hub, first[4]); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("a node that lost its lease notes a place: %v", err)
	}
	now = now.Add(61 * time.Second) // a is killed
	if got := names(reads(b)); got != "[0@2/-1 1@2/-1 2@2/-1 3@2/-1 4@2/7]" {
		t.Errorf("the node that is left reads %s", got)
	}
	if err := b.LeavePartitions(t.Context(), hub); err != nil {
		t.Fatal(err)
	}
	if got := names(reads(a)); got != "[0@3/-1 1@3/-1 2@3/-1 3@3/-1 4@3/7]" {
		t.Errorf("after it left, the other reads %s", got)
	}
}

// A hub's word counts if it is newer than the one before.
func TestTheHubsNewestWordCounts(t *testing.T) { // P13
	o := open(t)
	for _, step := range []struct {
		device, part string
		on           bool
		number       string
		newer        bool
	}{
		{"bc-1", "0", true, "02", true}, {"bc-1", "0", false, "01", false}, {"bc-1", "0", false, "02", false},
		{"bc-2", "0", true, "01", true}, {"bc-2", "0", false, "0A", true}, {"bc-3", "1", true, "01", true}, {"bc-4", "0", true, "01", true},
	} {
		newer, err := o.HubSaid(t.Context(), hub, step.part, step.device, step.on, step.number)
		if err != nil || newer != step.newer {
			t.Errorf("%+v: %v, %v", step, newer, err)
		}
	}
	if list, err := o.HubConnected(t.Context(), hub, "0"); err != nil || !slices.Equal(list, []string{"bc-1", "bc-4"}) {
		t.Errorf("connected %q, %v", list, err)
	}
}
