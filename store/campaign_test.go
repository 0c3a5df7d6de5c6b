package store

import (
	"bytes"
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

func (c *campaign) flip(f folder, name string) string {
	b := bytes.Clone(f[name])
	if len(b) == 0 {
		return ""
	}
	at, bits := c.rand.IntN(len(b)), byte(1+c.rand.IntN(255))
	b[at] ^= bits
	f[name] = b
	return fmt.Sprintf("%s: byte %d ^ %#x", name, at, bits)
}

func (c *campaign) archiveOf(f folder) string {
	var names []string
	for name := range f {
		if strings.HasPrefix(name, "archive/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names[c.rand.IntN(len(names))]
}

// tampered runs SQL on the database of a folder, the triggers taken away and put
// back, its write-ahead log folded in.
func (c *campaign) tampered(f folder, name string, do func(db *sql.DB) error) error {
	if err := f.write(c.dir); err != nil {
		return err
	}
	path := filepath.Join(c.dir, filepath.FromSlash(name))
	var failed error
	tamper(fatal{&failed}, path, do)
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	f[name] = b
	if name == "log.db" {
		delete(f, "log.db-wal")
	}
	return failed
}

// fatal keeps the first failure of a helper.
type fatal struct{ err *error }

func (f fatal) Fatal(args ...any) {
	if *f.err == nil {
		*f.err = fmt.Errorf("%s", fmt.Sprint(args...))
	}
}

var campaignTables = []struct{ table, key string }{
	{"entries", "idx"}, {"entries", "idx"}, {"entry_personal", "idx"}, {"nodes", "n"}, {"checkpoints", "size"}, {"head", "id"}, {"leaves", "n"}, {"archives", "from_idx"}, {"checkpoint_chain", "id"},
}

// place picks a table and two different rows of it by their rowid or key.
func (c *campaign) place(f folder) (file, table, where string, rows []string, columns []string, err error) {
	p := campaignTables[c.rand.IntN(len(campaignTables))]
	file, table = "log.db", p.table
	if table == "entries" && c.rand.IntN(3) == 0 {
		file = c.archiveOf(f)
	}
	err = c.tampered(f, file, func(db *sql.DB) error {
		key := p.key
		switch table {
		case "entry_personal":
			key = "idx || '/' || name"
		case "nodes":
			key = "level || '/' || n"
		}
		where = key
		r, err := db.Query("SELECT " + key + " FROM " + table)
		if err != nil {
			return err
		}
		defer r.Close()
		for r.Next() {
			var k string
			if err := r.Scan(&k); err != nil {
				return err
			}
			rows = append(rows, k)
		}
		list, err := db.Query("SELECT * FROM " + table + " LIMIT 0")
		if err != nil {
			return err
		}
		defer list.Close()
		columns, err = list.Columns()
		return err
	})
	c.rand.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return file, table, where, rows, columns, err
}

// value changes one byte of one value.
func (c *campaign) value(f folder) (string, error) {
	file, table, where, rows, columns, err := c.place(f)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	column := columns[c.rand.IntN(len(columns))]
	did := ""
	err = c.tampered(f, file, func(db *sql.DB) error {
		var v any
		if err := db.QueryRow("SELECT "+column+" FROM "+table+" WHERE "+where+" = ?", rows[0]).Scan(&v); err != nil {
			return err
		}
		if v = flipped(v, c.rand.IntN(1<<20), byte(1+c.rand.IntN(255))); v == nil {
			return nil
		}
		if _, err := db.Exec("UPDATE "+table+" SET "+column+" = ? WHERE "+where+" = ?", v, rows[0]); err != nil {
			return ignoreConstraint(err)
		}
		did = fmt.Sprintf("%s: %s.%s of %s", file, table, column, rows[0])
		return nil
	})
	return did, err
}

func ignoreConstraint(err error) error {
	if err != nil && (strings.Contains(err.Error(), "constraint") || strings.Contains(err.Error(), "UNIQUE") || strings.Contains(err.Error(), "datatype")) {
		return nil
	}
	return err
}

func (c *campaign) deleteRow(f folder) (string, error) {
	file, table, where, rows, _, err := c.place(f)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return fmt.Sprintf("%s: %s %s deleted", file, table, rows[0]), c.tampered(f, file, func(db *sql.DB) error {
		_, err := db.Exec("DELETE FROM "+table+" WHERE "+where+" = ?", rows[0])
		return err
	})
}

func (c *campaign) deleteRun(f folder) (string, error) {
	file := "log.db"
	from, n := c.rand.IntN(1300), 1+c.rand.IntN(300)
	table := []string{"entries", "entries", "entry_personal", "checkpoints"}[c.rand.IntN(4)]
	key := map[string]string{"entries": "idx", "entry_personal": "idx", "checkpoints": "size"}[table]
	if table == "entries" && c.rand.IntN(3) == 0 {
		file = c.archiveOf(f)
	}
	return fmt.Sprintf("%s: %s %d to %d deleted", file, table, from, from+n), c.tampered(f, file, func(db *sql.DB) error {
		_, err := db.Exec("DELETE FROM "+table+" WHERE "+key+" >= ? AND "+key+" < ?", from, from+n)
		return err
	})
}

func (c *campaign) reorder(f folder) (string, error) {
	file := "log.db"
	if c.rand.IntN(3) == 0 {
		file = c.archiveOf(f)
	}
	did := ""
	err := c.tampered(f, file, func(db *sql.DB) error {
		var a, b int64
		if err := db.QueryRow("SELECT idx FROM entries ORDER BY random() LIMIT 1").Scan(&a); err != nil {
			return err
		}
		if err := db.QueryRow("SELECT idx FROM entries WHERE idx <> ? ORDER BY random() LIMIT 1", a).Scan(&b); err != nil {
			return err
		}
		did = fmt.Sprintf("%s: entries %d and %d exchanged", file, a, b)
		for _, step := range [][2]int64{{a, -1}, {b, a}, {-1, b}} {
			if _, err := db.Exec("UPDATE entries SET idx = ? WHERE idx = ?", step[1], step[0]); err != nil {
				return err
			}
		}
		return nil
	})
	return did, err
}

func (c *campaign) swapValue(f folder) (string, error) {
	file, table, where, rows, columns, err := c.place(f)
	if err != nil || len(rows) < 2 {
		return "", err
	}
	column := columns[c.rand.IntN(len(columns))]
	did := ""
	err = c.tampered(f, file, func(db *sql.DB) error {
		r, err := db.Exec("UPDATE "+table+" SET "+column+" = (SELECT "+column+" FROM "+table+" WHERE "+where+" = ?) WHERE "+where+" = ?", rows[0], rows[1])
		if err != nil {
			return ignoreConstraint(err)
		}
		if n, _ := r.RowsAffected(); n > 0 {
			did = fmt.Sprintf("%s: %s.%s of %s put into %s", file, table, column, rows[0], rows[1])
		}
		return nil
	})
	return did, err
}

func (c *campaign) page(f folder) (string, error) {
	const size = 4096
	name := "log.db"
	if c.rand.IntN(3) == 0 {
		name = c.archiveOf(f)
	}
	b := bytes.Clone(f[name])
	n := len(b) / size
	x, y := c.rand.IntN(n), c.rand.IntN(n)
	if c.rand.IntN(2) == 0 {
		clear(b[x*size : (x+1)*size])
		f[name] = b
		return fmt.Sprintf("%s: page %d emptied", name, x+1), nil
	}
	copy(b[x*size:(x+1)*size], f[name][y*size:(y+1)*size])
	copy(b[y*size:(y+1)*size], f[name][x*size:(x+1)*size])
	f[name] = b
	return fmt.Sprintf("%s: pages %d and %d exchanged", name, x+1, y+1), nil
}

func (c *campaign) cut(f folder) (string, error) {
	name := []string{"log.db", "log.db-wal", c.archiveOf(f)}[c.rand.IntN(3)]
	if len(f[name]) == 0 {
		return "", nil
	}
	at := c.rand.IntN(len(f[name]))
	f[name] = f[name][:at]
	return fmt.Sprintf("%s: cut at %d", name, at), nil
}

// exchange puts whole files in the place of others.
func (c *campaign) exchange(f folder) (string, error) {
	from := []folder{c.older, c.closed, c.living, c.foreign}
	names := []string{"the older", "the closed", "the living", "another PC's"}
	switch i := c.rand.IntN(len(from)); c.rand.IntN(5) {
	case 0:
		f["log.db"] = from[i]["log.db"]
		return names[i] + " database, the write-ahead log left", nil
	case 1:
		f["log.db"] = from[i]["log.db"]
		delete(f, "log.db-wal")
		return names[i] + " database alone", nil
	case 2:
		delete(f, "log.db-wal")
		if wal := from[i]["log.db-wal"]; wal != nil {
			f["log.db-wal"] = wal
		}
		return names[i] + " write-ahead log", nil
	case 3:
		a, b := c.archiveOf(f), c.archiveOf(from[i])
		f[a] = from[i][b]
		return fmt.Sprintf("%s %s as %s", names[i], b, a), nil
	default:
		clear(f)
		maps.Copy(f, from[i])
		return names[i] + " folder whole", nil
	}
}

// cutTail does what somebody with the file can do best: entries are cut off
// down to a checkpoint that was signed, with all that belongs to them.
func (c *campaign) cutTail(f folder) (string, error) {
	did := ""
	err := c.tampered(f, "log.db", func(db *sql.DB) error {
		var size int64
		if err := db.QueryRow("SELECT size FROM checkpoints WHERE size > 1024 ORDER BY random() LIMIT 1").Scan(&size); err != nil {
			return err
		}
		did = fmt.Sprintf("cut to %d entries", size)
		for _, q := range []string{"DELETE FROM entries WHERE idx >= ?", "DELETE FROM entry_personal WHERE idx >= ?", "DELETE FROM checkpoints WHERE size > ?",
			"DELETE FROM nodes WHERE level = 1 AND n >= ? / 256", "UPDATE head SET (size, note) = (SELECT size, note FROM checkpoints WHERE size = ?)"} {
			if _, err := db.Exec(q, size); err != nil {
				return err
			}
		}
		return nil
	})
	return did, err
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
