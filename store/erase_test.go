package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/store/keys"
)

// fieldsOf are the personal fields of an entry, as they are read back.
func fieldsOf(t testing.TB, s *Store, idx int64) Record {
	t.Helper()
	list, _, err := s.Entries(context.Background(), idx+1, 1)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	return list[0]
}

func appendOne(t testing.TB, s *Store, actor string, personal map[string]string) (idx int64) {
	t.Helper()
	update(t, s, func(tx *Tx) (err error) {
		idx, err = tx.Append(Entry{Kind: "a.b", Actor: actor, Personal: personal})
		return err
	})
	return idx
}

func verifyStore(t testing.TB, s *Store) logproof.Report {
	t.Helper()
	verifiers, err := keys.CheckpointVerifiers(filepath.Join(s.opt.Dir, KeysDir))
	if err != nil {
		t.Fatal(err)
	}
	r, err := logproof.Verify(context.Background(), logproof.Config{Path: s.path, Verifiers: verifiers})
	if err != nil || r.Fault != nil {
		t.Fatal(err, r.Fault)
	}
	return r
}

// sealedOf is the ciphertext of a field, as a needle for the files.
func sealedOf(t testing.TB, s *Store, idx int64, name string) []byte {
	t.Helper()
	var sealed []byte
	if err := s.read.QueryRow("SELECT sealed FROM entry_personal WHERE idx = ? AND name = ?", idx, name).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	return sealed
}

// A person's data goes everywhere, and only theirs: of an entry with two people
// one stays. The log still verifies, and no file holds what went (GDPR, P15).
func TestErasePerson(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	s := openTest(t, Options{Dir: dir})
	both := appendOne(t, s, "engineer", map[string]string{"engineer": "eva@vendor.example", "technician": "LAB\\anna", "initials": "AW", "text": "typed by eva"})
	anna := appendOne(t, s, "technician", map[string]string{"account": "LAB\\anna", "initials": "AW", "reason": "typed by anna"})
	shared := appendOne(t, s, "technician", map[string]string{"account": "LAB\\anna", "initials": "BK", "reason": "typed by bert"})
	other := appendOne(t, s, "technician", map[string]string{"account": "LAB\\carl", "reason": "typed by carl"})
	var many []int64
	for range 2500 {
		update(t, s, func(tx *Tx) error {
			idx, err := tx.Append(Entry{Kind: "a.b", Actor: "technician", Personal: map[string]string{"account": " lab\\ANNA ", "initials": "aw"}})
			many = append(many, idx)
			return err
		})
		if len(many) >= 40 {
			break
		}
	}
	var id uint64
	update(t, s, func(tx *Tx) error {
		n := &Notification{Code: "a.b", Subject: "x", Severity: High, State: Shelved, Raised: time.Now(), AcknowledgedBy: "AW (LAB\\anna)",
			Texts: []Text{{Language: "en", Title: "title"}}, Shelf: &Shelf{Since: time.Now(), Until: time.Now(), By: "AW", Reason: "because"}}
		if err := tx.PutNotification(n); err != nil {
			return err
		}
		id = n.ID
		if err := tx.AddStep(id, Step{At: time.Now(), Kind: "shelved", By: "AW", Detail: "detail"}); err != nil {
			return err
		}
		if err := tx.AddStep(id, Step{At: time.Now(), Kind: "seen", By: "CK"}); err != nil {
			return err
		}
		if _, err := tx.Emit("notification", []byte("\x0a\x03AW!")); err != nil {
			return err
		}
		if _, err := tx.Enqueue("session", []byte(`{"by":"AW","n":9007199254740993,"list":["AW (LAB\\anna)","x"]}`)); err != nil {
			return err
		}
		return tx.SetSetting("note", "AW wrote it")
	})
	needles := [][]byte{sealedOf(t, s, anna, "reason"), sealedOf(t, s, anna, "account"), sealedOf(t, s, both, "initials"), sealedOf(t, s, many[7], "account")}
	kept := sealedOf(t, s, other, "account")
	var key []byte // the person's own
	if err := s.read.QueryRow("SELECT sealed_key FROM persons WHERE id = ?", personOf(sealedOf(t, s, anna, "account"))).Scan(&key); err != nil {
		t.Fatal(err)
	}
	needles = append(needles, key)

	setting := func(key, value string, names func(string) bool) (string, error) {
		if names("AW") && key == "note" {
			return "", nil
		}
		return value, nil
	}
	look, err := s.ErasePerson(ctx, Erasing{Word: "aw", Actor: "it", Look: true, Setting: setting})
	if err != nil || look.Entries != 42 || look.Notifications != 1 || look.Other != 2 {
		t.Fatalf("%+v, %v", look, err)
	}
	if fieldsOf(t, s, anna).Personal["reason"] != "typed by anna" {
		t.Fatal("looking erased something")
	}
	refused := errors.New("needed")
	_, err = s.ErasePerson(ctx, Erasing{Word: "aw", Actor: "it", Setting: func(string, string, func(string) bool) (string, error) { return "", refused }})
	if !errors.Is(err, refused) || fieldsOf(t, s, anna).Personal["reason"] == "" {
		t.Fatal("a refusal came too late:", err)
	}
	before := s.LogState().Entries
	done, err := s.ErasePerson(ctx, Erasing{Word: " AW ", Actor: "it", Personal: map[string]string{"account": "root", "reason": "asked to"}, Setting: setting})
	if err != nil || done != look {
		t.Fatalf("%+v, %v", done, err)
	}

	r := fieldsOf(t, s, both)
	if !slices.Equal(r.Erased, []string{"initials", "technician"}) || r.Personal["engineer"] != "eva@vendor.example" || r.Personal["text"] != "typed by eva" {
		t.Errorf("two people: %+v", r)
	}
	if r := fieldsOf(t, s, anna); len(r.Personal) != 0 || len(r.Erased) != 3 {
		t.Errorf("%+v", r)
	}
	for _, idx := range []int64{shared, other} {
		if r := fieldsOf(t, s, idx); len(r.Erased)+len(r.Damaged) > 0 || r.Personal["reason"] == "" {
			t.Errorf("somebody else's: %+v", r)
		}
	}
	note, err := s.Notification(ctx, id)
	if err != nil || note.AcknowledgedBy != "" || note.Shelf.By != "" || note.Shelf.Reason != "" {
		t.Errorf("%+v, %v", note, err)
	}
	steps, err := s.Steps(ctx, id)
	if err != nil || len(steps) != 2 || steps[0].By != "" || steps[0].Detail != "" || steps[1].By != "CK" {
		t.Errorf("%+v, %v", steps, err)
	}
	out, err := s.Outbox(ctx, 10)
	if err != nil || len(out) != 1 || string(out[0].Body) != `{"by":"","list":["","x"],"n":9007199254740993}` {
		t.Errorf("%s, %v", out[0].Body, err)
	}
	if events, err := s.EventsAfter(ctx, 0, 10); err != nil || len(events) != 0 {
		t.Errorf("%v, %v", events, err)
	}
	if _, ok, _ := s.Setting(ctx, "note"); ok {
		t.Error("the setting is still there")
	}
	record := fieldsOf(t, s, before)
	if record.Kind != logproof.KindErased || record.Fields[logproof.ErasedEntries] != fmt.Sprintf("%d-%d,%d-%d", both, anna, many[0], many[39]) || record.Personal["reason"] != "asked to" {
		t.Errorf("%+v", record)
	}
	if r := verifyStore(t, s); r.Erased != 42 {
		t.Errorf("%+v", r)
	}
	inFiles(t, dir, needles, false)
	if ids, err := s.personsNamed(ctx, s.read, "AW"); err != nil || len(ids) != 0 {
		t.Error("still known by the word:", ids, err)
	}
	inFiles(t, dir, [][]byte{kept}, true) // the search finds what is there
	// Who comes again is somebody new; what is gone stays so.
	again := appendOne(t, s, "technician", map[string]string{"account": "LAB\\anna", "initials": "AW"})
	if r := fieldsOf(t, s, again); r.Personal["initials"] != "AW" {
		t.Errorf("%+v", r)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, Options{Dir: dir})
	if r := fieldsOf(t, s, again); r.Personal["initials"] != "AW" || len(fieldsOf(t, s, anna).Erased) != 3 {
		t.Errorf("after a restart: %+v", r)
	}
	inFiles(t, dir, needles, false)
}

// inFiles searches every file of the data folder.
func inFiles(t testing.TB, dir string, needles [][]byte, want bool) {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, needle := range needles {
			// A long value may be cut by a page: its middle is enough.
			if middle := needle[len(needle)/3 : 2*len(needle)/3]; bytes.Contains(b, middle) {
				found = true
				if !want {
					t.Errorf("%s holds what was erased", path)
				}
			}
		}
		return err
	})
	if err != nil || want && !found {
		t.Fatal("not found", err)
	}
}

// Fields of a log from before persons had keys are found by their values.
func TestErasePersonOfAnOldLog(t *testing.T) {
	s := openTest(t, Options{})
	idx := appendOne(t, s, "technician", map[string]string{"account": "LAB\\anna", "initials": "AW", "reason": "why"})
	keep := appendOne(t, s, "technician", map[string]string{"account": "LAB\\bert", "reason": "why"})
	update(t, s, func(tx *Tx) error { // as they were sealed then
		for _, i := range []int64{idx, keep} {
			for _, c := range commitmentsOf(t, s, i) {
				o, err := s.openField(i, c, sealedOf(t, s, i, c.Name))
				if err != nil {
					return err
				}
				sealed, err := s.seal.seal("entry_personal", personalRow(i, c.Name), "sealed", append(slices.Clone(o.salt), o.value...))
				if err != nil {
					return err
				}
				if err := tx.exec("UPDATE entry_personal SET sealed = ?, crc = ? WHERE idx = ? AND name = ?", sealed, logproof.SealedSum(sealed), i, c.Name); err != nil {
					return err
				}
			}
		}
		return tx.exec("DELETE FROM person_names")
	})
	if r := fieldsOf(t, s, idx); r.Personal["reason"] != "why" {
		t.Fatalf("%+v", r)
	}
	done, err := s.ErasePerson(context.Background(), Erasing{Word: "lab\\anna", Actor: "it"})
	if err != nil || done.Entries != 1 {
		t.Fatal(done, err)
	}
	if r := fieldsOf(t, s, idx); len(r.Erased) != 3 {
		t.Errorf("%+v", r)
	}
	if r := fieldsOf(t, s, keep); len(r.Erased) != 0 || r.Personal["account"] != "LAB\\bert" {
		t.Errorf("%+v", r)
	}
	if r := verifyStore(t, s); r.Erased != 1 {
		t.Errorf("%+v", r)
	}
}

func commitmentsOf(t testing.TB, s *Store, idx int64) []logproof.NamedCommitment {
	t.Helper()
	e, err := logproof.ScanEntry(s.read.QueryRow("SELECT "+logproof.EntryColumns+" FROM entries WHERE idx = ?", idx))
	if err != nil {
		t.Fatal(err)
	}
	list, err := logproof.DecodeCommitments(e.Personal)
	if err != nil {
		t.Fatal(err)
	}
	return list
}
