package main

import (
	"strconv"
	"time"

	"beckmanconnect/internal/program"
)

// bound is where an export begins or ends: an entry's number or a time.
type bound struct {
	set    bool
	number int64
	isTime bool
	wall   int64 // Unix nanoseconds
}

// readBound reads a number, a time (RFC 3339) or a day (2006-01-02, in UTC). As
// an end a day counts as a whole.
func readBound(flag, text string, end bool) (bound, error) {
	if text == "" {
		return bound{}, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if n < 0 {
			return bound{}, program.Usagef("log export: %s %d: entries are numbered from 0", flag, n)
		}
		return bound{set: true, number: n}, nil
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil && t.Year() >= 1970 && t.Year() < 2200 {
		return bound{set: true, isTime: true, wall: t.UnixNano()}, nil
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil && t.Year() >= 1970 && t.Year() < 2200 {
		if end {
			t = t.AddDate(0, 0, 1).Add(-1)
		}
		return bound{set: true, isTime: true, wall: t.UnixNano()}, nil
	}
	return bound{}, program.Usagef("log export: %s %q is no number of an entry, no day (2026-03-31) and no time (2026-03-31T14:05:00Z)", flag, text)
}
