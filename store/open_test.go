package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/store/keys"
)

// spoil is one way in which a database cannot be opened.
type spoil struct {
	name   string
	kind   Kind
	advice string
	spoil  func(t *testing.T, dir string) error
}

// Every way a database cannot be opened has its kind and one line that says
// what to do.
func TestOpenErrors(t *testing.T) {
	fresh := func(t *testing.T) string {
		dir := t.TempDir()
		s, err := Open(context.Background(), Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	db := func(dir string) string { return filepath.Join(dir, logproof.FileName) }
	for _, c := range append(systemSpoils(), []spoil{
		{"held by another service", KindLocked, "stop the other BeckmanConnect service", func(t *testing.T, dir string) error {
			openTest(t, Options{Dir: dir})
			return nil
		}},
		{"held by another program", KindLocked, "holds the file", func(t *testing.T, dir string) error {
			other, err := sql.Open("sqlite3", dsn(db(dir), "_locking_mode=EXCLUSIVE"))
			if err != nil {
				return err
			}
			t.Cleanup(func() { other.Close() })
			other.SetMaxOpenConns(1)
			_, err = other.Exec("BEGIN EXCLUSIVE; UPDATE meta SET value = value")
			return err
		}},
		{"made by a newer version", KindNewer, "install the newer", func(t *testing.T, dir string) error {
			return execOn(db(dir), "PRAGMA user_version = 99")
		}},
		{"not a database", KindDamaged, "beckmanctl log verify", func(t *testing.T, dir string) error {
			return os.WriteFile(db(dir), bytes.Repeat([]byte("no log "), 2000), 0o600)
		}},
		{"another program's database", KindDamaged, "beckmanctl log verify", func(t *testing.T, dir string) error {
			return execOn(db(dir), "PRAGMA application_id = 7")
		}},
		{"a changed newest entry", KindDamaged, "restore a backup", func(t *testing.T, dir string) error {
			tamper(t, db(dir), func(db *sql.DB) error {
				_, err := db.Exec("UPDATE entries SET actor = 'nobody'")
				return err
			})
			return nil
		}},
		{"the newest checkpoint gone", KindDamaged, "restore a backup", func(t *testing.T, dir string) error {
			tamper(t, db(dir), func(db *sql.DB) error {
				_, err := db.Exec("DELETE FROM head")
				return err
			})
			return nil
		}},
		{"the whole keys folder gone", KindKeys, "restore the keys folder", func(t *testing.T, dir string) error {
			return os.Rename(filepath.Join(dir, KeysDir), filepath.Join(dir, "away"))
		}},
		{"the checkpoint key gone", KindKeys, "restore the keys folder", func(t *testing.T, dir string) error {
			return os.Remove(filepath.Join(dir, KeysDir, keys.CheckpointPrivate))
		}},
		{"the checkpoint key's public half is no key", KindKeys, "restore the keys folder", func(t *testing.T, dir string) error {
			return os.WriteFile(filepath.Join(dir, KeysDir, keys.CheckpointPublic), nil, 0o644)
		}},
		{"another log's key, without its public half", KindKeys, "restore the keys folder", func(t *testing.T, dir string) error {
			other := filepath.Join(t.TempDir(), "keys")
			if _, _, err := keys.Checkpoint(keys.Default(other), other); err != nil {
				return err
			}
			secret, err := keys.ReadSecret(keys.Default(other), other, keys.CheckpointPrivate)
			if err != nil {
				return err
			}
			own := filepath.Join(dir, KeysDir)
			return errors.Join(os.Remove(filepath.Join(own, keys.CheckpointPublic)), keys.WriteSecret(keys.Default(own), own, keys.CheckpointPrivate, secret))
		}},
	}...) {
		t.Run(c.name, func(t *testing.T) {
			dir := fresh(t)
			if err := c.spoil(t, dir); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			before := listing(t, filepath.Join(dir, KeysDir))
			s, err := Open(ctx, Options{Dir: dir, busyMS: 50})
			if err == nil {
				s.Close()
				t.Fatal("opened")
			}
			if KindOf(err) != c.kind || !strings.Contains(err.Error(), c.advice) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("kind %v: %v", KindOf(err), err)
			}
			if after := listing(t, filepath.Join(dir, KeysDir)); after != before {
				t.Fatalf("keys were touched: %s, then %s", before, after)
			}
		})
	}
}

// listing is every file of a folder with its contents.
func listing(t *testing.T, dir string) string {
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	out := ""
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out += fmt.Sprintf("%s=%x ", filepath.Base(f), b)
	}
	return out
}

func execOn(path, query string) error {
	db, err := sql.Open("sqlite3", dsn(path, ""))
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(query)
	return err
}

// A database that has seen only some migrations is brought up to date.
func TestMigration(t *testing.T) {
	dir := t.TempDir()
	if err := execOn(filepath.Join(dir, logproof.FileName),
		fmt.Sprintf("PRAGMA journal_mode = WAL; PRAGMA application_id = %d; %s; PRAGMA user_version = 1", logproof.ApplicationID, logproof.Schema)); err != nil {
		t.Fatal(err)
	}
	s := openTest(t, Options{Dir: dir})
	list, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	var version int
	if err := s.conn.QueryRowContext(context.Background(), "PRAGMA user_version").Scan(&version); err != nil || version != len(list) {
		t.Fatal(version, err)
	}
	if s.Epoch() == "" || s.LogState().Entries != 1 {
		t.Fatal("not initialised")
	}
}
