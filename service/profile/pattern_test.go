package profile

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestWordsOfPatterns(t *testing.T) {
	for text, want := range map[string][]string{
		`(?i)\bdatabase (table )?is locked\b`: {"database "},
		`\b(FATAL|PANIC)\b`:                   {"fatal", "panic"},
		`(?i)\b(lis|host)\b.{0,40}\bdown\b`:   {"down"},
		`prénom`:                              {"nom"},
		`x{2}y`:                               {"x"},
		`(?:abc)+`:                            {"abc"},
		`a?b*`:                                nil,
		`\d{7,}`:                              nil,
		`(one|\d)`:                            nil,
	} {
		p, err := newPattern(text)
		if err != nil || !slices.Equal(p.words, want) {
			t.Errorf("%s: %q %v, want %q", text, p.words, err, want)
		}
	}
}

// Looking for words first never loses a match.
func TestWordsLoseNothing(t *testing.T) {
	var all []*pattern
	for _, name := range families {
		p := shipped(t, name)
		for _, r := range p.Rules {
			for _, pattern := range []*pattern{r.match, r.clear} {
				if pattern != nil {
					all = append(all, pattern)
				}
			}
		}
		for _, r := range p.Scrub.rules {
			all = append(all, r.match)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(all).Draw(t, "pattern")
		line := rapid.OneOf(rapid.StringMatching(p.String()), rapid.Map(rapid.StringMatching(p.String()), swapCase)).Draw(t, "line")
		if p.MatchString(line) && !p.might(fold(line)) {
			t.Fatalf("%q matches %s, but has none of %q", line, p, p.words)
		}
	})
}

// swapCase puts in other letters that are the same when case does not count.
func swapCase(s string) string {
	out := []rune(s)
	for i, r := range out {
		switch {
		case r == 's' || r == 'S':
			out[i] = 'ſ'
		case r == 'k' || r == 'K':
			out[i] = 'K'
		case r >= 'a' && r <= 'z':
			out[i] = r - 32
		case r >= 'A' && r <= 'Z':
			out[i] = r + 32
		}
	}
	return string(out)
}
