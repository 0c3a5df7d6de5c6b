package text

import (
	"strings"

	"golang.org/x/text/language"
)

// Match returns the tag of the language that fits best what is wanted, the most
// wanted first: "de-AT" is served by German, "zh_CN" by simplified Chinese. Who
// reads traditional Chinese gets another wish of theirs that is spoken here, or
// else the simplified one. What nobody translated is English.
func Match(wanted ...string) string {
	for _, least := range []language.Confidence{language.High, language.Low} {
		for _, lang := range wanted {
			if tag, sure := match(lang); sure >= least {
				return tag
			}
		}
	}
	return languages[0].Tag
}

func match(lang string) (string, language.Confidence) {
	want, err := language.Parse(strings.ReplaceAll(lang, "_", "-"))
	if err != nil || want == language.Und {
		return "", language.No
	}
	tags := make([]language.Tag, len(languages))
	for i, l := range languages {
		tags[i] = language.Make(l.Tag)
	}
	_, i, sure := language.NewMatcher(tags).Match(want)
	return languages[i].Tag, sure
}
