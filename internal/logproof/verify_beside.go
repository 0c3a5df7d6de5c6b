package logproof

import (
	"fmt"
	"maps"
	"slices"

	sqlite3 "github.com/mattn/go-sqlite3"
	"golang.org/x/mod/sumdb/tlog"
)

// openBeside starts the walks beside the entries.
func (v *verification) openBeside() (err error) {
	if v.checkpoints, err = v.r.query("SELECT size, note FROM checkpoints ORDER BY size"); err != nil {
		return v.fault("checkpoints", -1, err)
	}
	v.atPoint = v.checkpoints.next()
	if v.personal, err = v.r.query("SELECT idx, name, sealed, crc FROM entry_personal ORDER BY idx, name"); err != nil {
		return v.fault("entry_personal", -1, err)
	}
	v.atPersonal = v.personal.next()
	v.nodes = map[int]*cursor{}
	return nil
}

func (v *verification) closeBeside() {
	for _, c := range v.nodes {
		c.close()
	}
	for _, c := range []*cursor{v.checkpoints, v.personal} {
		if c != nil {
			c.close()
		}
	}
}

// node holds a complete subtree's root against the stored one.
func (v *verification) node(want Node) (err error) {
	c := v.nodes[want.Level]
	if c == nil {
		if c, err = v.r.query("SELECT n, hash FROM nodes WHERE level = ? ORDER BY n", int64(want.Level)); err != nil {
			return v.fault("nodes", -1, err)
		}
		v.nodes[want.Level] = c
	}
	bad := func(format string, args ...any) error {
		f := faultf("nodes", want.N, FaultNode, format, args...)
		f.Level = want.Level
		return f
	}
	if !c.next() {
		if err := c.failed(); err != nil {
			return v.fault("nodes", want.N, err)
		}
		return bad("it is missing")
	}
	n, ok := c.row[0].(int64)
	if !ok || n != want.N {
		return bad("the next one is number %v", c.row[0])
	}
	if hash, ok := c.row[1].([]byte); !ok || len(hash) != tlog.HashSize || tlog.Hash(hash) != want.Hash {
		first := want.N << (NodeHeight * want.Level)
		return bad("it does not follow from entries %d to %d", first, first+1<<(NodeHeight*want.Level)-1)
	}
	return nil
}

// checkpointsUpTo checks the kept checkpoints of up to size entries.
func (v *verification) checkpointsUpTo(size int64) error {
	if err := v.witnessed(size); err != nil {
		return err
	}
	for v.atPoint {
		at, ok := v.checkpoints.row[0].(int64)
		if !ok {
			return faultf("checkpoints", -1, FaultUnreadable, "a size is no number")
		}
		if at > size {
			return nil
		}
		if at != size {
			return faultf("checkpoints", at, FaultRoot, "no log has that size at this place")
		}
		if _, err := v.checkpoint("checkpoints", at, v.checkpoints.row[1]); err != nil {
			return err
		}
		v.chain = v.chain.Add(at, v.checkpoints.row[1].([]byte))
		v.report.Checkpoints++
		v.atPoint = v.checkpoints.next()
	}
	if err := v.checkpoints.failed(); err != nil {
		return v.fault("checkpoints", -1, err)
	}
	return nil
}

// checkpoint checks one signed checkpoint against the tree as it is now.
func (v *verification) checkpoint(table string, at int64, value any) (Checkpoint, error) {
	msg, ok := value.([]byte)
	if !ok {
		return Checkpoint{}, faultf(table, at, FaultSignature, "the note is no blob")
	}
	c, err := OpenCheckpoint(msg, v.cfg.Verifiers)
	if err != nil {
		return Checkpoint{}, faultf(table, at, FaultSignature, "%v", err)
	}
	if c.Size != at {
		return Checkpoint{}, faultf(table, at, FaultRoot, "the note was signed for %d entries", c.Size)
	}
	if c.Size != v.tree.Size() || c.Root != v.tree.Root() {
		return Checkpoint{}, faultf(table, at, FaultRoot, "it was signed over other entries than these")
	}
	return c, nil
}

// personalField finds the sealed value of a commitment.
func (v *verification) personalField(e *Entry, c NamedCommitment) error {
	idx, name, err := v.personalAt()
	if err != nil {
		return err
	}
	if v.atPersonal && (idx < e.Index || idx == e.Index && name < c.Name) {
		return faultf("entry_personal", idx, FaultSealed, "no entry has a personal field %q there", name)
	}
	if !v.atPersonal || idx != e.Index || name != c.Name {
		if _, ok := v.missing[e.Index]; !ok {
			v.missing[e.Index] = c.Name
		}
		return nil
	}
	sealed, ok := v.personal.row[2].([]byte)
	if crc, isNumber := v.personal.row[3].(int64); !ok || !isNumber || crc != SealedSum(sealed) {
		return faultf("entry_personal", idx, FaultSealed, "the sealed field %q is damaged", name)
	}
	if v.cfg.Personal != nil {
		if err := v.cfg.Personal(e, c, sealed); err != nil {
			return faultf("entry_personal", idx, FaultSealed, "field %q: %v", name, err)
		}
	}
	v.report.Personal++
	v.atPersonal = v.personal.next()
	return nil
}

// personalAt is where the walk over personal fields stands.
func (v *verification) personalAt() (idx int64, name string, err error) {
	if !v.atPersonal {
		if err := v.personal.failed(); err != nil {
			return 0, "", v.fault("entry_personal", -1, err)
		}
		return 0, "", nil
	}
	idx, ok := v.personal.row[0].(int64)
	name, isText := v.personal.row[1].(string)
	if !ok || !isText {
		return 0, "", faultf("entry_personal", -1, FaultUnreadable, "a row holds other types than were written")
	}
	return idx, name, nil
}

// finish checks what must hold once all entries were seen.
func (v *verification) finish() error {
	size := v.tree.Size()
	if err := v.head(size); err != nil {
		return err
	}
	if err := v.shorter(size); err != nil {
		return err
	}
	if v.atPoint {
		at, _ := v.checkpoints.row[0].(int64)
		return faultf("checkpoints", at, FaultCut, "the log ends at %d entries", size)
	}
	if err := v.chainEnd(); err != nil {
		return err
	}
	if err := v.extraNodes(size); err != nil {
		return err
	}
	idx, name, err := v.personalAt()
	if err != nil {
		return err
	}
	if v.atPersonal {
		return faultf("entry_personal", idx, FaultSealed, "no entry has a personal field %q there", name)
	}
	first := int64(-1)
	for idx := range v.missing {
		if v.erased.Has(idx) || v.awayAfter(idx) {
			v.report.Erased++
		} else if first < 0 || idx < first {
			first = idx
		}
	}
	if first >= 0 {
		return faultf("entry_personal", first, FaultSealed, "field %q is gone and no erasure is on record", v.missing[first])
	}
	return v.onRecord()
}

// head checks the newest checkpoint: it must cover exactly what is there.
func (v *verification) head(size int64) error {
	c, err := v.r.query("SELECT id, size, note FROM head")
	if err != nil {
		return v.fault("head", -1, err)
	}
	defer c.close()
	if !c.next() {
		if err := c.failed(); err != nil {
			return v.fault("head", -1, err)
		}
		return faultf("head", -1, FaultSignature, "the newest checkpoint is missing")
	}
	at, ok := c.row[1].(int64)
	if id, isNumber := c.row[0].(int64); !ok || !isNumber || id != 1 {
		return faultf("head", -1, FaultUnreadable, "the row is not as it was written")
	}
	msg, _ := c.row[2].([]byte)
	signed, err := OpenCheckpoint(msg, v.cfg.Verifiers)
	switch {
	case err != nil:
		return faultf("head", at, FaultSignature, "%v", err)
	case signed.Size != at:
		return faultf("head", at, FaultRoot, "the note was signed for %d entries", signed.Size)
	case at > size:
		return faultf("entries", size, FaultCut, "the log ends here; its checkpoint covers %d entries", at)
	case at < size:
		return faultf("entries", at, FaultUncovered, "entries from here on are covered by no checkpoint")
	}
	if v.report.Head, err = v.checkpoint("head", at, c.row[2]); err != nil {
		return err
	}
	if c.next() {
		return faultf("head", -1, FaultUnreadable, "there is more than one newest checkpoint")
	}
	return nil
}

// extraNodes looks for stored hashes that no entries stand behind.
func (v *verification) extraNodes(size int64) error {
	c, err := v.r.query("SELECT level, count(*) FROM nodes GROUP BY level")
	if err != nil {
		return v.fault("nodes", -1, err)
	}
	defer c.close()
	for c.next() {
		level, ok := c.row[0].(int64)
		n, _ := c.row[1].(int64)
		if !ok || level < 1 || level > 7 || n != size>>(NodeHeight*level) {
			f := faultf("nodes", -1, FaultNode, "there are %d; no entries stand behind some of them", n)
			f.Level = int(level)
			return f
		}
	}
	if err := c.failed(); err != nil {
		return v.fault("nodes", -1, err)
	}
	return nil
}

// objects are the SQL texts of the audit tables and what hangs on them.
func objects(r *Reader) (map[string]string, error) {
	names := ""
	for i, t := range auditTables {
		if i > 0 {
			names += ", "
		}
		names += "'" + t.name + "'"
	}
	c, err := r.query("SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema WHERE tbl_name COLLATE NOCASE IN (" + names + ") OR name COLLATE NOCASE IN (" + names + ")")
	if err != nil {
		return nil, err
	}
	defer c.close()
	out := map[string]string{}
	for c.next() {
		name, ok := c.row[0].(string)
		sql, isText := c.row[1].(string)
		if !ok || !isText {
			return nil, fmt.Errorf("the schema holds no text")
		}
		out[name] = sql
	}
	return out, c.failed()
}

// expectedObjects are those of a database just made, of the given user_version.
func expectedObjects(version int64) (map[string]string, error) {
	c, err := (&sqlite3.SQLiteDriver{}).Open(":memory:")
	if err != nil {
		return nil, err
	}
	r := &Reader{conn: c.(*sqlite3.SQLiteConn)}
	defer r.Close()
	steps := Steps()
	for _, n := range slices.Sorted(maps.Keys(steps)) {
		if int64(n) > version {
			break
		}
		if err := r.exec(steps[n]); err != nil {
			return nil, err
		}
	}
	return objects(r)
}
