package terms

import (
	"strings"
	"testing"
)

// accepted is the hash of the texts as Version last named them. Whoever
// changes a text sees this test fail, and then changes Version with it.
var accepted = map[string]string{
	"2026-1": "630503fc4e7f366a146ca1438747a11b7efad5cfba94470682e1d624822729d0",
	"2026-2": "c6a8e65f0329c432e3e6f944a51e5d8585a04ff1131c99b4062fa56d8b541c32",
}

// P19: what was accepted is a version whose words are fixed.
func TestVersionFollowsTheWords(t *testing.T) {
	if got := Hash(); got != accepted[Version] {
		t.Errorf("the texts of version %s have hash %s, want %s: give them a new version", Version, got, accepted[Version])
	}
}

func TestLanguages(t *testing.T) {
	_, enIT, enTerms, enHash := Current("en")
	for _, lang := range []string{"de", "de-AT", "de_DE", "DE"} {
		version, it, terms, hash := Current(lang)
		if it == enIT || terms == enTerms {
			t.Errorf("%s: got the English text", lang)
		}
		if version != Version || hash != enHash {
			t.Errorf("%s: version %s hash %s", lang, version, hash)
		}
		if a, b := strings.Count(it, "\n\n"), strings.Count(enIT, "\n\n"); a != b {
			t.Errorf("%s: IT requirements have %d paragraphs, the English ones %d", lang, a+1, b+1)
		}
		if a, b := strings.Count(terms, "\n\n"), strings.Count(enTerms, "\n\n"); a != b {
			t.Errorf("%s: terms have %d paragraphs, the English ones %d", lang, a+1, b+1)
		}
	}
	for _, lang := range []string{"", "ja", "dev", "xx-invalid"} {
		if _, it, _, _ := Current(lang); it != enIT {
			t.Errorf("%q: not English", lang)
		}
	}
}
