package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"beckmanconnect/cloud/data/postgres"
)

// ErrLocked: another process works in the same data folder, or as the same node.
var ErrLocked = errors.New("another process uses this data folder; stop it, or give this one a folder of its own")

// ErrNodeTaken: another process works on the database under this node's name.
var ErrNodeTaken = errors.New("another process uses this database under the same node name; stop it, or give this one a name of its own")

// ErrDamaged: the database cannot be read as what it was written as.
var ErrDamaged = errors.New("the database is damaged; keep a copy of the folder and restore a backup")

// ErrNewer: the database was written by a newer version of this program.
var ErrNewer = errors.New("the database was written by a newer version; install that version again")

// ErrAway: the database cannot be reached now. Nothing is lost: what was asked
// for is asked for again.
var ErrAway = errors.New("the database cannot be reached")

// Config says where the data is.
type Config struct {
	Dir  string           // this node's own folder, which only this account may read
	URL  string           // "postgres://…", shared by nodes; empty: SQLite in Dir
	Node string           // this process's name among those that share URL; empty with SQLite
	Keys Keys             // the wrapping keys
	Now  func() time.Time // nil: time.Now
}

// DB is the open database.
type DB struct {
	sql      *sql.DB
	aside    *sql.DB // one connection more, for what is looked up while others are busy
	reading  *sql.DB // for moment, on SQLite
	dir      string
	pg       bool // on PostgreSQL, else SQLite
	node     string
	claim    claim // what this process holds alone
	keys     Keys
	wrapping *wrapping
	seal     *sealer
	index    accountIndex
	edge     eventTree
	now      func() time.Time
	group    group // of changes, on SQLite
}

// claim keeps other processes out for as long as this one lives.
type claim interface {
	check(context.Context) error // still held?
	Close() error
}

// Open opens or makes the SQLite database in dir. now may be nil.
func Open(ctx context.Context, dir string, now func() time.Time) (*DB, error) {
	return OpenConfig(ctx, Config{Dir: dir, Now: now})
}

// OpenConfig opens or makes the database, and brings its schema up to date.
func OpenConfig(ctx context.Context, c Config) (*DB, error) {
	db := newDB(c)
	if err := db.open(ctx, c); err != nil {
		return nil, db.failed(c, err)
	}
	return db, nil
}

// OpenBeside opens a database that another process may work with, for a tool's
// single decision. It makes nothing and migrates nothing.
func OpenBeside(ctx context.Context, c Config) (*DB, error) {
	db := newDB(c)
	if err := db.openBeside(ctx, c); err != nil {
		return nil, db.failed(c, err)
	}
	return db, nil
}

func newDB(c Config) *DB {
	db := &DB{now: c.Now, dir: c.Dir, keys: c.Keys, pg: c.URL != "", node: c.Node}
	if db.now == nil {
		db.now = time.Now
	}
	return db
}

func (db *DB) failed(c Config, err error) error {
	where := c.Dir
	if db.pg {
		where = "PostgreSQL" // the address may hold a password
	}
	return errors.Join(fmt.Errorf("data: open %s: %w", where, named(err)), db.Close())
}

// named puts a name to errors that say what to do.
func named(err error) error {
	switch {
	case err == nil:
		return nil
	case damaged(err) && !errors.Is(err, ErrDamaged):
		return fmt.Errorf("%w (%w)", ErrDamaged, err)
	case postgres.Away(err) && !errors.Is(err, ErrAway):
		return fmt.Errorf("%w (%w)", ErrAway, err)
	}
	return err
}

func (db *DB) open(ctx context.Context, c Config) (err error) {
	if db.pg {
		err = db.openPostgres(ctx, c)
	} else {
		err = db.openSQLite(ctx, c)
	}
	if err != nil {
		return err
	}
	return db.migrate(ctx)
}

func (db *DB) openBeside(ctx context.Context, c Config) (err error) {
	if db.pg {
		err = db.connect(c.URL)
	} else {
		err = db.findFile()
	}
	if err != nil {
		return err
	}
	version, err := db.version(ctx, db.sql)
	switch {
	case err != nil:
		return err
	case version > len(migrations):
		return ErrNewer
	case version < len(migrations):
		return errors.New("the database was written by an older version; start the cloud once with this one")
	}
	if err := db.openKeys(ctx, false); err != nil {
		return err
	}
	return db.openAccountIndex(ctx)
}

// Close ends the use of the database.
func (db *DB) Close() error {
	var errs []error
	if db.claim != nil {
		errs = append(errs, db.claim.Close())
	}
	for _, d := range []*sql.DB{db.sql, db.aside, db.reading} {
		if d != nil {
			errs = append(errs, d.Close())
		}
	}
	if db.wrapping != nil {
		errs = append(errs, db.wrapping.Close())
	}
	return errors.Join(errs...)
}

// Healthy says whether the database answers, and this process still holds what
// it must hold alone. An error says what is wrong.
func (db *DB) Healthy(ctx context.Context) error {
	if err := db.claim.check(ctx); err != nil {
		return fmt.Errorf("data: %w", named(err))
	}
	if err := db.sql.PingContext(ctx); err != nil {
		return fmt.Errorf("data: %w", named(err))
	}
	return nil
}

// How often a transaction is tried again that only others' beside it broke.
const (
	tries     = 40
	firstWait = 2 * time.Millisecond
	longWait  = 200 * time.Millisecond
)

// update runs f in one transaction, which is on disk when update returns nil.
// f may be run more than once: it has no effect outside of the transaction and
// sets every variable of its caller's anew.
func (db *DB) update(ctx context.Context, f func(*sql.Tx) error) error {
	wait := firstWait
	for try := 1; ; try++ {
		err := db.try(ctx, f)
		if err == nil || !postgres.Again(err) && !errors.Is(err, errGroupLost) || try == tries {
			return named(err)
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(time.Duration(rand.Int64N(int64(wait)))):
		}
		wait = min(2*wait, longWait)
	}
}

func (db *DB) try(ctx context.Context, f func(*sql.Tx) error) error {
	if !db.pg {
		return db.group.change(ctx, db.sql, f)
	}
	tx, err := db.sql.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return joined(err, unlessDone(tx.Rollback()))
	}
	return tx.Commit()
}

// moment begins to read the database as it is now, however long that takes and
// whatever is changed meanwhile. It keeps nobody from changing anything. The
// caller rolls it back.
func (db *DB) moment(ctx context.Context) (*sql.Tx, error) {
	from := db.reading
	if db.pg {
		from = db.sql
	}
	return from.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
}

func (db *DB) nowMS() int64 { return db.now().UnixMilli() }
