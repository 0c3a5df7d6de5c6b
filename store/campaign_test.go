package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/store/keys"
)

// changesVariable says how many random changes are tried; without it a sample.
const changesVariable = "BECKMANCONNECT_TEST_CHANGES"

// What becomes of a change.
const (
	outFound   = "found, with its place"
	outWitness = "an older state of the log, as it was signed: only the witness knows more"
	outLater   = "the same log some entries later, as it was signed"
	outNothing = "no value of any table is another: free space, slack, or the same again"
	outService = "in the service's own tables alone, which are no part of the log"
	outOpening = "in the service's own tables, found by the check at opening"
)

// folder is a data folder in memory: file name → contents.
type folder map[string][]byte

func readFolder(t *testing.T, dir string) folder {
	t.Helper()
	f := folder{}
	for _, pattern := range []string{"log.db", "log.db-wal", "archive/*.db"} {
		list, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range list {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			rel, _ := filepath.Rel(dir, path)
			f[filepath.ToSlash(rel)] = b
		}
	}
	return f
}

func (f folder) write(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, logproof.ArchiveDir), 0o700); err != nil {
		return err
	}
	for name, b := range f {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (f folder) clone() folder { return maps.Clone(f) } // contents are replaced, never written to

// campaign is what the changes are made to.
type campaign struct {
	verifiers note.Verifiers
	closed    folder // everything written back into the file
	living    folder // the same log some entries later, with a write-ahead log
	older     folder // the log as it was before
	foreign   folder // another PC's
	rand      *rand.Rand
	dir       string
}

func newCampaign(t *testing.T, seed uint64) *campaign {
	t.Helper()
	c := &campaign{rand: rand.New(rand.NewPCG(seed, seed)), dir: filepath.Join(memoryDirOf(t), "log")}
	make1 := func() (folder, folder, folder, string) {
		s, _ := archived(t)
		dir := s.opt.Dir
		update(t, s, func(tx *Tx) error { return tx.ErasePersonal("it", "asked to", 4, 1134) })
		reopen := func() *Store { return openTest(t, Options{Dir: dir}) }
		more := func(s *Store, n int) {
			for i := range n {
				update(t, s, func(tx *Tx) error {
					if err := tx.SetSetting("x", fmt.Sprint(i)); err != nil {
						return err
					}
					if err := tx.PutNotification(&Notification{Code: fmt.Sprint("c", s.LogState().Entries), Severity: Low, State: Raised, Source: "machine", Texts: []Text{{"en", "title", "advice"}}}); err != nil {
						return err
					}
					_, err := tx.Append(Entry{Kind: "a.b", Actor: "technician", Subject: fmt.Sprint(i), Personal: map[string]string{"name": "Erika"}})
					return err
				})
			}
		}
		closeStore := func(s *Store) {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		closeStore(s)
		older := readFolder(t, dir)
		s = reopen()
		more(s, 30)
		closeStore(s)
		closed := readFolder(t, dir)
		s = reopen()
		more(s, 20)
		living := readFolder(t, dir)
		return older, closed, living, dir
	}
	var dir string
	_, c.foreign, _, _ = make1()
	c.older, c.closed, c.living, dir = make1()
	var err error
	if c.verifiers, err = keys.CheckpointVerifiers(filepath.Join(dir, KeysDir)); err != nil {
		t.Fatal(err)
	}
	return c
}

// memoryDirOf is a folder in memory where there is one.
func memoryDirOf(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "beckmanconnect-campaign-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// change is one kind of change; base is the folder it starts from. It says what
// it did, "" when there was nothing to do.
type change struct {
	name string
	do   func(c *campaign, f folder) (string, error)
}

var changes = []change{
	{"a byte of the database", func(c *campaign, f folder) (string, error) { return c.flip(f, "log.db"), nil }},
	{"a byte of the database", func(c *campaign, f folder) (string, error) { return c.flip(f, "log.db"), nil }},
	{"a byte of the write-ahead log", func(c *campaign, f folder) (string, error) { return c.flip(f, "log.db-wal"), nil }},
	{"a byte of an archive file", func(c *campaign, f folder) (string, error) { return c.flip(f, c.archiveOf(f)), nil }},
	{"a byte of a value", (*campaign).value},
	{"a row deleted", (*campaign).deleteRow},
	{"a run of rows deleted", (*campaign).deleteRun},
	{"two rows reordered", (*campaign).reorder},
	{"a value put in another's place", (*campaign).swapValue},
	{"pages exchanged or emptied", (*campaign).page},
	{"a file cut", (*campaign).cut},
	{"whole files exchanged", (*campaign).exchange},
	{"a tail cut to an earlier checkpoint", (*campaign).cutTail},
}

// values is every value of the tables that the filter takes, with those of the
// archive files; an error says that they cannot be read.
func values(dir string, all bool) (string, error) {
	var out strings.Builder
	files, err := filepath.Glob(filepath.Join(dir, logproof.ArchiveDir, "*.db"))
	if err != nil {
		return "", err
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "%s %x\n", filepath.Base(f), b)
	}
	db, err := sql.Open("sqlite3", dsn(filepath.Join(dir, logproof.FileName), "mode=rw"))
	if err != nil {
		return "", err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	rows, err := db.Query("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name")
	if err != nil {
		return "", err
	}
	tables := map[string]string{}
	for rows.Next() {
		var name, text sql.NullString
		if err := rows.Scan(&name, &text); err != nil {
			return "", err
		}
		tables[name.String] = text.String
	}
	rows.Close()
	audit := []string{"entries", "entry_personal", "nodes", "checkpoints", "head", "leaves", "archives", "checkpoint_chain"}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		if !all && !slices.Contains(audit, name) {
			continue
		}
		out.WriteString(name + " " + tables[name] + "\n")
		rows, err := db.Query("SELECT * FROM \"" + name + "\"")
		if err != nil {
			return "", err
		}
		columns, err := rows.Columns()
		if err != nil {
			return "", err
		}
		for rows.Next() {
			v := make([]any, len(columns))
			for i := range v {
				v[i] = new(any)
			}
			if err := rows.Scan(v...); err != nil {
				return "", err
			}
			for i := range v {
				fmt.Fprintf(&out, "%T %v|", *v[i].(*any), *v[i].(*any))
			}
			out.WriteString("\n")
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return "", err
		}
	}
	return out.String(), nil
}

// scenario 48: random changes of every kind: of single bytes, values, rows,
// runs, pages, whole files, write-ahead logs. Each is found with its place, or
// is an older state as it was signed, which the witness finds, or changes no
// value of the log.
func TestRandomChanges(t *testing.T) {
	count := 150
	if n, err := strconv.Atoi(os.Getenv(changesVariable)); err == nil {
		count = n
	}
	c := newCampaign(t, 20260301)
	// What the two states hold, and that they hold.
	base := map[string]string{}
	whole := map[string]string{}
	newest := map[string]int64{}
	for name, f := range map[string]folder{"closed": c.closed, "living": c.living} {
		if err := f.write(c.dir); err != nil {
			t.Fatal(err)
		}
		r, err := logproof.Verify(context.Background(), logproof.Config{Path: filepath.Join(c.dir, logproof.FileName), Verifiers: c.verifiers})
		if err != nil || r.Fault != nil || r.Archived != 768 {
			t.Fatalf("%s: %+v %v", name, r, err)
		}
		newest[name] = r.Entries
		if base[name], err = values(c.dir, false); err != nil {
			t.Fatal(err)
		}
		if whole[name], err = values(c.dir, true); err != nil {
			t.Fatal(err)
		}
	}
	outcomes := map[string]map[string]int{}
	places := map[string]int{}
	for n := 0; n < count; {
		kind := changes[c.rand.IntN(len(changes))]
		name, f := "closed", c.closed.clone()
		if c.rand.IntN(2) == 0 {
			name, f = "living", c.living.clone()
		}
		did, err := kind.do(c, f)
		if err != nil {
			t.Fatalf("%s: %v", kind.name, err)
		}
		if did == "" {
			continue
		}
		n++
		out, place := c.judge(t, f, base[name], whole[name], newest[name])
		if out == "" {
			t.Errorf("NOT FOUND: %s (%s log): %s", kind.name, name, did)
			out = "NOT FOUND"
		}
		if outcomes[kind.name] == nil {
			outcomes[kind.name] = map[string]int{}
		}
		outcomes[kind.name][out]++
		if place != "" {
			places[place]++
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(outcomes)) {
		for _, out := range slices.Sorted(maps.Keys(outcomes[kind])) {
			t.Logf("%-38s %5d  %s", kind, outcomes[kind][out], out)
		}
	}
	total := map[string]int{}
	for _, m := range outcomes {
		for out, n := range m {
			total[out] += n
		}
	}
	t.Logf("%d changes: %v; places: %v", count, total, places)
	if total[outFound] < count/2 {
		t.Error("hardly anything was found: the campaign does not reach the log")
	}
}

// judge says what becomes of a changed folder.
func (c *campaign) judge(t *testing.T, f folder, base, whole string, newest int64) (out, place string) {
	t.Helper()
	if err := f.write(c.dir); err != nil {
		t.Fatal(err)
	}
	r, err := logproof.Verify(context.Background(), logproof.Config{Path: filepath.Join(c.dir, logproof.FileName), Verifiers: c.verifiers})
	if err != nil {
		t.Fatalf("neither sound nor a fault: %v", err)
	}
	if r.Fault != nil {
		if r.Fault.Table == "" || r.Fault.What == "" {
			t.Errorf("a fault without a place: %v", r.Fault)
		}
		return outFound, r.Fault.Table
	}
	if got, err := values(c.dir, false); err == nil && got == base {
		switch got, err := values(c.dir, true); {
		case err != nil:
			return outOpening, ""
		case got != whole:
			return c.serviceOnly(t), ""
		}
		return outNothing, ""
	}
	switch {
	case r.Head.Size < newest:
		return outWitness, ""
	case r.Head.Size > newest: // an earlier file with the write-ahead log that belongs to it
		return outLater, ""
	}
	return "", ""
}

// serviceOnly says whether opening would find it.
func (c *campaign) serviceOnly(t *testing.T) string {
	t.Helper()
	db, err := sql.Open("sqlite3", dsn(filepath.Join(c.dir, logproof.FileName), "mode=rw"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range serviceTables {
		var found string
		if err := db.QueryRow("PRAGMA quick_check('" + table + "')").Scan(&found); err != nil || found != "ok" {
			return outOpening
		}
	}
	return outService
}
