package logproof

import (
	"fmt"
)

// EntryColumns are the columns ScanEntry reads, in its order.
const EntryColumns = "idx, v, wall, mono, boot, kind, actor, subject, fields, personal"

// Scanner is a row of database/sql.
type Scanner interface{ Scan(dest ...any) error }

// ScanEntry reads one row of entries. A value of another storage class than
// the schema's is an error: the same bytes as another type are a change too.
func ScanEntry(row Scanner) (*Entry, error) {
	var v [10]any
	if err := row.Scan(&v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7], &v[8], &v[9]); err != nil {
		return nil, err
	}
	e := &Entry{}
	for i, dst := range [...]*int64{&e.Index, &e.Version, &e.Wall, &e.Mono} {
		n, ok := v[i].(int64)
		if !ok {
			return nil, fmt.Errorf("column %d is no integer", i+1)
		}
		*dst = n
	}
	for i, dst := range [...]*string{&e.Boot, &e.Kind, &e.Actor, &e.Subject} {
		s, ok := v[4+i].(string)
		if !ok {
			return nil, fmt.Errorf("column %d is no text", 5+i)
		}
		*dst = s
	}
	fields, ok := v[8].(string)
	if !ok {
		return nil, fmt.Errorf("column 9 is no text")
	}
	personal, ok := v[9].([]byte)
	if !ok {
		return nil, fmt.Errorf("column 10 is no blob")
	}
	e.Fields, e.Personal = []byte(fields), personal
	return e, nil
}
