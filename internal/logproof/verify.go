package logproof

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	sqlite3 "github.com/mattn/go-sqlite3"
	"golang.org/x/mod/sumdb/tlog"
)

// progressEvery is how many entries lie between two looks at the context.
const progressEvery = 1 << 14

// Verify checks a whole log offline: that its tables are those of a log,
// that entries are numbered without gaps, that each is what its hash was made
// over, that every stored hash of the tree follows from them, that checkpoints
// are signed by a known key over exactly this log, and that personal fields
// are there undamaged or erased on record.
//
// The error says that it could not be checked at all; a log that does not hold
// is a Report with a Fault, the first one found.
//
// What nothing local can show: a tail cut off together with its checkpoints,
// or a whole older copy. For these the witness has the newer checkpoint.
func Verify(ctx context.Context, cfg Config) (Report, error) {
	before, err := walDamage(cfg.Path)
	if err != nil {
		return Report{}, err
	}
	report, err := verify(ctx, cfg)
	if before < 0 || err != nil {
		return report, err
	}
	// Seen beside a living service a frame can be half written; damage stays.
	if after, err := walDamage(cfg.Path); err != nil || after != before {
		return report, err
	}
	report.Fault = faultf("write-ahead log", before, FaultUnreadable,
		"this frame is damaged and what was committed with or after it cannot be read (after a power cut: start the service and verify again)")
	return report, nil
}

func verify(ctx context.Context, cfg Config) (Report, error) {
	r, err := OpenReader(cfg.Path)
	if err != nil {
		if f := unreadable("database", -1, err); f != nil {
			return Report{Fault: f}, nil
		}
		return Report{}, err
	}
	defer r.Close()
	v := &verification{cfg: cfg, r: r, expected: expectations(cfg.Expected), missing: map[int64]string{}, records: map[string]archiveRecord{}}
	err = v.run(ctx)
	var f *Fault
	if errors.As(err, &f) {
		v.report.Fault = f
		return v.report, nil
	}
	return v.report, err
}

// unreadable makes a fault of SQLite's complaint about the file's contents.
func unreadable(table string, index int64, err error) *Fault {
	var se sqlite3.Error
	if !errors.As(err, &se) || os.IsPermission(err) {
		return nil
	}
	switch se.Code {
	case sqlite3.ErrCantOpen, sqlite3.ErrPerm, sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrNomem, sqlite3.ErrInterrupt, sqlite3.ErrAuth:
		return nil
	}
	return faultf(table, index, FaultUnreadable, "SQLite: %v", err)
}

type verification struct {
	cfg    Config
	r      *Reader
	report Report

	expected    []Expected // not come by yet
	tree        Tree
	nodes       map[int]*cursor // stored nodes by level
	checkpoints *cursor
	chain       Chain
	atPoint     bool // checkpoints stands on a row not yet checked
	personal    *cursor
	atPersonal  bool

	missing map[int64]string         // personal fields that are not there, first of each entry
	erased  Erasures                 // entries whose personal fields may be missing
	records map[string]archiveRecord // entries that put an archive on record, by their first entry
	boot    string
	scratch []byte
}

func (v *verification) run(ctx context.Context) error {
	if err := v.schema(); err != nil {
		return err
	}
	if err := v.structure(); err != nil {
		return err
	}
	return v.contents(ctx)
}

// schema holds the audit tables and their triggers against Schema: a log whose
// triggers were taken away is not append-only any more.
func (v *verification) schema() error {
	id, err := v.r.number("PRAGMA application_id")
	if err != nil {
		return v.fault("database", -1, err)
	}
	if id != ApplicationID {
		return faultf("database", -1, FaultSchema, "the file is no BeckmanConnect log")
	}
	have, err := objects(v.r)
	if err != nil {
		return v.fault("sqlite_schema", -1, err)
	}
	version, err := v.r.number("PRAGMA user_version")
	if err != nil {
		return v.fault("database", -1, err)
	}
	want, err := expectedObjects(version)
	if err != nil {
		return err
	}
	for name, sql := range want {
		switch got, ok := have[name]; {
		case !ok:
			return faultf("sqlite_schema", -1, FaultSchema, "%s is missing", name)
		case got != sql:
			return faultf("sqlite_schema", -1, FaultSchema, "%s was changed", name)
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok {
			return faultf("sqlite_schema", -1, FaultSchema, "%s does not belong here", name)
		}
	}
	return nil
}

// structure has SQLite check the audit tables' own pages.
func (v *verification) structure() error {
	version, err := v.r.number("PRAGMA user_version")
	if err != nil {
		return v.fault("database", -1, err)
	}
	for _, t := range auditTables {
		table := t.name
		if t.since > version {
			continue
		}
		c, err := v.r.query("PRAGMA quick_check('" + table + "')")
		if err != nil {
			return v.fault(table, -1, err)
		}
		var said string
		if c.next() {
			said, _ = c.row[0].(string)
		}
		err = c.failed()
		c.close()
		if err != nil {
			return v.fault(table, -1, err)
		}
		if said != "ok" {
			return faultf(table, -1, FaultUnreadable, "SQLite: %s", said)
		}
	}
	return nil
}

func (v *verification) fault(table string, index int64, err error) error {
	if f := unreadable(table, index, err); f != nil {
		return f
	}
	return fmt.Errorf("read %s: %w", table, err)
}

// contents walks the entries once, with the other tables walked beside them.
func (v *verification) contents(ctx context.Context) error {
	total, err := v.r.Size()
	if err != nil {
		return v.fault("entries", -1, err)
	}
	if err := v.openBeside(); err != nil {
		return err
	}
	defer v.closeBeside()
	live, err := v.archives(ctx, total)
	if err != nil {
		return err
	}
	if err := v.leftovers(live); err != nil {
		return err
	}
	c, err := v.r.query("SELECT "+EntryColumns+" FROM entries WHERE idx >= ? ORDER BY idx", live)
	if err != nil {
		return v.fault("entries", -1, err)
	}
	defer c.close()
	if err := v.rows(ctx, c, "entries", total, nil); err != nil {
		return err
	}
	v.progress(v.tree.Size(), total)
	return v.finish()
}

// rows checks the entries of one file, each against the leaf that is stored of
// it where there is one.
func (v *verification) rows(ctx context.Context, c *cursor, table string, total int64, leaf func() (tlog.Hash, error)) (err error) {
	var e Entry
	for c.next() {
		n := v.tree.Size()
		if n%progressEvery == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			v.progress(n, total)
		}
		if err := decodeRow(&e, c.row); err != nil {
			return faultf(table, n, FaultChanged, "%v", err)
		}
		if leaf != nil {
			switch want, err := leaf(); {
			case err != nil:
				return err
			case want != e.Hash:
				return faultf(table, n, FaultChanged, "the entry is not the one that was archived")
			}
		}
		if v.scratch, err = v.entry(table, n, &e, v.scratch); err != nil {
			return err
		}
		if v.report.First.IsZero() {
			v.report.First = time.Unix(0, e.Wall)
		} else if e.Wall < v.report.Last.UnixNano() {
			v.report.TimeJumps++
		}
		if e.Boot != v.boot {
			v.boot = e.Boot
			v.report.Boots++
		}
		v.report.Last = time.Unix(0, e.Wall)
		v.report.Entries = n + 1
	}
	if err := c.failed(); err != nil {
		return v.fault(table, v.tree.Size(), err)
	}
	return nil
}

func (v *verification) progress(done, total int64) {
	if v.cfg.Progress != nil {
		v.cfg.Progress(done, total)
	}
}

// entry checks the n-th row and what becomes due with it.
func (v *verification) entry(table string, n int64, e *Entry, scratch []byte) ([]byte, error) {
	if e.Index != n {
		return scratch, faultf(table, n, FaultGap, "the next entry is number %d", e.Index)
	}
	if e.Version != LeafVersion {
		return scratch, faultf(table, n, FaultChanged, "leaf version %d is not known to this program", e.Version)
	}
	var hash tlog.Hash
	hash, scratch = LeafHash(scratch, e)
	if hash != e.Hash {
		return scratch, faultf(table, n, FaultChanged, "the entry is not what its hash was made over")
	}
	if err := v.fields(e); err != nil {
		return scratch, err
	}
	return scratch, v.grow(hash)
}

// grow adds a leaf and checks what becomes due with it.
func (v *verification) grow(hash tlog.Hash) error {
	v.tree.Add(hash)
	for _, node := range v.tree.TakeNodes() {
		if err := v.node(node); err != nil {
			return err
		}
	}
	return v.checkpointsUpTo(v.tree.Size())
}

// fields checks the form of the fields and the personal rows of an entry.
func (v *verification) fields(e *Entry) error {
	if err := CheckFields(e.Fields); err != nil {
		return faultf("entries", e.Index, FaultChanged, "fields: %v", err)
	}
	commitments, err := DecodeCommitments(e.Personal)
	if err != nil {
		return faultf("entries", e.Index, FaultChanged, "%v", err)
	}
	for _, c := range commitments {
		if err := v.personalField(e, c); err != nil {
			return err
		}
	}
	switch e.Kind {
	case KindErased:
		v.erased.Add(e)
	case "log.archived":
		return v.record(e)
	}
	return nil
}
