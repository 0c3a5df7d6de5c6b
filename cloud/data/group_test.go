package data

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// numberTable is a database with an empty table of numbers.
func numberTable(t *testing.T) *DB {
	t.Helper()
	db, err := Open(t.Context(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec("CREATE TABLE numbers (n INTEGER PRIMARY KEY)")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return db
}

func kept(t *testing.T, db *DB) []int {
	t.Helper()
	rows, err := db.sql.QueryContext(t.Context(), "SELECT n FROM numbers ORDER BY n")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []int
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// together runs change for each number while a first change holds the others
// up, so that they share transactions.
func together(t *testing.T, db *DB, count int, change func(n int)) {
	t.Helper()
	begun, all := make(chan struct{}), make(chan struct{})
	var asked sync.WaitGroup
	var first sync.Once // it is made again when another takes its transaction along
	asked.Go(func() {
		_ = db.update(t.Context(), func(*sql.Tx) error {
			first.Do(func() { close(begun) })
			<-all
			return nil
		})
	})
	<-begun
	for n := range count {
		asked.Go(func() { change(n) })
	}
	for int(db.group.waiting.Load()) < count {
		runtime.Gosched()
		time.Sleep(time.Millisecond)
	}
	close(all)
	asked.Wait()
}

func insert(tx *sql.Tx, n int) error {
	_, err := tx.Exec("INSERT INTO numbers (n) VALUES (?)", n)
	return err
}

// What was told as done is kept, and nothing else, whatever the others in the
// same transaction do.
func TestGroupKeepsWhatWasDone(t *testing.T) {
	db := numberTable(t)
	var mu sync.Mutex
	var done []int
	together(t, db, 300, func(n int) {
		defer func() { _ = recover() }()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err := db.update(ctx, func(tx *sql.Tx) error {
			if err := insert(tx, n); err != nil {
				return err
			}
			switch {
			case n%50 == 7:
				panic("a fault")
			case n%50 == 8: // as SQLite does itself when the disk is full
				_, _ = tx.Exec("ROLLBACK")
				return errors.New("disk full")
			case n%50 == 9:
				cancel()
				_, err := tx.ExecContext(ctx, "INSERT INTO numbers (n) VALUES (?)", -n)
				return err
			case n%5 == 0:
				return errors.New("refused")
			}
			return nil
		})
		if err == nil {
			mu.Lock()
			done = append(done, n)
			mu.Unlock()
		} else if n%5 != 0 && (n%50 < 7 || n%50 > 9) {
			t.Errorf("%d: %v", n, err)
		}
	})
	slices.Sort(done)
	if got := kept(t, db); !slices.Equal(got, done) {
		t.Errorf("kept %v, told as done %v", got, done)
	}
	if len(done) != 300-60-18 {
		t.Errorf("%d were done", len(done))
	}
}

// Who comes together shares the wait for the disk.
func TestGroupIsOneTransaction(t *testing.T) {
	db := numberTable(t)
	var mu sync.Mutex
	used := map[*sql.Tx]int{}
	together(t, db, 200, func(n int) {
		if err := db.update(t.Context(), func(tx *sql.Tx) error {
			mu.Lock()
			used[tx]++
			mu.Unlock()
			return insert(tx, n)
		}); err != nil {
			t.Error(err)
		}
	})
	if len(used) != 2 { // 128 with the first one's, 73
		t.Errorf("%d transactions", len(used))
	}
	if len(kept(t, db)) != 200 {
		t.Error("some are missing")
	}
}

// Who asks no longer is not kept, and commits what the others did before.
func TestGroupOfWhoLeft(t *testing.T) {
	db := numberTable(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	together(t, db, 1, func(n int) {
		if err := db.update(gone, func(tx *sql.Tx) error { return insert(tx, n) }); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	if got := kept(t, db); len(got) != 0 {
		t.Errorf("kept %v", got)
	}
}
