package racetest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Named tests are left out under the detector alone, and there unless they are
// asked for.
func TestLeft(t *testing.T) {
	single := []string{"TestA", "TestB"}
	for _, tt := range []struct {
		detector       bool
		all, run, skip string
		want           string
	}{
		{true, "", "", "", "^(TestA|TestB)$"},
		{false, "", "", "", ""},
		{true, "1", "", "", ""},
		{true, "", "TestA", "", ""},
		{true, "", "", "TestC", ""},
	} {
		if got := left(tt.detector, tt.all, tt.run, tt.skip, single); got != tt.want {
			t.Errorf("%+v: %q", tt, got)
		}
	}
	if got := left(true, "", "", "", nil); got != "" {
		t.Errorf("nothing is named: %q", got)
	}
}

// The lists of all packages name tests that there are.
func TestListsAreTrue(t *testing.T) {
	lists := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "out" || d.Name() == "dist") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		list := list.FindSubmatch(text)
		if list == nil {
			return nil
		}
		lists++
		there := tests(t, filepath.Dir(path))
		for _, name := range quoted.FindAllSubmatch(list[1], -1) {
			if !slices.Contains(there, string(name[1])) {
				t.Errorf("%s: %s is no test there", path, name[1])
			}
		}
		return nil
	})
	if err != nil || lists == 0 {
		t.Fatalf("%d lists: %v", lists, err)
	}
}

var (
	list     = regexp.MustCompile(`racetest\.Main\(m,([^)]*)\)`)
	quoted   = regexp.MustCompile(`"(\w+)"`)
	testFunc = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

// tests are those of a folder.
func tests(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testFunc.FindAllSubmatch(text, -1) {
			names = append(names, string(m[1]))
		}
	}
	return names
}
