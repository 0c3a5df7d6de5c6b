package logproof

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql/driver"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	sqlite3 "github.com/mattn/go-sqlite3"
	"golang.org/x/mod/sumdb/tlog"
)

//go:embed archive_file.sql
var archiveFile string

const (
	// ArchiveDir is the folder of archive files beside the database.
	ArchiveDir = "archive"
	// archiveID marks an archive file (PRAGMA application_id): "BCLA".
	archiveID = 0x42434c41
	tileBytes = NodeWidth * tlog.HashSize
)

// Archive is one archive file, as the log names it.
type Archive struct {
	From, To int64 // entries from … to, not included
	Name     string
	SHA256   [sha256.Size]byte
}

// ArchiveName is the only name that the file of a stretch can have.
func ArchiveName(from, to int64) string { return fmt.Sprintf("log-%012d-%012d.db", from, to) }

// ArchivePath is where the file lies, whether it is there or not.
func (r *Reader) ArchivePath(a Archive) string { return filepath.Join(r.dir, ArchiveDir, a.Name) }

// ArchiveHere says whether the file lies in the archive folder. What is in it
// is not looked at.
func (r *Reader) ArchiveHere(a Archive) bool {
	info, err := os.Lstat(r.ArchivePath(a))
	return err == nil && info.Mode().IsRegular()
}

// Archives are the files that entries were moved into, oldest first. Together
// they hold the entries from 0 to LiveFrom.
func (r *Reader) Archives() ([]Archive, error) {
	there, err := r.number("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'archives'")
	if err != nil || there == 0 {
		return nil, err
	}
	c, err := r.query("SELECT from_idx, to_idx, name, sha256 FROM archives ORDER BY from_idx")
	if err != nil {
		return nil, err
	}
	defer c.close()
	var list []Archive
	next := int64(0)
	for c.next() {
		a, err := archiveOf(c.row)
		if err == nil && a.From != next {
			err = fmt.Errorf("archives: the stretch from %d on is missing", next)
		}
		if err != nil {
			return nil, err
		}
		list, next = append(list, a), a.To
	}
	return list, c.failed()
}

func archiveOf(row []driver.Value) (a Archive, err error) {
	from, ok1 := row[0].(int64)
	to, ok2 := row[1].(int64)
	name, ok3 := row[2].(string)
	sum, ok4 := row[3].([]byte)
	switch {
	case !ok1 || !ok2 || !ok3 || !ok4 || len(sum) != sha256.Size:
		return a, errors.New("archives: a row holds other types than were written")
	case from < 0 || to <= from || from%NodeWidth != 0 || to%NodeWidth != 0:
		return a, fmt.Errorf("archives: %d to %d is no stretch", from, to)
	case name != ArchiveName(from, to):
		return a, fmt.Errorf("archives: the file of %d to %d has another name", from, to)
	}
	return Archive{From: from, To: to, Name: name, SHA256: [sha256.Size]byte(sum)}, nil
}

// LiveFrom is the number of the oldest entry that is not archived.
func (r *Reader) LiveFrom() (int64, error) {
	list, err := r.Archives()
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return list[len(list)-1].To, nil
}

// Stored gives hashes of the tree as they are stored: a Source for Hashes. Of
// archived entries the leaves are there without the archive.
func (r *Reader) Stored(level int, from, to int64) ([]tlog.Hash, error) {
	if level > 0 {
		return r.hashes("SELECT hash FROM nodes WHERE level = ? AND n >= ? AND n < ? ORDER BY n", int64(level), from, to)
	}
	live, err := r.LiveFrom()
	if err != nil {
		return nil, err
	}
	var out []tlog.Hash
	if from < live {
		end := min(to, live)
		if out, err = r.hashes("SELECT hashes FROM leaves WHERE n >= ? AND n < ? ORDER BY n", from/NodeWidth, (end+NodeWidth-1)/NodeWidth); err != nil {
			return nil, err
		}
		first := from / NodeWidth * NodeWidth
		if int64(len(out)) < end-first {
			return nil, errors.New("leaves of archived entries are not all there")
		}
		out, from = out[from-first:end-first], end
	}
	if from >= to {
		return out, nil
	}
	rest, err := r.hashes("SELECT hash FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx", from, to)
	return append(out, rest...), err
}

// hashes reads rows of one blob, each of one or more hashes.
func (r *Reader) hashes(query string, args ...int64) (out []tlog.Hash, err error) {
	c, err := r.query(query, args...)
	if err != nil {
		return nil, err
	}
	defer c.close()
	for c.next() {
		b, ok := c.row[0].([]byte)
		if !ok || len(b) == 0 || len(b)%tlog.HashSize != 0 {
			return nil, errors.New("a stored hash is no hash")
		}
		for ; len(b) > 0; b = b[tlog.HashSize:] {
			out = append(out, tlog.Hash(b[:tlog.HashSize]))
		}
	}
	return out, c.failed()
}

// WriteArchive writes the entries from … to of r into a new file at path and
// onto the disk. msg is the signed checkpoint over the log of to entries. The
// caller removes the file after an error.
func (r *Reader) WriteArchive(ctx context.Context, path string, from, to int64, msg []byte) (err error) {
	if f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return err
	} else if err := f.Close(); err != nil {
		return err
	}
	out, err := openAt(path, "mode=rw&_journal_mode=MEMORY&_synchronous=FULL&_txlock=immediate")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if err := out.exec(fmt.Sprintf("PRAGMA application_id = %d; BEGIN; %s", archiveID, archiveFile)); err != nil {
		return err
	}
	if err := r.copyEdge(out, from); err != nil {
		return err
	}
	prepared, err := out.conn.PrepareContext(ctx, "INSERT INTO entries ("+EntryColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	defer prepared.Close()
	n := from
	err = r.live(ctx, from, to, false, func(e *Entry) error {
		if e.Index != n {
			return fmt.Errorf("entry %d is missing", n)
		}
		n++
		_, err := prepared.(driver.StmtExecContext).ExecContext(ctx, numbered(e.Index, e.Version, e.Wall, e.Mono, e.Boot, e.Kind, e.Actor, e.Subject, string(e.Fields), e.Personal, e.Hash[:]))
		return err
	})
	if err == nil && n != to {
		err = fmt.Errorf("entry %d is missing", n)
	}
	if err != nil {
		return err
	}
	if _, err := out.conn.ExecContext(ctx, "INSERT INTO head (id, size, note) VALUES (1, ?, ?)", numbered(to, msg)); err != nil {
		return err
	}
	return out.exec("COMMIT")
}

// numbered gives arguments their places.
func numbered(values ...driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(values))
	for i, v := range values {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}

// copyEdge writes the tree's edge at from into an archive file.
func (r *Reader) copyEdge(out *Reader, from int64) error {
	_, err := RestoreTree(from, func(level int, a, b int64) ([]tlog.Hash, error) {
		hashes, err := r.Stored(level, a, b)
		if err != nil {
			return nil, err
		}
		for i, h := range hashes {
			if _, err := out.conn.ExecContext(context.Background(), "INSERT INTO nodes (level, n, hash) VALUES (?, ?, ?)", numbered(int64(level), a+int64(i), h[:])); err != nil {
				return nil, err
			}
		}
		return hashes, nil
	})
	return err
}

// CheckArchive reads an archive file from end to end: every entry from … to is
// there and is what its hash was made over, and the root after them is the one
// of its checkpoint, which open reads as far as it trusts it. It gives the
// leaves and the file's SHA-256.
func CheckArchive(ctx context.Context, path string, from, to int64, open func(msg []byte) (Checkpoint, error)) (leaves []tlog.Hash, sum [sha256.Size]byte, err error) {
	if sum, err = sumFile(path); err != nil {
		return nil, sum, err
	}
	a, err := openArchive(path)
	if err != nil {
		return nil, sum, err
	}
	defer a.Close()
	tree, err := RestoreTree(from, a.Stored)
	if err != nil {
		return nil, sum, err
	}
	n := from
	var scratch []byte
	err = a.live(ctx, from, to, false, func(e *Entry) error {
		var h tlog.Hash
		if h, scratch = LeafHash(scratch, e); e.Index != n || h != e.Hash {
			return fmt.Errorf("entry %d is missing or changed", n)
		}
		n++
		leaves = append(leaves, h)
		tree.Add(h)
		return nil
	})
	if err != nil {
		return nil, sum, err
	}
	msg, err := a.Head()
	if err != nil {
		return nil, sum, err
	}
	c, err := open(msg)
	if err != nil {
		return nil, sum, err
	}
	if n != to || c.Size != to || c.Root != tree.Root() {
		return nil, sum, fmt.Errorf("its checkpoint is over other entries than %d to %d", from, to-1)
	}
	return leaves, sum, nil
}

// openArchive opens an archive file as one that never changes.
func openArchive(path string) (*Reader, error) {
	r, err := openAt(path, "mode=ro&immutable=1&_query_only=on")
	if err != nil {
		return nil, err
	}
	if id, err := r.number("PRAGMA application_id"); err != nil || id != archiveID {
		r.Close()
		return nil, errors.Join(fmt.Errorf("%s is no archive of a log", filepath.Base(path)), err)
	}
	return r, nil
}

func openAt(path, params string) (*Reader, error) {
	name, err := uri(path)
	if err != nil {
		return nil, err
	}
	c, err := (&sqlite3.SQLiteDriver{}).Open(name + "?" + params)
	if err != nil {
		return nil, err
	}
	return &Reader{conn: c.(*sqlite3.SQLiteConn)}, nil
}

// SameFile says whether the file at path is, byte for byte, the one that had
// that SHA-256.
func SameFile(path string, sum [sha256.Size]byte) error {
	now, err := sumFile(path)
	if err == nil && now != sum {
		err = fmt.Errorf("%s was changed", filepath.Base(path))
	}
	return err
}

func sumFile(path string) (sum [sha256.Size]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum, err
	}
	h.Sum(sum[:0])
	return sum, nil
}

// recordOf reads what an entry of kind log.archived says.
func recordOf(e *Entry) (from, to string, sum []byte, err error) {
	fields, err := DecodeFields(bytes.Clone(e.Fields))
	if err != nil {
		return "", "", nil, err
	}
	sum, err = hex.DecodeString(fields["sha256"])
	return fields["from"], fields["to"], sum, err
}
