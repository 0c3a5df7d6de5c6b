package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/store/keys"
)

// archived is an open store with some entries an hour apart, of which part was
// archived in two files.
func archived(t *testing.T) (*Store, []logproof.Archive) {
	t.Helper()
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	start := now
	s := openTest(t, Options{Now: func() time.Time { return now }})
	for i := range 120 {
		now = now.Add(time.Hour)
		update(t, s, func(tx *Tx) error {
			for j := range 10 {
				e := Entry{Kind: "session.granted", Actor: "technician", Subject: fmt.Sprint(i), Fields: map[string]string{"n": fmt.Sprint(j), "long": string(bytes.Repeat([]byte("x"), 300))}}
				if j == 3 {
					e.Personal = map[string]string{"name": "Anna Weber"}
				}
				if _, err := tx.Append(e); err != nil {
					return err
				}
			}
			return nil
		})
	}
	var all []logproof.Archive
	for _, hours := range []int{60, 100} { // 601 and 1001 entries
		moved, err := s.Archive(context.Background(), start.Add(time.Duration(hours)*time.Hour+time.Minute), 1, "it")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, moved...)
	}
	if len(all) != 2 || all[0].From != 0 || all[0].To != 512 || all[1].From != 512 || all[1].To != 768 {
		t.Fatalf("%+v", all)
	}
	return s, all
}

func verifyLive(t *testing.T, s *Store) logproof.Report {
	t.Helper()
	verifiers, err := keys.CheckpointVerifiers(filepath.Join(s.opt.Dir, KeysDir))
	if err != nil {
		t.Fatal(err)
	}
	r, err := logproof.Verify(context.Background(), logproof.Config{Path: s.path, Verifiers: verifiers})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Archived entries leave the database, the file shrinks, and the log holds with
// the files and without them, erasure included.
func TestArchive(t *testing.T) {
	s, all := archived(t)
	ctx := context.Background()
	entries := s.LogState().Entries
	var first, pages, free int64
	for q, dst := range map[string]*int64{"SELECT min(idx) FROM entries": &first, "PRAGMA page_count": &pages, "PRAGMA freelist_count": &free} {
		if err := s.conn.QueryRowContext(ctx, q).Scan(dst); err != nil {
			t.Fatal(err)
		}
	}
	if first != 768 || free != 0 || pages > 150 {
		t.Errorf("first %d, %d pages, %d free", first, pages, free)
	}
	if r := verifyLive(t, s); r.Fault != nil || r.Entries != entries || r.Archived != 768 || r.Away != nil || r.Personal != 120 {
		t.Fatalf("%+v", r)
	}
	update(t, s, func(tx *Tx) error { return tx.ErasePersonal("it", "article 17", 4) }) // lies in the first file
	if r := verifyLive(t, s); r.Fault != nil || r.Erased != 1 || r.Personal != 120 {    // one went, the reason came
		t.Fatalf("%+v", r)
	}
	// Read across.
	r, err := logproof.OpenReader(s.path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	read := func(from, to int64, back bool) (list []int64) {
		if err := r.Entries(ctx, from, to, back, func(e *logproof.Entry) error { list = append(list, e.Index); return nil }); err != nil {
			t.Fatal(err)
		}
		return list
	}
	if got := read(510, 770, false); len(got) != 260 || got[0] != 510 || got[259] != 769 {
		t.Error(got)
	}
	if got := read(510, 770, true); len(got) != 260 || got[0] != 769 || got[259] != 510 {
		t.Error(got)
	}
	// Every growth and a live entry are proven from what the database holds.
	if err := os.Rename(s.archivePath(all[0].Name), filepath.Join(t.TempDir(), "tape")); err != nil {
		t.Fatal(err)
	}
	state := s.LogState()
	for _, old := range []int64{1, 77, 512, 700, 769, state.Entries - 1} {
		tree, err := logproof.RestoreTree(old, r.Stored)
		if err != nil {
			t.Fatal(err)
		}
		p, err := tlog.ProveTree(state.Entries, old, logproof.Hashes(func(level int, from, to int64) ([]tlog.Hash, error) { return s.storedHashes(ctx, level, from, to) }))
		if err != nil {
			t.Fatal(old, err)
		}
		if err := tlog.CheckTree(p, state.Entries, state.Root, old, tree.Root()); err != nil {
			t.Error(old, err)
		}
	}
	rep := verifyLive(t, s)
	if rep.Fault != nil || len(rep.Away) != 1 || rep.Away[0] != all[0] || rep.Archived != 256 || rep.Entries != state.Entries {
		t.Fatalf("%+v", rep)
	}
	if got := read(510, 770, false); len(got) != 258 || got[0] != 512 {
		t.Error(got)
	}
	// It goes on after closing and opening.
	dir := s.opt.Dir
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, Options{Dir: dir})
	update(t, s, func(tx *Tx) error { _, err := tx.Append(Entry{Kind: "a.b", Actor: "system"}); return err })
	if rep := verifyLive(t, s); rep.Fault != nil || rep.Entries != state.Entries+1 {
		t.Fatalf("%+v", rep)
	}
	list, err := s.Archives(ctx)
	if err != nil || len(list) != 2 || list[0].Here || !list[1].Here {
		t.Fatal(list, err)
	}
}

// scenario 48: what is changed in an archive file, or in what the database
// holds of it, is found with its place.
func TestVerifyFindsTamperedArchives(t *testing.T) {
	s, all := archived(t)
	dir := s.opt.Dir
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	verifiers, err := keys.CheckpointVerifiers(filepath.Join(dir, KeysDir))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(logproof.ArchiveDir, all[1].Name)
	for _, c := range []struct {
		name, file, sql string
		table           string
		index           int64
		what            string
	}{
		{"untouched", "", "", "", 0, ""},
		{"an entry changed", file, "UPDATE entries SET actor = 'it' WHERE idx = 600", all[1].Name, 600, logproof.FaultChanged},
		{"an entry deleted", file, "DELETE FROM entries WHERE idx = 600", all[1].Name, 600, logproof.FaultChanged},
		{"the last deleted", file, "DELETE FROM entries WHERE idx = 767", all[1].Name, 767, logproof.FaultGap},
		{"something added", file, "CREATE TABLE more (x)", all[1].Name, -1, logproof.FaultArchive},
		{"no archive", file, "PRAGMA application_id = 1", all[1].Name, -1, logproof.FaultUnreadable},
		{"a leaf changed", logproof.FileName, "UPDATE leaves SET hashes = randomblob(8192) WHERE n = 1", all[0].Name, 256, logproof.FaultChanged},
		{"leaves gone", logproof.FileName, "DELETE FROM leaves WHERE n = 2", "leaves", 2, logproof.FaultNode},
		{"leaves too many", logproof.FileName, "INSERT INTO leaves SELECT 3, hashes FROM leaves WHERE n = 2", "leaves", -1, logproof.FaultNode},
		{"another sum", logproof.FileName, "UPDATE archives SET sha256 = randomblob(32) WHERE from_idx = 0", all[0].Name, -1, logproof.FaultArchive},
		{"a mark moved", logproof.FileName, "UPDATE archives SET to_idx = 1024, name = 'log-000000000512-000000001024.db' WHERE from_idx = 512", "leaves", 3, logproof.FaultNode},
		{"an archive forgotten", logproof.FileName, "DELETE FROM archives WHERE from_idx = 512", "leaves", -1, logproof.FaultNode},
		{"an archive that never was", logproof.FileName, "DELETE FROM entries WHERE idx < 1024; INSERT INTO leaves SELECT 3, hashes FROM leaves WHERE n = 2; INSERT INTO archives VALUES (768, 1024, 'log-000000000768-000000001024.db', randomblob(32))", "checkpoints", 771, logproof.FaultRoot},
		{"a file name with a path", logproof.FileName, "UPDATE archives SET name = '../log.db' WHERE from_idx = 0", "archives", -1, logproof.FaultUnreadable},
	} {
		t.Run(c.name, func(t *testing.T) {
			to := t.TempDir()
			if err := copyTree(to, dir); err != nil {
				t.Fatal(err)
			}
			if c.sql != "" {
				tamper(t, filepath.Join(to, c.file), func(db *sql.DB) error { _, err := db.Exec(c.sql); return err })
			}
			r, err := logproof.Verify(context.Background(), logproof.Config{Path: filepath.Join(to, logproof.FileName), Verifiers: verifiers})
			switch f := r.Fault; {
			case err != nil:
				t.Fatal(err)
			case c.what == "" && f != nil:
				t.Fatalf("a sound log is refused: %v", f)
			case c.what == "":
			case f == nil:
				t.Fatal("not found")
			case f.Table != c.table || f.Index != c.index || f.What != c.what:
				t.Fatalf("found, but as %q", f)
			}
		})
	}
	// Entries deleted with true leaves, but no archive on record.
	to := t.TempDir()
	if err := copyTree(to, dir); err != nil {
		t.Fatal(err)
	}
	tamper(t, filepath.Join(to, logproof.FileName), func(db *sql.DB) error {
		var hashes []byte
		rows, err := db.Query("SELECT hash FROM entries WHERE idx >= 768 AND idx < 1024 ORDER BY idx")
		if err != nil {
			return err
		}
		for rows.Next() {
			var h []byte
			if err := rows.Scan(&h); err != nil {
				return err
			}
			hashes = append(hashes, h...)
		}
		rows.Close()
		_, err = db.Exec("DELETE FROM entries WHERE idx < 1024; INSERT INTO leaves VALUES (3, ?); INSERT INTO archives VALUES (768, 1024, 'log-000000000768-000000001024.db', randomblob(32))", hashes)
		return err
	})
	r, err := logproof.Verify(context.Background(), logproof.Config{Path: filepath.Join(to, logproof.FileName), Verifiers: verifiers})
	if err != nil || r.Fault == nil || r.Fault.What != logproof.FaultArchive || r.Fault.Index != 768 {
		t.Fatal(err, r.Fault)
	}
}
