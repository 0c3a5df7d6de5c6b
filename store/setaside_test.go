package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	sqlite3 "github.com/mattn/go-sqlite3"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/store/keys"
)

// asideDir makes a closed data folder with some entries and gives its newest
// checkpoint.
func asideDir(t *testing.T) (string, logproof.Checkpoint) {
	t.Helper()
	dir := t.TempDir()
	s, err := Open(context.Background(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 400 {
		update(t, s, func(tx *Tx) error {
			_, err := tx.Append(Entry{Kind: "a.b", Actor: "system", Fields: map[string]string{"n": fmt.Sprint(i), "long": string(bytes.Repeat([]byte("x"), 20*(i%40)))}, Personal: map[string]string{"name": "Erika"}})
			return err
		})
	}
	update(t, s, func(tx *Tx) error { return tx.SetSetting("registration", "Anna") })
	c, err := logproof.ReadCheckpoint(s.Checkpoint())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, c
}

// A log that is damaged, or whose keys are lost or wrong, is set aside whole,
// and the new one's first entries name it. Its rest can be read. What is a
// matter of rights, locks or versions moves nothing.
func TestSetAside(t *testing.T) {
	db := func(dir string) string { return filepath.Join(dir, logproof.FileName) }
	for _, c := range []struct {
		name    string
		why     string // "": refused
		entries bool   // the newest checkpoint could be read
		read    int64  // entries read out of it, -1: nearly all
		spoil   func(t *testing.T, dir string) error
	}{
		{"the master key gone", "keys", true, 401, func(t *testing.T, dir string) error {
			return os.Remove(filepath.Join(dir, KeysDir, keys.MasterFile))
		}},
		{"the keys folder gone", "keys", true, 401, func(t *testing.T, dir string) error {
			return os.RemoveAll(filepath.Join(dir, KeysDir))
		}},
		{"another checkpoint key", "keys", true, 401, func(t *testing.T, dir string) error {
			for _, name := range []string{keys.CheckpointPrivate, keys.CheckpointPublic} {
				if err := os.Remove(filepath.Join(dir, KeysDir, name)); err != nil {
					return err
				}
			}
			_, _, err := keys.Checkpoint(keys.Default(filepath.Join(dir, KeysDir)), filepath.Join(dir, KeysDir))
			return err
		}},
		{"not a database", "damaged", false, 0, func(t *testing.T, dir string) error {
			return os.WriteFile(db(dir), bytes.Repeat([]byte("no log "), 2000), 0o600)
		}},
		{"another program's database", "damaged", true, 401, func(t *testing.T, dir string) error {
			return execOn(db(dir), "PRAGMA application_id = 7")
		}},
		{"a changed newest entry", "damaged", true, 400, func(t *testing.T, dir string) error {
			tamper(t, db(dir), func(db *sql.DB) error {
				_, err := db.Exec("UPDATE entries SET actor = 'x' WHERE idx = 400")
				return err
			})
			return nil
		}},
		{"the newest checkpoint gone", "damaged", true, 401, func(t *testing.T, dir string) error {
			tamper(t, db(dir), func(db *sql.DB) error { _, err := db.Exec("DELETE FROM head"); return err })
			return nil
		}},
		{"the list of checkpoints emptied", "damaged", true, 401, func(t *testing.T, dir string) error {
			tamper(t, db(dir), func(db *sql.DB) error {
				_, err := db.Exec("UPDATE checkpoint_chain SET count = 0, note = x''")
				return err
			})
			return nil
		}},
		{"the name gone", "damaged", true, 401, func(t *testing.T, dir string) error { return execOn(db(dir), "DELETE FROM meta") }},
		{"a table gone", "damaged", true, 401, func(t *testing.T, dir string) error { return execOn(db(dir), "DROP TABLE settings") }},
		{"deleted", "damaged", false, 0, func(t *testing.T, dir string) error { return os.Remove(db(dir)) }},
		{"emptied", "damaged", false, 0, func(t *testing.T, dir string) error { return os.Truncate(db(dir), 0) }},
		{"its first page overwritten", "damaged", false, 401, func(t *testing.T, dir string) error {
			f, err := os.OpenFile(db(dir), os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.Write(make([]byte, 4096))
			return err
		}},
		{"its end cut", "damaged", true, -1, func(t *testing.T, dir string) error {
			info, err := os.Stat(db(dir))
			if err != nil {
				return err
			}
			return os.Truncate(db(dir), info.Size()/8192*4096)
		}},
		{"a newer version's", "", false, 0, func(t *testing.T, dir string) error { return execOn(db(dir), "PRAGMA user_version = 99") }},
		{"held by another", "", false, 0, func(t *testing.T, dir string) error { openTest(t, Options{Dir: dir}); return nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, old := asideDir(t)
			deviceKey := filepath.Join(dir, KeysDir, "device.key")
			if err := os.WriteFile(deviceKey, []byte("identity"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := c.spoil(t, dir); err != nil {
				t.Fatal(err)
			}
			s, err := Open(context.Background(), Options{Dir: dir, SetAside: true, busyMS: 50})
			if c.why == "" {
				if _, e := os.Stat(filepath.Join(dir, logproof.AsideDir)); err == nil || !os.IsNotExist(e) {
					t.Fatal(err, e)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			list, _, err := s.Entries(context.Background(), 2, 2)
			if err != nil || len(list) != 2 || list[1].Kind != "log.started" || list[0].Kind != "log.set-aside" {
				t.Fatalf("%+v %v", list, err)
			}
			started, aside := list[1].Fields, list[0].Fields
			if started["follows_reason"] != c.why || aside["reason"] != c.why || started["follows_folder"] != list[0].Subject {
				t.Errorf("%v %v", started, aside)
			}
			if root := hex.EncodeToString(old.Root[:]); c.entries && c.read >= 0 && (started["follows_origin"] != old.Origin || started["follows_root"] != root || aside["entries"] != fmt.Sprint(old.Size)) {
				t.Errorf("%v, not %+v", started, old)
			}
			if s.signer.Name() == old.Origin || s.LogState().Entries != 2 {
				t.Error("the old log goes on:", s.LogState().Entries)
			}
			if _, ok, err := s.Setting(context.Background(), "registration"); ok || err != nil {
				t.Error("a setting was taken over", err)
			}
			if err := s.Salvage(context.Background()); err != nil {
				t.Fatal(err)
			}
			asides, err := s.SetAsides(context.Background())
			if err != nil || len(asides) != 1 || asides[0].Salvaged == nil || !asides[0].Moved {
				t.Fatalf("%+v %v", asides, err)
			}
			if got := asides[0].Salvaged; c.read >= 0 && got.Read != c.read || c.read < 0 && (got.Read < 20 || got.Read > 400) {
				t.Errorf("%+v", got)
			}
			if _, err := os.Stat(deviceKey); (err == nil) != (c.why == "damaged") {
				t.Error("the device's identity:", err)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "set-aside.json")); len(left) > 0 {
				t.Error(left)
			}
			if f := verifyLive(t, s).Fault; f != nil {
				t.Error(f)
			}
		})
	}
}

// Damage that SQLite reports while it runs is told once; the next opening finds
// out whether it is so.
func TestDamageWhileRunning(t *testing.T) {
	dir, _ := asideDir(t)
	told := make(chan error, 10)
	open := func() *Store {
		s, err := Open(context.Background(), Options{Dir: dir, SetAside: true, OnDamaged: func(err error) { told <- err }})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	for range 2 {
		s.turn <- struct{}{}
		_ = s.note(sqlite3.Error{Code: sqlite3.ErrCorrupt})
		<-s.turn
	}
	if err := s.Close(); err != nil || len(told) != 1 || s.Writable() {
		t.Fatal(err, len(told))
	}
	// Nothing is found: the log goes on, until it is said too often.
	for n := range damageLimit - 1 {
		if s = open(); s.LogState().Entries != 401 {
			t.Fatal(n, "set aside without a reason")
		}
		s.turn <- struct{}{}
		_ = s.note(sqlite3.Error{Code: sqlite3.ErrCorrupt})
		<-s.turn
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s = open()
	defer s.Close()
	if asides, err := s.SetAsides(context.Background()); err != nil || len(asides) != 1 || s.LogState().Entries != 2 {
		t.Fatalf("%+v %v", asides, err)
	}
}
