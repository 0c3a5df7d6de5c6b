// Package text is the catalogue: every sentence the product shows to a
// technician, in each language it speaks (B12). It links no graphics, so that
// the tray can use it as well as the windows.
//
// A language is a folder of JSON files; each file holds flat keys. A value is
// a sentence, or an object with the plural forms of it ("one", "other"). A
// placeholder is a name in braces: "Valid for {minutes} minutes".
package text

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed en de fr es it zh-Hans ja
var files embed.FS

// Language is one the product speaks.
type Language struct {
	Tag  string // as its folder is called: "en", "zh-Hans"
	Name string // in the language itself
}

// languages in the order they are offered; the first is the one to fall back to.
var languages = []Language{
	{"en", "English"},
	{"de", "Deutsch"},
	{"fr", "Français"},
	{"es", "Español"},
	{"it", "Italiano"},
	{"zh-Hans", "简体中文"},
	{"ja", "日本語"},
}

// Languages returns what can be chosen. This is the one list of languages.
func Languages() []Language { return append([]Language(nil), languages...) }

// message is one entry: its plural forms by CLDR name; "other" is always there.
type message map[string]string

// UnmarshalJSON accepts a sentence or an object of plural forms.
func (m *message) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		*m = message{"other": s}
		return nil
	}
	forms := map[string]string{}
	if err := json.Unmarshal(raw, &forms); err != nil {
		return err
	}
	if _, ok := forms["other"]; !ok {
		return fmt.Errorf("text: an entry with plural forms lacks %q", "other")
	}
	*m = forms
	return nil
}

// Catalogue speaks one language. It never changes and is safe for use by many
// goroutines.
type Catalogue struct {
	tag      string
	base     language.Tag
	messages *table
}

func readLanguage(from fs.FS, tag string) (map[string]message, error) {
	entries, err := fs.ReadDir(from, tag)
	if err != nil {
		return nil, fmt.Errorf("text: read %s: %w", tag, err)
	}
	out := map[string]message{}
	for _, e := range entries {
		raw, err := fs.ReadFile(from, path.Join(tag, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("text: read %s: %w", tag, err)
		}
		part := map[string]message{}
		if err := json.Unmarshal(raw, &part); err != nil {
			return nil, fmt.Errorf("text: parse %s/%s: %w", tag, e.Name(), err)
		}
		for key, m := range part {
			if _, twice := out[key]; twice {
				return nil, fmt.Errorf("text: %s/%s: %q is there twice", tag, e.Name(), key)
			}
			out[key] = m
		}
	}
	return out, nil
}

// New returns the catalogue that fits a language best: "de-AT" speaks German,
// "zh_CN" simplified Chinese, and what nobody translated English.
func New(lang string) *Catalogue {
	tag := Match(lang)
	messages, err := tableOf(tag)
	if err != nil {
		// The files are part of the program and a test reads them all.
		panic(err)
	}
	return &Catalogue{tag: tag, base: language.Make(tag), messages: messages}
}

// Lang is the tag of the language spoken.
func (c *Catalogue) Lang() string { return c.tag }

// T returns the sentence of a key with its placeholders filled. args are names
// and values in turn: T("help.valid", "minutes", 9). A number named "n" is a
// count: it is written with Number and picks the plural form. An unknown key
// returns itself, so that a fault shows and nothing falls over.
func (c *Catalogue) T(key string, args ...any) string {
	at, ok := c.messages.find(key)
	if !ok {
		return key
	}
	pairs := make([]string, 0, len(args))
	form := c.messages.sentences[at]
	for i := 0; i+1 < len(args); i += 2 {
		name, _ := args[i].(string)
		value := fmt.Sprint(args[i+1])
		if n, isCount := count(args[i+1]); isCount && name == "n" {
			value, form = c.Number(n), c.form(at, n)
		}
		pairs = append(pairs, "{"+name+"}", value)
	}
	if len(pairs) == 0 {
		return form
	}
	// One pass: a brace inside a value is never taken for a placeholder.
	return strings.NewReplacer(pairs...).Replace(form)
}

// Has says whether a key exists, for families of keys that grow on the other
// side of the pipe, such as kinds of log entries.
func (c *Catalogue) Has(key string) bool {
	_, ok := c.messages.find(key)
	return ok
}

// Keys returns every key, sorted.
func (c *Catalogue) Keys() []string {
	return slices.Clone(c.messages.keys)
}

func (c *Catalogue) form(at, n int) string {
	names := map[plural.Form]string{plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many"}
	if s, ok := c.messages.forms[at][names[plural.Cardinal.MatchPlural(c.base, n, 0, 0, 0, 0)]]; ok {
		return s
	}
	return c.messages.sentences[at]
}

func count(v any) (int, bool) {
	switch n := v.(type) {
	case int:
		return n, true
	case int32:
		return int(n), true
	case int64:
		return int(n), true
	case uint:
		return int(n), true
	case uint32:
		return int(n), true
	case uint64:
		return int(n), true
	}
	return 0, false
}
