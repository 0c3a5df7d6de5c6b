package console_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	entry = regexp.MustCompile(`(?m)(?:^|[{,] )\s*(\w+): "((?:[^"\\]|\\.)*)"`)
	hole  = regexp.MustCompile(`\{\w+\}`)
)

func catalogue(t *testing.T, name string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("web", name))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, m := range entry.FindAllStringSubmatch(string(raw), -1) {
		if _, twice := out[m[1]]; twice {
			t.Errorf("%s has %s twice", name, m[1])
		}
		out[m[1]] = m[2]
	}
	return out
}

// Both languages say the same things, with the same places to fill in, and
// nothing was left in English.
func TestCatalogues(t *testing.T) {
	en, de := catalogue(t, "en.ts"), catalogue(t, "de.ts")
	// A duty has its own pair of files, spread into the one catalogue.
	more, _ := filepath.Glob("web/en_*.ts")
	for _, path := range more {
		name := strings.TrimPrefix(filepath.Base(path), "en_")
		for _, pair := range []struct {
			from string
			into map[string]string
		}{{"en_" + name, en}, {"de_" + name, de}} {
			for key, text := range catalogue(t, pair.from) {
				if _, twice := pair.into[key]; twice {
					t.Errorf("%s: %s is in another file too", pair.from, key)
				}
				pair.into[key] = text
			}
		}
	}
	if len(en) < 250 {
		t.Fatalf("only %d texts were read", len(en))
	}
	// Words that are the same in both.
	same := strings.Fields(`liveOn online offline sevInfo ticket code alarmCode actual minutes seconds hours recRegion words capChat chatTitle monitorName
		keyWin keyAltTab keyAltF4 keyF11 kAlt kEnter kF kK kV kH kQuestion qMs k1 k2 k3 k4 k6 k7 admByOne kSlash kUp kDown kEsc kT lookSystem liveOff evRegion evSevInfo`)
	for key, text := range en {
		other, ok := de[key]
		if !ok {
			t.Errorf("German lacks %s", key)
			continue
		}
		a, b := hole.FindAllString(text, -1), hole.FindAllString(other, -1)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			t.Errorf("%s is filled with %v in English, with %v in German", key, a, b)
		}
		if text == other && !slices.Contains(same, key) {
			t.Errorf("%s is not translated: %q", key, text)
		}
	}
	for key := range de {
		if _, ok := en[key]; !ok {
			t.Errorf("English lacks %s", key)
		}
	}
	// Every text is used, and no text stands in the code.
	var code strings.Builder
	files, _ := filepath.Glob("web/*.ts")
	literal := regexp.MustCompile(`(?:setText\([^,]+, |\}, |\bh\("\w+", \{\}, )"[A-Z][a-z]+ ?[^"]*"`)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if base := filepath.Base(f); base == "en.ts" || base == "de.ts" || strings.HasPrefix(base, "en_") || strings.HasPrefix(base, "de_") {
			continue
		}
		code.Write(raw)
		for _, found := range literal.FindAllString(string(raw), -1) {
			t.Errorf("%s has a text of its own: %s", f, found)
		}
	}
	for key := range en {
		if !regexp.MustCompile(`"` + key + `"`).MatchString(code.String()) {
			t.Errorf("%s is used nowhere", key)
		}
	}
}
