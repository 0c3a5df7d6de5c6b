package logproof

import (
	"database/sql/driver"
	"fmt"
	"strings"
)

// EntryColumns are the columns ScanEntry reads, in its order.
const EntryColumns = "idx, v, wall, mono, boot, kind, actor, subject, fields, personal, hash"

var entryColumns = strings.Split(EntryColumns, ", ")

// Scanner is a row of database/sql.
type Scanner interface{ Scan(dest ...any) error }

// ScanEntry reads one row of entries.
func ScanEntry(row Scanner) (*Entry, error) {
	v := make([]driver.Value, len(entryColumns))
	dst := make([]any, len(v))
	for i := range v {
		dst[i] = (*any)(&v[i])
	}
	if err := row.Scan(dst...); err != nil {
		return nil, err
	}
	e := &Entry{}
	return e, decodeRow(e, v)
}

// decodeRow fills e from a row. A value of another storage class than the
// schema's is an error: the same bytes as another type are a change too.
func decodeRow(e *Entry, v []driver.Value) error {
	ok := [11]bool{}
	e.Index, ok[0] = v[0].(int64)
	e.Version, ok[1] = v[1].(int64)
	e.Wall, ok[2] = v[2].(int64)
	e.Mono, ok[3] = v[3].(int64)
	e.Boot, ok[4] = v[4].(string)
	e.Kind, ok[5] = v[5].(string)
	e.Actor, ok[6] = v[6].(string)
	e.Subject, ok[7] = v[7].(string)
	var fields string
	var hash []byte
	fields, ok[8] = v[8].(string)
	e.Personal, ok[9] = v[9].([]byte)
	hash, ok[10] = v[10].([]byte)
	for i, ok := range ok {
		if !ok {
			return fmt.Errorf("column %s holds another type than was written", entryColumns[i])
		}
	}
	if len(hash) != len(e.Hash) {
		return fmt.Errorf("column hash holds %d bytes", len(hash))
	}
	e.Fields = append(e.Fields[:0], fields...)
	copy(e.Hash[:], hash)
	return nil
}
