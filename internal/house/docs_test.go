package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// proofs are the pages that say which test shows something.
var proofs = []string{"requirements.md", "security.md"}

// named finds `path/to/package.TestName` in a page.
var named = regexp.MustCompile("`([a-z0-9_/-]+)\\.((?:Test|Fuzz)[A-Z][A-Za-z0-9_]*)`")

// TestNamedTestsExist: a page never names a test that is not there (any more),
// and never names one without its package.
func TestNamedTestsExist(t *testing.T) {
	known := map[string]string{} // folder → text of its tests
	for _, page := range proofs {
		text, err := os.ReadFile(filepath.Join("../../docs", page))
		if err != nil {
			t.Fatal(err)
		}
		found := named.FindAllStringSubmatch(string(text), -1)
		if len(found) < 50 {
			t.Errorf("%s names only %d tests", page, len(found))
		}
		if all := len(regexp.MustCompile(`\b(Test|Fuzz)[A-Z][A-Za-z0-9_]*\b`).FindAllString(string(text), -1)); all != len(found) {
			t.Errorf("%s: %d of %d tests are not named as `package.TestName`", page, all-len(found), all)
		}
		for _, f := range found {
			folder, name := f[1], f[2]
			if _, ok := known[folder]; !ok {
				known[folder] = testsIn(t, folder)
			}
			if !strings.Contains(known[folder], "\nfunc "+name+"(") {
				t.Errorf("%s names %s.%s, which does not exist", page, folder, name)
			}
		}
	}
}

func testsIn(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString("\n")
		b.Write(text)
	}
	return b.String()
}
