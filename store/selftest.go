package store

import (
	"context"
	"database/sql"
	"errors"
)

// SelfTest makes a store in memory by all migrations. It opens no file. A new
// version of the service runs it before it becomes current.
func SelfTest(ctx context.Context) (err error) {
	if err := checkSQLite(); err != nil {
		return err
	}
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		return wrap("self-test", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx) // each connection has a memory of its own
	if err != nil {
		return wrap("self-test", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return wrap("self-test", migrate(ctx, conn))
}
