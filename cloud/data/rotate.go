package data

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/keyset"

	"beckmanconnect/cloud/kms"
)

// resealedColumn is a column whose values are sealed again under the key of now.
type resealedColumn struct {
	table, column string
	key           string // finds the row
	row           string // what the value is bound to, in SQL; "": key in hexadecimal
	first         any    // before every key
	shared        bool   // several rows have the same key
}

// resealed are the columns that are sealed again after a rotation. What is not
// among them, because it ends soon (a sign-in) or because the database itself
// refuses every change (the log of events, the record of identities), stays
// readable: keys of before stay in their set.
var resealed = []resealedColumn{
	{table: "devices", column: "email", key: "id", row: "id", first: ""},
	{table: "devices", column: "name", key: "id", row: "id", first: ""},
	{table: "requests", column: "reason", key: "id", row: "id", first: ""},
	{table: "certificates", column: "identity", key: "serial", row: "serial", first: ""},
	{table: "help_logs", column: "text", key: "request", row: "request", first: ""},
	{table: "messages", column: "note", key: "id", row: "id", first: ""},
	{table: "messages", column: "request", key: "id", row: "id", first: ""},
	{table: "messages", column: "identity", key: "id", row: "id", first: ""},
	{table: "session_events", column: "body", key: "id", row: "device", first: int64(-1)},
	{table: "accesses", column: "identity", key: "id", row: "what || '|' || object", first: int64(-1)},
	{table: "secrets", column: "value", key: "name", row: "name", first: ""},
	{table: "sites", column: "address", key: "id", row: "id", first: ""},
	{table: "acts", column: "body", key: "id", row: "id", first: ""},
	{table: "acts", column: "decision", key: "id", row: "id", first: ""},
	{table: "mails", column: "body", key: "id", row: "id", first: ""},
	{table: "device_history", column: "body", key: "id", row: "device", first: int64(-1)},
	{table: "cases", column: "person", key: "number", row: "number", first: ""},
	{table: "case_requests", column: "person", key: "request", row: "request", first: ""},
	{table: "case_guests", column: "person", key: "number", row: "number", first: "", shared: true},
	{table: "case_notes", column: "body", key: "id", row: "number", first: int64(-1)},
	{table: "case_acts", column: "body", key: "id", row: "number", first: int64(-1)},
	{table: "colleagues", column: "identity", key: "who", first: []byte{}},
	{table: "staff_people", column: "person", key: "who", first: []byte{}},
}

// resealBatch is how many values one transaction seals again: others wait no
// longer than that.
const resealBatch = 100

// RotateKeys makes new keys, which everything is sealed with from now on: here
// at once, on other nodes within NodeBeat. What was sealed before still opens.
func (db *DB) RotateKeys(ctx context.Context) error {
	return db.changeKeysets(ctx, "rotate keys", func(name string, text []byte) ([]byte, error) {
		return kms.Change(name, text, db.wrapFor(name), func(set *keyset.Handle) (*keyset.Handle, error) {
			m := keyset.NewManagerFromHandle(set)
			id, err := m.Add(templateOf(name)())
			if err == nil {
				err = m.SetPrimary(id)
			}
			if err != nil {
				return nil, err
			}
			return m.Handle()
		})
	})
}

// AddWrapping lets other wrapping keys open the sets too: the first step of
// changing them, before the nodes' configuration names them.
func (db *DB) AddWrapping(ctx context.Context, to Keys) error {
	if to.Data == "" || to.Confidential == "" {
		return errors.New("data: change wrapping keys: both must be named")
	}
	next, err := openWrapping(to, func(string) bool { return true })
	if err != nil {
		return fmt.Errorf("data: change wrapping keys: %w", err)
	}
	err = db.changeKeysets(ctx, "change wrapping keys", func(name string, text []byte) ([]byte, error) {
		for _, k := range keysets {
			if k.name == name {
				return kms.AddHolder(name, text, k.wrap(db.wrapping), k.wrap(next))
			}
		}
		return text, nil
	})
	return joined(err, next.Close())
}

// OnlyWrapping leaves the sets to the wrapping keys of this configuration alone:
// the last step of changing them.
func (db *DB) OnlyWrapping(ctx context.Context) error {
	return db.changeKeysets(ctx, "change wrapping keys", func(name string, text []byte) ([]byte, error) {
		set, err := kms.Unseal(name, text, db.wrapFor(name))
		if err != nil {
			return nil, err
		}
		return kms.Seal(name, set, db.wrapFor(name))
	})
}

func (db *DB) wrapFor(name string) *kms.Key {
	if name == setConfidential {
		return db.wrapping.confidential
	}
	return db.wrapping.data
}

func (db *DB) changeKeysets(ctx context.Context, op string, change func(name string, text []byte) ([]byte, error)) error {
	err := db.update(ctx, func(tx *sql.Tx) error {
		written, err := readKeysets(ctx, tx)
		if err != nil {
			return err
		}
		for name, w := range written {
			text, err := change(name, w.sealed)
			if err != nil {
				return err
			}
			if _, err := tx.Exec("UPDATE keysets SET sealed=?, number=number+1, changed_ms=? WHERE name=?", text, db.nowMS(), name); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = db.seal.refresh(ctx)
	}
	if err != nil {
		return fmt.Errorf("data: %s: %w", op, err)
	}
	return nil
}

// Reseal seals again what lies under keys of before, a little at a time beside
// everything else. Stopped or killed it goes on where something is left. It
// gives how many values it sealed.
func (db *DB) Reseal(ctx context.Context) (n int64, err error) {
	if err := db.seal.refresh(ctx); err != nil {
		return 0, fmt.Errorf("data: reseal: %w", err)
	}
	for _, c := range resealed {
		after := c.first
		for more := true; more; {
			var done int64
			if after, done, more, err = db.resealSome(ctx, c, after); err != nil {
				return n, fmt.Errorf("data: reseal %s.%s: %w", c.table, c.column, err)
			}
			n += done
		}
	}
	return n, nil
}

type sealedValue struct {
	key    any
	row    string
	sealed []byte
}

func (db *DB) resealSome(ctx context.Context, c resealedColumn, after any) (last any, done int64, more bool, err error) {
	ring := db.seal.now.Load()
	values, err := db.oldValues(ctx, c, after, ring)
	if err != nil || len(values) == 0 {
		return after, 0, false, err
	}
	err = db.update(ctx, func(tx *sql.Tx) error {
		done = 0
		for _, v := range values {
			at := place(c.table, v.row, c.column)
			clear, err := db.seal.open(v.sealed, at)
			if err != nil {
				return fmt.Errorf("%v: %w", v.key, err)
			}
			sealed, err := ring.sealAt(clear, at)
			if err != nil {
				return err
			}
			// Only what is still as it was read: a change beside this one stays.
			res, err := tx.Exec("UPDATE "+c.table+" SET "+c.column+"=? WHERE "+c.key+"=? AND "+c.column+"=?", sealed, v.key, v.sealed)
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			if err != nil {
				return err
			}
			done += n
		}
		return nil
	})
	return values[len(values)-1].key, done, len(values) == resealBatch, err
}

// oldValues reads some values that lie under keys of before.
func (db *DB) oldValues(ctx context.Context, c resealedColumn, after any, now *ring) (list []sealedValue, err error) {
	row, behind := cmp.Or(c.row, c.key), ">"
	if c.shared { // a step may have ended among them; those that are done are not found again
		behind = ">="
	}
	found, err := db.sql.QueryContext(ctx, "SELECT "+c.key+", "+row+", "+c.column+" FROM "+c.table+
		" WHERE "+c.key+" "+behind+" ? AND length("+c.column+") > 0 AND substr("+c.column+", 1, ?) <> ? ORDER BY "+c.key+" LIMIT ?", after, keyHead, now.head[:], resealBatch)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		var v sealedValue
		if err := found.Scan(&v.key, &v.row, &v.sealed); err != nil {
			return nil, err
		}
		if c.row == "" {
			v.row = hex.EncodeToString([]byte(v.row))
		}
		list = append(list, v)
	}
	return list, found.Err()
}

// KeyStatus is how the keys stand.
type KeyStatus struct {
	Set       string
	Keys      int      // in the set
	Primary   uint32   // what is sealed with now
	Holders   []string // wrapping keys that open it
	ChangedMS int64
}

// KeyStatuses gives how each set of keys stands, and how many values wait to
// be sealed again.
func (db *DB) KeyStatuses(ctx context.Context) (list []KeyStatus, old int64, err error) {
	written, err := readKeysets(ctx, db.sql)
	if err != nil {
		return nil, 0, fmt.Errorf("data: keys: %w", err)
	}
	for _, k := range keysets {
		s := KeyStatus{Set: k.name}
		set, err := kms.Unseal(k.name, written[k.name].sealed, k.wrap(db.wrapping))
		if err != nil {
			return nil, 0, fmt.Errorf("data: keys: %w", err)
		}
		primary, err := set.Primary()
		if err != nil {
			return nil, 0, fmt.Errorf("data: keys: %w", err)
		}
		s.Keys, s.Primary = set.Len(), primary.KeyID()
		if s.Holders, err = kms.Holders(written[k.name].sealed); err != nil {
			return nil, 0, fmt.Errorf("data: keys: %w", err)
		}
		if err := db.sql.QueryRowContext(ctx, "SELECT changed_ms FROM keysets WHERE name=?", k.name).Scan(&s.ChangedMS); err != nil {
			return nil, 0, fmt.Errorf("data: keys: %w", err)
		}
		list = append(list, s)
	}
	head := db.seal.now.Load().head
	for _, c := range resealed {
		var n int64
		if err := db.sql.QueryRowContext(ctx, "SELECT count(*) FROM "+c.table+" WHERE length("+c.column+") > 0 AND substr("+c.column+", 1, ?) <> ?", keyHead, head[:]).Scan(&n); err != nil {
			return nil, 0, fmt.Errorf("data: keys: %w", err)
		}
		old += n
	}
	return list, old, nil
}
