package terms

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"beckmanconnect/assets/text"
)

// accepted are the hashes of the texts as each version last named them. Whoever
// changes a word in any language sees this test fail, and then changes Version
// with it. A language may join a version whose words stay.
var accepted = map[string]map[string]string{
	"2026-1": {"en": "630503fc4e7f366a146ca1438747a11b7efad5cfba94470682e1d624822729d0"},
	"2026-2": {"en": "c6a8e65f0329c432e3e6f944a51e5d8585a04ff1131c99b4062fa56d8b541c32"},
	"2026-3": {
		"en":      "03026a49fc84cac17b3c03a52c344e853e83f4dddb2c2101f4311618dd5a4d5f",
		"de":      "d1f711822a3e690eb9309277ae34262cd54e4b1a6dcb723c43319ba93ed6af7f",
		"fr":      "13202a5fd6d7c3c60f77486bfe31da8acb4000df082d3ec3c16c99f6da2e3171",
		"es":      "8b298883f01330a4635d8c3ca47d2f70d1f17d0fafc98cf49b82df88175d4086",
		"it":      "1644a8f7fddb3b9dda3db6b194482344bfda7d3981e4ddba803ee6e81b577164",
		"zh-Hans": "ffe10a2e16f52918a89de61a536d684898de2a94ae9da71b69f91b79e4652820",
		"ja":      "b4a0b430c963d002f4b6ffb4bd96177d306833e65bf1b0dae4f902244c34e1b7",
	},
}

// P19: what was accepted is a version whose words are fixed, in each language.
func TestVersionFollowsTheWords(t *testing.T) {
	for _, l := range text.Languages() {
		if got := Current(l.Tag).SHA256; got != accepted[Version][l.Tag] {
			t.Errorf("the texts of version %s have hash %s in %s, want %q: give them a new version", Version, got, l.Tag, accepted[Version][l.Tag])
		}
	}
}

// Each hash is of one language of the current version, and of nothing else.
func TestHashSaysTheLanguage(t *testing.T) {
	seen := map[string]string{}
	for _, l := range text.Languages() {
		read := Current(l.Tag)
		if other := seen[read.SHA256]; other != "" {
			t.Errorf("%s and %s have one hash", l.Tag, other)
		}
		seen[read.SHA256] = l.Tag
		if lang, current := Read(Version, read.SHA256); lang != l.Tag || !current {
			t.Errorf("the hash of %s is told as %q, %v", l.Tag, lang, current)
		}
		if lang, current := Read("2026-1", read.SHA256); current {
			t.Errorf("the words of %s pass as an older version (%s)", l.Tag, lang)
		}
	}
	for _, sum := range []string{"", "00", accepted["2026-1"]["en"]} {
		if lang, current := Read(Version, sum); current {
			t.Errorf("the hash %q passes as %s", sum, lang)
		}
	}
}

func TestLanguages(t *testing.T) {
	for wanted, want := range map[string]string{
		"de": "de", "de-AT": "de", "de_DE": "de", "DE": "de", "fr-CH": "fr", "es_MX": "es", "it": "it", "zh_CN": "zh-Hans", "zh-Hans": "zh-Hans", "ja_JP": "ja",
		"": "en", "en-GB": "en", "dev": "en", "xx-invalid": "en", "sv": "en",
	} {
		if got := Current(wanted); got.Language != want || got.Version != Version || got.Terms != Current(want).Terms {
			t.Errorf("%q: got %s, version %s", wanted, got.Language, got.Version)
		}
	}
}

// facts is what is said in figures and names: no translation may lose or change one.
var facts = regexp.MustCompile(`BeckmanConnect Remote Support|TLS|\d+([.,]\d+)?`)

// Every language has every section of the English texts, in their order, with
// the same figures and names, and is not the text of another language.
func TestEveryLanguageHasEverySection(t *testing.T) {
	english := Current("en")
	all := map[string]string{}
	for _, l := range text.Languages() {
		read := Current(l.Tag)
		if other := all[read.Terms]; other != "" {
			t.Errorf("%s has the text of %s", l.Tag, other)
		}
		all[read.Terms] = l.Tag
		for name, two := range map[string][2]string{"IT requirements": {read.ITRequirements, english.ITRequirements}, "terms": {read.Terms, english.Terms}} {
			got, want := strings.Split(two[0], "\n\n"), strings.Split(two[1], "\n\n")
			if len(got) != len(want) {
				t.Errorf("%s: the %s have %d sections, the English ones %d", l.Tag, name, len(got), len(want))
				continue
			}
			for i := range want {
				where := l.Tag + ", " + name + ", section " + strconv.Itoa(i+1)
				if a, b := figures(got[i]), figures(want[i]); !slices.Equal(a, b) {
					t.Errorf("%s: has %q, the English one %q", where, a, b)
				}
				// Chinese says in a third of the letters what German says.
				if a, b := letters(got[i]), letters(want[i]); a*5 < b || a > b*2 {
					t.Errorf("%s: %d letters, the English one has %d", where, a, b)
				}
				if strings.TrimSpace(got[i]) != got[i] || strings.Contains(got[i], "\n") || strings.Contains(got[i], "  ") {
					t.Errorf("%s: a break or a space where none belongs: %q", where, got[i])
				}
				if name == "terms" && !strings.HasPrefix(got[i], strconv.Itoa(i+1)+". ") {
					t.Errorf("%s: does not begin with its number: %.20q", where, got[i])
				}
			}
		}
	}
}

// figures are the facts of a section, sorted: languages order them otherwise.
func figures(s string) []string {
	found := facts.FindAllString(s, -1)
	slices.Sort(found)
	return found
}

func letters(s string) (n int) {
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}
