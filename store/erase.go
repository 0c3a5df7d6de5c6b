package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"beckmanconnect/internal/logproof"
)

// Erasing is the erasure of a person's data (GDPR, article 17).
type Erasing struct {
	Word     string            // account, e-mail, initials or name, as it is in the log
	Actor    string            // role of who erases
	Personal map[string]string // who erases and why; on record, sealed
	Look     bool              // only count

	// Setting decides about a setting in which names finds the person: what it
	// becomes, or an error that ends the erasure before it begins. Nil, or the
	// same value: it stays.
	Setting func(key, value string, names func(text string) bool) (string, error)
}

// Erased is how much was erased, or would be.
type Erased struct {
	Entries       int // entries of the log with fields of the person
	Notifications int // acknowledged, shelved or commented by the person
	Other         int // waiting messages and settings
}

// eraseBatch is how many fields go in one transaction: others write in between.
const eraseBatch = 1000

// ErasePerson destroys a person's keys and fields and puts on record of which
// entries they were; those stay provable, for they commit to salted HMACs. It
// also takes the person out of notifications, events, waiting messages and
// settings. Every sealed row is found by the person's key; what somebody else
// typed about the person is not found.
//
// An erasure that is cut short is finished by asking again. On return nothing
// of it is left in the files, except that an error says so.
func (s *Store) ErasePerson(ctx context.Context, e Erasing) (Erased, error) {
	m := matcher{fold(e.Word)}
	if m.word == "" || len(e.Word) > MaxText {
		return Erased{}, &Error{Kind: KindInvalid, Op: "erase", Err: errors.New("nobody is named")}
	}
	x := &erasure{s: s, Erasing: e, m: m}
	if err := x.find(ctx); err != nil {
		return Erased{}, wrap("erase", err)
	}
	if e.Look || x.nothing() {
		return x.counted(), nil
	}
	// Done one after the other; the person's keys go last, so that asking again
	// finds what is left.
	for _, step := range []func(context.Context) error{x.beside, x.fields, s.emptyWAL} {
		if err := step(ctx); err != nil {
			return x.counted(), wrap("erase", err)
		}
	}
	return x.counted(), nil
}

type fieldKey struct {
	idx  int64
	name string
}

type erasure struct {
	s *Store
	Erasing
	m       matcher
	persons []int64
	list    []fieldKey
	upTo    int64 // entries that were looked at
	entries int
	found   besideLog
}

func (x *erasure) nothing() bool { return len(x.persons) == 0 && len(x.list) == 0 && x.found.none() }

func (x *erasure) counted() Erased {
	return Erased{Entries: x.entries, Notifications: x.found.notifications(), Other: len(x.found.outbox) + len(x.found.settings)}
}

func (x *erasure) find(ctx context.Context) error {
	tx, err := x.s.snapshot(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if x.persons, err = x.s.personsNamed(ctx, tx, x.Word); err != nil {
		return err
	}
	if x.found, err = x.findBeside(ctx, tx); err != nil {
		return err
	}
	if x.list, err = x.findFields(ctx, tx, -1); err != nil {
		return err
	}
	x.count(x.list)
	return nil
}

func (x *erasure) count(list []fieldKey) {
	last := int64(-1)
	for _, f := range list {
		if f.idx != last {
			x.entries, last = x.entries+1, f.idx
		}
	}
}

// findFields walks over the fields of entries above a number.
func (x *erasure) findFields(ctx context.Context, q queryer, above int64) (list []fieldKey, err error) {
	rows, err := q.QueryContext(ctx, "SELECT idx, name, CASE WHEN hex(substr(sealed, 1, 1)) = '02' AND hex(substr(sealed, 2, 8)) <> '0000000000000000' THEN substr(sealed, 1, 9) ELSE sealed END "+
		"FROM entry_personal WHERE idx > ? ORDER BY idx, name", above)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var nobodys []fieldKey // of one entry, nobody's by their rows
	values := map[string]string{}
	flush := func() {
		list = append(list, x.byValue(nobodys, values)...)
		nobodys = nobodys[:0]
		clear(values)
	}
	at := above
	for rows.Next() {
		var f fieldKey
		var sealed []byte
		if err := rows.Scan(&f.idx, &f.name, &sealed); err != nil {
			return nil, err
		}
		if f.idx != at {
			flush()
		}
		at = f.idx
		if person := personOf(sealed); person != noPerson {
			if slices.Contains(x.persons, person) {
				list = append(list, f)
			}
			continue
		}
		nobodys = append(nobodys, f)
		if inner, err := x.s.seal.openOuter(f.idx, f.name, sealed); err == nil {
			values[f.name] = valueOf(sealed, inner)
		}
	}
	flush()
	x.upTo = max(x.upTo, at)
	slices.SortFunc(list, func(a, b fieldKey) int {
		if a.idx != b.idx {
			return compare(uint64(a.idx), uint64(b.idx))
		}
		return strings.Compare(a.name, b.name)
	})
	return list, rows.Err()
}

// valueOf is the value inside a field that is nobody's by its row, "" of one
// that only the hospital reads.
func valueOf(sealed, inner []byte) string {
	if sealed[0] == personalVersion {
		if len(inner) == 0 || inner[0] != plainField {
			return ""
		}
		inner = inner[1:]
	}
	if len(inner) < logproof.SaltSize {
		return ""
	}
	return string(inner[logproof.SaltSize:])
}

// byValue finds the person in fields that were sealed before each person had a
// key.
func (x *erasure) byValue(fields []fieldKey, values map[string]string) (list []fieldKey) {
	present := presentIn(values)
	for _, f := range fields {
		of := fieldOf(f.name, "", present).of
		if slices.ContainsFunc(namesIn(of, "", values, present), x.m.is) {
			list = append(list, f)
		}
	}
	return list
}

// fields destroys the fields in batches, and with the last one the keys.
func (x *erasure) fields(ctx context.Context) error {
	for len(x.list) > eraseBatch {
		n := eraseBatch
		for n < len(x.list) && x.list[n].idx == x.list[n-1].idx {
			n++ // an entry goes whole
		}
		if err := x.s.Update(ctx, func(tx *Tx) error { return x.destroy(tx, x.list[:n]) }); err != nil {
			return err
		}
		x.list = x.list[n:]
	}
	err := x.s.Update(ctx, func(tx *Tx) error {
		late, err := x.findFields(ctx, x.s.conn, x.upTo) // written since
		if err != nil {
			return tx.fail(err)
		}
		x.count(late)
		if err := x.destroy(tx, append(x.list, late...)); err != nil {
			return err
		}
		return tx.forgetPersons(x.persons)
	})
	if err != nil {
		return errors.Join(err, x.s.withTurn(ctx, func() error { return x.s.readPersons(context.Background()) }))
	}
	x.s.people.forgetKeys(x.persons)
	return nil
}

func (x *erasure) destroy(tx *Tx, list []fieldKey) error {
	var entries []int64
	for _, f := range list {
		if err := tx.exec("DELETE FROM entry_personal WHERE idx = ? AND name = ?", f.idx, f.name); err != nil {
			return err
		}
		if n := len(entries); n == 0 || entries[n-1] != f.idx {
			entries = append(entries, f.idx)
		}
	}
	personal := maps.Clone(x.Personal)
	maps.DeleteFunc(personal, func(_, value string) bool { return x.m.in(value) }) // who erases themselves
	return tx.appendErased(x.Actor, personal, entries)
}

// appendErased puts on record that fields of these entries, ascending, are
// gone. One entry is named as the subject, as it always was.
func (tx *Tx) appendErased(actor string, personal map[string]string, entries []int64) error {
	for len(entries) > 0 {
		text, n := logproof.FormatSpans(entries, MaxText)
		e := Entry{Kind: logproof.KindErased, Actor: actor, Subject: text, Personal: personal}
		if n > 1 {
			e.Subject, e.Fields = "", map[string]string{logproof.ErasedEntries: text}
		}
		if _, err := tx.Append(e); err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}

// ErasePersonal destroys all personal fields of entries and puts that on
// record. The entries stay provable.
func (tx *Tx) ErasePersonal(actor, reason string, entries ...int64) error {
	for _, idx := range entries {
		if err := tx.exec("DELETE FROM entry_personal WHERE idx = ?", idx); err != nil {
			return err
		}
	}
	return tx.appendErased(actor, map[string]string{"reason": reason}, slices.Compact(slices.Sorted(slices.Values(entries))))
}

func (tx *Tx) forgetPersons(ids []int64) error {
	for _, id := range ids {
		for _, query := range []string{"DELETE FROM person_names WHERE person = ?", "DELETE FROM persons WHERE id = ?"} {
			if err := tx.exec(query, id); err != nil {
				return err
			}
		}
	}
	p := &tx.s.people
	gone := func(id int64) bool { return slices.Contains(ids, id) }
	maps.DeleteFunc(p.same, func(_ [32]byte, id int64) bool { return gone(id) })
	maps.DeleteFunc(p.raw, func(_ string, id int64) bool { return gone(id) })
	return nil
}

func (p *people) forgetKeys(ids []int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range ids {
		delete(p.keys, id)
	}
}

// withTurn runs fn when no writer is at work.
func (s *Store) withTurn(ctx context.Context, fn func() error) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.closed {
		return &Error{Kind: KindClosed, Op: "update"}
	}
	return fn()
}

// errWAL: what was deleted may stand in the write-ahead log until it is empty.
var errWAL = errors.New("it is done and on record, but somebody reads the log for long: what was deleted stays in the write-ahead log until the service is stopped")

// emptyWAL folds the write-ahead log into the database and cuts it to nothing,
// so that no page of before is left in it. It waits for readers, but never
// makes a writer wait for them.
func (s *Store) emptyWAL(ctx context.Context) error {
	for tries := 0; ; tries++ {
		var busy int
		err := s.withTurn(ctx, func() error {
			ctx := context.Background()
			if _, err := s.conn.ExecContext(ctx, "PRAGMA busy_timeout = 20"); err != nil {
				return err
			}
			var frames, folded sql.NullInt64
			err := s.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &folded)
			_, restored := s.conn.ExecContext(ctx, "PRAGMA busy_timeout = "+itoa(uint64(s.opt.busyMS)))
			return errors.Join(err, restored)
		})
		switch {
		case err != nil && KindOf(wrap("erase", err)) != KindLocked:
			return err
		case err == nil && busy == 0:
			return nil
		case tries >= 300:
			return errWAL
		}
		select {
		case <-ctx.Done():
			return errors.Join(errWAL, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}
