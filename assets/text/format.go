package text

import (
	"fmt"
	"time"
)

// Clock is the time of day as laboratories write it: 24 hours, no seconds.
func (c *Catalogue) Clock(t time.Time) string { return t.Format("15:04") }

// Date is a calendar day in the order the language writes it.
func (c *Catalogue) Date(t time.Time) string {
	switch c.tag {
	case "de":
		return t.Format("02.01.2006")
	case "fr", "es", "it":
		return t.Format("02/01/2006")
	case "ja":
		return t.Format("2006/01/02")
	case "zh-Hans":
		return t.Format("2006-01-02")
	}
	return t.Format("2 Jan 2006")
}

// Day is the date of t as seen at now: today and yesterday in words.
func (c *Catalogue) Day(t, now time.Time) string {
	y, m, d := now.In(t.Location()).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, t.Location())
	switch {
	case !t.Before(today) && t.Before(today.AddDate(0, 0, 1)):
		return c.T("time.today")
	case !t.Before(today.AddDate(0, 0, -1)) && t.Before(today):
		return c.T("time.yesterday")
	}
	return c.Date(t)
}

// Moment is day and time in one short phrase; a time of today goes without
// its day.
func (c *Catalogue) Moment(t, now time.Time) string {
	day := c.Day(t, now)
	if day == c.T("time.today") {
		return c.Clock(t)
	}
	return c.T("time.moment", "day", day, "clock", c.Clock(t))
}

// Within is Moment inside a sentence, where a language writes the day small.
func (c *Catalogue) Within(t, now time.Time) string {
	if c.Day(t, now) != c.T("time.yesterday") {
		return c.Moment(t, now)
	}
	return c.T("time.moment", "day", c.T("time.yesterday.within"), "clock", c.Clock(t))
}

// Lasting is how long something stood, in its two largest units: "3 days 4 h".
func (c *Catalogue) Lasting(d time.Duration) string {
	if d < time.Minute {
		return c.T("lasting.short")
	}
	return c.span(d.Truncate(time.Minute))
}

// Span is how long something took, to the second where that counts: "4 min 10 s",
// "2 h 5 min".
func (c *Catalogue) Span(d time.Duration) string { return c.span(d.Round(time.Second)) }

// span says the two largest units of a time, where they are neighbours.
func (c *Catalogue) span(d time.Duration) string {
	s := int(max(d, 0) / time.Second)
	units := []struct {
		n   int
		key string
	}{{s / 86400, "lasting.days"}, {s / 3600 % 24, "lasting.hours"}, {s / 60 % 60, "lasting.minutes"}, {s % 60, "lasting.seconds"}}
	for i, u := range units[:3] {
		if u.n == 0 {
			continue
		}
		said := c.T(u.key, "n", u.n)
		if next := units[i+1]; next.n > 0 {
			said += c.between() + c.T(next.key, "n", next.n)
		}
		return said
	}
	return c.T("lasting.seconds", "n", s)
}

// between stands between two units: nothing in languages without spaces.
func (c *Catalogue) between() string {
	if c.tag == "zh-Hans" || c.tag == "ja" {
		return ""
	}
	return " "
}

// Countdown is what is left of a time, "9:41"; it never goes below zero.
func (c *Catalogue) Countdown(left time.Duration) string {
	if left < 0 {
		left = 0
	}
	// Rounded up: a countdown that shows 0:00 is over.
	s := int((left + time.Second - 1) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
