package postgres

import "strings"

// kind is what a token of SQL is.
type kind int

const (
	space  kind = iota // white space and comments
	word               // a name, keyword or number
	quoted             // a text, a quoted name, a dollar-quoted body
	mark               // "?" or "?7"
	symbol             // anything else, one byte
)

// token is a piece of SQL as it stands in the text.
type token struct {
	kind kind
	text string
}

// is tells whether a token is this keyword.
func (t token) is(keyword string) bool { return t.kind == word && strings.EqualFold(t.text, keyword) }

// scan cuts SQL into tokens; joined together they are the text again.
func scan(sql string) (list []token) {
	for i := 0; i < len(sql); {
		k, n := next(sql[i:])
		list = append(list, token{k, sql[i : i+n]})
		i += n
	}
	return list
}

func next(s string) (kind, int) {
	switch c := s[0]; {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f':
		return space, run(s, func(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' })
	case strings.HasPrefix(s, "--"):
		if end := strings.IndexByte(s, '\n'); end >= 0 {
			return space, end + 1
		}
		return space, len(s)
	case strings.HasPrefix(s, "/*"):
		if end := strings.Index(s[2:], "*/"); end >= 0 {
			return space, end + 4
		}
		return space, len(s)
	case c == '\'' || c == '"':
		return quoted, closing(s, c)
	case c == '$':
		if n := dollarQuoted(s); n > 0 {
			return quoted, n
		}
		return symbol, 1
	case c == '?':
		return mark, 1 + run(s[1:], isDigit)
	case isWord(c):
		return word, run(s, func(c byte) bool { return isWord(c) || c == '$' })
	}
	return symbol, 1
}

func run(s string, of func(byte) bool) int {
	n := 0
	for n < len(s) && of(s[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || c >= 0x80
}

// closing is the length of a quoted text; a doubled quote belongs to it.
func closing(s string, quote byte) int {
	for i := 1; i < len(s); i++ {
		if s[i] != quote {
			continue
		}
		if i+1 < len(s) && s[i+1] == quote {
			i++
			continue
		}
		return i + 1
	}
	return len(s)
}

// dollarQuoted is the length of $tag$ … $tag$, 0 where there is none.
func dollarQuoted(s string) int {
	n := run(s[1:], isWord)
	if n > 0 && isDigit(s[1]) || n+1 >= len(s) || s[n+1] != '$' {
		return 0
	}
	tag := s[:n+2]
	if end := strings.Index(s[len(tag):], tag); end >= 0 {
		return end + 2*len(tag)
	}
	return len(s)
}
