package data

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"
)

var (
	//go:embed schema.sql
	schema string
	//go:embed schema2.sql
	schema2 string
	//go:embed schema3.sql
	schema3 string
	//go:embed schema_identity.sql
	schemaIdentity string
	//go:embed schema_registry.sql
	schemaRegistry string
	//go:embed schema_staff.sql
	schemaStaff string
	//go:embed schema_desk.sql
	schemaDesk string
	//go:embed schema_events.sql
	schemaEvents string
)

// migrations lead from one PRAGMA user_version to the next, from 0.
var migrations = []func(*DB, *sql.Tx) error{
	func(_ *DB, tx *sql.Tx) error { _, err := tx.Exec(schema); return err },
	(*DB).addAccountIndex,
	func(_ *DB, tx *sql.Tx) error { _, err := tx.Exec(schema3); return err },
	func(_ *DB, tx *sql.Tx) error { _, err := tx.Exec(schemaIdentity); return err },
	func(_ *DB, tx *sql.Tx) error { _, err := tx.Exec(schemaRegistry); return err },
	func(_ *DB, tx *sql.Tx) error { _, err := tx.Exec(schemaStaff); return err },
	func(_ *DB, tx *sql.Tx) error { _, err := tx.Exec(schemaDesk); return err },
	func(_ *DB, tx *sql.Tx) error { _, err := tx.Exec(schemaEvents); return err },
}

// minSQLite: older ones can corrupt a WAL when it is reset.
const minSQLite = 3051003

// ErrLocked: another process works in the same data folder.
var ErrLocked = errors.New("another process uses this data folder; stop it, or give this one a folder of its own")

// ErrDamaged: the database cannot be read as what it was written as.
var ErrDamaged = errors.New("the database is damaged; keep a copy of the folder and restore a backup")

// ErrNewer: the folder was written by a newer version of this program.
var ErrNewer = errors.New("the database was written by a newer version; install that version again")

// DB is the open database.
type DB struct {
	sql   *sql.DB
	lock  *sql.DB // holds the data folder for this process,
	claim *sql.Tx // by this transaction
	seal  *sealer
	index accountIndex
	edge  eventTree
	now   func() time.Time
}

// Open opens or makes the database in dir, which only this account may read.
// now may be nil.
func Open(ctx context.Context, dir string, now func() time.Time) (*DB, error) {
	if now == nil {
		now = time.Now
	}
	db := &DB{now: now}
	if err := db.open(ctx, dir); err != nil {
		db.Close()
		var sqliteErr sqlite3.Error
		if errors.As(err, &sqliteErr) && (sqliteErr.Code == sqlite3.ErrCorrupt || sqliteErr.Code == sqlite3.ErrNotADB) {
			err = fmt.Errorf("%w (%w)", ErrDamaged, err)
		}
		return nil, fmt.Errorf("data: open %s: %w", dir, err)
	}
	return db, nil
}

// OpenBeside opens a database that another process may work with, for a tool's
// single decision. It makes nothing and migrates nothing.
func OpenBeside(ctx context.Context, dir string) (*DB, error) {
	db := &DB{now: time.Now}
	err := func() error {
		if err := checkSQLite(); err != nil {
			return err
		}
		path := filepath.Join(dir, "cloud.db")
		if _, err := os.Stat(path); err != nil {
			return err
		}
		if err := db.openFile(dir); err != nil {
			return err
		}
		var version int
		if err := db.sql.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
			return err
		}
		switch {
		case version > len(migrations):
			return ErrNewer
		case version < len(migrations):
			return errors.New("the database was written by an older version; start the cloud once with this one")
		}
		return db.openAccountIndex(ctx)
	}()
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("data: open %s: %w", dir, err)
	}
	return db, nil
}

func checkSQLite() error {
	if _, n, _ := sqlite3.Version(); n < minSQLite {
		return fmt.Errorf("SQLite %d is too old, %d is needed", n, minSQLite)
	}
	return nil
}

func (db *DB) open(ctx context.Context, dir string) error {
	if err := checkSQLite(); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := db.claimFolder(ctx, filepath.Join(dir, "lock.db")); err != nil {
		return err
	}
	if err := touchPrivate(filepath.Join(dir, "cloud.db")); err != nil {
		return err
	}
	if err := db.openFile(dir); err != nil {
		return err
	}
	return db.migrate(ctx)
}

// openFile opens the keys and the database that is there.
func (db *DB) openFile(dir string) (err error) {
	if db.seal, err = openSealer(filepath.Join(dir, "keys")); err != nil {
		return err
	}
	path := filepath.Join(dir, "cloud.db")
	db.sql, err = sql.Open("sqlite3", dsn(path, "_journal_mode=WAL&_synchronous=FULL&_foreign_keys=1&_txlock=immediate&_busy_timeout=5000&_secure_delete=1"))
	if err != nil {
		return err
	}
	// The writer is one anyway; a few more connections let lists be read
	// while it waits for the disk.
	db.sql.SetMaxOpenConns(4)
	return nil
}

// claimFolder holds an exclusive transaction on a database of its own for as long as
// the process lives: the same lock on every system, and gone with the process.
func (db *DB) claimFolder(ctx context.Context, path string) error {
	if err := touchPrivate(path); err != nil {
		return err
	}
	var err error
	if db.lock, err = sql.Open("sqlite3", dsn(path, "_txlock=exclusive&_busy_timeout=0")); err != nil {
		return err
	}
	db.lock.SetMaxOpenConns(1)
	db.claim, err = db.lock.BeginTx(context.WithoutCancel(ctx), nil) // ended by Close
	var sqliteErr sqlite3.Error
	if errors.As(err, &sqliteErr) && (sqliteErr.Code == sqlite3.ErrBusy || sqliteErr.Code == sqlite3.ErrLocked) {
		return ErrLocked
	}
	return err
}

func (db *DB) migrate(ctx context.Context) error {
	var version int
	if err := db.sql.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > len(migrations) {
		return ErrNewer
	}
	if version > 0 {
		if err := db.check(ctx); err != nil {
			return err
		}
	}
	for ; version < len(migrations); version++ {
		err := db.update(ctx, func(tx *sql.Tx) error {
			if err := migrations[version](db, tx); err != nil {
				return err
			}
			_, err := tx.Exec(fmt.Sprintf("PRAGMA user_version = %d", version+1))
			return err
		})
		if err != nil {
			return fmt.Errorf("migrate to version %d: %w", version+1, err)
		}
	}
	return db.openAccountIndex(ctx)
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

// Close ends the use of the database.
func (db *DB) Close() error {
	var errs []error
	if db.claim != nil {
		errs = append(errs, db.claim.Rollback())
	}
	for _, d := range []*sql.DB{db.sql, db.lock} {
		if d != nil {
			errs = append(errs, d.Close())
		}
	}
	return errors.Join(errs...)
}

// update runs f in one transaction, which is on disk when update returns nil.
func (db *DB) update(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := db.sql.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (db *DB) nowMS() int64 { return db.now().UnixMilli() }

func dsn(path, options string) string {
	return (&url.URL{Scheme: "file", Opaque: filepath.ToSlash(path), RawQuery: options}).String()
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
