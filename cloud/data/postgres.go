package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"beckmanconnect/cloud/data/postgres"
)

// Advisory locks on PostgreSQL: the first number is the product's.
const (
	locks       = 0x6263 // "bc"
	lockMigrate = 1
)

func (db *DB) openPostgres(ctx context.Context, c Config) error {
	if c.Node == "" {
		return errors.New("a node on PostgreSQL needs a name of its own")
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return err
	}
	if err := db.connect(c.URL); err != nil {
		return err
	}
	held := &nodeClaim{from: db.sql, node: c.Node}
	if err := held.take(ctx); err != nil {
		return err
	}
	db.claim = held
	return nil
}

func (db *DB) connect(address string) (err error) {
	if db.sql, err = postgres.Open(address); err != nil {
		return err
	}
	if db.aside, err = postgres.Open(address); err != nil {
		return err
	}
	db.aside.SetMaxOpenConns(1)
	return nil
}

// nodeClaim holds a node's name by a lock of one connection, gone with it.
type nodeClaim struct {
	from *sql.DB
	node string
	conn *sql.Conn
}

// How long, and how often, a name that is taken is asked for: a process that was
// killed has it until the server notices, which ends a commit first.
const (
	nodeWait  = 5 * time.Second
	nodeEvery = 100 * time.Millisecond
)

// take takes the name when it is free, soon or not at all.
func (n *nodeClaim) take(ctx context.Context) error {
	enough := time.After(nodeWait)
	for {
		err := n.check(ctx)
		if !errors.Is(err, ErrNodeTaken) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-enough:
			return err
		case <-time.After(nodeEvery):
		}
	}
}

// check takes the name, or makes sure that it is still held: where the server
// was away, it is taken again.
func (n *nodeClaim) check(ctx context.Context) error {
	if n.conn != nil {
		if n.conn.PingContext(ctx) == nil {
			return nil
		}
		_ = n.conn.Close()
		n.conn = nil
	}
	conn, err := n.from.Conn(ctx)
	if err != nil {
		return err
	}
	var mine bool
	err = conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock(?, hashtext(?))", locks+1, n.node).Scan(&mine)
	if err == nil && !mine {
		err = fmt.Errorf("%w (%s)", ErrNodeTaken, n.node)
	}
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	n.conn = conn
	return nil
}

func (n *nodeClaim) Close() error {
	if n.conn == nil {
		return nil
	}
	// The connection goes back to the pool, which is about to be closed; the
	// lock must not wait for that.
	_, err := n.conn.ExecContext(context.Background(), "SELECT pg_advisory_unlock(?, hashtext(?))", locks+1, n.node)
	if postgres.Away(err) {
		err = nil // gone with the connection
	}
	return joined(err, n.conn.Close())
}

// versionTable counts migrations where SQLite has PRAGMA user_version. The
// function is SQLite's, which queries use.
const versionTable = `CREATE TABLE IF NOT EXISTS schema_version (one BIGINT PRIMARY KEY CHECK (one = 1), version BIGINT NOT NULL);
CREATE OR REPLACE FUNCTION instr(text, text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $f$ SELECT strpos($1, $2) $f$;`

// migrating keeps other nodes from migrating until release is called.
func (db *DB) migrating(ctx context.Context) (release func() error, err error) {
	if !db.pg {
		return func() error { return nil }, nil
	}
	conn, err := db.sql.Conn(ctx)
	if err != nil {
		return nil, err
	}
	_, err = conn.ExecContext(ctx, "SET lock_timeout = 0")
	if err == nil {
		_, err = conn.ExecContext(ctx, "SELECT pg_advisory_lock(?, ?)", locks, lockMigrate)
	}
	if err == nil {
		_, err = conn.ExecContext(ctx, versionTable)
	}
	release = func() error {
		free := context.WithoutCancel(ctx)
		_, err := conn.ExecContext(free, "SELECT pg_advisory_unlock_all()")
		if err == nil {
			_, err = conn.ExecContext(free, "RESET lock_timeout")
		}
		return errors.Join(err, conn.Close())
	}
	if err != nil {
		return nil, errors.Join(err, release())
	}
	return release, nil
}

// version is how many migrations a database has seen.
func (db *DB) version(ctx context.Context, from rows) (version int, err error) {
	if !db.pg {
		return version, from.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	}
	err = from.QueryRowContext(ctx, "SELECT version FROM schema_version").Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return version, err
}

func (db *DB) setVersion(ctx context.Context, tx *sql.Tx, version int) error {
	if !db.pg {
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version))
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO schema_version (one, version) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET version = excluded.version", version)
	return err
}

// each is a table of the texts in a JSON list, in a column called value.
func (db *DB) each(list, as string) string {
	if db.pg {
		return "json_array_elements_text((" + list + ")::json) AS " + as + "(value)"
	}
	return "json_each(" + list + ") AS " + as
}

// joined keeps an error as it is where there is only one.
func joined(a, b error) error {
	switch {
	case b == nil:
		return a
	case a == nil:
		return b
	}
	return errors.Join(a, b)
}
