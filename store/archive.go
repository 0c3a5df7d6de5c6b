package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/store/keys"
)

// maxStretch bounds one archive file, in entries: what has to be written about
// it in one transaction stays below 10 MB.
const maxStretch = 1 << 18

// ArchiveInfo is an archive file as the log names it.
type ArchiveInfo struct {
	logproof.Archive
	Here bool // the file lies in the archive folder
}

// Archives lists the archive files that are on record, oldest first. Entries
// below the end of the last one are in files, those from there on in the
// database.
func (s *Store) Archives(ctx context.Context) ([]ArchiveInfo, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT from_idx, to_idx, name, sha256 FROM archives ORDER BY from_idx")
	if err != nil {
		return nil, wrap("archives", err)
	}
	defer rows.Close()
	var list []ArchiveInfo
	for rows.Next() {
		var a ArchiveInfo
		var sum []byte
		if err := rows.Scan(&a.From, &a.To, &a.Name, &sum); err != nil {
			return nil, wrap("archives", err)
		}
		copy(a.SHA256[:], sum)
		info, err := os.Lstat(s.archivePath(a.Name))
		a.Here = err == nil && info.Mode().IsRegular()
		list = append(list, a)
	}
	return list, wrap("archives", rows.Err())
}

// FirstIndex is the number of the oldest entry that is not archived.
func (s *Store) FirstIndex(ctx context.Context) (int64, error) {
	n, err := s.number(ctx, "SELECT coalesce(max(to_idx), 0) FROM archives")
	return int64(n), err
}

func (s *Store) archivePath(name string) string {
	return filepath.Join(s.opt.Dir, logproof.ArchiveDir, name)
}

// Archive moves the entries from before a time into files, in whole stretches
// of 256 entries, and gives what it moved, oldest first; nothing when less than
// least entries are that old. Order is that of the numbers: it stops at the
// first stretch whose last entry is not older.
//
// Entries are in the file, on the disk and read back, and that is on record,
// before they leave the database. Killed at any point they are in one of the
// two or in both; the next call finishes what was begun.
func (s *Store) Archive(ctx context.Context, before time.Time, least int64, actor string) (moved []logproof.Archive, err error) {
	select {
	case s.care <- struct{}{}:
		defer func() { <-s.care }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { err = wrap("archive", err) }()
	if err := s.sweepArchived(ctx); err != nil {
		return nil, err
	}
	from, err := s.FirstIndex(ctx)
	if err != nil {
		return nil, err
	}
	end, err := s.archiveEnd(ctx, from, before)
	if err != nil || end-from < max(least, logproof.NodeWidth) {
		return nil, err
	}
	for from < end {
		a, err := s.archiveStretch(ctx, from, min(end, from+maxStretch), actor)
		if err != nil {
			return moved, err
		}
		moved, from = append(moved, a), a.To
		if err := s.sweepArchived(ctx); err != nil {
			return moved, err
		}
	}
	return moved, nil
}

// archiveEnd is the end of the last whole stretch before a time. The newest
// entry stays.
func (s *Store) archiveEnd(ctx context.Context, from int64, before time.Time) (int64, error) {
	last := (s.LogState().Entries - 1) / logproof.NodeWidth * logproof.NodeWidth
	for end := from; ; end += logproof.NodeWidth {
		if end >= last {
			return end, ctx.Err()
		}
		var wall int64
		if err := s.read.QueryRowContext(ctx, "SELECT wall FROM entries WHERE idx = ?", end+logproof.NodeWidth-1).Scan(&wall); err != nil {
			return 0, err
		}
		if wall >= before.UnixNano() {
			return end, nil
		}
	}
}

// archiveStretch makes one file and puts it on record.
func (s *Store) archiveStretch(ctx context.Context, from, to int64, actor string) (a logproof.Archive, err error) {
	dir := filepath.Join(s.opt.Dir, logproof.ArchiveDir)
	if err := keys.MakeDir(dir); err != nil {
		return a, err
	}
	live, err := s.FirstIndex(ctx)
	if err != nil {
		return a, err
	}
	share := s.bytesOf() * (to - from) / max(1, s.LogState().Entries-live)
	if err := roomFor("archive", dir, share+share/4); err != nil {
		return a, err
	}
	a = logproof.Archive{From: from, To: to, Name: logproof.ArchiveName(from, to)}
	path := s.archivePath(a.Name)
	leaves, err := s.writeArchive(ctx, path+".new", &a)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		_ = os.Remove(path + ".new")
		return a, err
	}
	return a, s.Update(ctx, func(tx *Tx) error {
		if _, err := tx.Append(Entry{Kind: "log.archived", Actor: actor, Subject: a.Name, Fields: map[string]string{
			"from": strconv.FormatInt(from, 10), "to": strconv.FormatInt(to, 10), "sha256": hex.EncodeToString(a.SHA256[:]),
		}}); err != nil {
			return err
		}
		for n := from / logproof.NodeWidth; n < to/logproof.NodeWidth; n++ {
			var row bytes.Buffer
			for _, h := range leaves[n*logproof.NodeWidth-from:][:logproof.NodeWidth] {
				row.Write(h[:])
			}
			if err := tx.exec("INSERT INTO leaves (n, hashes) VALUES (?, ?)", n, row.Bytes()); err != nil {
				return err
			}
		}
		return tx.exec("INSERT INTO archives (from_idx, to_idx, name, sha256) VALUES (?, ?, ?, ?)", from, to, a.Name, a.SHA256[:])
	})
}

// writeArchive makes the file and reads it back as a stranger would.
func (s *Store) writeArchive(ctx context.Context, path string, a *logproof.Archive) (leaves []tlog.Hash, err error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err // of a run that was cut short
	}
	head := s.LogState()
	r, err := logproof.OpenReader(s.path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	tree, err := logproof.RestoreTree(a.To, r.Stored)
	if err != nil {
		return nil, damaged(err)
	}
	// Nothing is signed that the newest checkpoint does not already cover.
	proof, err := tlog.ProveTree(head.Entries, a.To, logproof.Hashes(r.Stored))
	if err == nil {
		err = tlog.CheckTree(proof, head.Entries, head.Root, a.To, tree.Root())
	}
	if err != nil {
		return nil, &Error{Kind: KindDamaged, Op: "archive", Err: fmt.Errorf("the entries up to %d do not fit the checkpoint: %w", a.To, err)}
	}
	msg, err := logproof.Sign(a.To, tree.Root(), s.signer)
	if err != nil {
		return nil, err
	}
	if err := r.WriteArchive(ctx, path, a.From, a.To, msg); err != nil {
		return nil, err
	}
	leaves, a.SHA256, err = logproof.CheckArchive(ctx, path, a.From, a.To, func(b []byte) (logproof.Checkpoint, error) {
		if !bytes.Equal(b, msg) {
			return logproof.Checkpoint{}, errors.New("the checkpoint is not the one that was written")
		}
		return logproof.ReadCheckpoint(b)
	})
	return leaves, err
}

// sweepRows is how many entries are deleted at a time: a writer never waits
// long.
const sweepRows = 2048

// sweepArchived deletes the entries that are archived, once their file was
// found to be the one on record. One whose file was taken away before that
// stays in the database.
func (s *Store) sweepArchived(ctx context.Context) error {
	var first sql.NullInt64
	if err := s.read.QueryRowContext(ctx, "SELECT min(idx) FROM entries").Scan(&first); err != nil {
		return err
	}
	list, err := s.Archives(ctx)
	if err != nil {
		return err
	}
	swept := false
	for _, a := range list {
		if a.To <= first.Int64 || !a.Here {
			continue
		}
		if err := logproof.SameFile(s.archivePath(a.Name), a.SHA256); err != nil {
			return &Error{Kind: KindDamaged, Op: "archive", Path: s.archivePath(a.Name), Err: err}
		}
		for at := max(a.From, first.Int64); at < a.To; at += sweepRows {
			if err := s.Update(ctx, func(tx *Tx) error {
				return tx.exec("DELETE FROM entries WHERE idx >= ? AND idx < ?", at, min(a.To, at+sweepRows))
			}); err != nil {
				return err
			}
		}
		swept = true
	}
	if !swept {
		return nil
	}
	return s.shrink(ctx)
}

// shrinkPages is how many free pages are given back at a time.
const shrinkPages = 1024

// shrink gives the pages that are free back to the disk, as far as the database
// was made for that.
func (s *Store) shrink(ctx context.Context) error {
	for {
		select {
		case s.turn <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		more, err := s.shrinkOnce()
		<-s.turn
		if err != nil || !more {
			return err
		}
	}
}

func (s *Store) shrinkOnce() (more bool, err error) {
	if s.closed {
		return false, &Error{Kind: KindClosed, Op: "archive"}
	}
	ctx := context.Background()
	var before, after int64
	if err := s.conn.QueryRowContext(ctx, "PRAGMA freelist_count").Scan(&before); err != nil || before == 0 {
		return false, err
	}
	rows, err := s.conn.QueryContext(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", shrinkPages))
	if err != nil {
		return false, err
	}
	for rows.Next() { // each step gives back a page
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return false, err
	}
	if err := s.conn.QueryRowContext(ctx, "PRAGMA freelist_count").Scan(&after); err != nil {
		return false, err
	}
	return after > 0 && after < before, nil
}
