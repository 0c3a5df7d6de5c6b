package store

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/store/keys"
)

// schema3 copies a data folder as a version with three migrations left it: 302
// entries, personal fields, an erasure, checkpoints, a notification.
func schema3(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := copyTree(dir, filepath.Join("testdata", "schema3")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// copyTree copies a data folder, private as the service wants it.
func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), b, 0o600)
	})
}

func schema3Options(dir string) Options {
	return Options{Dir: dir, Key: keys.File{Dir: filepath.Join(dir, KeysDir)}}
}

// A log of the first schema is brought up to date, holds, and goes on.
func TestMigrationFromSchema3(t *testing.T) {
	dir := schema3(t)
	verifiers, err := keys.CheckpointVerifiers(filepath.Join(dir, KeysDir))
	if err != nil {
		t.Fatal(err)
	}
	verify := func(entries int64) {
		t.Helper()
		r, err := logproof.Verify(context.Background(), logproof.Config{Path: filepath.Join(dir, logproof.FileName), Verifiers: verifiers})
		if err != nil || r.Fault != nil || r.Entries != entries || r.Erased != 1 {
			t.Fatalf("%+v %v", r, err)
		}
	}
	verify(302)
	s := openTest(t, schema3Options(dir))
	verify(302)
	update(t, s, func(tx *Tx) error {
		_, err := tx.Append(Entry{Kind: "a.b", Actor: "system", Personal: map[string]string{"name": "Erika"}})
		return err
	})
	verify(303)
	list, _, err := s.Entries(context.Background(), 12, 1)
	if err != nil || len(list) != 1 || list[0].Personal["name"] != "Anna Weber" {
		t.Fatalf("%+v %v", list, err)
	}
}
