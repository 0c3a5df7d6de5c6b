package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// scenario 50, with a limit in SQLite standing in for the disk's: it answers
// SQLITE_FULL alike. The real thing is in diskfull_linux_test.go.
func TestDiskFull(t *testing.T) {
	var s *Store
	limit := func(n int) {
		s.turn <- struct{}{}
		defer func() { <-s.turn }()
		if err := s.conn.QueryRowContext(context.Background(), fmt.Sprintf("PRAGMA max_page_count = %d", n)).Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	testDiskFull(t, t.TempDir(), func(opened *Store) {
		s = opened
		var pages int
		if err := s.conn.QueryRowContext(context.Background(), "PRAGMA page_count").Scan(&pages); err != nil {
			t.Fatal(err)
		}
		limit(pages + 3)
	}, func() { limit(1 << 30) })
}

// testDiskFull: the write is refused with its kind, Writable turns false, what
// was acknowledged is still there and can be read, and writing goes on by
// itself once there is room.
func testDiskFull(t *testing.T, dir string, fill func(*Store), free func()) {
	told := make(chan bool, 100)
	s := openTest(t, Options{Dir: dir, ProbeEvery: time.Millisecond, OnWritable: func(on bool) { told <- on }})
	if on := <-told; !on {
		t.Fatal("not writable at the start")
	}
	ctx := context.Background()
	fill(s)
	done := int64(0)
	var err error
	for err == nil {
		err = s.Update(ctx, func(tx *Tx) error {
			_, err := tx.Append(Entry{Kind: "a.b", Actor: "system", Fields: map[string]string{"x": strings.Repeat("x", 1000)}})
			return err
		})
		if err == nil {
			done++
		}
	}
	if KindOf(err) != KindDiskFull || !strings.Contains(err.Error(), "free space") {
		t.Fatalf("kind %v: %v", KindOf(err), err)
	}
	if on := <-told; on || s.Writable() {
		t.Fatal("still writable")
	}
	if s.LogState().Entries != done+1 {
		t.Fatalf("%d entries acknowledged, %d there", done+1, s.LogState().Entries)
	}
	if list, _, err := s.Entries(ctx, 0, 5); err != nil || len(list) == 0 || list[0].Index != done {
		t.Fatal("reading ends with the disk", list, err)
	}
	free()
	for !s.Writable() { // each change is told; the last one is "writable"
		<-told
	}
	update(t, s, func(tx *Tx) error {
		_, err := tx.Append(Entry{Kind: "a.b", Actor: "system"})
		return err
	})
	if s.LogState().Entries != done+2 {
		t.Fatal("numbers were lost")
	}
}
