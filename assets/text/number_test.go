package text

import (
	"strings"
	"testing"
	"time"
)

// B12: numbers, sizes and lists are written as the language does it.
func TestNumbers(t *testing.T) {
	for _, row := range []struct{ lang, whole, large, decimal, size, list string }{
		{"en", "1,234", "-12,345,678", "1,234.50", "1.4\u00a0MB", "A, B"},
		{"de", "1.234", "-12.345.678", "1.234,50", "1,4\u00a0MB", "A, B"},
		{"fr", "1\u00a0234", "-12\u00a0345\u00a0678", "1\u00a0234,50", "1,4\u00a0MB", "A, B"},
		{"es", "1234", "-12.345.678", "1234,50", "1,4\u00a0MB", "A, B"},
		{"it", "1.234", "-12.345.678", "1.234,50", "1,4\u00a0MB", "A, B"},
		{"zh-Hans", "1,234", "-12,345,678", "1,234.50", "1.4\u00a0MB", "A、B"},
		{"ja", "1,234", "-12,345,678", "1,234.50", "1.4\u00a0MB", "A、B"},
	} {
		c := New(row.lang)
		for _, pair := range [][2]string{
			{c.Number(1234), row.whole}, {c.Number(-12345678), row.large}, {c.Number(0), "0"}, {c.Number(999), "999"}, {c.Number(-999), "-999"},
			{c.Decimal(1234.5, 2), row.decimal}, {c.Decimal(0.4, 0), "0"}, {c.Size(1_400_000), row.size}, {c.List("A", "B"), row.list}, {c.List(), ""},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s: %q, want %q", row.lang, pair[0], pair[1])
			}
		}
		if got := c.Decimal(-0.5, 1); strings.Trim(got, "-0.,5") != "" || !strings.HasPrefix(got, "-0") {
			t.Errorf("%s: %q", row.lang, got)
		}
	}
}

// A count is written so in sentences too; what comes as a string stays.
func TestCountsInSentences(t *testing.T) {
	c := New("de")
	if got := c.T("activity.entries", "n", 12345); got != "12.345 Einträge" {
		t.Error(got)
	}
	if got := c.T("export.check.cert", "n", "12345"); !strings.Contains(got, "prove 12345") {
		t.Error(got)
	}
}

// B12: a day is written as each language writes it, and is never a word of
// another language.
func TestDates(t *testing.T) {
	now := time.Date(2026, 3, 7, 14, 5, 0, 0, time.UTC)
	for lang, want := range map[string]string{
		"en": "1 Feb 2026", "de": "01.02.2026", "fr": "01/02/2026", "es": "01/02/2026", "it": "01/02/2026", "zh-Hans": "2026-02-01", "ja": "2026/02/01",
	} {
		c := New(lang)
		day := time.Date(2026, 2, 1, 9, 0, 0, 0, time.UTC)
		if got := c.Date(day); got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
		if got := c.Moment(day, now); !strings.Contains(got, want) || !strings.Contains(got, "09:00") {
			t.Errorf("%s: %q", lang, got)
		}
	}
}

func TestSpans(t *testing.T) {
	for _, row := range []struct {
		lang          string
		d             time.Duration
		lasting, span string
	}{
		{"en", 0, "less than a minute", "0 s"},
		{"en", 59*time.Second + 600*time.Millisecond, "less than a minute", "1 min"},
		{"en", 25*time.Minute + 3*time.Second, "25 min", "25 min 3 s"},
		{"de", 2*time.Hour + 5*time.Minute + 9*time.Second, "2 h 5 min", "2 h 5 min"},
		{"fr", 25 * time.Hour, "1 jour 1 h", "1 jour 1 h"},
		{"it", 72*time.Hour + 40*time.Minute, "3 giorni", "3 giorni"}, // minutes say nothing beside days
		{"ja", 3*time.Hour + 4*time.Minute, "3時間4分", "3時間4分"},
		{"zh-Hans", 4*time.Minute + 10*time.Second, "4分钟", "4分钟10秒"},
		{"en", -time.Second, "less than a minute", "0 s"},
	} {
		c := New(row.lang)
		if got := c.Lasting(row.d); got != row.lasting {
			t.Errorf("%s, %v lasting: %q, want %q", row.lang, row.d, got, row.lasting)
		}
		if got := c.Span(row.d); got != row.span {
			t.Errorf("%s, %v span: %q, want %q", row.lang, row.d, got, row.span)
		}
	}
}
