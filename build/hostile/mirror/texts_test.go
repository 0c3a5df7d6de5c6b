package mirror

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Whatever a mirror does, the technician is told in words: each code that a
// check ends with has a text in every language, and each that a download ends
// with.
func TestEachCodeHasAText(t *testing.T) {
	languages, err := filepath.Glob("../../../assets/text/*/window.json")
	if err != nil || len(languages) != 7 {
		t.Fatalf("languages: %q, %v", languages, err)
	}
	for _, path := range languages {
		dir := filepath.Dir(path)
		files, err := filepath.Glob(filepath.Join(dir, "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		texts := map[string]any{}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err == nil {
				err = json.Unmarshal(text, &texts)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		said := append(prefixed("upgrade.check.", checkCodes), prefixed("upgrade.why.", downloadCodes)...)
		for _, key := range said {
			if texts[key] == nil || texts[key] == "" {
				t.Errorf("%s: nothing is said for %s", filepath.Base(dir), key)
			}
		}
	}
}

func prefixed(prefix string, codes map[string]error) (all []string) {
	for code := range codes {
		all = append(all, prefix+code)
	}
	return all
}
