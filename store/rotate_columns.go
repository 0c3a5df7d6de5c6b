package store

import (
	"context"
	"fmt"
	"strconv"

	"beckmanconnect/internal/logproof"
)

// sealedColumn is a column under the data keys. A test walks the schema and
// holds the list complete.
type sealedColumn struct {
	table, column string
	a, b          string // its primary key; b is "" where it has one column
}

// underKeys are all of them. The order is kept in the database while keys
// change: a new one is added at the end.
var underKeys = []sealedColumn{
	{table: "settings", column: "sealed", a: "key"},
	{table: "topic_texts", column: "sealed", a: "topic"},
	{table: "notifications", column: "sealed_texts", a: "id"},
	{table: "notifications", column: "sealed_by", a: "id"},
	{table: "notifications", column: "sealed_shelf", a: "id"},
	{table: "notification_steps", column: "sealed", a: "notification", b: "n"},
	{table: "events", column: "sealed", a: "seq"},
	{table: "outbox", column: "sealed", a: "seq"},
	{table: "persons", column: "sealed_key", a: "id"},
	{table: "entry_personal", column: "sealed", a: "idx", b: "name"},
}

func (c sealedColumn) personal() bool { return c.table == "entry_personal" }

// keyID is an SQL expression for the five bytes that name the key.
func (c sealedColumn) keyID() string {
	if c.personal() {
		return fmt.Sprintf("substr(%s, CASE hex(substr(%[1]s, 1, 1)) WHEN '%02X' THEN %d ELSE 1 END, 5)", c.column, personalVersion, personalHead+1)
	}
	return "substr(" + c.column + ", 1, 5)"
}

// filled leaves out where there is nothing.
func (c sealedColumn) filled() string { return "length(" + c.column + ") > 0" }

// underOther are the values that are not under this key.
func (c sealedColumn) underOther(primary uint32) string {
	b := "NULL"
	if c.b != "" {
		b = c.b
	}
	return fmt.Sprintf("SELECT %s, %s, %s FROM %s WHERE %s AND %s <> x'01%08x'", c.a, b, c.column, c.table, c.filled(), c.keyID(), primary)
}

// countSealed is how many values there are, for the progress.
func (s *Store) countSealed(ctx context.Context) (total uint64, err error) {
	for _, c := range underKeys {
		n, err := s.number(ctx, "SELECT count(*) FROM "+c.table+" WHERE "+c.filled())
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

type sealedRow struct {
	a, b   any
	sealed []byte
}

// sealedRows gives the next rows after where a rotation stands.
func (tx *Tx) sealedRows(c sealedColumn, at rotation, limit int) (rows []sealedRow, err error) {
	b, order, after, args := "NULL", c.a, "(?1 IS NULL OR "+c.a+" > ?1)", []any{at.a, limit}
	if c.b != "" {
		b, order, after, args = c.b, c.a+", "+c.b, "(?1 IS NULL OR ("+c.a+", "+c.b+") > (?1, ?3))", []any{at.a, limit, at.b}
	}
	if at.a == nil { // or the planner would not use the key
		after, args = "?1 IS NULL", args[:2]
	} else {
		after = after[len("(?1 IS NULL OR ") : len(after)-1]
	}
	query := "SELECT " + c.a + ", " + b + ", " + c.column + " FROM " + c.table + " WHERE " + after + " AND " + c.filled() + " ORDER BY " + order + " LIMIT ?2"
	err = tx.each(query, args, func(scan func(...any) error) error {
		var r sealedRow
		err := scan(&r.a, &r.b, &r.sealed)
		rows = append(rows, r)
		return err
	})
	return rows, err
}

func keyText(v any) string {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case string:
		return v
	}
	return fmt.Sprint(v)
}

// again seals a value under the key of now. Nothing in it changes.
func (c sealedColumn) again(s *sealer, row sealedRow) ([]byte, error) {
	if c.personal() {
		idx, isNumber := row.a.(int64)
		name, isText := row.b.(string)
		if !isNumber || !isText {
			return nil, &Error{Kind: KindDamaged, Op: "rotate keys", Err: fmt.Errorf("a row of %s is not as it was written", c.table)}
		}
		return s.resealPersonal(idx, name, row.sealed)
	}
	key := keyText(row.a)
	if c.b != "" {
		key += "/" + keyText(row.b)
	}
	plain, err := s.open(c.table, key, c.column, row.sealed)
	if err != nil {
		return nil, err
	}
	return s.seal(c.table, key, c.column, plain)
}

// reseal seals one value again. One that does not open is damaged and stays as
// it is: a rotation must not end because of it.
func (tx *Tx) reseal(c sealedColumn, row sealedRow) error {
	sealed, err := c.again(tx.s.seal, row)
	if err != nil {
		tx.s.log.Error("a sealed value is damaged and stays as it is", "table", c.table, "row", row.a, "err", err)
		return nil
	}
	set, where, args := c.column+" = ?", c.a+" = ?", []any{sealed}
	if c.personal() {
		set, args = set+", crc = ?", append(args, logproof.SealedSum(sealed))
	}
	if args = append(args, row.a); c.b != "" {
		where, args = where+" AND "+c.b+" = ?", append(args, row.b)
	}
	return tx.exec("UPDATE "+c.table+" SET "+set+" WHERE "+where, args...)
}
