package redact

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestLine(t *testing.T) { // scenarios 15, 49
	for in, want := range map[string]string{
		"plain":                    "plain",
		"  two \r\n lines\t":       "two lines",
		"\x1b[31mred\x1b[0m":       "[31mred[0m",
		"a\u202eb\u200bc\u2066d":   "abcd",
		"NUL\x00 here":             "NUL here",
		"Ünïcode 試薬 µ ™":           "Ünïcode 試薬 µ ™",
		"\xff\xfe":                 "",
		"sep\u2028para\u2029graph": "sep para graph",
		"1234567890123":            "123456789…",
		"123456789 123":            "123456789…",
	} {
		if got := Line(in, 10+len(want)*btoi(!strings.HasSuffix(want, "…"))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestLineIsAlwaysInert(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, limit := rapid.String().Draw(t, "s"), rapid.IntRange(1, 50).Draw(t, "limit")
		got := Line(s, limit)
		if utf8.RuneCountInString(got) > limit || !utf8.ValidString(got) || got != strings.TrimSpace(got) {
			t.Fatalf("%q", got)
		}
		for _, r := range got {
			if r < ' ' || r == 0x7f || invisible(r) {
				t.Fatalf("%q holds %U", got, r)
			}
		}
		if Line(got, limit) != got {
			t.Fatalf("%q becomes %q", got, Line(got, limit))
		}
	})
}

func TestSecretsStayOutOfLogs(t *testing.T) { // scenario 25
	var b bytes.Buffer
	log := slog.New(Handler(slog.NewJSONHandler(&b, nil))).With("password", "canary-1").WithGroup("g")
	log.Info("x\ny", "Token", "canary-2", slog.Group("g", "email", "canary-3"), "text", "a\nb", "error", errors.New("c\x1bd"), "n", 5)
	got := b.String()
	if strings.Contains(got, "canary") {
		t.Error(got)
	}
	for _, want := range []string{`"a b"`, `"cd"`, `"x y"`, `"n":5`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
}
