package machine

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fields that are asked of an entry, and no others: its text never comes into
// this process. Those that begin with "_" are the journal's own word, the others
// are whatever the writer put there.
const (
	fieldUnit       = "_SYSTEMD_UNIT"
	fieldPID        = "_PID"
	fieldUID        = "_UID"
	fieldAbout      = "UNIT"          // what systemd itself, process 1, speaks of
	fieldCrashed    = "COREDUMP_UNIT" // whose crash systemd's collector, as root, speaks of
	fieldIdentifier = "SYSLOG_IDENTIFIER"
	fieldMessage    = "MESSAGE_ID"
	fieldPriority   = "PRIORITY"
	fieldCursor     = "__CURSOR" // always there

	longestCursor = 512
)

// fields is journalctl's list of them.
func fields() string {
	return strings.Join([]string{fieldUnit, fieldPID, fieldUID, fieldAbout, fieldCrashed, fieldIdentifier, fieldMessage, fieldPriority}, ",")
}

// priorities are the syslog words of 0 to 3: what counts as an error.
func priorities() []string { return []string{"emerg", "alert", "crit", "err"} }

// unitOf is the unit that a name may stand for.
func unitOf(name string) string {
	if strings.Contains(name, ".") {
		return name
	}
	return name + unitSuffix
}

// matches selects errors of names, each a unit's or an identifier, in
// journalctl's own language: what stands between two "+" goes together. Nothing
// in a name makes an option of it or another match.
func matches(names []string) []string {
	args := []string{"--priority=0..3"}
	for i, name := range names {
		if i > 0 {
			args = append(args, "+")
		}
		unit := unitOf(name)
		args = append(args,
			fieldUnit+"="+unit,
			"+", fieldAbout+"="+unit, fieldPID+"=1",
			"+", fieldCrashed+"="+unit, fieldUID+"=0",
			"+", fieldIdentifier+"="+name)
	}
	return args
}

// entry is what is taken of one.
type entry struct {
	cursor string
	time   time.Time
	fields map[string][]string
}

// parseEntry reads a line of journalctl's JSON. An entry without a place is
// none.
func parseEntry(line []byte) (entry, bool) {
	var raw map[string]json.RawMessage
	if json.Unmarshal(line, &raw) != nil {
		return entry{}, false
	}
	e := entry{fields: map[string][]string{}}
	for name, value := range raw {
		e.fields[name] = values(value)
	}
	if all := e.fields[fieldCursor]; len(all) == 1 {
		e.cursor = all[0]
	}
	var ok bool
	e.time, ok = cursorTime(e.cursor)
	return e, ok
}

// values reads a field. It is a text; an array of bytes, where it is no text; an
// array of either, where the entry has several of that name; or null, where it
// is too long. What is none of these says nothing.
func values(raw json.RawMessage) []string {
	if one, ok := value(raw); ok {
		return []string{one}
	}
	var several []json.RawMessage
	if json.Unmarshal(raw, &several) != nil {
		return nil
	}
	var all []string
	for _, r := range several {
		if one, ok := value(r); ok {
			all = append(all, one)
		}
	}
	return all
}

func value(raw json.RawMessage) (string, bool) {
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0:
	case raw[0] == '"':
		var text string
		return text, json.Unmarshal(raw, &text) == nil
	case raw[0] == '[':
		var all []*byte // nil for a null, which is none
		if json.Unmarshal(raw, &all) != nil || len(all) == 0 || slices.Contains(all, nil) {
			return "", false
		}
		text := make([]byte, 0, len(all))
		for _, b := range all {
			text = append(text, *b)
		}
		return string(text), true
	}
	return "", false
}

// cursorTime is the time in a cursor, which is also how one is told from
// anything else: fields of lower-case letters, digits and dashes, with a time in
// microseconds among them.
func cursorTime(cursor string) (time.Time, bool) {
	if cursor == "" || len(cursor) > longestCursor || strings.Trim(cursor, "abcdefghijklmnopqrstuvwxyz0123456789-=;") != "" {
		return time.Time{}, false
	}
	for part := range strings.SplitSeq(cursor, ";") {
		if text, ok := strings.CutPrefix(part, "t="); ok {
			us, err := strconv.ParseUint(text, 16, 62)
			return time.UnixMicro(int64(us)), err == nil
		}
	}
	return time.Time{}, false
}

// event says whose error an entry is, in the configuration's own words, and of
// what kind: by its message ID where it has one, else by its priority. Nothing
// else of it goes anywhere.
func (e entry) event(names []string) (event, bool) {
	has := func(field, value string) bool { return slices.Contains(e.fields[field], value) }
	of := func(is func(name, unit string) bool) string {
		for _, name := range names {
			if is(name, unitOf(name)) {
				return name
			}
		}
		return ""
	}
	source := of(func(_, unit string) bool {
		return has(fieldUnit, unit) || has(fieldPID, "1") && has(fieldAbout, unit) || has(fieldUID, "0") && has(fieldCrashed, unit)
	})
	if source == "" {
		source = of(func(name, _ string) bool { return has(fieldIdentifier, name) })
	}
	if source == "" {
		return event{}, false
	}
	for _, id := range e.fields[fieldMessage] {
		if len(id) == 32 && strings.Trim(id, "0123456789abcdef") == "" {
			return event{source, id}, true
		}
	}
	for _, p := range e.fields[fieldPriority] {
		if n, err := strconv.ParseUint(p, 10, 8); err == nil && n < uint64(len(priorities())) {
			return event{source, priorities()[n]}, true
		}
	}
	return event{}, false
}
