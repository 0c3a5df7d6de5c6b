package store

import (
	"cmp"
	"context"
	"database/sql"
	"strconv"
	"strings"
)

// numbers runs a query for one column of numbers.
func numbers(ctx context.Context, tx *sql.Tx, query string, args ...any) ([]uint64, error) {
	return collect(tx.QueryContext(ctx, query, args...))
}

func collect(rows *sql.Rows, err error) ([]uint64, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []uint64{}
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		list = append(list, uint64(n))
	}
	return list, rows.Err()
}

func compare(a, b uint64) int { return cmp.Compare(a, b) }

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }

func (q *narrowed) facetList() string {
	var b strings.Builder
	for i, f := range q.facets {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(f))
	}
	return b.String()
}
