package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	sqlite3 "github.com/mattn/go-sqlite3"
	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/store/keys"
)

// KeyWrapper protects the data keys; see package keys.
type KeyWrapper = keys.Wrapper

// KeysDir is the folder inside Options.Dir that holds keys.
const KeysDir = "keys"

// Options open a store. Only Dir must be set.
type Options struct {
	Dir        string
	Key        KeyWrapper  // nil: the system's, see keys.Default
	Signer     note.Signer // of checkpoints; nil: keys.Checkpoint in Dir/keys
	Log        *slog.Logger
	Now        func() time.Time // the wall clock
	KeepEvents int              // numbered events kept for resuming; 0: 10,000
	ProbeEvery time.Duration    // how often a store that cannot write tries again; 0: 5 s
	OnWritable func(bool)       // told of each change, must not block or call the store
	// SetAside has a log that is damaged, or whose keys are lost or wrong, moved
	// into a folder of its own, and a new one begun that names it. Without it
	// opening such a log is an error.
	SetAside bool
	// OnDamaged is told once when SQLite finds the database damaged while it
	// runs. Opening it anew decides. It must not block or call the store.
	OnDamaged func(error)

	busyMS int // how long to wait for another program's lock; 0: 5,000
}

// Store is the open database. All methods may be called from any goroutine.
type Store struct {
	opt    Options
	path   string
	log    *slog.Logger
	lock   *os.File
	epoch  string
	boot   string
	seal   *sealer
	signer note.Signer
	vkey   string

	turn     chan struct{} // held by the one writer
	care     chan struct{} // held by the one that archives or backs up
	write    *sql.DB
	conn     *sql.Conn
	stmts    map[string]*sql.Stmt
	topics   map[topicKey]uint64 // those seen lately
	tree     *logproof.Tree
	kept     int64          // wall of the newest row in checkpoints, Unix nanoseconds
	chain    logproof.Chain // of all rows in checkpoints
	stale    bool           // a commit failed: read the tree again before the next
	closed   bool
	reported bool // damage was told

	read     *sql.DB
	state    atomic.Pointer[LogState]
	aside    atomic.Pointer[logproof.Aside] // the log that this one follows
	fault    atomic.Pointer[string]         // what the last check of all found
	writable atomic.Bool
	subs     subscribers
	probe    prober
	indexer  indexer

	witnesses witnesses

	people       people
	rotator      rotator
	confidential atomic.Pointer[Confidential]
}

// minSQLite: older ones can damage a WAL when it is reset.
var minSQLite = [3]int{3, 51, 3}

// Open opens the store in o.Dir and makes it when there is none. A second
// process is refused. The context bounds opening only.
func Open(ctx context.Context, o Options) (_ *Store, err error) {
	if o.Dir == "" {
		return nil, &Error{Kind: KindInvalid, Op: "open", Err: errors.New("no data folder given")}
	}
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return nil, wrap("open", err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.KeepEvents <= 0 {
		o.KeepEvents = 10_000
	}
	if o.ProbeEvery <= 0 {
		o.ProbeEvery = 5 * time.Second
	}
	if o.busyMS == 0 {
		o.busyMS = 5000
	}
	if o.Key == nil {
		o.Key = keys.Default(filepath.Join(o.Dir, KeysDir))
	}
	// Before anything is touched: without its key a log is not to be judged.
	if err := keys.Available(o.Key); err != nil {
		return nil, &Error{Kind: KindAway, Op: "open", Path: filepath.Join(o.Dir, logproof.FileName), Err: err}
	}
	s := &Store{
		opt:    o,
		path:   filepath.Join(o.Dir, logproof.FileName),
		log:    o.Log,
		turn:   make(chan struct{}, 1),
		care:   make(chan struct{}, 1),
		stmts:  map[string]*sql.Stmt{},
		topics: map[topicKey]uint64{},
	}
	s.subs.list = map[int]func(Event){}
	defer func() {
		if err != nil {
			s.release()
			var e *Error
			if err = wrap("open", err); errors.As(err, &e) && e.Path == "" {
				e.Path = s.path
			}
		}
	}()
	if err := s.takeFolder(); err != nil {
		return nil, err
	}
	err = wrap("open", s.begin(ctx))
	if err != nil && o.SetAside && asideReason(err) != "" {
		if e := s.closeDB(); e != nil {
			s.log.Warn("closing the log that is set aside", "err", e)
		}
		if e := s.setAside(err); e != nil {
			s.log.Error("the log could not be set aside", "reason", err)
			return nil, e
		}
		err = s.begin(ctx)
	}
	if err != nil {
		return nil, err
	}
	if err := s.loadWitnessed(ctx); err != nil {
		return nil, err
	}
	s.setWritable(true)
	s.probe.start(s)
	s.settleKeys(ctx)
	s.indexer.start(s)
	return s, nil
}

// begin opens the database, brings it up to date and reads what lives in
// memory.
func (s *Store) begin(ctx context.Context) error {
	if err := s.openFiles(ctx); err != nil {
		return err
	}
	if err := s.lost(ctx); err != nil {
		return err
	}
	if err := migrate(ctx, s.conn); err != nil {
		return err
	}
	if err := s.afterDamage(ctx); err != nil {
		return err
	}
	if err := s.load(ctx); err != nil {
		return err
	}
	return s.loadTrouble(ctx)
}

// takeFolder takes the lock of the data folder and brings to its end what a
// kill left half moved there.
func (s *Store) takeFolder() error {
	if err := checkSQLite(); err != nil {
		return err
	}
	if err := keys.MakeDir(s.opt.Dir); err != nil {
		return err
	}
	var err error
	if s.lock, err = lockFile(filepath.Join(s.opt.Dir, "log.lock")); err != nil {
		return err
	}
	sweepTemps(s.opt.Dir)
	return s.finishAside()
}

// openFiles opens the connections.
func (s *Store) openFiles(ctx context.Context) error {
	// Made here so that the database and what SQLite puts beside it are ours
	// alone whatever the umask is.
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	params := fmt.Sprintf("_busy_timeout=%d&_txlock=immediate&_journal_mode=WAL&_synchronous=FULL&_secure_delete=on", s.opt.busyMS)
	if info.Size() == 0 {
		// In a database that is there SQLite would write this again, before it is
		// known whether anything may be written.
		params += "&_auto_vacuum=incremental"
	}
	if s.boot, err = bootID(); err != nil {
		return err
	}
	if s.write, err = sql.Open("sqlite3", dsn(s.path, params)); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if s.conn, err = s.write.Conn(ctx); err != nil {
		return err
	}
	if err := checkPragmas(ctx, s.conn); err != nil {
		return err
	}
	if s.read, err = sql.Open("sqlite3", dsn(s.path, fmt.Sprintf("_busy_timeout=%d&_query_only=on", s.opt.busyMS))); err != nil {
		return err
	}
	s.read.SetMaxOpenConns(4)
	s.read.SetMaxIdleConns(2)
	return nil
}

// dsn names the database as a URI, so that no character of the path is taken
// for a parameter.
func dsn(path, params string) string {
	p := filepath.ToSlash(path)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p // C:/… on Windows
	}
	return "file:" + (&url.URL{Path: p}).EscapedPath() + "?" + params
}

func checkSQLite() error {
	version, _, _ := sqlite3.Version()
	var v [3]int
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &v[0], &v[1], &v[2]); err != nil {
		return &Error{Kind: KindOther, Op: "open", Err: fmt.Errorf("SQLite version %q: %w", version, err)}
	}
	for i, n := range v {
		if n > minSQLite[i] {
			return nil
		}
		if n < minSQLite[i] {
			return &Error{Kind: KindOther, Op: "open", Err: fmt.Errorf("built with SQLite %s, which can damage its log; 3.51.3 or newer is needed", version)}
		}
	}
	return nil
}

// checkPragmas makes sure that what durability rests on is really set.
func checkPragmas(ctx context.Context, c *sql.Conn) error {
	var mode string
	var sync int
	if err := c.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if err := c.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&sync); err != nil {
		return err
	}
	if mode != "wal" || sync != 2 {
		return fmt.Errorf("journal mode %q with synchronous=%d instead of wal with 2 (the data folder must be on a local disk)", mode, sync)
	}
	return nil
}

// Epoch was made with the database. Event and outbox numbers belong to it.
func (s *Store) Epoch() string { return s.epoch }

// Path is the database file, for messages.
func (s *Store) Path() string { return s.path }

// Verifier is the public half of the checkpoint key, in the form
// note.NewVerifier reads; empty when the signer came with the options.
func (s *Store) Verifier() string { return s.vkey }

// Writable says whether the last write reached the disk. While it is false
// sessions stay closed (scenario 50).
func (s *Store) Writable() bool { return s.writable.Load() }

func (s *Store) setWritable(on bool) {
	if s.writable.Swap(on) != on && s.opt.OnWritable != nil {
		s.opt.OnWritable(on)
	}
}

// Close keeps the newest checkpoint, folds the WAL into the database and lets
// go of it. It waits for the writer that is at work.
func (s *Store) Close() error {
	s.probe.stop()
	s.rotator.end()
	s.indexer.stop()
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	if s.closed {
		return nil
	}
	s.closed = true
	err := s.keepHead()
	if s.writable.Load() {
		if _, e := s.conn.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)"); err == nil {
			err = e
		}
	}
	s.setWritable(false)
	if e := s.release(); err == nil {
		err = e
	}
	return wrap("close", err)
}

// release lets go of everything that is open.
func (s *Store) release() error {
	err := s.closeDB()
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

// closeDB lets go of the database alone.
func (s *Store) closeDB() (err error) {
	keep := func(e error) {
		if err == nil {
			err = e
		}
	}
	for _, st := range s.stmts {
		keep(st.Close())
	}
	if s.read != nil {
		keep(s.read.Close())
	}
	if s.conn != nil {
		keep(s.conn.Close())
	}
	if s.write != nil {
		keep(s.write.Close())
	}
	s.stmts, s.read, s.conn, s.write = map[string]*sql.Stmt{}, nil, nil, nil
	return err
}
