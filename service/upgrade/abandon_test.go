package upgrade_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"beckmanconnect/service/upgrade"
	"beckmanconnect/service/upgrade/versions"
)

// A package that is removed leaves nothing of the upgrades behind, and takes
// nothing that is not theirs (scenario 57).
func TestAbandon(t *testing.T) {
	dir := t.TempDir()
	digest := strings.Repeat("a", 64)
	for _, name := range []string{"bin/beckmanctl", "package/a.tar.zst", "site.txt", "current", "previous", "trial", "current.new", "removed-ABC",
		"upgrade/memory", "versions/" + digest + "/beckmanctl", "versions/adopted.new/beckmanctl"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // and again, where nothing is left
		if err := upgrade.Abandon(versions.Install{Dir: dir}); err != nil {
			t.Fatal(err)
		}
		var left []string
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			left = append(left, e.Name())
		}
		if want := []string{"bin", "package", "site.txt"}; !slices.Equal(left, want) {
			t.Errorf("left: %q", left)
		}
	}
}
