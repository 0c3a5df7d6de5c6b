package main

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver of the product's own log
)

// bareTable is what a log costs at least: the same plain columns, the same
// journal and sync setting, prepared statements, and nothing that proves
// anything.
type bareTable struct {
	db                    *sql.DB
	conn                  *sql.Conn
	begin, insert, commit *sql.Stmt
}

func openBare(ctx context.Context, path string) (_ *bareTable, err error) {
	t := &bareTable{}
	defer func() {
		if err != nil {
			t.close()
			err = fmt.Errorf("bare table: %w", err)
		}
	}()
	if t.db, err = sql.Open("sqlite3", "file:"+path+"?_journal_mode=WAL&_synchronous=FULL"); err != nil {
		return nil, err
	}
	if t.conn, err = t.db.Conn(ctx); err != nil {
		return nil, err
	}
	if _, err = t.conn.ExecContext(ctx, "CREATE TABLE e (idx INTEGER PRIMARY KEY, wall INTEGER, kind TEXT, actor TEXT, subject TEXT, fields TEXT)"); err != nil {
		return nil, err
	}
	for _, s := range []struct {
		to   **sql.Stmt
		text string
	}{
		{&t.begin, "BEGIN IMMEDIATE"},
		{&t.insert, "INSERT INTO e (wall, kind, actor, subject, fields) VALUES (?, ?, ?, ?, ?)"},
		{&t.commit, "COMMIT"},
	} {
		if *s.to, err = t.conn.PrepareContext(ctx, s.text); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *bareTable) append(ctx context.Context, n int) error {
	if _, err := t.begin.ExecContext(ctx); err != nil {
		return err
	}
	for range n {
		if _, err := t.insert.ExecContext(ctx, time.Now().UnixNano(), "session.granted", "technician", "session-17", `{"capability":"view","minutes":"15"}`); err != nil {
			return err
		}
	}
	_, err := t.commit.ExecContext(ctx)
	return err
}

// close forgets the table; it belongs to the bench's own folder.
func (t *bareTable) close() {
	if t.conn != nil {
		t.conn.Close()
		t.conn = nil
	}
	if t.db != nil {
		t.db.Close()
		t.db = nil
	}
}
