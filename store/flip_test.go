package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/store/keys"
)

// scenario 48: any one byte of any value in entries, nodes, checkpoints, head
// or the sealed fields, changed in place, is found, in its table and row.
func TestVerifyFindsEveryChangedByte(t *testing.T) {
	s := makeSample(t)
	dir := t.TempDir()
	columns := map[string][]string{
		"entries":        strings.Split(logproof.EntryColumns, ", "),
		"entry_personal": {"idx", "name", "sealed", "crc"},
		"nodes":          {"level", "n", "hash"},
		"checkpoints":    {"size", "note"},
		"head":           {"size", "note"},
	}
	keyOf := map[string]string{"entries": "idx", "entry_personal": "idx", "nodes": "n", "checkpoints": "size", "head": "size"}
	rapid.Check(t, func(t *rapid.T) {
		table := rapid.SampledFrom([]string{"entries", "entries", "entry_personal", "nodes", "checkpoints", "head"}).Draw(t, "table")
		column := rapid.SampledFrom(columns[table]).Draw(t, "column")
		seed := rapid.IntRange(0, 1<<20).Draw(t, "row")
		place := rapid.IntRange(0, 1<<20).Draw(t, "place")
		flip := byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		path := copyDB(t, s.path, dir)
		var key int64
		changed := false
		tamper(t, path, func(db *sql.DB) error {
			some := "" // not every entry has a field of that name
			if table == "entry_personal" {
				some = " WHERE name = 'name'"
			}
			var count int
			if err := db.QueryRow("SELECT count(*) FROM " + table + some).Scan(&count); err != nil {
				return err
			}
			var value any
			err := db.QueryRow(fmt.Sprintf("SELECT %s, %s FROM %s%s LIMIT 1 OFFSET %d", keyOf[table], column, table, some, seed%count)).Scan(&key, &value)
			if err != nil {
				return err
			}
			where := fmt.Sprintf(" WHERE %s = %d", keyOf[table], key)
			if table == "entry_personal" {
				where += " AND name = 'name'"
			}
			if value = flipped(value, place, flip); value == nil {
				return nil // an empty value has no byte
			}
			changed = true
			_, err = db.Exec("UPDATE "+table+" SET "+column+" = ?"+where, value)
			if err != nil && strings.Contains(err.Error(), "UNIQUE") {
				changed = false // another row has that number
				return nil
			}
			return err
		})
		f := s.verify(t, path).Fault
		if !changed {
			return
		}
		if f == nil {
			t.Fatalf("a changed byte in %s.%s of row %d was not found", table, column, key)
		}
		t.Log(f)
		exact := f.Table == table && (f.Index == key || f.Index == -1)
		switch {
		case exact:
		case column == keyOf[table] || column == "level": // a number changed: the gap is found at the gap
		default:
			t.Fatalf("changed %s.%s of row %d, reported as %v", table, column, key, f)
		}
	})
}

func flipped(value any, place int, flip byte) any {
	switch v := value.(type) {
	case int64:
		return v ^ int64(flip)<<(8*(place%7))
	case string:
		if v == "" {
			return nil
		}
		b := []byte(v)
		b[place%len(b)] ^= flip
		return string(b)
	case []byte:
		if len(v) == 0 {
			return nil
		}
		b := append([]byte(nil), v...)
		b[place%len(b)] ^= flip
		return b
	}
	return nil
}

// scenario 48: one byte of the file itself is flipped, anywhere. Either
// verification says where, or every value of the audit tables is still what it
// was (the byte was in free space or in a table the log does not prove).
func TestVerifyFlippedFileByte(t *testing.T) {
	s := makeSample(t)
	want, err := dump(s.path)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	found := 0
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(whole)-1).Draw(t, "offset")
		flip := byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		whole[at] ^= flip
		defer func() { whole[at] ^= flip }()
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := logproof.Verify(context.Background(), logproof.Config{Path: path, Verifiers: s.verifiers})
		if err != nil {
			t.Fatalf("offset %d: neither sound nor a fault: %v", at, err)
		}
		if r.Fault != nil {
			found++
			return
		}
		if got, err := dump(path); err != nil || got != want {
			t.Fatalf("offset %d: changed and not found (%v)", at, err)
		}
	})
	t.Logf("%d flips found, the others hit nothing the log proves", found)
}

// scenario 48, in a copy of a living database: one byte of its WAL is flipped,
// anywhere. Without a look at the WAL itself SQLite would take that for its end
// and the newest entries would be gone without a word.
func TestVerifyFlippedWALByte(t *testing.T) {
	s := openTest(t, Options{})
	for range 20 {
		update(t, s, func(tx *Tx) error {
			_, err := tx.Append(Entry{Kind: "a.b", Actor: "system", Fields: map[string]string{"x": "y"}})
			return err
		})
	}
	verifiers, err := keys.CheckpointVerifiers(filepath.Join(s.opt.Dir, KeysDir))
	if err != nil {
		t.Fatal(err)
	}
	path := copyDB(t, s.Path(), t.TempDir())
	wal, err := os.ReadFile(s.Path() + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	verify := func(t interface{ Fatal(...any) }) logproof.Report {
		if err := os.WriteFile(path+"-wal", wal, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := logproof.Verify(context.Background(), logproof.Config{Path: path, Verifiers: verifiers})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := verify(t); r.Fault != nil || r.Entries != 21 {
		t.Fatal(r.Entries, r.Fault)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(wal)-1).Draw(t, "offset")
		if rapid.Bool().Draw(t, "header") {
			at %= 64
		}
		flip := byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		wal[at] ^= flip
		defer func() { wal[at] ^= flip }()
		if r := verify(t); r.Fault == nil && r.Entries != 21 {
			t.Fatalf("offset %d: entries are gone and nothing is said", at)
		} else if r.Fault == nil {
			t.Fatalf("offset %d: not found", at)
		}
	})
	if _, err := os.Stat(path + "-shm"); err == nil {
		t.Fatal("verification wrote beside the copy")
	}
}

// dump is every value of the audit tables with its type.
func dump(path string) (string, error) {
	db, err := sql.Open("sqlite3", dsn(path, "mode=ro&immutable=1"))
	if err != nil {
		return "", err
	}
	defer db.Close()
	var out strings.Builder
	for _, q := range []string{
		"SELECT " + "quote(idx)||quote(v)||quote(wall)||quote(mono)||quote(boot)||quote(kind)||quote(actor)||quote(subject)||quote(fields)||quote(personal)||quote(hash) FROM entries ORDER BY idx",
		"SELECT quote(idx)||quote(name)||quote(sealed)||quote(crc) FROM entry_personal ORDER BY idx, name",
		"SELECT quote(level)||quote(n)||quote(hash) FROM nodes ORDER BY level, n",
		"SELECT quote(size)||quote(note) FROM checkpoints ORDER BY size",
		"SELECT quote(id)||quote(size)||quote(note) FROM head",
	} {
		rows, err := db.Query(q)
		if err != nil {
			return "", err
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				rows.Close()
				return "", err
			}
			out.WriteString(line + "\n")
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return "", err
		}
	}
	return out.String(), nil
}
