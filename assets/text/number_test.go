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
		{"fr", "1\u202f234", "-12\u202f345\u202f678", "1\u202f234,50", "1,4\u00a0MB", "A, B"},
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
