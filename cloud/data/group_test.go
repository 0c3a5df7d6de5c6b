package data

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"
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

// Who was refused because of a change that is not kept after all is asked again.
func TestGroupRefusedForWhatWasNotKept(t *testing.T) {
	db := numberTable(t)
	behind := func() { // until the next one waits
		for db.group.waiting.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	taken := errors.New("taken")
	tries, begun, refused, broken := 0, make(chan struct{}), make(chan struct{}), false
	var all sync.WaitGroup
	all.Go(func() {
		if err := db.update(t.Context(), func(tx *sql.Tx) error {
			if tries++; tries > 1 {
				return errors.New("given up")
			}
			close(begun)
			behind()
			return insert(tx, 1)
		}); err == nil {
			t.Error("the first one is kept")
		}
	})
	<-begun
	all.Go(func() {
		first := true
		if err := db.update(t.Context(), func(tx *sql.Tx) error {
			var n int
			err := tx.QueryRow("SELECT count(*) FROM numbers").Scan(&n)
			if first {
				first = false
				close(refused)
				behind()
			}
			if err == nil && n > 0 {
				err = taken
			}
			if err != nil {
				return err
			}
			return insert(tx, 2)
		}); err != nil {
			t.Errorf("the second one: %v", err)
		}
	})
	<-refused
	all.Go(func() {
		if err := db.update(t.Context(), func(tx *sql.Tx) error {
			broken = true
			_, _ = tx.Exec("ROLLBACK")
			return errors.New("disk full")
		}); err == nil {
			t.Error("the third one is kept")
		}
	})
	all.Wait()
	if got := kept(t, db); !broken || !slices.Equal(got, []int{2}) {
		t.Errorf("kept %v", got)
	}
}

// What changes a row by itself takes its turn with the others: beside them it
// would wait for a lock that busy ones do not let go of, and fail.
func TestNoChangeIsBesideTheGroup(t *testing.T) {
	onSQLite(t)
	o := open(t)
	ctx := t.Context()
	changes := map[string]func() error{
		"sign out": func() error { return o.EndStaffSession(ctx, "x") }, "touch": func() error { return o.TouchStaffSession(ctx, []byte("x")) },
		"acts": func() error { return o.ExpireActs(ctx, o.now) }, "cursor": func() error { return o.MoveEventCursor(ctx, "siem", 1) },
		"checkpoint": func() error { return o.KeepEventCheckpoint(ctx, 1, "x") }, "mail sent": func() error { return o.SentMail(ctx, "x") },
		"mail again": func() error { return o.AgainMail(ctx, "x", o.now) }, "mail dropped": func() error { return o.DropMail(ctx, "x") },
		"old mail": func() error { return o.CleanMail(ctx, o.now) }, "key of events": func() error { _, _, err := o.EventSigner(ctx, "x"); return err },
	}
	held, done, over := make(chan struct{}), make(chan struct{}), make(chan string, len(changes))
	var all sync.WaitGroup
	all.Go(func() {
		if err := o.update(ctx, func(*sql.Tx) error {
			close(held)
			<-done
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	<-held
	for name, change := range changes {
		all.Go(func() {
			if err := change(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			over <- name
		})
	}
	for int(o.group.waiting.Load()) < len(changes) && len(over) == 0 {
		time.Sleep(time.Millisecond)
	}
	select {
	case name := <-over:
		t.Errorf("%s did not wait for its turn", name)
	default:
	}
	close(done)
	all.Wait()
}

// A database that is full refuses what does not fit, and keeps what it said it
// kept.
func TestGroupOnAFullDatabase(t *testing.T) {
	db := numberTable(t)
	db.sql.SetMaxOpenConns(1) // the bound is a connection's
	if err := db.update(t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.Exec("CREATE TABLE large (n INTEGER PRIMARY KEY, what BLOB)"); err != nil {
			return err
		}
		var pages int
		if err := tx.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
			return err
		}
		return tx.QueryRow("PRAGMA max_page_count = " + strconv.Itoa(pages+200)).Scan(&pages)
	}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var done []int
	full := 0
	together(t, db, 300, func(n int) {
		err := db.update(t.Context(), func(tx *sql.Tx) error {
			if err := insert(tx, n); err != nil {
				return err
			}
			_, err := tx.Exec("INSERT INTO large (n, what) VALUES (?, zeroblob(40000))", n)
			return err
		})
		mu.Lock()
		defer mu.Unlock()
		var e sqlite3.Error
		switch {
		case err == nil:
			done = append(done, n)
		case errors.As(err, &e) && e.Code == sqlite3.ErrFull:
			full++
		default:
			t.Errorf("%d: %v", n, err)
		}
	})
	slices.Sort(done)
	if got := kept(t, db); !slices.Equal(got, done) || len(done) == 0 || full == 0 {
		t.Errorf("kept %v, told as done %v, %d were refused", got, done, full)
	}
}
