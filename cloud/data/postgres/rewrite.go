package postgres

import (
	"strconv"
	"strings"
)

// Rewrite turns a query as this product writes it, with ? and ?7 for values,
// into PostgreSQL's, with $1. What names an index (INDEXED BY, NOT INDEXED) is
// left out: PostgreSQL chooses itself; x'00' becomes bytes. Texts, quoted names and
// comments stay.
func Rewrite(sql string) string {
	if !strings.Contains(sql, "?") && !strings.Contains(sql, "INDEXED") && !strings.Contains(sql, "x'") {
		return sql
	}
	var (
		out     strings.Builder
		highest int
		tokens  = bytesOf(scan(sql))
	)
	out.Grow(len(sql) + 16)
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if n := indexHint(tokens[i:]); n > 0 {
			i += n - 1
			continue
		}
		if t.kind != mark {
			out.WriteString(t.text)
			continue
		}
		n, err := strconv.Atoi(t.text[1:])
		if err != nil { // "?": one more than the highest so far, as SQLite counts
			n = highest + 1
		}
		highest = max(highest, n)
		out.WriteByte('$')
		out.WriteString(strconv.Itoa(n))
	}
	return out.String()
}

// indexHint is how many tokens "INDEXED BY name" or "NOT INDEXED" takes at the
// beginning of the list, 0 where there is neither.
func indexHint(list []token) int {
	words := 0
	var seen [2]token
	for i, t := range list {
		switch {
		case t.kind == space && i > 0:
			continue
		case t.kind != word:
			return 0
		case words == 2:
			return i + 1
		}
		seen[words] = t
		words++
		switch {
		case words == 1 && !t.is("INDEXED") && !t.is("NOT"):
			return 0
		case words == 2 && seen[0].is("NOT"):
			if t.is("INDEXED") {
				return i + 1
			}
			return 0
		case words == 2 && !t.is("BY"):
			return 0
		}
	}
	return 0
}
