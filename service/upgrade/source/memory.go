package source

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"

	"beckmanconnect/service/upgrade/versions"
)

// ErrMemory: what was seen before cannot be read. Without it an old state of
// the repository could pass for the newest, so nothing is offered.
var ErrMemory = errors.New("the memory of seen versions cannot be read")

// Memory is what has to outlive everything else here: how far the repository
// was, and which site policy was in force. It is a small database beside
// go-tuf's own files, so that those may be lost and healed. Each call opens and
// closes it: they are hours apart.
type Memory struct {
	path   string
	legacy string // the file it was in before
}

const (
	memoryFile = "memory.db"
	legacyFile = "seen.json"

	memoryVersion = 1
)

// NewMemory is the memory in the folder dir. Nothing is read before it is used.
func NewMemory(dir string) Memory {
	return Memory{path: filepath.Join(dir, memoryFile), legacy: filepath.Join(dir, legacyFile)}
}

const memorySchema = `
CREATE TABLE seen(
  id INTEGER PRIMARY KEY CHECK (id = 1),
  root INTEGER NOT NULL, timestamp INTEGER NOT NULL, snapshot INTEGER NOT NULL, targets INTEGER NOT NULL,
  signed_ms INTEGER NOT NULL, -- the latest time that the vendor signed, 0 for none
  keys TEXT NOT NULL          -- stands for those of timestamp and snapshot, '' for not known
) STRICT;
CREATE TABLE policy(
  id INTEGER PRIMARY KEY CHECK (id = 1),
  number INTEGER NOT NULL, -- of the site policy that was accepted last
  note BLOB NOT NULL       -- as it was signed
) STRICT;
PRAGMA user_version = 1;`

// seen returns how far the repository was; the zero seen when it was never
// looked at.
func (m Memory) seen(ctx context.Context) (s seen, err error) {
	err = m.with(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var at int64
		err := tx.QueryRowContext(ctx, "SELECT root, timestamp, snapshot, targets, signed_ms, keys FROM seen").Scan(&s.Root, &s.Timestamp, &s.Snapshot, &s.Targets, &at, &s.Keys)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if at > 0 {
			s.Time = time.UnixMilli(at).UTC()
		}
		return err
	})
	return s, err
}

// see keeps how far the repository is. It is on disk when it returns.
func (m Memory) see(ctx context.Context, s seen) error {
	return m.with(ctx, func(ctx context.Context, tx *sql.Tx) error { return insertSeen(ctx, tx, s) })
}

func insertSeen(ctx context.Context, tx *sql.Tx, s seen) error {
	var at int64
	if !s.Time.IsZero() {
		at = s.Time.UnixMilli()
	}
	_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO seen VALUES (1, ?, ?, ?, ?, ?, ?)", s.Root, s.Timestamp, s.Snapshot, s.Targets, at, s.Keys)
	return err
}

// Policy returns the site policy that was accepted last; 0 and nil for none.
func (m Memory) Policy(ctx context.Context) (number uint64, signed []byte, err error) {
	err = m.with(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var n int64
		err := tx.QueryRowContext(ctx, "SELECT number, note FROM policy").Scan(&n, &signed)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		number = uint64(n)
		return err
	})
	return number, signed, err
}

// SetPolicy keeps which site policy is in force. It is on disk when it returns.
func (m Memory) SetPolicy(ctx context.Context, number uint64, signed []byte) error {
	return m.with(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO policy VALUES (1, ?, ?)", int64(number), signed)
		return err
	})
}

// with runs one transaction. One that was begun comes to its end, a matter of
// milliseconds, whatever becomes of ctx: database/sql returns from one that is
// cancelled while the database is still being written to.
func (m Memory) with(ctx context.Context, work func(context.Context, *sql.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if _, err := os.Lstat(m.path); errors.Is(err, fs.ErrNotExist) {
		if err := m.create(ctx); err != nil {
			return fmt.Errorf("upgrade source: %w, nor made: %w", ErrMemory, err)
		}
	}
	err := transact(ctx, m.path, func(tx *sql.Tx) error {
		if err := sound(ctx, tx); err != nil {
			return err
		}
		return work(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("upgrade source: %w: %s: %w; restore it from a backup, or compare what is offered with the vendor's announcement and move it away", ErrMemory, m.path, err)
	}
	return nil
}

// sound is an error unless all of the database can be read and is ours.
func sound(ctx context.Context, tx *sql.Tx) error {
	var version int
	var check string
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version != memoryVersion {
		return fmt.Errorf("its version is %d, not %d", version, memoryVersion)
	}
	if err := tx.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&check); err != nil {
		return err
	}
	if check != "ok" {
		return errors.New(check)
	}
	return nil
}

// create makes the database beside its place and moves it there whole: one that
// is empty is a damaged one, never a new one. What was remembered in a file
// before comes along, once.
func (m Memory) create(ctx context.Context) error {
	before, err := loadLegacy(m.legacy)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMemory, err)
	}
	next := m.path + ".new"
	if err := os.RemoveAll(next); err != nil {
		return err
	}
	if err := os.RemoveAll(next + "-journal"); err != nil {
		return err
	}
	err = transact(ctx, next, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, memorySchema); err != nil || before == nil {
			return err
		}
		return insertSeen(ctx, tx, *before)
	})
	if err != nil {
		return err
	}
	if err := os.Chmod(next, 0o600); err != nil {
		return err
	}
	if err := versions.Rename(next, m.path); err != nil {
		return err
	}
	if err := versions.SyncDir(filepath.Dir(m.path)); err != nil {
		return err
	}
	if err := os.Remove(m.legacy); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// transact opens the database for one transaction. A rollback journal and full
// synchronisation: power loss leaves it before or after.
func transact(ctx context.Context, path string, work func(*sql.Tx) error) (err error) {
	db, err := sql.Open("sqlite3", address(path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := work(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// address names the database as a URI, so that no character of the path is
// taken for an option.
func address(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/… on Windows
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_journal_mode=DELETE&_synchronous=FULL&_txlock=immediate&_busy_timeout=5000"
}

// loadLegacy reads the file that held the memory before; nil when there is
// none. It was written in one step, so one that cannot be read was damaged from
// outside, and is not passed over in silence.
func loadLegacy(path string) (*seen, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var s seen
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &s, nil
}
