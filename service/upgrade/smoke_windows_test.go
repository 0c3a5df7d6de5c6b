package upgrade

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// While a program is open for its trial nobody swaps it, whoever has the right
// to (scenario 37); it starts nevertheless.
func TestWindowsHandleHoldsProgram(t *testing.T) {
	self, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "version")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "program.exe")
	if err := os.WriteFile(path, self, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := openProgram(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, swap := range map[string]func() error{
		"written": func() error { return os.WriteFile(path, []byte("evil"), 0o755) },
		"removed": func() error { return os.Remove(path) },
		"renamed": func() error { return os.Rename(path, path+".old") },
		"replaced": func() error {
			other := filepath.Join(t.TempDir(), "evil.exe")
			if err := os.WriteFile(other, []byte("evil"), 0o755); err != nil {
				t.Fatal(err)
			}
			return os.Rename(other, path)
		},
	} {
		if swap() == nil {
			t.Errorf("an open program was %s", name)
		}
	}
	cmd := execution(context.Background(), f, "program", "-test.run=^$")
	cmd.Env = []string{}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("an open program does not start: %v: %s", err, out)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".old"); err != nil {
		t.Errorf("after it was closed: %v", err)
	}
	if _, err := openProgram(dir); err == nil {
		t.Error("a folder passes for a program")
	}
}
