package program

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSuccessor(t *testing.T) {
	own, other := strings.Repeat("1", 64), strings.Repeat("2", 64)
	const name = "beckmanconnect-tray"
	for title, tt := range map[string]struct {
		self    string // below the installation
		current string
		bin     bool
		want    bool
	}{
		"another version is current": {"versions/" + own + "/" + name, other + "\n", true, true},
		"this one is":                {"versions/" + own + "/" + name, own + "\n", true, false},
		"nothing is":                 {"versions/" + own + "/" + name, "", true, false},
		"the pointer is damaged":     {"versions/" + own + "/" + name, "../../bin\n", true, false},
		"there is no launcher":       {"versions/" + own + "/" + name, other + "\n", false, false},
		"built by hand":              {"out/" + name, other + "\n", true, false},
		"in a folder of that name":   {"versions/out/" + name, other + "\n", true, false},
	} {
		t.Run(title, func(t *testing.T) {
			install := t.TempDir()
			put := func(path, text string) {
				t.Helper()
				path = filepath.Join(install, path)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			put(tt.self, "program")
			if tt.current != "" {
				put("current", tt.current)
			}
			if tt.bin {
				put("bin/"+name, "launcher")
			}
			got := successor(filepath.Join(install, tt.self))
			if want := filepath.Join(install, "bin", name); tt.want && got != want || !tt.want && got != "" {
				t.Errorf("%q", got)
			}
		})
	}
	if got := Successor(); got != "" {
		t.Errorf("a test program would become %q", got)
	}
}
