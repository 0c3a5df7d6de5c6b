package profile

import (
	"slices"
	"strings"

	"beckmanconnect/internal/redact"
)

// texts gives what a rule says, in the order of languages.
func (b *builder) texts(key, where string, s said) []Text {
	switch {
	case s.Texts != "" && len(s.Text) > 0:
		b.add(key+".texts", where, "it has texts of its own and names [texts.%s]; one of the two", s.Texts)
		return nil
	case s.Texts != "":
		return b.shared(key, where, s.Texts)
	case s.Text["en"].Title == "":
		b.add(key, where, "text.en is missing")
		return nil
	}
	var all []Text
	for language, t := range s.Text {
		all = append(all, b.text(key+".text."+language, where+": text."+language, Text{language, t.Title, t.Advice}))
	}
	return sorted(all)
}

func (b *builder) shared(key, where, name string) []Text {
	table, ok := b.file.Texts[name]
	switch {
	case !ok:
		b.add(key+".texts", where, "there is no [texts.%s]", name)
		return nil
	case len(table["en"]) == 0:
		b.add("texts."+name, "texts."+name, "en is missing")
		return nil
	}
	var all []Text
	for language, pair := range table {
		at := "texts." + name + "." + language
		if len(pair) != 2 {
			b.addOnce(at, at, "it must be [\"title\", \"advice\"]")
			continue
		}
		all = append(all, b.text(at, at, Text{language, pair[0], pair[1]}))
	}
	return sorted(all)
}

func (b *builder) text(key, where string, t Text) Text {
	if !langForm.MatchString(t.Language) {
		b.addOnce(key, where, "%q is no language, as de or zh-Hans", t.Language)
	}
	if t.Title == "" || t.Advice == "" {
		b.addOnce(key, where, "title or advice is missing")
		return t
	}
	b.inert(key, where, t.Title, maxTitle)
	b.inert(key, where, t.Advice, maxAdvice)
	return t
}

// inert: a text for people is one plain line (scenario 49).
func (b *builder) inert(key, where, text string, limit int) {
	switch {
	case strings.TrimSpace(text) == "":
		b.addOnce(key, where, "it is empty")
	case strings.ContainsAny(text, "\n\r\t"):
		b.addOnce(key, where, "one line each")
	case redact.Line(text, limit) != text:
		b.addOnce(key, where, "at most %d plain characters, without control or invisible ones and doubled spaces", limit)
	}
}

// addOnce: a shared text is looked at by every rule that uses it.
func (b *builder) addOnce(key, where, format string, args ...any) {
	n := len(b.list)
	b.add(key, where, format, args...)
	if slices.Contains(b.list[:n], b.list[n]) {
		b.list = b.list[:n]
	}
}

// unused: a table that no rule names is a misspelt name somewhere.
func (b *builder) unused() {
	used := map[string]bool{}
	if b.file.Disk != nil {
		used[b.file.Disk.Texts] = true
	}
	for _, r := range b.file.Rule {
		used[r.Texts] = true
	}
	for name := range b.file.Texts {
		if !used[name] {
			b.add("texts."+name, "texts."+name, "no rule uses it")
		}
	}
}

func sorted(all []Text) []Text {
	slices.SortFunc(all, func(a, b Text) int { return strings.Compare(a.Language, b.Language) })
	return all
}
