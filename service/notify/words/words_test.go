package words

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Every code speaks all languages, in one line each, says what to do, and
// carries neither a link nor a number to call.
func TestWords(t *testing.T) { // B12
	codes, err := Codes()
	if err != nil || len(codes) < 15 {
		t.Fatal(codes, err)
	}
	number := regexp.MustCompile(`[0-9]{3}`)
	seen := map[string]string{}
	for _, code := range codes {
		var languages []string
		for _, text := range Of(code) {
			languages = append(languages, text.Language)
			where := code + " " + text.Language
			if text.Title == "" || text.Advice == "" || strings.ContainsAny(text.Title+text.Advice, "\n\r\t!") {
				t.Errorf("%s: %+v", where, text)
			}
			if n := utf8.RuneCountInString(text.Title); n > 80 {
				t.Errorf("%s: the title has %d characters", where, n)
			}
			if n := utf8.RuneCountInString(text.Advice); n > 400 {
				t.Errorf("%s: the advice has %d characters", where, n)
			}
			if strings.Contains(text.Advice, "://") || number.MatchString(text.Title+text.Advice) {
				t.Errorf("%s: a link or a number: %q", where, text.Advice)
			}
			if other := seen[text.Language+text.Title]; other != "" {
				t.Errorf("%s has the title of %s", where, other)
			}
			seen[text.Language+text.Title] = code
		}
		if !slices.Equal(languages, Languages()) {
			t.Errorf("%s speaks %v", code, languages)
		}
	}
	if got := Of("no-such-code"); len(got) != 1 || got[0].Title != "no such code" {
		t.Errorf("%+v", got)
	}
}
