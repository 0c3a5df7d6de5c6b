package text_test

import (
	"testing"

	"beckmanconnect/assets/text"
)

// Sentences and labels stand together as each language writes them.
func TestJoined(t *testing.T) {
	for lang, want := range map[string][3]string{
		"en": {"A. B.", "A. B", "A: B"}, "de": {"A. B.", "A. B", "A: B"}, "es": {"A. B.", "A. B", "A: B"}, "it": {"A. B.", "A. B", "A: B"},
		"fr": {"A. B.", "A. B", "A\u00a0: B"}, "zh-Hans": {"A.B.", "A。B", "A：B"}, "ja": {"A.B.", "A。B", "A：B"},
	} {
		c := text.New(lang)
		if got := [3]string{c.Sentences("", "A.", "", "B."), c.Headed("A", "B"), c.Labelled("A", "B")}; got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
		if c.Sentences("", "") != "" {
			t.Errorf("%s: nothing is %q", lang, c.Sentences("", ""))
		}
	}
}
