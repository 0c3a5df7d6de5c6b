package policy

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

const dayMinutes = 24 * 60

var (
	hoursForm = regexp.MustCompile(`^(?:(Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)$`)
	weekdays  = map[string]time.Weekday{
		"Sun": time.Sunday, "Mon": time.Monday, "Tue": time.Tuesday, "Wed": time.Wednesday, "Thu": time.Thursday, "Fri": time.Friday, "Sat": time.Saturday,
	}
	errHours = errors.New(`must be a span such as "22:00-05:00" or "Sat 22:00-04:00"`)
)

// UnmarshalText reads "Sat 22:00-04:00" or "22:00-05:00".
func (h *Hours) UnmarshalText(text []byte) error {
	part := hoursForm.FindStringSubmatch(string(text))
	if part == nil {
		return fmt.Errorf("%q %w", text, errHours)
	}
	number := func(s string) int { n, _ := strconv.Atoi(s); return n } // two digits, or none
	*h = Hours{AnyDay: part[1] == "", Day: weekdays[part[1]], From: number(part[2])*60 + number(part[3]), To: number(part[4])*60 + number(part[5])}
	if part[4] == "" {
		h.To = dayMinutes
	}
	if h.From == h.To {
		return fmt.Errorf("%q begins when it ends; a whole day is \"00:00-24:00\"", text)
	}
	return nil
}

// String is the form that UnmarshalText reads.
func (h Hours) String() string {
	day := ""
	if !h.AnyDay {
		day = h.Day.String()[:3] + " "
	}
	return fmt.Sprintf("%s%02d:%02d-%02d:%02d", day, h.From/60, h.From%60, h.To/60, h.To%60)
}

// Contains says whether a moment is inside, by the clock on the wall of its
// location: what a clock shows twice in a night is inside twice.
func (h Hours) Contains(t time.Time) bool {
	minute := t.Hour()*60 + t.Minute()
	begun := minute >= h.From && (h.AnyDay || t.Weekday() == h.Day)
	if h.From < h.To {
		return begun && minute < h.To
	}
	return begun || minute < h.To && (h.AnyDay || t.Weekday() == (h.Day+1)%7)
}

// begins is the next time after a moment that the span begins.
func (h Hours) begins(after time.Time) time.Time {
	for day := 0; ; day++ { // ends within 9 days: the weekday comes
		t := time.Date(after.Year(), after.Month(), after.Day()+day, 0, h.From, 0, 0, after.Location())
		if !t.After(after) || !h.AnyDay && time.Date(after.Year(), after.Month(), after.Day()+day, 12, 0, 0, 0, after.Location()).Weekday() != h.Day {
			continue
		}
		// A clock that is put forward jumps over a beginning: it begins then.
		for step := t; step.Before(t.Add(3 * time.Hour)); step = step.Add(time.Minute) {
			if h.Contains(step) {
				return step
			}
		}
	}
}

// Within says whether a moment is inside one of the spans. Of none, every
// moment is.
func Within(all []Hours, t time.Time) bool {
	for _, h := range all {
		if h.Contains(t) {
			return true
		}
	}
	return len(all) == 0
}

// Next is the next time after a moment that one of the spans begins; zero for
// none.
func Next(all []Hours, after time.Time) (next time.Time) {
	for _, h := range all {
		if t := h.begins(after); next.IsZero() || t.Before(next) {
			next = t
		}
	}
	return next
}
