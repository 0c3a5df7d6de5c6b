package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	sqlite3 "github.com/mattn/go-sqlite3"

	"beckmanconnect/internal/logbackup"
	"beckmanconnect/internal/logproof"
	"beckmanconnect/internal/version"
	"beckmanconnect/store/keys"
)

const (
	settingBackup = "log.backup"
	// backupTemp is what the copy is named that a backup is made from.
	backupTemp = ".backup-*"
	// backupPages is how many pages are copied at a time.
	backupPages = 512
)

// Backup is a backup that was made.
type Backup struct {
	Entries int64  // under its checkpoint
	SHA256  string // of all that was written, hex
	Bytes   int64
}

// LastBackup is when the last backup was made, in Unix seconds; 0: never.
func (s *Store) LastBackup(ctx context.Context) (int64, error) {
	text, ok, err := s.Setting(ctx, settingBackup)
	if err != nil || !ok {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}

// Backup writes a copy of the database of one moment to w, encrypted for to,
// with its archive files and what is needed to read and prove it elsewhere: the
// data keys, which travel under the backup's key alone, and the public
// checkpoint key. The key that signs stays: who has a backup cannot continue
// the log. The log is written on meanwhile.
//
// That it was begun is on record before the first byte leaves, and how it ended
// afterwards. progress counts pages and may be nil.
func (s *Store) Backup(ctx context.Context, w io.Writer, to logbackup.Recipient, actor string, progress func(done, total int)) (b Backup, err error) {
	if err := to.Check(); err != nil {
		return b, &Error{Kind: KindInvalid, Op: "backup", Err: err}
	}
	select {
	case s.care <- struct{}{}:
		defer func() { <-s.care }()
	case <-ctx.Done():
		return b, ctx.Err()
	}
	defer func() { err = wrap("backup", err) }()
	if err := roomFor("backup", s.opt.Dir, s.bytesOf()*5/4); err != nil {
		return b, err
	}
	if err := s.Update(ctx, func(tx *Tx) error {
		_, err := tx.Append(Entry{Kind: "backup.begun", Actor: actor, Fields: map[string]string{"recipient": to.Name()}})
		return err
	}); err != nil {
		return b, err
	}
	f, err := os.CreateTemp(s.opt.Dir, backupTemp) // private, on the same disk
	if err != nil {
		return b, err
	}
	defer os.Remove(f.Name())
	if err := f.Close(); err != nil {
		return b, err
	}
	if err := s.copyTo(ctx, f.Name(), progress); err != nil {
		return b, err
	}
	if b, err = s.writeBackup(f.Name(), w, to); err != nil {
		return b, err
	}
	return b, s.Update(ctx, func(tx *Tx) error {
		if _, err := tx.Append(Entry{Kind: "backup.made", Actor: actor, Fields: map[string]string{
			"recipient": to.Name(), "entries": strconv.FormatInt(b.Entries, 10), "sha256": b.SHA256, "bytes": strconv.FormatInt(b.Bytes, 10),
		}}); err != nil {
			return err
		}
		return tx.SetSetting(settingBackup, strconv.FormatInt(s.opt.Now().Unix(), 10))
	})
}

// copyTo copies the database as it is at one moment. The open read keeps
// SQLite's backup at that moment while the log is written on.
func (s *Store) copyTo(ctx context.Context, path string, progress func(done, total int)) (err error) {
	src, err := openConn(dsn(s.path, fmt.Sprintf("mode=ro&_busy_timeout=%d&_query_only=on", s.opt.busyMS)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	dst, err := openConn(dsn(path, "_synchronous=OFF&_journal_mode=OFF"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	if _, err := src.ExecContext(ctx, "BEGIN; SELECT count(*) FROM sqlite_schema", nil); err != nil {
		return err
	}
	copying, err := dst.Backup("main", src, "main")
	if err != nil {
		return err
	}
	for done := false; !done; {
		if done, err = copying.Step(backupPages); err != nil || ctx.Err() != nil {
			_ = copying.Finish()
			return errors.Join(err, ctx.Err())
		}
		if progress != nil {
			progress(copying.PageCount()-copying.Remaining(), copying.PageCount())
		}
	}
	return copying.Finish()
}

func openConn(name string) (*sqlite3.SQLiteConn, error) {
	c, err := (&sqlite3.SQLiteDriver{}).Open(name)
	if err != nil {
		return nil, err
	}
	return c.(*sqlite3.SQLiteConn), nil
}

// counter sums what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// writeBackup encrypts the copy at path with what belongs to it.
func (s *Store) writeBackup(path string, w io.Writer, to logbackup.Recipient) (b Backup, err error) {
	r, err := logproof.OpenReader(path)
	if err != nil {
		return b, err
	}
	defer r.Close()
	head, err := r.Head()
	if err != nil {
		return b, err
	}
	c, err := logproof.ReadCheckpoint(head)
	if err != nil {
		return b, err
	}
	archives, err := r.Archives()
	if err != nil {
		return b, err
	}
	keysets, err := s.openKeysets(path)
	if err != nil {
		return b, err
	}
	defer func() {
		for _, k := range keysets {
			clear(k)
		}
	}()
	made := s.opt.Now().UnixMilli()
	sum := sha256.New()
	count := &counter{w: io.MultiWriter(w, sum)}
	sealed, err := logbackup.Create(count, to, made)
	if err != nil {
		return b, err
	}
	p, err := logbackup.Pack(sealed, logbackup.Manifest{
		Version: 1, Software: version.Version(), MadeMS: made, Origin: c.Origin, Entries: c.Size, Note: string(head),
	}, keysets, []byte(s.publicKey()))
	if err != nil {
		return b, err
	}
	if err := p.File(logbackup.DatabaseName, path); err != nil {
		return b, err
	}
	for _, a := range archives {
		if info, err := os.Lstat(s.archivePath(a.Name)); err != nil || !info.Mode().IsRegular() {
			continue // kept elsewhere by IT
		}
		if err := p.File(logbackup.ArchivePart(a.Name), s.archivePath(a.Name)); err != nil {
			return b, err
		}
	}
	if err := errors.Join(p.Close(), sealed.Close()); err != nil {
		return b, err
	}
	return Backup{Entries: c.Size, SHA256: hex.EncodeToString(sum.Sum(nil)), Bytes: count.n}, nil
}

// publicKey is the public half of the checkpoint key, as its file holds it.
func (s *Store) publicKey() string {
	if s.vkey != "" {
		return s.vkey + "\n"
	}
	v, err := keys.CheckpointVerifier(filepath.Join(s.opt.Dir, KeysDir))
	if err != nil {
		return ""
	}
	return v + "\n"
}

// openKeysets gives the data keys of a copy in the clear, for the backup that
// encrypts them at once.
func (s *Store) openKeysets(path string) (map[string][]byte, error) {
	c, err := openConn(dsn(path, "mode=ro&immutable=1"))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	rows, err := c.Query("SELECT purpose, wrapped FROM keysets", nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string][]byte{}
	row := make([]driver.Value, 2)
	for {
		if err := rows.Next(row); err != nil {
			if errors.Is(err, io.EOF) {
				return out, nil
			}
			return nil, err
		}
		purpose, _ := row[0].(string)
		wrapped, _ := row[1].([]byte)
		if out[purpose], err = s.opt.Key.Unwrap(bytes.Clone(wrapped), "keyset "+purpose); err != nil {
			return nil, &Error{Kind: keyKind(err), Op: "backup", Err: err}
		}
	}
}

// sweepTemps removes what a kill left of files that were being made.
func sweepTemps(dir string) {
	for _, pattern := range []string{backupTemp, filepath.Join(logproof.ArchiveDir, "*.new"), filepath.Join(logproof.ArchiveDir, "*.new-journal")} {
		list, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, f := range list {
			_ = os.Remove(f)
		}
	}
}
