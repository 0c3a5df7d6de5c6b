package model

import (
	"strings"
	"unicode/utf8"
)

// NoticeLine is one line of the third-party notices.
type NoticeLine struct {
	Text string
	Head bool
}

// Notices makes lines of at most so many characters out of the notices as the
// build writes them, so that they can be scrolled through however long they are.
func Notices(markdown string, columns int) []NoticeLine {
	columns = max(columns, 20)
	var out []NoticeLine
	add := func(s string, head bool) {
		for _, line := range cutLine(s, columns) {
			out = append(out, NoticeLine{line, head})
		}
	}
	for line := range strings.Lines(markdown) {
		line = strings.TrimRight(line, " \r\n")
		switch {
		case strings.HasPrefix(line, "#"):
			add(strings.TrimLeft(line, "# "), true)
		case strings.HasPrefix(line, "**") && strings.HasSuffix(line, "**"):
			add(strings.Trim(line, "*"), true)
		case strings.HasPrefix(line, "|---"), strings.HasPrefix(line, "| module |"):
		case strings.HasPrefix(line, "| "):
			row(line, add)
		default:
			add(strings.ReplaceAll(line, "`", ""), false)
		}
	}
	return out
}

// row is one module: name and version, its licence, whose it is.
func row(line string, add func(string, bool)) {
	cells := strings.Split(strings.Trim(line, "| "), " | ")
	if len(cells) != 4 {
		add(line, false)
		return
	}
	add(cells[0]+" "+cells[1], true)
	add(cells[2], false)
	for _, owner := range strings.Split(cells[3], "<br>") {
		add(owner, false)
	}
	add("", false)
}

// cutLine breaks a line at its spaces; what it begins with stays at its beginning.
func cutLine(s string, columns int) []string {
	if utf8.RuneCountInString(s) <= columns {
		return []string{s}
	}
	indent := s[:len(s)-len(strings.TrimLeft(s, " "))]
	if len(indent) > columns/2 {
		indent = ""
	}
	var out []string
	line := indent
	for _, word := range strings.Fields(s) {
		for utf8.RuneCountInString(word) > columns-len(indent) {
			runes := []rune(word)
			head := columns - len(indent)
			if strings.TrimSpace(line) != "" {
				out = append(out, line)
			}
			out, word, line = append(out, indent+string(runes[:head])), string(runes[head:]), indent
		}
		switch {
		case strings.TrimSpace(line) == "":
			line = indent + word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= columns:
			line += " " + word
		default:
			out, line = append(out, line), indent+word
		}
	}
	return append(out, line)
}
