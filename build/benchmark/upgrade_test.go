package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The small change is one of the service's own files and one function more, and
// the tree stays as it is.
func TestSmallChange(t *testing.T) {
	t.Chdir("../..")
	overlay, err := smallChange(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(overlay)
	if err != nil {
		t.Fatal(err)
	}
	var o struct{ Replace map[string]string }
	if err := json.Unmarshal(text, &o); err != nil || len(o.Replace) != 2 {
		t.Fatalf("%s: %v", text, err)
	}
	added, changed := 0, 0
	for path, with := range o.Replace {
		next, err := os.ReadFile(with)
		if err != nil || filepath.Base(filepath.Dir(path)) != "service" {
			t.Fatalf("%s: %v", path, err)
		}
		now, err := os.ReadFile(path)
		switch {
		case os.IsNotExist(err) && strings.Contains(string(next), "func init()"):
			added++
		case err == nil && len(next)-len(now) == len("as of now: "):
			changed++
		}
	}
	if added != 1 || changed != 1 {
		t.Errorf("%d files added, %d changed", added, changed)
	}
}

func TestMedianOfChecks(t *testing.T) {
	got := medianCheck([]checked{{out: 1, in: 30, took: 2 * time.Second}, {out: 3, in: 10, took: time.Second}, {out: 2, in: 20, took: 3 * time.Second}})
	if got != (checked{out: 2, in: 20, took: 2 * time.Second}) || got.bytes() != 22 {
		t.Errorf("%+v", got)
	}
}

func TestUpgradeNeedsItsNextVersion(t *testing.T) {
	if _, err := upgradeBench(t.Context(), options{}); err == nil {
		t.Error("it measured without a next version")
	}
	if _, err := upgradeBench(t.Context(), options{release: "x", only: "weather"}); err == nil {
		t.Error("an unknown part was measured")
	}
}
