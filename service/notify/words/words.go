// Package words holds what the product's own sources say to the technician:
// title and advice of each code, in the languages of the catalogue. What stands
// there is calm, says what to do, and holds nothing that was read from
// anywhere.
package words

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	languages "beckmanconnect/assets/text"
	"beckmanconnect/store"
)

//go:embed texts.toml
var file string

// Languages each code speaks, in the order of Of.
func Languages() []string {
	var all []string
	for _, l := range languages.Languages() {
		all = append(all, l.Tag)
	}
	slices.Sort(all)
	return all
}

type text struct {
	Title  string `toml:"title"`
	Advice string `toml:"advice"`
}

var table = sync.OnceValues(func() (map[string]map[string]text, error) {
	all := map[string]map[string]text{}
	meta, err := toml.Decode(file, &all)
	if err == nil && len(meta.Undecoded()) > 0 {
		err = fmt.Errorf("words: %s is not known", meta.Undecoded()[0])
	}
	return all, err
})

// Of gives a code's texts. A code without any is a fault of the program: it
// shows its own name rather than nothing.
func Of(code string) []store.Text {
	all, err := table()
	if err != nil || all[code]["en"].Title == "" {
		return []store.Text{{Language: "en", Title: strings.ReplaceAll(code, "-", " ")}}
	}
	var out []store.Text
	for language, t := range all[code] {
		out = append(out, store.Text{Language: language, Title: t.Title, Advice: t.Advice})
	}
	slices.SortFunc(out, func(a, b store.Text) int { return strings.Compare(a.Language, b.Language) })
	return out
}

// Codes are all codes that have texts, in order.
func Codes() ([]string, error) {
	all, err := table()
	var codes []string
	for code := range all {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes, err
}
