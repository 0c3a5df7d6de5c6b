package profile

import (
	"strconv"
	"strings"
)

// places says in which line of a file a key stands. The TOML library tells the
// line of what it cannot read, but not of a value that is wrong for us.
type places map[string]int

// line gives the line of a key such as "rule[2].match", or of the nearest part
// of it that stands in the file; 0 when there is none.
func (p places) line(key string) int {
	for key != "" {
		if n, ok := p[key]; ok {
			return n
		}
		if i := strings.LastIndexByte(key, '.'); i >= 0 {
			key = key[:i]
		} else {
			return 0
		}
	}
	return 0
}

// all gives the lines of a key without its indexes, as "rule.colour".
func (p places) all(key string) []int {
	var lines []int
	for k, n := range p {
		if plain(k) == key {
			lines = append(lines, n)
		}
	}
	return lines
}

func plain(key string) string {
	var b strings.Builder
	inside := false
	for _, c := range key {
		switch {
		case c == '[':
			inside = true
		case c == ']':
			inside = false
		case !inside:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// findPlaces goes through the text of a file that is sound TOML.
func findPlaces(text string) places {
	s := &placer{text: text, line: 1, found: places{}, counts: map[string]int{}}
	for s.pos < len(s.text) {
		s.step()
	}
	return s.found
}

type placer struct {
	text   string
	pos    int
	line   int
	table  string         // the table we are in, with indexes
	counts map[string]int // of arrays of tables
	found  places
}

// step takes one line, or one key with a value of several.
func (s *placer) step() {
	end := strings.IndexByte(s.text[s.pos:], '\n')
	rest := s.text[s.pos:]
	if end >= 0 {
		rest = rest[:end]
	}
	trimmed := strings.TrimSpace(rest)
	switch {
	case strings.HasPrefix(trimmed, "[["):
		name, _, _ := strings.Cut(trimmed[2:], "]")
		base := s.indexed(keys(name))
		s.table = base + "[" + strconv.Itoa(s.counts[base]) + "]"
		s.counts[base]++
		s.put(s.table)
		s.skip(len(rest))
	case strings.HasPrefix(trimmed, "["):
		name, _, _ := strings.Cut(trimmed[1:], "]")
		s.table = s.indexed(keys(name))
		s.put(s.table)
		s.skip(len(rest))
	case trimmed == "" || trimmed[0] == '#' || !strings.Contains(rest, "="):
		s.skip(len(rest))
	default:
		key, _, _ := strings.Cut(rest, "=")
		name := strings.Join(keys(key), ".")
		if s.table != "" {
			name = s.table + "." + name
		}
		s.put(name)
		s.pos += len(key) + 1
		s.value()
	}
}

func (s *placer) put(key string) {
	if _, known := s.found[key]; !known {
		s.found[key] = s.line
	}
}

// skip goes behind n bytes and the line end.
func (s *placer) skip(n int) {
	s.pos += n + 1
	s.line++
}

// value goes behind a value: a string of several lines or an array may be long.
func (s *placer) value() {
	depth := 0
	for s.pos < len(s.text) {
		rest := s.text[s.pos:]
		switch c := rest[0]; {
		case strings.HasPrefix(rest, `"""`), strings.HasPrefix(rest, "'''"):
			s.quoted(rest[:3])
		case c == '"' || c == '\'':
			s.quoted(rest[:1])
		case c == '#':
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			s.pos += end
		case c == '\n':
			s.pos++
			s.line++
			if depth <= 0 {
				return
			}
		default:
			if c == '[' || c == '{' {
				depth++
			} else if c == ']' || c == '}' {
				depth--
			}
			s.pos++
		}
	}
}

func (s *placer) quoted(mark string) {
	s.pos += len(mark)
	for s.pos < len(s.text) {
		switch {
		case s.text[s.pos] == '\\' && mark[0] == '"':
			s.pos++
		case strings.HasPrefix(s.text[s.pos:], mark):
			s.pos += len(mark)
			return
		}
		if s.pos < len(s.text) && s.text[s.pos] == '\n' {
			s.line++
		}
		s.pos++
	}
}

// indexed puts the current index behind every part that is an array of tables.
func (s *placer) indexed(parts []string) string {
	path := ""
	for i, part := range parts {
		if path != "" {
			path += "."
		}
		path += part
		if n := s.counts[path]; n > 0 && i < len(parts)-1 {
			path += "[" + strconv.Itoa(n-1) + "]"
		}
	}
	return path
}

// keys splits a dotted key; quoted parts lose their quotes.
func keys(s string) []string {
	var parts []string
	for _, part := range strings.Split(strings.TrimSpace(s), ".") {
		parts = append(parts, strings.Trim(strings.TrimSpace(part), `"'`))
	}
	return parts
}
