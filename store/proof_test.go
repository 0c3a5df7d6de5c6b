package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/store/keys"
)

// sample is a closed database with everything a log can hold: several hundred
// entries, checkpoints a minute apart, personal fields, an erasure.
type sample struct {
	path      string
	verifiers note.Verifiers
	entries   int64
}

func makeSample(t testing.TB) sample {
	t.Helper()
	dir, ctx := t.TempDir(), context.Background()
	w := keys.Default(filepath.Join(dir, KeysDir))
	signer, verifier, err := keys.Checkpoint(w, filepath.Join(dir, KeysDir))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	s, err := Open(ctx, Options{Dir: dir, Key: w, Signer: signer, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		now = now.Add(20 * time.Second)
		update(t, s, func(tx *Tx) error {
			for j := range 10 {
				e := Entry{Kind: "session.granted", Actor: "technician", Subject: fmt.Sprintf("session-%d", i), Fields: map[string]string{"capability": "view", "minutes": fmt.Sprint(j)}}
				if j%5 == 0 {
					e.Personal = map[string]string{"account": "anna.weber@vendor.example", "name": "Anna Weber"}
				}
				if _, err := tx.Append(e); err != nil {
					return err
				}
			}
			return nil
		})
	}
	update(t, s, func(tx *Tx) error { return tx.ErasePersonal("it", "asked to", 1, 11) })
	entries := s.LogState().Entries
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return sample{path: s.Path(), verifiers: note.VerifierList(verifier), entries: entries}
}

func (s sample) verify(t interface{ Fatal(...any) }, path string) logproof.Report {
	r, err := logproof.Verify(context.Background(), logproof.Config{Path: path, Verifiers: s.verifiers})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestVerifySound(t *testing.T) {
	s := makeSample(t)
	calls := 0
	r, err := logproof.Verify(context.Background(), logproof.Config{Path: s.path, Verifiers: s.verifiers, Progress: func(done, total int64) {
		if calls++; total != s.entries || done > total {
			t.Errorf("progress %d of %d", done, total)
		}
	}})
	if err != nil || r.Fault != nil {
		t.Fatal(err, r.Fault)
	}
	if r.Entries != s.entries || r.Head.Size != s.entries || r.Erased != 2 || r.Checkpoints < 10 || r.Personal != 2*(120-2)+1 || calls < 2 {
		t.Fatalf("%+v", r)
	}
	// Without the right key nothing is proven.
	_, other, err := keys.Checkpoint(keys.File{Dir: filepath.Join(t.TempDir(), "k")}, filepath.Join(t.TempDir(), "k"))
	if err != nil {
		t.Fatal(err)
	}
	r, err = logproof.Verify(context.Background(), logproof.Config{Path: s.path, Verifiers: note.VerifierList(other)})
	if err != nil || r.Fault == nil || r.Fault.What != logproof.FaultSignature {
		t.Fatal(err, r.Fault)
	}
}

// tamper changes a copy the way somebody with the file would: triggers taken
// away, the change made, the same triggers put back.
func tamper(t interface{ Fatal(...any) }, path string, change func(db *sql.DB) error) {
	db, err := sql.Open("sqlite3", dsn(path, "_journal_mode=MEMORY&_synchronous=OFF"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	rows, err := db.Query("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
	if err != nil {
		t.Fatal(err)
	}
	triggers := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			t.Fatal(err)
		}
		triggers[name] = text
	}
	rows.Close()
	for name := range triggers {
		if _, err := db.Exec("DROP TRIGGER " + name); err != nil {
			t.Fatal(err)
		}
	}
	if err := change(db); err != nil {
		t.Fatal(err)
	}
	for _, text := range triggers {
		if _, err := db.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
}

func copyDB(t interface{ Fatal(...any) }, from, dir string) string {
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, "copy.db")
	for _, end := range []string{"-wal", "-shm", "-journal"} {
		os.Remove(to + end)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

// scenario 48: deletions, swaps, a cut tail, forged additions, each with its
// place.
func TestVerifyFindsTampering(t *testing.T) {
	s := makeSample(t)
	last := s.entries - 1
	for _, c := range []struct {
		name  string
		sql   string
		table string
		index int64
		what  string
	}{
		{"untouched", "", "", 0, ""},
		{"a word changed", "UPDATE entries SET fields = replace(fields, 'view', 'file') WHERE idx = 7", "entries", 7, logproof.FaultChanged},
		{"another spelling of the same fields", "UPDATE entries SET fields = replace(fields, ':', ': ') WHERE idx = 7", "entries", 7, logproof.FaultChanged},
		{"an entry deleted", "DELETE FROM entries WHERE idx = 300", "entries", 300, logproof.FaultGap},
		{"two swapped", "UPDATE entries SET idx = -1 WHERE idx = 20; UPDATE entries SET idx = 20 WHERE idx = 21; UPDATE entries SET idx = 21 WHERE idx = -1", "entries", 20, logproof.FaultChanged},
		{"the tail cut", fmt.Sprintf("DELETE FROM entries WHERE idx >= %d", last-3), "entries", last - 3, logproof.FaultCut},
		{"a tail cut with a checkpoint put in its place", "DELETE FROM entries WHERE idx >= 541; UPDATE head SET size = 541, note = (SELECT note FROM checkpoints WHERE size = 511); DELETE FROM checkpoints WHERE size > 511", "head", 541, logproof.FaultRoot},
		{"an entry added", fmt.Sprintf("INSERT INTO entries SELECT %d, v, wall, mono, boot, kind, actor, subject, fields, personal, hash FROM entries WHERE idx = 5", last+1), "entries", last + 1, logproof.FaultChanged},
		{"a hash of the tree changed", "UPDATE nodes SET hash = randomblob(32) WHERE level = 1 AND n = 1", "nodes", 1, logproof.FaultNode},
		{"a hash of the tree gone", "DELETE FROM nodes WHERE level = 1 AND n = 0", "nodes", 0, logproof.FaultNode},
		{"a hash too many", "INSERT INTO nodes VALUES (1, 77, randomblob(32))", "nodes", -1, logproof.FaultNode},
		{"the newest checkpoint gone", "DELETE FROM head", "head", -1, logproof.FaultSignature},
		{"checkpoints exchanged", "UPDATE checkpoints SET note = (SELECT note FROM head) WHERE size = (SELECT max(size) FROM checkpoints WHERE size < 500)", "checkpoints", 481, logproof.FaultRoot},
		{"a checkpoint for the future", "INSERT INTO checkpoints SELECT 9999, note FROM head", "checkpoints", 9999, logproof.FaultCut},
		{"personal fields gone without a record", "DELETE FROM entry_personal WHERE idx = 21", "entry_personal", 21, logproof.FaultSealed},
		{"personal fields of nobody", "INSERT INTO entry_personal SELECT 22, name, sealed, crc FROM entry_personal WHERE idx = 21", "entry_personal", 22, logproof.FaultSealed},
		{"a personal field changed", "UPDATE entry_personal SET sealed = randomblob(length(sealed)) WHERE idx = 21 AND name = 'name'", "entry_personal", 21, logproof.FaultSealed},
		{"the tail cut that held the record of an erasure", "DELETE FROM entries WHERE idx >= 541; DELETE FROM entry_personal WHERE idx >= 541; UPDATE head SET size = 541, note = (SELECT note FROM checkpoints WHERE size = 541); DELETE FROM checkpoints WHERE size > 541", "checkpoints", -1, logproof.FaultCut},
		{"an earlier checkpoint gone", "DELETE FROM checkpoints WHERE size = 301", "checkpoints", -1, logproof.FaultCut},
		{"the list of checkpoints emptied", "UPDATE checkpoint_chain SET count = 0, note = x''", "checkpoints", -1, logproof.FaultCut},
		{"the list of checkpoints counted anew", "DELETE FROM checkpoints WHERE size = 301; UPDATE checkpoint_chain SET count = count - 1", "checkpoint_chain", 21, logproof.FaultSignature},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := copyDB(t, s.path, t.TempDir())
			tamper(t, path, func(db *sql.DB) error {
				_, err := db.Exec(c.sql)
				return err
			})
			f := s.verify(t, path).Fault
			switch {
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
	t.Run("a trigger taken away", func(t *testing.T) {
		path := copyDB(t, s.path, t.TempDir())
		db, err := sql.Open("sqlite3", dsn(path, ""))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec("DROP TRIGGER entries_no_update"); err != nil {
			t.Fatal(err)
		}
		if f := s.verify(t, path).Fault; f == nil || f.What != logproof.FaultSchema {
			t.Fatal(f)
		}
	})
}

// An older copy put back whole is a sound log: only the witness, who has seen
// a later checkpoint, can tell (scenario 48).
func TestOldCopyIsForTheWitness(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(context.Background(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	signer := s.Signer()
	older := s.Checkpoint()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	old := copyDB(t, s.Path(), t.TempDir())
	s, err = Open(context.Background(), Options{Dir: dir, Signer: signer})
	if err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx *Tx) error {
		_, err := tx.Append(Entry{Kind: "service.started", Actor: "system"})
		return err
	})
	newer := s.Checkpoint()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	verifiers, err := keys.CheckpointVerifiers(filepath.Join(dir, KeysDir))
	if err != nil {
		t.Fatal(err)
	}
	r, err := logproof.Verify(context.Background(), logproof.Config{Path: old, Verifiers: verifiers})
	if err != nil || r.Fault != nil {
		t.Fatal(err, r.Fault)
	}
	a, _ := logproof.ReadCheckpoint(older)
	b, _ := logproof.ReadCheckpoint(newer)
	if r.Head != a || b.Size <= a.Size {
		t.Fatalf("%+v %+v %+v", r.Head, a, b)
	}
}

// Stored hashes serve x/mod's own proofs: an inclusion proof made from the
// rows is accepted by tlog.CheckRecord.
func TestProofsFromRows(t *testing.T) {
	s := makeSample(t)
	r, err := logproof.OpenReader(s.path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var leaves []tlog.Hash
	if err := r.Entries(context.Background(), 0, s.entries, false, func(e *logproof.Entry) error {
		leaves = append(leaves, e.Hash)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(idx []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(idx))
		for i, x := range idx {
			if x >= int64(len(stored)) {
				return nil, errors.New("beyond the end")
			}
			out[i] = stored[x]
		}
		return out, nil
	})
	for n, h := range leaves {
		more, err := tlog.StoredHashesForRecordHash(int64(n), h, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
	}
	head, err := r.Head()
	if err != nil {
		t.Fatal(err)
	}
	c, err := logproof.OpenCheckpoint(head, s.verifiers)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := tlog.ProveRecord(c.Size, 123, reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := tlog.CheckRecord(proof, c.Size, c.Root, 123, leaves[123]); err != nil {
		t.Fatal(err)
	}
}
