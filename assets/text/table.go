package text

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// table is what one language says, as it is kept for as long as the program
// runs: three of the programs stand all day, one of them speaks all languages.
type table struct {
	keys      []string // sorted; all languages share English's
	sentences []string // by key, of the form "other"; parts of one string
	forms     map[int]message
}

// find gives a key's place. A key that this language lacks, which a test looks
// for, is not there.
func (t *table) find(key string) (int, bool) {
	at, ok := slices.BinarySearch(t.keys, key)
	return at, ok && t.sentences[at] != ""
}

// tables reads a language's files once per process, and only those of languages
// that somebody speaks.
var tables = func() map[string]func() (*table, error) {
	all := map[string]func() (*table, error){}
	for _, l := range languages {
		all[l.Tag] = sync.OnceValues(func() (*table, error) { return readTable(l.Tag) })
	}
	return all
}()

func tableOf(tag string) (*table, error) { return tables[tag]() }

// keys are English's, sorted.
var keys = sync.OnceValues(func() ([]string, error) {
	english, err := readLanguage(files, languages[0].Tag)
	return slices.Sorted(maps.Keys(english)), err
})

func readTable(tag string) (*table, error) {
	keys, err := keys()
	if err != nil {
		return nil, err
	}
	messages, err := readLanguage(files, tag)
	if err != nil {
		return nil, err
	}
	t := &table{keys: keys, sentences: make([]string, len(keys)), forms: map[int]message{}}
	var all strings.Builder
	for i, key := range keys {
		m := messages[key]
		all.WriteString(m["other"])
		if len(m) > 1 {
			t.forms[i] = m
		}
	}
	rest := strings.Clone(all.String())
	for i, key := range keys {
		n := len(messages[key]["other"])
		t.sentences[i], rest = rest[:n], rest[n:]
	}
	return t, nil
}
