package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/internal/logproof"
)

// The check of the whole database beside the running log finds what opening
// does not look at, says where, and a sound one is on record as such.
func TestCheckWhole(t *testing.T) {
	for _, c := range []struct{ name, sql, want string }{
		{"sound", "", ""},
		{"an old entry", "UPDATE entries SET actor = 'x' WHERE idx = 12", "entries 12"},
		{"a sealed field", "UPDATE entry_personal SET sealed = randomblob(50) WHERE idx = 7", "entry_personal 7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, _ := asideDir(t)
			if c.sql != "" && c.want != "" {
				tamper(t, filepath.Join(dir, logproof.FileName), func(db *sql.DB) error { _, err := db.Exec(c.sql); return err })
			}
			s := openTest(t, Options{Dir: dir})
			got, err := s.Check(context.Background())
			if err != nil || !strings.HasPrefix(got.Fault, c.want) || (got.Fault == "") != (c.want == "") {
				t.Fatalf("%+v %v", got, err)
			}
			if kept, err := s.Checked(context.Background()); err != nil || kept != got || got.Unix == 0 {
				t.Errorf("%+v %v", kept, err)
			}
			if trouble := s.Trouble(); (trouble == TroubleDamaged) != (c.want != "") {
				t.Error(trouble)
			}
			if list, _, err := s.Entries(context.Background(), 0, 1); err != nil || list[0].Kind != "log.checked" {
				t.Error(list, err)
			}
		})
	}
}

// It also reads archive files.
func TestCheckArchives(t *testing.T) {
	s, all := archived(t)
	if got, err := s.Check(context.Background()); err != nil || got.Fault != "" || got.Entries != s.LogState().Entries-1-768 {
		t.Fatalf("%+v %v", got, err)
	}
	damaged, err := os.ReadFile(s.archivePath(all[0].Name))
	if err != nil {
		t.Fatal(err)
	}
	damaged[5000] ^= 1
	if err := os.WriteFile(s.archivePath(all[0].Name), damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Check(context.Background()); err != nil || !strings.Contains(got.Fault, fmt.Sprint(all[0].Name)) {
		t.Fatalf("%+v %v", got, err)
	}
}
