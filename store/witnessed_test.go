package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"beckmanconnect/internal/cosign"
	"beckmanconnect/internal/logproof"
	"beckmanconnect/internal/witness"
	"beckmanconnect/store/keys"
)

// testWitness is a real one, in memory.
type testWitness struct {
	signer *cosign.Signer
	log    note.Verifier
	seen   witness.Seen
}

func (w *testWitness) Newest(context.Context, string) (note.Verifier, witness.Seen, error) {
	return w.log, w.seen, nil
}
func (w *testWitness) Earlier(context.Context, string, int64, tlog.Hash) (bool, error) {
	return false, nil
}
func (w *testWitness) Keep(_ context.Context, _ string, next witness.Seen) error {
	w.seen = next
	return nil
}

func newWitness(t testing.TB, s *Store) *testWitness {
	t.Helper()
	skey, _, err := cosign.GenerateKey("w.example")
	if err != nil {
		t.Fatal(err)
	}
	w := &testWitness{}
	if w.signer, err = cosign.NewSigner(skey, nil); err != nil {
		t.Fatal(err)
	}
	if w.log, err = s.LogVerifier(); err != nil {
		t.Fatal(err)
	}
	return w
}

// show has the witness cosign the store's log and the store learn it.
func (w *testWitness) show(t testing.TB, s *Store, name string) string {
	t.Helper()
	msg, _, proof, err := s.ProveGrowth(context.Background(), w.seen.Size)
	if err != nil {
		t.Fatal(err)
	}
	a, err := witness.Add(context.Background(), w.signer, w, witness.Request{Old: w.seen.Size, Proof: proof, Note: msg})
	if err != nil {
		t.Fatal(err)
	}
	if a.Code != "" {
		return a.Code
	}
	if trouble, err := s.Learn(context.Background(), name, a.Seen.Note, w.signer.Verifier()); err != nil || trouble.Code != "" {
		t.Fatal(trouble, err)
	}
	return ""
}

func appendSome(t testing.TB, s *Store, n int, kind string) {
	t.Helper()
	err := s.Update(context.Background(), func(tx *Tx) error {
		for i := range n {
			if _, err := tx.Append(Entry{Kind: kind, Actor: "system", Subject: strconv.Itoa(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func reopen(t testing.TB, s *Store) *Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return openTest(t, Options{Dir: s.opt.Dir})
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func kinds(t testing.TB, s *Store, kind string) (n int) {
	t.Helper()
	list, _, err := s.Entries(context.Background(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if r.Kind == kind {
			n++
		}
	}
	return n
}

// An old copy of the database put back is found at the next start, by the copy
// of the newest witnessed checkpoint beside it; again at each start, and on
// record once.
func TestOldDatabasePutBack(t *testing.T) { // scenario 48
	s := openTest(t, Options{})
	w := newWitness(t, s)
	appendSome(t, s, 300, "test.entry")
	w.show(t, s, "cloud")
	s = reopen(t, s)
	if s.WitnessTrouble().Code != "" || s.WitnessedBy("cloud").Size != s.LogState().Entries {
		t.Fatal(s.WitnessTrouble(), s.Witnessed())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(t.TempDir(), "old.db")
	copyFile(t, s.path, old)
	s = openTest(t, Options{Dir: s.opt.Dir})
	appendSome(t, s, 20, "test.later")
	w.show(t, s, "cloud")
	witnessed := s.LogState().Entries
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	copyFile(t, old, s.path)
	s = openTest(t, Options{Dir: s.opt.Dir})
	want := Trouble{TroubleShrunk, "cloud", witnessed, witnessed - 20}
	if s.WitnessTrouble() != want || kinds(t, s, "log.shrunk") != 1 {
		t.Fatalf("%+v, want %+v; %d entries", s.WitnessTrouble(), want, kinds(t, s, "log.shrunk"))
	}
	appendSome(t, s, 5, "test.entry")
	s = reopen(t, s)
	if s.WitnessTrouble().Code != TroubleShrunk || kinds(t, s, "log.shrunk") != 1 {
		t.Fatalf("%+v, %d entries", s.WitnessTrouble(), kinds(t, s, "log.shrunk"))
	}
	appendSome(t, s, 20, "test.entry") // longer again: another history
	s = reopen(t, s)
	if s.WitnessTrouble().Code != TroubleForked || kinds(t, s, "log.forked") != 1 {
		t.Fatalf("%+v", s.WitnessTrouble())
	}
	if code := w.show(t, s, "cloud"); code != "proof" {
		t.Fatalf("the witness says %q", code)
	}
}

// Who has the log's key can cut its tail and sign what is left; not what a
// witness has signed.
func TestCutTailSignedAgain(t *testing.T) { // scenario 48
	for name, spoil := range map[string]func(t *testing.T, s *Store){
		"the copy beside it": func(*testing.T, *Store) {},
		"the database's own": func(t *testing.T, s *Store) {
			if err := os.RemoveAll(filepath.Join(s.opt.Dir, WitnessedDir)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openTest(t, Options{})
			w := newWitness(t, s)
			appendSome(t, s, 300, "test.entry")
			w.show(t, s, "cloud")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			spoil(t, s)
			cutTail(t, s, 280)
			s = openTest(t, Options{Dir: s.opt.Dir})
			if got := s.WitnessTrouble(); got.Code != TroubleShrunk || got.Witnessed != 301 || got.Entries != 280 {
				t.Fatalf("%+v", got)
			}
		})
	}
}

// cutTail leaves size entries, with checkpoints signed anew by the log's key.
func cutTail(t *testing.T, s *Store, size int64) {
	t.Helper()
	signer, _, err := keys.LoadCheckpoint(s.opt.Key, filepath.Join(s.opt.Dir, KeysDir))
	if err != nil {
		t.Fatal(err)
	}
	var msg []byte
	tamper(t, s.path, func(db *sql.DB) error {
		rows, err := db.Query("SELECT hash FROM entries WHERE idx < ? ORDER BY idx", size)
		if err != nil {
			return err
		}
		defer rows.Close()
		var tree logproof.Tree
		for rows.Next() {
			var h []byte
			if err := rows.Scan(&h); err != nil {
				return err
			}
			tree.Add(tlog.Hash(h))
		}
		msg, err = logproof.Sign(size, tree.Root(), signer)
		return errors.Join(err, rows.Err())
	})
	tamper(t, s.path, func(db *sql.DB) error {
		for _, q := range []string{
			"DELETE FROM entries WHERE idx >= ?1", "DELETE FROM checkpoints WHERE size > ?1",
			"DELETE FROM nodes WHERE level = 1 AND n >= ?1 / 256",
		} {
			if _, err := db.Exec(q, size); err != nil {
				return err
			}
		}
		_, err := db.Exec("UPDATE head SET size = ?, note = ?", size, msg)
		return err
	})
}

// A new log in place of one that was witnessed is found, unless it names the
// old one, as one that was set aside is named.
func TestAnotherLogInItsPlace(t *testing.T) { // scenario 48
	dir := t.TempDir()
	s := openTest(t, Options{Dir: dir})
	w := newWitness(t, s)
	w.show(t, s, "cloud")
	origin := s.Signer().Name()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"log.db", KeysDir} {
		if err := os.Rename(filepath.Join(dir, f), filepath.Join(dir, "away-"+f)); err != nil {
			t.Fatal(err)
		}
	}
	s = openTest(t, Options{Dir: dir})
	if got := s.WitnessTrouble(); got.Code != TroubleShrunk || got.Witness != "cloud" {
		t.Fatalf("%+v", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"log.db", KeysDir} {
		if err := os.RemoveAll(filepath.Join(dir, f)); err != nil {
			t.Fatal(err)
		}
	}
	next := t.TempDir()
	s = openTest(t, Options{Dir: next})
	err := s.Update(context.Background(), func(tx *Tx) error {
		_, err := tx.Append(Entry{Kind: "test.entry", Actor: "system", Fields: map[string]string{"before": origin}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, WitnessedDir), filepath.Join(next, WitnessedDir)); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, Options{Dir: next})
	if got := s.WitnessTrouble(); got.Code != "" {
		t.Fatalf("%+v", got)
	}
}

// Nothing but a checkpoint of this log that this witness signed is taken.
func TestLearnRefuses(t *testing.T) {
	s, other := openTest(t, Options{}), openTest(t, Options{})
	w, foreign := newWitness(t, s), newWitness(t, other)
	w.show(t, s, "cloud")
	foreign.show(t, other, "cloud")
	before := s.Witnessed()
	for name, row := range map[string]struct {
		witness string
		msg     []byte
		by      note.Verifier
	}{
		"another log":     {"cloud", foreign.seen.Note, foreign.signer.Verifier()},
		"another witness": {"cloud", w.seen.Note, foreign.signer.Verifier()},
		"not cosigned":    {"cloud", s.Checkpoint(), w.signer.Verifier()},
		"nothing":         {"cloud", nil, w.signer.Verifier()},
		"a bad name":      {"../cloud", w.seen.Note, w.signer.Verifier()},
	} {
		if trouble, err := s.Learn(t.Context(), row.witness, row.msg, row.by); err == nil || trouble.Code != "" {
			t.Errorf("%s: %v %v", name, trouble, err)
		}
	}
	if after := s.Witnessed(); len(after) != 1 || after[0].Size != before[0].Size || s.WitnessTrouble().Code != "" {
		t.Error("changed")
	}
}

// A damaged or foreign file among the copies does not keep the log shut.
func TestDamagedCopies(t *testing.T) {
	s := openTest(t, Options{})
	w := newWitness(t, s)
	w.show(t, s, "cloud")
	dir := filepath.Join(s.opt.Dir, WitnessedDir)
	damagedNote := append([]byte(nil), w.seen.Note...)
	damagedNote[len(damagedNote)/2] ^= 1
	for name, content := range map[string][]byte{"cloud.note": damagedNote, "empty.note": nil, "large.note": make([]byte, 1<<20), "other.txt": []byte("x")} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s = reopen(t, s)
	if got := s.Witnessed(); len(got) != 1 || got[0].Size != w.seen.Size || s.WitnessTrouble().Code != "" {
		t.Fatal(got, s.WitnessTrouble())
	}
}

// Proofs of growth are those of x/mod/sumdb/tlog from any size to any other.
func TestProveGrowth(t *testing.T) {
	s := openTest(t, Options{})
	roots := map[int64]tlog.Hash{}
	for range 40 {
		st := s.LogState()
		roots[st.Entries] = st.Root
		appendSome(t, s, 13, "test.entry")
	}
	rapid.Check(t, func(rt *rapid.T) {
		old := rapid.Int64Range(0, s.LogState().Entries).Draw(rt, "old")
		_, size, proof, err := s.ProveGrowth(context.Background(), old)
		if err != nil {
			rt.Fatal(err)
		}
		if root, ok := roots[old]; ok && old > 0 {
			if err := tlog.CheckTree(proof, size, s.LogState().Root, old, root); err != nil && old != size {
				rt.Fatal(err)
			}
		}
		if len(proof) > 24 {
			rt.Fatalf("%d hashes", len(proof))
		}
	})
	for _, old := range []int64{-1, s.LogState().Entries + 1} {
		if _, _, _, err := s.ProveGrowth(t.Context(), old); !errors.Is(err, ErrLonger) {
			t.Fatal(err)
		}
	}
}

// What was witnessed only grows, also for who writes SQL.
func TestWitnessedOnlyGrows(t *testing.T) {
	s := openTest(t, Options{})
	w := newWitness(t, s)
	appendSome(t, s, 3, "test.entry")
	w.show(t, s, "cloud")
	for _, q := range []string{"DELETE FROM witnessed", "UPDATE witnessed SET size = 1", "UPDATE witnessed SET name = 'x'"} {
		if _, err := s.conn.ExecContext(t.Context(), q); err == nil {
			t.Error(q)
		}
	}
	if size, at := s.WitnessedEntries(); size != 4 || time.Since(at) > time.Hour {
		t.Error(size, at)
	}
}
