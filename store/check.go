package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/logproof"
)

const (
	settingCheck = "log.checked"
	// checkRows is how many entries are read at a time: no read lasts long
	// enough to hold up the write-ahead log.
	checkRows = 1024
	// checkIdle is how many times as long as it worked the check rests, so that
	// it takes a fifth of one processor at most.
	checkIdle = 4
)

// Check is how the last check of the whole database ended.
type Check struct {
	Unix    int64  `json:"unix"`            // when it ended; 0: never
	Entries int64  `json:"entries"`         // that were read
	Fault   string `json:"fault,omitempty"` // the first thing that does not hold
}

// Checked gives the last check of the whole database.
func (s *Store) Checked(ctx context.Context) (c Check, err error) {
	text, ok, err := s.Setting(ctx, settingCheck)
	if err != nil || !ok {
		return c, err
	}
	return c, json.Unmarshal([]byte(text), &c)
}

// Check reads the whole database beside the running log: each table's pages,
// every entry against its leaf, the tree against the checkpoint, sealed fields
// and archive files against their sums. It takes its time. What it finds is on
// record; the error is about the check itself.
func (s *Store) Check(ctx context.Context) (Check, error) {
	select {
	case s.care <- struct{}{}:
		defer func() { <-s.care }()
	case <-ctx.Done():
		return Check{}, ctx.Err()
	}
	w := &checker{s: s, ctx: ctx, state: s.LogState(), began: time.Now()}
	err := w.run()
	var fault *logproof.Fault
	switch {
	case err == nil:
	case errors.As(err, &fault):
		err = nil
	case sqliteDamage(err):
		fault, err = &logproof.Fault{Table: "database", Index: -1, What: logproof.FaultUnreadable, Text: oneLine(err)}, nil
	}
	if err != nil {
		return Check{}, wrap("check", err)
	}
	c := Check{Unix: s.opt.Now().Unix(), Entries: w.entries}
	fields := map[string]string{"result": "holds", "entries": strconv.FormatInt(c.Entries, 10)}
	if fault != nil {
		c.Fault = oneLine(fault)
		fields["result"], fields["fault"] = "fault", c.Fault
		s.log.Error("the check of the whole log found a fault", "fault", c.Fault)
	}
	text, err := json.Marshal(c)
	if err != nil {
		return Check{}, err
	}
	if err := s.Update(ctx, func(tx *Tx) error {
		if _, err := tx.Append(Entry{Kind: "log.checked", Actor: "system", Fields: fields}); err != nil {
			return err
		}
		return tx.SetSetting(settingCheck, string(text))
	}); err != nil {
		return Check{}, err
	}
	s.fault.Store(&c.Fault)
	return c, nil
}

// checker is one check under way.
type checker struct {
	s       *Store
	ctx     context.Context
	state   LogState // what is checked: what comes later is the next check's
	entries int64
	began   time.Time
	scratch []byte
	tree    *logproof.Tree
}

// rest keeps the check below its share of a processor.
func (w *checker) rest() error {
	idle := checkIdle * time.Since(w.began)
	select {
	case <-w.ctx.Done():
		return w.ctx.Err()
	case <-time.After(min(idle, time.Minute)):
	}
	w.began = time.Now()
	return nil
}

func (w *checker) run() error {
	tables, err := w.tables()
	if err != nil {
		return err
	}
	for _, table := range tables {
		var found string
		if err := w.s.read.QueryRowContext(w.ctx, "PRAGMA quick_check('"+strings.ReplaceAll(table, "'", "''")+"')").Scan(&found); err != nil {
			return err
		}
		if found != "ok" {
			return &logproof.Fault{Table: table, Index: -1, What: logproof.FaultUnreadable, Text: "SQLite: " + found}
		}
		if err := w.rest(); err != nil {
			return err
		}
	}
	if err := w.archives(); err != nil {
		return err
	}
	for w.tree.Size() < w.state.Entries {
		if err := w.stretch(min(w.state.Entries, w.tree.Size()+checkRows)); err != nil {
			return err
		}
		if err := w.rest(); err != nil {
			return err
		}
	}
	if w.tree.Root() != w.state.Root {
		return &logproof.Fault{Table: "head", Index: w.state.Entries, What: logproof.FaultRoot, Text: "it was signed over other entries than these"}
	}
	return nil
}

func (w *checker) tables() (list []string, err error) {
	rows, err := w.s.read.QueryContext(w.ctx, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		list = append(list, name)
	}
	return list, rows.Err()
}

// archives checks the files that are here, and begins the tree where the live
// entries do.
func (w *checker) archives() error {
	list, err := w.s.Archives(w.ctx)
	if err != nil {
		return err
	}
	live := int64(0)
	for _, a := range list {
		live = a.To
		if !a.Here {
			continue
		}
		if err := logproof.SameFile(w.s.archivePath(a.Name), a.SHA256); err != nil {
			return &logproof.Fault{Table: filepath.Base(a.Name), Index: -1, What: logproof.FaultArchive, Text: err.Error()}
		}
		if err := w.rest(); err != nil {
			return err
		}
	}
	r, err := logproof.OpenReader(w.s.path)
	if err != nil {
		return err
	}
	defer r.Close()
	if w.tree, err = logproof.RestoreTree(live, r.Stored); err != nil {
		return &logproof.Fault{Table: "nodes", Index: -1, What: logproof.FaultNode, Text: err.Error()}
	}
	return nil
}

// stretch reads the entries up to a number, with what is stored beside them.
func (w *checker) stretch(to int64) error {
	rows, err := w.s.read.QueryContext(w.ctx, "SELECT "+logproof.EntryColumns+" FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx", w.tree.Size(), to)
	if err != nil {
		return err
	}
	defer rows.Close()
	from := w.tree.Size()
	for rows.Next() {
		n := w.tree.Size()
		e, err := logproof.ScanEntry(rows)
		if err != nil {
			return &logproof.Fault{Table: "entries", Index: n, What: logproof.FaultChanged, Text: err.Error()}
		}
		var h tlog.Hash
		if h, w.scratch = logproof.LeafHash(w.scratch, e); e.Index != n || h != e.Hash {
			return &logproof.Fault{Table: "entries", Index: n, What: logproof.FaultChanged, Text: "the entry is not what its hash was made over"}
		}
		w.tree.Add(h)
		w.entries++
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if n := w.tree.Size(); n < to {
		return &logproof.Fault{Table: "entries", Index: n, What: logproof.FaultGap, Text: "the entry is missing"}
	}
	if err := w.nodes(); err != nil {
		return err
	}
	return w.sealed(from, to)
}

func (w *checker) nodes() error {
	for _, n := range w.tree.TakeNodes() {
		var b []byte
		err := w.s.read.QueryRowContext(w.ctx, "SELECT hash FROM nodes WHERE level = ? AND n = ?", n.Level, n.N).Scan(&b)
		if err != nil && KindOf(wrap("check", err)) != KindOther {
			return err
		}
		if string(b) != string(n.Hash[:]) {
			return &logproof.Fault{Table: "nodes", Index: n.N, Level: n.Level, What: logproof.FaultNode, Text: fmt.Sprintf("it does not follow from the entries (%v)", err)}
		}
	}
	return nil
}

func (w *checker) sealed(from, to int64) error {
	rows, err := w.s.read.QueryContext(w.ctx, "SELECT idx, sealed, crc FROM entry_personal WHERE idx >= ? AND idx < ?", from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var idx, crc int64
		var b []byte
		if err := rows.Scan(&idx, &b, &crc); err != nil {
			return err
		}
		if logproof.SealedSum(b) != crc {
			return &logproof.Fault{Table: "entry_personal", Index: idx, What: logproof.FaultSealed, Text: "a sealed field is damaged"}
		}
	}
	return rows.Err()
}
