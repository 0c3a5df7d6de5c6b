package logproof

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// Reader reads a log database without ever writing to it: the live one, a
// crashed one or a copy. All it reads is of one moment.
type Reader struct {
	conn *sqlite3.SQLiteConn
	dir  string // folder of the database as it was named: archives lie there
	temp string // folder of a private copy, to be removed
}

// OpenReader opens the database at path.
//
// A file with no write-ahead log beside it is opened as one that does not
// change. One with a WAL is read together with it; where SQLite would have to
// write beside the file for that, a private copy is read instead.
func OpenReader(path string) (r *Reader, err error) {
	defer func() {
		if r != nil {
			r.dir = filepath.Dir(path)
		}
	}()
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	wal, err := os.Stat(path + "-wal")
	if err != nil || wal.Size() == 0 {
		return open(path, "mode=ro&immutable=1", "")
	}
	if _, err := os.Stat(path + "-shm"); err == nil {
		if r, err := open(path, "mode=ro", ""); err == nil {
			return r, nil
		}
	}
	temp, err := os.MkdirTemp("", "beckmanconnect-log-")
	if err != nil {
		return nil, err
	}
	copied := filepath.Join(temp, FileName)
	for _, end := range []string{"", "-wal"} {
		if err := copyFile(copied+end, path+end); err != nil {
			os.RemoveAll(temp)
			return nil, err
		}
	}
	return open(copied, "mode=rw", temp)
}

// uri names a file so that no character of its path is taken for a parameter.
func uri(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	abs = filepath.ToSlash(abs)
	if !strings.HasPrefix(abs, "/") {
		abs = "/" + abs // C:/… on Windows
	}
	return "file:" + (&url.URL{Path: abs}).EscapedPath(), nil
}

func open(path, params, temp string) (*Reader, error) {
	name, err := uri(path)
	if err != nil {
		return nil, err
	}
	r := &Reader{temp: temp}
	c, err := (&sqlite3.SQLiteDriver{}).Open(name + "?" + params + "&_busy_timeout=5000&_query_only=on")
	if err != nil {
		r.Close()
		return nil, err
	}
	r.conn = c.(*sqlite3.SQLiteConn)
	// The first read fixes the moment, and shows whether SQLite can read at all.
	if err := r.exec("BEGIN"); err == nil {
		_, err = r.number("SELECT count(*) FROM sqlite_schema")
		if err == nil {
			return r, nil
		}
		r.Close()
		return nil, err
	}
	r.Close()
	return nil, err
}

func copyFile(to, from string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(dst, src); err != nil {
		dst.Close()
		return err
	}
	return dst.Close()
}

// Close lets go of the database.
func (r *Reader) Close() error {
	var err error
	if r.conn != nil {
		err = r.conn.Close()
	}
	if r.temp != "" {
		err = errors.Join(err, os.RemoveAll(r.temp))
	}
	return err
}

func (r *Reader) exec(query string) error {
	_, err := r.conn.ExecContext(context.Background(), query, nil)
	return err
}

// cursor walks the rows of a query with the driver's own values: the storage
// class of each is seen, and nothing is converted.
type cursor struct {
	rows driver.Rows
	row  []driver.Value
	err  error
}

func (r *Reader) query(query string, args ...int64) (*cursor, error) {
	named := make([]driver.NamedValue, len(args))
	for i, a := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	rows, err := r.conn.QueryContext(context.Background(), query, named)
	if err != nil {
		return nil, err
	}
	return &cursor{rows: rows, row: make([]driver.Value, len(rows.Columns()))}, nil
}

// next goes to the next row; at the end or on an error it says false.
func (c *cursor) next() bool {
	if c.err != nil {
		return false
	}
	c.err = c.rows.Next(c.row)
	return c.err == nil
}

// failed is the error that ended the walk, nil at the end of the rows.
func (c *cursor) failed() error {
	if c.err == io.EOF {
		return nil
	}
	return c.err
}

func (c *cursor) close() { _ = c.rows.Close() }

func (r *Reader) number(query string) (int64, error) {
	c, err := r.query(query)
	if err != nil {
		return 0, err
	}
	defer c.close()
	if !c.next() {
		return 0, errors.Join(errors.New("no row"), c.failed())
	}
	n, ok := c.row[0].(int64)
	if !ok {
		return 0, fmt.Errorf("%q gave no number", query)
	}
	return n, nil
}

// Size is the number after the newest entry's.
func (r *Reader) Size() (int64, error) {
	return r.number("SELECT coalesce(max(idx) + 1, 0) FROM entries")
}

// Head gives the newest signed checkpoint, as it is stored.
func (r *Reader) Head() ([]byte, error) {
	c, err := r.query("SELECT note FROM head")
	if err != nil {
		return nil, err
	}
	defer c.close()
	if !c.next() {
		return nil, errors.Join(errors.New("there is no checkpoint"), c.failed())
	}
	b, ok := c.row[0].([]byte)
	if !ok {
		return nil, errors.New("the checkpoint is no blob")
	}
	return b, nil
}

// Entries calls f for each entry from … to (not included), in order, or
// newest first. f must not keep the entry. Entries that were archived are read
// from their files; those of a file that is not here are left out, and Archives
// and ArchiveHere say which. What is read is not proven by reading it; Verify
// does that.
func (r *Reader) Entries(ctx context.Context, from, to int64, newestFirst bool, f func(*Entry) error) error {
	archives, err := r.Archives()
	if err != nil {
		return err
	}
	live := int64(0)
	var steps []func() error
	for _, a := range archives {
		live = a.To
		if a.From < to && a.To > from && r.ArchiveHere(a) {
			steps = append(steps, func() error {
				file, err := openArchive(r.ArchivePath(a))
				if err != nil {
					return err
				}
				defer file.Close()
				return file.live(ctx, max(from, a.From), min(to, a.To), newestFirst, f)
			})
		}
	}
	steps = append(steps, func() error { return r.live(ctx, max(from, live), to, newestFirst, f) })
	if newestFirst {
		slices.Reverse(steps)
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// live is Entries of this file alone.
func (r *Reader) live(ctx context.Context, from, to int64, newestFirst bool, f func(*Entry) error) error {
	order := "ASC"
	if newestFirst {
		order = "DESC"
	}
	c, err := r.query("SELECT "+EntryColumns+" FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx "+order, from, to)
	if err != nil {
		return err
	}
	defer c.close()
	var e Entry
	for c.next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := decodeRow(&e, c.row); err != nil {
			return err
		}
		if err := f(&e); err != nil {
			return err
		}
	}
	return c.failed()
}
