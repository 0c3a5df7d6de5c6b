package install

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"beckmanconnect/internal/hostconfig"
)

// scenario 57: what others could change, or look into, is found.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(dir, "beckmanconnect")
	l := Layout{Root: root, Config: hostconfig.Config{
		File: filepath.Join(root, "host.toml"), Trust: filepath.Join(root, "trust"), Policy: filepath.Join(root, "site-policy.note"),
		Install: filepath.Join(dir, "programs"), Data: filepath.Join(dir, "data"),
	}}
	unit := filepath.Join(dir, "x.service")
	for _, d := range []string{root, l.Config.Trust, l.Config.Install} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(l.Config.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{l.Config.File, unit} {
		if err := os.WriteFile(f, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if r := check(l, []string{unit}); r.Findings != nil {
		t.Fatalf("as installed: %v", r.Findings)
	}
	for what, mode := range map[string]os.FileMode{root: 0o777, l.Config.Trust: 0o775, l.Config.Install: 0o757, l.Config.Data: 0o750, l.Config.File: 0o666, unit: 0o646} {
		info, err := os.Stat(what)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(what, mode); err != nil {
			t.Fatal(err)
		}
		r := check(l, []string{unit})
		if !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.What == what && strings.Contains(f.Says, "others") }) {
			t.Errorf("%s with mode %o: %v", what, mode, r.Findings)
		}
		if err := os.Chmod(what, info.Mode()); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(unit); err != nil {
		t.Fatal(err)
	}
	if r := check(l, []string{unit}); len(r.Findings) != 1 || r.Findings[0].What != unit {
		t.Errorf("without its unit: %v", r.Findings)
	}
}
