package data

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// However many write to the same rows at once, from two nodes where the engine
// lets them, every change counts once: an alarm's count is the number of times
// it was raised, a message is delivered once, a registration happens once.
func TestNoUpdateIsLost(t *testing.T) { // B13
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
	(&opened{DB: first}).register(t, device)
	const writers, times = 6, 8
	var (
		all   sync.WaitGroup
		mu    sync.Mutex
		fresh = map[uint64]int{}
	)
	for w := range writers {
		all.Go(func() {
			db := nodes[w%2]
			for i := range times {
				seq := uint64(i + 1)
				news, err := db.Take(t.Context(), device, "e", seq, func(tx *Tx) error {
					return tx.PutNotification("e", seq, cloudapi.Notification{ID: seq, Code: "c", Severity: "low", State: "raised", Title: strconv.Itoa(i)})
				})
				if err == nil {
					err = db.Do(t.Context(), device, func(tx *Tx) error { return tx.Raise(AlarmLogForked, "log", fmt.Sprint(w), nil) })
				}
				if err != nil {
					t.Error(err)
					return
				}
				if news {
					mu.Lock()
					fresh[seq]++
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	for seq := range uint64(times) {
		if fresh[seq+1] != 1 {
			t.Errorf("message %d was taken in %d times", seq+1, fresh[seq+1])
		}
	}
	var count int
	if err := first.sql.QueryRow("SELECT count FROM alarms WHERE device=?", device).Scan(&count); err != nil || count != writers*times {
		t.Errorf("%d of %d alarms counted, %v", count, writers*times, err)
	}
}

// A device that went over to another node stays online when the first one
// notices, and when that one starts again.
func TestPresenceByNode(t *testing.T) { // P14
	c := config(t)
	if c.URL == "" {
		t.Skip("SQLite has one node")
	}
	a, err := OpenConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if _, err := OpenConfig(t.Context(), c); err == nil {
		t.Fatal("two processes are the same node")
	}
	c.Node = "b"
	b, err := OpenConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	(&opened{DB: a}).register(t, device)
	for _, step := range []struct {
		do   func() (bool, error)
		news bool
		want bool
	}{
		{func() (bool, error) { return a.SetOnline(t.Context(), device, true) }, true, true},
		{func() (bool, error) { return b.SetOnline(t.Context(), device, true) }, false, true},
		{func() (bool, error) { return a.SetOnline(t.Context(), device, false) }, false, true},
		{func() (bool, error) { return false, a.AllOffline(t.Context()) }, false, true},
		{func() (bool, error) { return false, b.AllOffline(t.Context()) }, false, false},
	} {
		news, err := step.do()
		d, _ := a.Device(t.Context(), device)
		if err != nil || news != step.news || d.Online != step.want {
			t.Errorf("news %v, online %v, %v; want %+v", news, d.Online, err, step)
		}
	}
}

// What a node that was killed left online goes offline by the heartbeat of any
// other, with nobody starting; a node that still says it is there keeps its own.
func TestHeartbeatClosesWhatADeadNodeLeft(t *testing.T) { // P13
	c := config(t)
	if c.URL == "" {
		t.Skip("one process has SQLite for itself")
	}
	now := time.UnixMilli(1_700_000_000_000)
	c.Now = func() time.Time { return now }
	nodes := map[string]*DB{}
	for _, c.Node = range []string{"a", "b", "c"} {
		db, err := OpenConfig(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		nodes[c.Node] = db
		(&opened{DB: db}).register(t, "bc-"+c.Node)
		if _, err := db.SetOnline(t.Context(), "bc-"+c.Node, true); err != nil {
			t.Fatal(err)
		}
		if gone, err := db.Beat(t.Context()); gone || err != nil {
			t.Fatalf("node %s: gone %v, %v", c.Node, gone, err)
		}
	}
	online := func(node string) bool {
		t.Helper()
		d, err := nodes["b"].Device(t.Context(), "bc-"+node)
		if err != nil {
			t.Fatal(err)
		}
		return d.Online
	}
	now = now.Add(NodeGone - time.Second)
	for _, node := range []string{"b", "c"} { // a is dead
		if gone, err := nodes[node].Beat(t.Context()); gone || err != nil {
			t.Errorf("node %s, too early: gone %v, %v", node, gone, err)
		}
	}
	if !online("a") {
		t.Error("a node counts as gone before its time")
	}
	now = now.Add(2 * time.Second)
	if gone, err := nodes["b"].Beat(t.Context()); !gone || err != nil {
		t.Errorf("gone %v, %v", gone, err)
	}
	if online("a") || !online("b") || !online("c") {
		t.Errorf("online: a %v, b %v, c %v", online("a"), online("b"), online("c"))
	}
	h, err := nodes["b"].History(t.Context(), "bc-a", now.Add(-time.Hour), 10)
	if err != nil || len(h) != 2 || h[0].Online || h[0].AtMS != now.UnixMilli() {
		t.Errorf("history %+v, %v", h, err)
	}
	if gone, err := nodes["c"].Beat(t.Context()); gone || err != nil {
		t.Errorf("said twice: %v, %v", gone, err)
	}
}
