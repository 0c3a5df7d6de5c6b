package notify

import (
	"sync"

	"beckmanconnect/assets/text"
	"beckmanconnect/store"
)

// catalogues are those of all languages, found once.
var catalogues = sync.OnceValue(func() (all []*text.Catalogue) {
	for _, l := range text.Languages() {
		all = append(all, text.New(l.Tag))
	}
	return all
})

// ownTexts gives title and advice of one of the product's own alarms in every
// language of the catalogue; args gives the placeholders for a language.
func ownTexts(key string, args func(language string) []any) []store.Text {
	var texts []store.Text
	for _, c := range catalogues() {
		var filled []any
		if args != nil {
			filled = args(c.Lang())
		}
		texts = append(texts, store.Text{Language: c.Lang(), Title: c.T(key+".title", filled...), Advice: c.T(key+".detail", filled...)})
	}
	return texts
}

// groupTexts says how many stand in a group, and which is the worst; without
// one, that all are over. The title only counts: it goes to the cloud, and the
// worst may be in another program's words.
func groupTexts(kind string, members uint32, worst []store.Text) []store.Text {
	key := map[string]string{groupFlood: "alarm.flood", groupDigest: "alarm.digest"}[kind]
	texts := ownTexts(key, func(language string) []any { return []any{"n", members, "worst", titleIn(worst, language)} })
	if len(worst) == 0 {
		for i, c := range catalogues() {
			texts[i].Advice = c.T("alarm.group.over")
		}
	}
	return texts
}

// titleIn picks the language, or English.
func titleIn(texts []store.Text, language string) string {
	title := ""
	for _, t := range texts {
		if t.Language == language {
			return t.Title
		}
		if t.Language == "en" {
			title = t.Title
		}
	}
	return title
}
