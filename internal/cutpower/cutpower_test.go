//go:build linux && amd64

package cutpower_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"beckmanconnect/internal/cutpower"
)

const (
	variable = "BECKMANCONNECT_TEST_CUTPOWER"
	watched  = "BECKMANCONNECT_TEST_WATCHED"
)

// TestMain lets the test's own program be the one that is cut.
func TestMain(m *testing.M) {
	dir := os.Getenv(variable)
	if dir == "" {
		os.Exit(m.Run())
	}
	if os.Getenv(watched) != "" {
		if err := cutpower.Watched(); err != nil {
			_, _ = os.Stderr.WriteString(err.Error())
			os.Exit(2)
		}
	}
	if err := victim(dir); err != nil {
		_, _ = os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
}

// victim makes a file in two steps, with a thread and a program of its own.
func victim(dir string) error {
	next := filepath.Join(dir, "next")
	done := make(chan error)
	go func() { done <- os.WriteFile(next, []byte(strings.Repeat("x", 100)), 0o600) }()
	if err := <-done; err != nil {
		return err
	}
	if err := exec.Command("/bin/sh", "-c", "echo outside > /dev/null; echo more >> "+next).Run(); err != nil {
		return err
	}
	return os.Rename(next, filepath.Join(dir, "file"))
}

func run(t *testing.T, dir string, cut cutpower.Cut) cutpower.Result {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), variable+"="+dir)
	if cut.Watched {
		cmd.Env = append(cmd.Env, watched+"=1")
	}
	cut.Dir = dir
	r, err := cutpower.Run(t.Context(), cmd, cut)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// names are the calls of the whole run.
var names = []string{"openat", "write", "openat", "write", "renameat"}

func TestCutsAtEachCall(t *testing.T) {
	for _, watched := range []bool{false, true} {
		testCutsAtEachCall(t, watched)
	}
}

func testCutsAtEachCall(t *testing.T, watched bool) {
	var cuts int
	for at := 1; ; at++ {
		dir := t.TempDir()
		r := run(t, dir, cutpower.Cut{At: at, Watched: watched})
		var got []string
		for _, c := range r.Calls {
			got = append(got, c.Name)
		}
		if !slices.Equal(got, names[:min(at, len(names))]) {
			t.Fatalf("cut at %d: %q", at, got)
		}
		_, err := os.Stat(filepath.Join(dir, "file"))
		if there := err == nil; there == r.Cut || (r.Exit == 0) == r.Cut {
			t.Errorf("cut at %d (%v): there is a file: %v, exit code %d, %s", at, r.Cut, there, r.Exit, r.Output)
		}
		text, _ := os.ReadFile(filepath.Join(dir, "next"))
		if want := map[int]int{3: 100, 4: 100, 5: 105}[at]; r.Cut && len(text) != want {
			t.Errorf("cut at %d: %d bytes, want %d", at, len(text), want)
		}
		if !r.Cut {
			break
		}
		cuts++
	}
	if cuts != len(names) {
		t.Errorf("cut %d times", cuts)
	}
}

func TestTornWrite(t *testing.T) {
	dir := t.TempDir()
	if r := run(t, dir, cutpower.Cut{At: 2, Torn: true, Watched: true}); !r.Cut || r.Exit == 0 {
		t.Errorf("%+v", r)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "next")); err != nil || len(text) != 50 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	r := run(t, dir, cutpower.Cut{At: 2, Full: true})
	if !r.Cut || r.Exit != 1 || !strings.Contains(r.Output, "no space left on device") {
		t.Errorf("%+v", r)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "next")); err != nil || len(text) != 0 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

func TestUnsafeOrders(t *testing.T) {
	for name, tt := range map[string]struct {
		calls []cutpower.Call
		want  string
	}{
		"content after name": {[]cutpower.Call{{Name: "openat", Path: "/d/a"}, {Name: "write", Path: "/d/a"}, {Name: "rename", Path: "/d/a", To: "/d/b"}}, "content of /d/a"},
		"content first":      {[]cutpower.Call{{Name: "openat", Path: "/d/a"}, {Name: "write", Path: "/d/a"}, {Name: "fsync", Path: "/d/a"}, {Name: "rename", Path: "/d/a", To: "/d/b"}}, ""},
		"folder not synced": {[]cutpower.Call{{Name: "mkdirat", Path: "/d/versions/1"}, {Name: "rename", Path: "/d/n", To: "/d/current"}},
			"names in /d/versions"},
		"folder not synced before its rename": {[]cutpower.Call{{Name: "openat", Path: "/d/new/a"}, {Name: "rename", Path: "/d/new", To: "/d/1"}, {Name: "fsync", Path: "/d"}, {Name: "rename", Path: "/d/n", To: "/d/current"}},
			"names in /d/1"},
		"folder synced": {[]cutpower.Call{{Name: "mkdirat", Path: "/d/versions/1"}, {Name: "fsync", Path: "/d/versions"}, {Name: "rename", Path: "/d/n", To: "/d/current"}}, ""},
	} {
		got := strings.Join(cutpower.Unsafe(tt.calls, "/d", "/d/current"), "\n")
		if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestOneCallFails(t *testing.T) {
	dir := t.TempDir()
	r := run(t, dir, cutpower.Cut{At: 2, Fail: unix.EIO, Watched: true})
	if !r.Cut || r.Exit != 1 || !strings.Contains(r.Output, "input/output error") {
		t.Errorf("%+v", r)
	}
	dir = t.TempDir()
	if r := run(t, dir, cutpower.Cut{At: 4, Fail: unix.EIO, Watched: true}); !r.Cut || len(r.Calls) < 4 {
		t.Errorf("%+v", r)
	}
}
