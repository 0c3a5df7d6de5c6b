package text

import "testing"

// load reads every language's files as they are.
func load() (map[string]map[string]message, error) {
	all := map[string]map[string]message{}
	for _, l := range languages {
		messages, err := readLanguage(files, l.Tag)
		if err != nil {
			return nil, err
		}
		all[l.Tag] = messages
	}
	return all, nil
}

// What is kept of the files says the same as they do.
func TestTables(t *testing.T) {
	all, err := load()
	if err != nil {
		t.Fatal(err)
	}
	for tag, messages := range all {
		c := New(tag)
		if len(c.Keys()) != len(messages) {
			t.Errorf("%s: %d keys of %d", tag, len(c.Keys()), len(messages))
		}
		for key, m := range messages {
			at, ok := c.messages.find(key)
			if !ok || c.messages.sentences[at] != m["other"] || !c.Has(key) {
				t.Errorf("%s: %q says %q, not %q", tag, key, c.messages.sentences[at], m["other"])
			}
			for form, s := range m {
				if kept := c.messages.forms[at][form]; len(m) > 1 && kept != s {
					t.Errorf("%s: %q (%s) says %q, not %q", tag, key, form, kept, s)
				}
			}
		}
		if c.Has("no such key") || c.T("no such key") != "no such key" {
			t.Errorf("%s: a key that is not there says something", tag)
		}
	}
}
