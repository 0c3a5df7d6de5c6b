package logproof

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// archiveRecord is what the log says of an archive.
type archiveRecord struct {
	index int64 // of the entry that says so
	to    string
	sum   []byte
}

// record keeps what an entry says of an archive.
func (v *verification) record(e *Entry) error {
	from, to, sum, err := recordOf(e)
	if err != nil {
		return faultf("entries", e.Index, FaultChanged, "fields: %v", err)
	}
	v.records[from] = archiveRecord{index: e.Index, to: to, sum: sum}
	return nil
}

// archives walks the archived part of the log and says where the live part
// begins: entries from the files that are here, leaves alone of those that are
// not.
func (v *verification) archives(ctx context.Context, total int64) (live int64, err error) {
	list, err := v.r.Archives()
	if err != nil {
		if f := unreadable("archives", -1, err); f != nil {
			return 0, f
		}
		return 0, faultf("archives", -1, FaultUnreadable, "%v", err)
	}
	if len(list) == 0 {
		return 0, v.leavesEnd(0)
	}
	leaves, err := v.r.query("SELECT n, hashes FROM leaves ORDER BY n")
	if err != nil {
		return 0, v.fault("leaves", -1, err)
	}
	defer leaves.close()
	t := &tiles{v: v, c: leaves}
	for _, a := range list {
		if v.r.ArchiveHere(a) {
			err = v.archived(ctx, a, t, total)
		} else {
			err = v.away(ctx, a, t, total)
		}
		if err != nil {
			return 0, err
		}
		live = a.To
	}
	return live, v.leavesEnd(live)
}

// archived checks an archive file that is here.
func (v *verification) archived(ctx context.Context, a Archive, t *tiles, total int64) error {
	sum, err := sumFile(v.r.ArchivePath(a))
	if err != nil {
		return faultf(a.Name, -1, FaultUnreadable, "%v", err)
	}
	file, err := openArchive(v.r.ArchivePath(a))
	if err != nil {
		return faultf(a.Name, -1, FaultUnreadable, "%v", err)
	}
	defer file.Close()
	c, err := file.query("SELECT "+EntryColumns+" FROM entries WHERE idx < ? ORDER BY idx", a.To)
	if err != nil {
		return faultf(a.Name, -1, FaultUnreadable, "SQLite: %v", err)
	}
	defer c.close()
	// The entries first: they name the place.
	if err := v.rows(ctx, c, a.Name, total, t.next); err != nil {
		return err
	}
	if n := v.tree.Size(); n != a.To {
		return faultf(a.Name, n, FaultGap, "the entry is missing")
	}
	if sum != a.SHA256 {
		return faultf(a.Name, -1, FaultArchive, "the file is not the one that was put on record")
	}
	v.report.Archived += a.To - a.From
	return nil
}

// away goes over a stretch whose file is not here. That its entries are those
// of the log is proven; what they say is not known.
func (v *verification) away(ctx context.Context, a Archive, t *tiles, total int64) error {
	for v.tree.Size() < a.To {
		if n := v.tree.Size(); n%progressEvery == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			v.progress(n, total)
		}
		h, err := t.next()
		if err != nil {
			return err
		}
		if err := v.grow(h); err != nil {
			return err
		}
	}
	v.report.Entries = a.To
	v.report.Away = append(v.report.Away, a)
	for v.atPersonal {
		idx, name, err := v.personalAt()
		if err != nil {
			return err
		}
		if idx >= a.To {
			break
		}
		sealed, ok := v.personal.row[2].([]byte)
		if crc, isNumber := v.personal.row[3].(int64); !ok || !isNumber || crc != SealedSum(sealed) {
			return faultf("entry_personal", idx, FaultSealed, "the sealed field %q is damaged", name)
		}
		v.report.Personal++
		v.atPersonal = v.personal.next()
	}
	return nil
}

// awayAfter says whether entries after idx are not here: what is on record
// there is not known.
func (v *verification) awayAfter(idx int64) bool {
	return slices.ContainsFunc(v.report.Away, func(a Archive) bool { return a.To > idx })
}

// leftovers are archived entries that were not deleted yet.
func (v *verification) leftovers(live int64) error {
	c, err := v.r.query("SELECT "+EntryColumns+" FROM entries WHERE idx < ? ORDER BY idx", live)
	if err != nil {
		return v.fault("entries", -1, err)
	}
	defer c.close()
	var e Entry
	for c.next() {
		if err := decodeRow(&e, c.row); err != nil {
			return faultf("entries", -1, FaultChanged, "an archived entry that is still there: %v", err)
		}
		if e.Index < 0 {
			return faultf("entries", 0, FaultGap, "there is an entry before the first")
		}
		want, err := v.r.Stored(0, e.Index, e.Index+1)
		if err != nil || len(want) != 1 {
			return faultf("leaves", e.Index/NodeWidth, FaultNode, "%v", err)
		}
		var h tlog.Hash
		if h, v.scratch = LeafHash(v.scratch, &e); h != e.Hash || h != want[0] {
			return faultf("entries", e.Index, FaultChanged, "the entry is not the one that was archived")
		}
	}
	if err := c.failed(); err != nil {
		return v.fault("entries", -1, err)
	}
	return nil
}

// leavesEnd: leaves are stored of archived entries only.
func (v *verification) leavesEnd(live int64) error {
	there, err := v.r.number("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'leaves'")
	if err != nil || there == 0 {
		return err
	}
	n, err := v.r.number("SELECT count(*) FROM leaves")
	if err != nil {
		return v.fault("leaves", -1, err)
	}
	if n != live/NodeWidth {
		return faultf("leaves", -1, FaultNode, "there are %d rows; archived entries stand behind %d", n, live/NodeWidth)
	}
	return nil
}

// onRecord: each archive was put on record by an entry after it, unless that
// entry is in a file that is not here.
func (v *verification) onRecord() error {
	list, err := v.r.Archives()
	if err != nil {
		return faultf("archives", -1, FaultUnreadable, "%v", err)
	}
	for _, a := range list {
		switch rec, ok := v.records[strconv.FormatInt(a.From, 10)]; {
		case !ok && slices.ContainsFunc(v.report.Away, func(b Archive) bool { return b.From >= a.To }):
		case !ok:
			return faultf("archives", a.From, FaultArchive, "entries %d to %d are gone and no archive of them is on record", a.From, a.To-1)
		case rec.index < a.To || rec.to != strconv.FormatInt(a.To, 10) || !bytes.Equal(rec.sum, a.SHA256[:]):
			return faultf("archives", a.From, FaultArchive, "entry %d put another archive on record", rec.index)
		}
	}
	return nil
}

// tiles walks the stored leaves.
type tiles struct {
	v    *verification
	c    *cursor
	n    int64
	rest []byte
}

func (t *tiles) next() (h tlog.Hash, err error) {
	if len(t.rest) == 0 {
		if !t.c.next() {
			if err := t.c.failed(); err != nil {
				return h, t.v.fault("leaves", t.n, err)
			}
			return h, faultf("leaves", t.n, FaultNode, "it is missing")
		}
		n, ok := t.c.row[0].(int64)
		b, isBlob := t.c.row[1].([]byte)
		if !ok || !isBlob || n != t.n || len(b) != tileBytes {
			return h, faultf("leaves", t.n, FaultNode, "the next one is number %v", fmt.Sprint(t.c.row[0]))
		}
		t.rest, t.n = append(t.rest[:0], b...), t.n+1
	}
	h, t.rest = tlog.Hash(t.rest[:tlog.HashSize]), t.rest[tlog.HashSize:]
	return h, nil
}

// chainEnd holds the kept checkpoints against what was signed over their list.
// A log of the first schema has none.
func (v *verification) chainEnd() error {
	there, err := v.r.number("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'checkpoint_chain'")
	if err != nil || there == 0 {
		return err
	}
	c, err := v.r.query("SELECT id, count, note FROM checkpoint_chain")
	if err != nil {
		return v.fault("checkpoint_chain", -1, err)
	}
	defer c.close()
	if !c.next() {
		if err := c.failed(); err != nil {
			return v.fault("checkpoint_chain", -1, err)
		}
		return faultf("checkpoint_chain", -1, FaultSignature, "the signed list of kept checkpoints is missing")
	}
	id, _ := c.row[0].(int64)
	count, ok := c.row[1].(int64)
	msg, isBlob := c.row[2].([]byte)
	if id != 1 || !ok || !isBlob {
		return faultf("checkpoint_chain", -1, FaultUnreadable, "the row is not as it was written")
	}
	if count != v.chain.Count {
		return faultf("checkpoints", -1, FaultCut, "there are %d; %d were signed as kept", v.chain.Count, count)
	}
	if err := v.chain.signedBy(msg, v.report.Head.Origin, v.cfg.Verifiers); err != nil {
		return faultf("checkpoint_chain", count, FaultSignature, "%v", err)
	}
	if c.next() {
		return faultf("checkpoint_chain", -1, FaultUnreadable, "there is more than one")
	}
	return nil
}
