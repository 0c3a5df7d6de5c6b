package data

import (
	"os"
	"path/filepath"
	"testing"
)

// A data folder may have any name: what means something in an address is part of
// the name, and the lock and the database are in this folder and no other.
func TestFolderOfAnyName(t *testing.T) {
	onSQLite(t)
	base := t.TempDir()
	for _, name := range []string{"a # b", "100 %41", "what?mode=memory", "Küche & Labor"} {
		c := config(t)
		dir := filepath.Join(base, name)
		if err := os.Rename(c.Dir, dir); err != nil {
			t.Fatal(err)
		}
		c.Dir = dir
		db, err := OpenConfig(t.Context(), c)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, "lock.db")); err != nil {
			t.Error(err)
		}
		if info, err := os.Stat(filepath.Join(dir, fileName)); err != nil || info.Size() == 0 {
			t.Errorf("%q: %v %v", name, info, err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	if entries, err := os.ReadDir(base); err != nil || len(entries) != 4 {
		t.Errorf("beside the folders: %v %v", entries, err)
	}
}
