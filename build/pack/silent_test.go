package main

import (
	"bytes"
	"io/fs"
	"os"
	"testing"
)

// Scenario 40: nothing that a package runs or brings says anything to a policy,
// so a silent installation authorises nothing.
func TestPackageAuthorisesNothing(t *testing.T) {
	scripts := os.DirFS("deb")
	err := fs.WalkDir(scripts, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(scripts, path)
		for _, word := range []string{"authorise", ".note", "policy sign"} {
			if bytes.Contains(text, []byte(word)) {
				t.Errorf("%s: %q", path, word)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
