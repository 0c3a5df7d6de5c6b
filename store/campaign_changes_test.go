package store

import (
	"bytes"
	"database/sql"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

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
