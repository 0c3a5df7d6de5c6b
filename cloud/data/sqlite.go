package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// minSQLite: older ones can corrupt a WAL when it is reset.
const minSQLite = 3051003

const fileName = "cloud.db"

func checkSQLite() error {
	if _, n, _ := sqlite3.Version(); n < minSQLite {
		return fmt.Errorf("SQLite %d is too old, %d is needed", n, minSQLite)
	}
	return nil
}

func (db *DB) openSQLite(ctx context.Context, c Config) error {
	if err := checkSQLite(); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return err
	}
	held, err := claimFolder(ctx, filepath.Join(c.Dir, "lock.db"))
	if err != nil {
		return err
	}
	db.claim = held
	if err := touchPrivate(filepath.Join(c.Dir, fileName)); err != nil {
		return err
	}
	return db.openFile()
}

// findFile opens a database that is there.
func (db *DB) findFile() error {
	if err := checkSQLite(); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(db.dir, fileName)); err != nil {
		return err
	}
	return db.openFile()
}

func (db *DB) openFile() (err error) {
	const options = "_journal_mode=WAL&_synchronous=FULL&_foreign_keys=1&_busy_timeout=5000&_secure_delete=1"
	path := filepath.Join(db.dir, fileName)
	address := dsn(path, options+"&_txlock=immediate")
	if db.sql, err = sql.Open("sqlite3", address); err != nil {
		return err
	}
	// The writer is one anyway; a few more connections let lists be read
	// while it waits for the disk.
	db.sql.SetMaxOpenConns(4)
	if db.aside, err = sql.Open("sqlite3", address); err != nil {
		return err
	}
	db.aside.SetMaxOpenConns(1)
	// The driver takes the writer's lock for a transaction that only reads, too,
	// where its address says so.
	if db.reading, err = sql.Open("sqlite3", dsn(path, options+"&_txlock=deferred&_query_only=1")); err != nil {
		return err
	}
	db.reading.SetMaxOpenConns(2)
	return nil
}

// folder is the claim of a data folder.
type folder struct {
	sql *sql.DB
	tx  *sql.Tx
}

// claimFolder holds an exclusive transaction on a database of its own for as long as
// the process lives: the same lock on every system, and gone with the process.
func claimFolder(ctx context.Context, path string) (*folder, error) {
	if err := touchPrivate(path); err != nil {
		return nil, err
	}
	f := &folder{}
	var err error
	if f.sql, err = sql.Open("sqlite3", dsn(path, "_txlock=exclusive&_busy_timeout=0")); err != nil {
		return nil, err
	}
	f.sql.SetMaxOpenConns(1)
	f.tx, err = f.sql.BeginTx(context.WithoutCancel(ctx), nil) // ended by Close
	if err == nil {
		return f, nil
	}
	var sqliteErr sqlite3.Error
	if errors.As(err, &sqliteErr) && (sqliteErr.Code == sqlite3.ErrBusy || sqliteErr.Code == sqlite3.ErrLocked) {
		err = ErrLocked
	}
	return nil, errors.Join(err, f.sql.Close())
}

func (f *folder) check(context.Context) error { return nil }

func (f *folder) Close() error { return errors.Join(f.tx.Rollback(), f.sql.Close()) }

// damaged says whether SQLite could not read the file as what it wrote.
func damaged(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && (e.Code == sqlite3.ErrCorrupt || e.Code == sqlite3.ErrNotADB)
}

// check reads every page once: damage is found before anything is promised to
// a device on top of it.
func (db *DB) check(ctx context.Context) error {
	var found string
	if err := db.sql.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		return fmt.Errorf("%w (%s)", ErrDamaged, strings.ReplaceAll(found, "\n", " "))
	}
	return nil
}

func dsn(path, options string) string {
	return "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?" + options
}

// touchPrivate makes sure that a file exists with rights for its owner alone;
// SQLite gives its journal the same rights.
func touchPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}
