package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"beckmanconnect/internal/logproof"
)

// Entry is what a caller puts on record.
//
// Kind is the product's own word ("session.granted"). Actor is the role that
// acted ("technician", "engineer", "it", "system"); who it was belongs into
// Personal. Subject names what it is about and is plain: never a text somebody
// typed. Fields are plain; Personal is sealed, and the leaf holds only salted
// HMACs of it, so that it can be erased (B4, P15).
type Entry struct {
	Kind, Actor, Subject string
	Fields               map[string]string
	Personal             map[string]string
}

// Limits of one entry. A caller shortens what comes from outside before: an
// entry that is refused closes sessions, and that must not be in the power of
// the other side.
const (
	MaxText    = 4 << 10
	MaxEntry   = 64 << 10
	MaxEntries = 64 // fields, plain and personal
)

func invalid(format string, args ...any) error {
	return &Error{Kind: KindInvalid, Op: "append", Err: fmt.Errorf(format, args...)}
}

func (e *Entry) check() error {
	if !validKind(e.Kind) {
		return invalid("kind %q: small letters, digits, dots and dashes only", e.Kind)
	}
	if e.Actor == "" {
		return invalid("%s: no actor", e.Kind)
	}
	size := 0
	for _, s := range []string{e.Actor, e.Subject} {
		if !utf8.ValidString(s) || len(s) > MaxText {
			return invalid("%s: actor or subject is too long or not UTF-8", e.Kind)
		}
		size += len(s)
	}
	if len(e.Fields)+len(e.Personal) > MaxEntries {
		return invalid("%s: %d fields", e.Kind, len(e.Fields)+len(e.Personal))
	}
	for _, m := range []map[string]string{e.Fields, e.Personal} {
		for k, v := range m {
			if k == "" || len(k) > 64 || !utf8.ValidString(k) || !utf8.ValidString(v) {
				return invalid("%s: field %q is not UTF-8 or badly named", e.Kind, k)
			}
			size += len(k) + len(v)
		}
	}
	for k := range e.Personal {
		if _, twice := e.Fields[k]; twice {
			return invalid("%s: field %q is both plain and personal", e.Kind, k)
		}
	}
	if size > MaxEntry {
		return invalid("%s: %d bytes", e.Kind, size)
	}
	return nil
}

func validKind(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
}

// Append puts an entry on record and gives its number. The entry is proven
// once the transaction is committed.
func (tx *Tx) Append(e Entry) (int64, error) {
	if err := e.check(); err != nil {
		return 0, err
	}
	if tx.tree == nil {
		tx.tree = tx.s.tree.Clone()
	}
	row := &logproof.Entry{
		Index:   tx.tree.Size(),
		Version: logproof.LeafVersion,
		Wall:    tx.s.opt.Now().UnixNano(),
		Mono:    int64(sinceBoot()),
		Boot:    tx.s.boot,
		Kind:    e.Kind,
		Actor:   e.Actor,
		Subject: e.Subject,
	}
	var err error
	if row.Fields, err = logproof.EncodeFields(e.Fields); err != nil {
		return 0, invalid("%s: %v", e.Kind, err)
	}
	sealed, err := tx.commit(row, e.Personal)
	if err != nil {
		return 0, tx.fail(err)
	}
	row.Hash, tx.leaf = logproof.LeafHash(tx.leaf, row)
	if err := tx.exec("INSERT INTO entries ("+logproof.EntryColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		row.Index, row.Version, row.Wall, row.Mono, row.Boot, row.Kind, row.Actor, row.Subject, string(row.Fields), row.Personal, row.Hash[:]); err != nil {
		return 0, err
	}
	for _, name := range slices.Sorted(maps.Keys(sealed)) {
		if err := tx.exec("INSERT INTO entry_personal (idx, name, sealed, crc) VALUES (?, ?, ?, ?)",
			row.Index, name, sealed[name], logproof.SealedSum(sealed[name])); err != nil {
			return 0, err
		}
	}
	tx.tree.Add(row.Hash)
	tx.wall = row.Wall
	return row.Index, nil
}
