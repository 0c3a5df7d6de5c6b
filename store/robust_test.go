package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	sqlite3 "github.com/mattn/go-sqlite3"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/store/keys"
)

// The schema refuses to change or take away what was logged, also by REPLACE.
func TestAppendOnly(t *testing.T) {
	s := makeSample(t)
	db, err := sql.Open("sqlite3", dsn(s.path, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range []string{
		"UPDATE entries SET kind = 'x' WHERE idx = 3",
		"DELETE FROM entries WHERE idx = 3",
		"DELETE FROM entries",
		"INSERT OR REPLACE INTO entries SELECT * FROM entries WHERE idx = 3",
		"INSERT INTO entries SELECT idx + 100000, v, wall, mono, boot, kind, actor, subject, fields, personal, hash FROM entries WHERE idx = 3",
		"UPDATE nodes SET hash = randomblob(32)",
		"DELETE FROM nodes",
		"INSERT OR REPLACE INTO nodes VALUES (1, 0, randomblob(32))",
		"UPDATE checkpoints SET note = x''",
		"DELETE FROM checkpoints",
		"INSERT OR REPLACE INTO checkpoints SELECT * FROM checkpoints",
		"UPDATE head SET size = size",
		"UPDATE head SET size = 1",
		"DELETE FROM head",
		"INSERT OR REPLACE INTO head VALUES (1, 999999, x'')",
	} {
		if _, err := db.Exec(q); err == nil || !strings.Contains(err.Error(), "log is") && !strings.Contains(err.Error(), "only grows") {
			t.Errorf("%s: %v", q, err)
		}
	}
	if f := s.verify(t, s.path).Fault; f != nil {
		t.Fatal(f)
	}
}

// Nothing of a transaction that failed remains, numbers and tree included.
func TestRollback(t *testing.T) {
	s := openTest(t, Options{})
	before := s.LogState()
	boom := errors.New("boom")
	var told int
	defer s.Subscribe(func(Event) { told++ })()
	write := func(tx *Tx) error {
		if _, err := tx.Append(Entry{Kind: "a.b", Actor: "system"}); err != nil {
			return err
		}
		_, err := tx.Emit("x", nil)
		return err
	}
	if err := s.Update(context.Background(), func(tx *Tx) error {
		if err := write(tx); err != nil {
			return err
		}
		return boom
	}); !errors.Is(err, boom) {
		t.Fatal(err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = s.Update(context.Background(), func(tx *Tx) error {
			if err := write(tx); err != nil {
				return err
			}
			panic("in the middle")
		})
	}()
	if s.LogState().Root != before.Root || told != 0 || !s.Writable() {
		t.Fatal("a failed transaction left traces")
	}
	// A failed write cannot be overlooked.
	err := s.Update(context.Background(), func(tx *Tx) error {
		_ = tx.exec("INSERT INTO nothing VALUES (1)")
		_, err := tx.Append(Entry{Kind: "a.b", Actor: "system"})
		return err
	})
	if err == nil || s.LogState().Entries != before.Entries {
		t.Fatal("half a transaction was committed")
	}
	update(t, s, write)
	if seq, err := s.LastSeq(context.Background()); s.LogState().Entries != before.Entries+1 || seq != 1 || told != 1 || err != nil {
		t.Fatal(s.LogState(), seq, told, err)
	}
}

func TestEventsArePrunedWithAFloor(t *testing.T) {
	s := openTest(t, Options{KeepEvents: 100})
	ctx := context.Background()
	for range 8 {
		update(t, s, func(tx *Tx) error {
			for range 64 {
				if _, err := tx.Emit("n", []byte("x")); err != nil {
					return err
				}
			}
			return nil
		})
	}
	first, err1 := s.FirstSeq(ctx)
	last, err2 := s.LastSeq(ctx)
	if err := errors.Join(err1, err2); err != nil || first != 413 || last != 512 {
		t.Fatal(first, last, err)
	}
	list, err := s.EventsAfter(ctx, 500, 0)
	if err != nil || len(list) != 12 || list[0].Seq != 501 || list[11].Seq != 512 {
		t.Fatal(list, err)
	}
}

func TestInvalidEntriesAreRefused(t *testing.T) {
	s := openTest(t, Options{})
	for name, e := range map[string]Entry{
		"kind":       {Kind: "Not A Kind", Actor: "system"},
		"no actor":   {Kind: "a"},
		"no UTF-8":   {Kind: "a", Actor: "system", Subject: "\xff"},
		"long":       {Kind: "a", Actor: "system", Subject: strings.Repeat("x", MaxText+1)},
		"large":      {Kind: "a", Actor: "system", Fields: map[string]string{"a": strings.Repeat("x", MaxEntry)}},
		"both":       {Kind: "a", Actor: "system", Fields: map[string]string{"a": ""}, Personal: map[string]string{"a": ""}},
		"empty name": {Kind: "a", Actor: "system", Personal: map[string]string{"": "x"}},
	} {
		err := s.Update(context.Background(), func(tx *Tx) error { _, err := tx.Append(e); return err })
		if KindOf(err) != KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !s.Writable() {
		t.Error("a bad entry must not close sessions")
	}
}

// scenario 25, P15: a canary put into every sealed place is nowhere in the
// clear, neither in the database nor in the WAL nor in a key file.
func TestSealedColumnsHoldNoPlaintext(t *testing.T) {
	const canary = "CANARY-Erika-Mustermann-0815"
	dir := t.TempDir()
	s := openTest(t, Options{Dir: dir})
	code := "c"
	write := func(tx *Tx) error {
		if _, err := tx.Append(Entry{Kind: "a.b", Actor: "technician", Personal: map[string]string{"name": canary}}); err != nil {
			return err
		}
		n := &Notification{Code: code, Severity: Info, State: Shelved, AcknowledgedBy: canary, Texts: []Text{{"en", canary, canary}}, Shelf: &Shelf{Reason: canary, By: canary}}
		if err := tx.PutNotification(n); err != nil {
			return err
		}
		if err := tx.PutNotification(&Notification{Code: code + "-group", Severity: Info, State: Raised, GroupKind: "flood", Texts: []Text{{"en", canary, canary}}}); err != nil {
			return err
		}
		if err := tx.AddStep(n.ID, Step{Kind: "shelved", By: canary, Detail: canary}); err != nil {
			return err
		}
		if _, err := tx.Emit("n", []byte(canary)); err != nil {
			return err
		}
		if _, err := tx.Enqueue("n", []byte(canary)); err != nil {
			return err
		}
		return tx.SetSetting("registration", canary)
	}
	update(t, s, write)
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte("CANARY")) || bytes.Contains(b, []byte("Mustermann")) {
			t.Errorf("%s holds the canary", path)
		}
		if info, _ := d.Info(); runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 && d.Name() != keys.CheckpointPublic {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil || files < 5 {
		t.Fatal(files, err)
	}
	// Moved to another row, a sealed value does not open (AAD).
	code = "d"
	update(t, s, write)
	for _, moved := range []string{
		"UPDATE notifications SET sealed_by = (SELECT sealed_by FROM notifications WHERE id = 1) WHERE id = 3",
		"UPDATE notifications SET sealed_shelf = (SELECT sealed_shelf FROM notifications WHERE id = 1) WHERE id = 3",
		"UPDATE topic_texts SET sealed = (SELECT sealed FROM topic_texts WHERE topic = 1) WHERE topic = 3",
	} {
		if _, err := s.Notification(context.Background(), 3); err != nil {
			t.Fatal(err)
		}
		if _, err := s.conn.ExecContext(context.Background(), "BEGIN; "+moved); err != nil {
			t.Fatal(err)
		}
		if _, err := s.conn.ExecContext(context.Background(), "COMMIT"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Notification(context.Background(), 3); KindOf(err) != KindDamaged {
			t.Errorf("a moved value opened: %v (%s)", err, moved)
		}
		if _, err := s.conn.ExecContext(context.Background(), "DELETE FROM notifications; DELETE FROM topics; DELETE FROM topic_texts; DELETE FROM sqlite_sequence WHERE name = 'notifications'"); err != nil {
			t.Fatal(err)
		}
		clear(s.topics)
		for _, code = range []string{"c", "d"} {
			update(t, s, write)
		}
	}
}

// Erasure destroys the values and keeps the proof.
func TestErasePersonal(t *testing.T) {
	s := openTest(t, Options{})
	ctx := context.Background()
	update(t, s, func(tx *Tx) error {
		_, err := tx.Append(Entry{Kind: "a.b", Actor: "technician", Personal: map[string]string{"name": "Erika"}})
		return err
	})
	update(t, s, func(tx *Tx) error { return tx.ErasePersonal("it", "article 17", 1) })
	list, _, err := s.Entries(ctx, 2, 1)
	if err != nil || len(list) != 1 || len(list[0].Personal) != 0 || len(list[0].Erased) != 1 || len(list[0].Damaged) != 0 {
		t.Fatalf("%+v %v", list, err)
	}
	verifiers, err := keys.CheckpointVerifiers(filepath.Join(s.opt.Dir, KeysDir))
	if err != nil {
		t.Fatal(err)
	}
	// On the live database, through its WAL.
	r, err := logproof.Verify(ctx, logproof.Config{Path: s.Path(), Verifiers: verifiers})
	if err != nil || r.Fault != nil || r.Erased != 1 || r.Entries != 3 {
		t.Fatalf("%+v %v", r, err)
	}
}

// scenario 50: the disk's own errors have kinds of their own.
func TestClassify(t *testing.T) {
	for code, want := range map[sqlite3.ErrNo]Kind{
		sqlite3.ErrFull: KindDiskFull, sqlite3.ErrIoErr: KindIO, sqlite3.ErrReadonly: KindReadOnly,
		sqlite3.ErrCorrupt: KindDamaged, sqlite3.ErrBusy: KindLocked, sqlite3.ErrError: KindOther,
	} {
		if got := classify(fmt.Errorf("wrapped: %w", sqlite3.Error{Code: code})); got != want {
			t.Errorf("%v is %v", code, got)
		}
	}
}
