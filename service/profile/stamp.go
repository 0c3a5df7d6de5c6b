package profile

import (
	"regexp"
	"strings"
	"time"
)

// stamps are the times that lines of logs begin with.
var stamps = regexp.MustCompile(`^(?:<\d{1,3}>\d{0,2} ?)?[\[(<"]?(?:` + strings.Join([]string{
	`\d{4}[-/.]\d{2}[-/.]\d{2}[T ,]{1,2}\d{2}:\d{2}(?::\d{2}(?:[.,:]\d{1,9})?)?(?: ?(?:Z|[+-]\d{2}:?\d{2}))?`,
	`\d{1,2}[-/.]\d{1,2}[-/.]\d{4}[T ,]{1,2}\d{1,2}:\d{2}(?::\d{2}(?:[.,:]\d{1,9})?)?(?: ?[APap][Mm])?`,
	`[A-Z][a-z]{2} +\d{1,2} \d{2}:\d{2}:\d{2}`,
	`[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} \d{2}:\d{2}:\d{2}(?:\.\d{1,9})? \d{4}`,
	`\d{2}/[A-Z][a-z]{2}/\d{4}[: ]\d{2}:\d{2}:\d{2}(?: [+-]\d{4})?`,
}, "|") + `)`)

// stampHead is how much of a line is the time it begins with.
func stampHead(line string) int {
	if m := stamps.FindStringIndex(line); m != nil {
		return m[1]
	}
	return 0
}

// layouts are tried in turn. Where day and month cannot be told apart a profile
// has to say which it is: "time" of its log.
var layouts = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999Z0700",
	"2006-01-02 15:04:05.999999999 -0700",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999",
	"2006-01-02, 15:04:05",
	"2006-01-02 15:04",
	"2006/01/02 15:04:05.999999999",
	"2006.01.02 15:04:05.999999999",
	"02/Jan/2006:15:04:05 -0700",
	"02/Jan/2006 15:04:05",
	"Mon Jan _2 15:04:05.999999999 2006",
	"02.01.2006 15:04:05.999999999",
	"02.01.2006, 15:04:05",
	"Jan _2 15:04:05",
}

// readTime reads what a line says of its time, in the PC's time zone where it
// names none. near gives the year where there is none in the line.
func readTime(text, layout string, near time.Time) (time.Time, bool) {
	text = strings.Trim(text, `[]()<>" `)
	if i := strings.LastIndexByte(text, ','); i > 10 { // 12:00:00,123
		text = text[:i] + "." + text[i+1:]
	}
	all := layouts
	if layout != "" {
		all = []string{layout}
	}
	for _, l := range all {
		t, err := time.ParseInLocation(l, text, near.Location())
		if err != nil {
			continue
		}
		if t.Year() == 0 {
			t = t.AddDate(near.Year(), 0, 0)
			if t.After(near.AddDate(0, 0, 2)) {
				t = t.AddDate(-1, 0, 0) // of December, read in January
			}
		}
		return t, true
	}
	return time.Time{}, false
}

var priority = regexp.MustCompile(`^<\d{1,3}>\d{0,2} ?`)

// TimeOf gives the time that a line of this log carries.
func (l Log) TimeOf(line string, near time.Time) (time.Time, bool) {
	if l.Format.Line != nil {
		if i := l.Format.Line.SubexpIndex("time"); i >= 0 {
			m := l.Format.Line.FindStringSubmatch(line)
			if m == nil {
				return time.Time{}, false
			}
			return readTime(m[i], l.Format.Time, near)
		}
	}
	head := stampHead(line)
	if head == 0 {
		return time.Time{}, false
	}
	return readTime(priority.ReplaceAllString(line[:head], ""), l.Format.Time, near)
}
