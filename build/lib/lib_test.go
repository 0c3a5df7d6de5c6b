// Package lib tests what the shell of build/test relies on to leave something out.
package lib

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func run(t *testing.T, dir string, env []string, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// script is where a script of this folder is. It looks at the file itself, for
// go test to know that the result hangs on it.
func script(t *testing.T, name string) string {
	t.Helper()
	if _, err := os.Stat(name); err != nil {
		t.Fatal(err)
	}
	path, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A long run is left out where it passed with the same bytes, from whatever
// folder, and at no other time.
func TestOnce(t *testing.T) {
	common := script(t, "common.sh")
	dir := t.TempDir()
	file, done, cache := filepath.Join(dir, "program"), filepath.Join(dir, "done"), "GOCACHE="+filepath.Join(dir, "cache")
	once := func(want int, wantErr bool, args string) {
		t.Helper()
		out, err := run(t, dir, []string{cache}, "bash", "-c", fmt.Sprintf(". %q; once name %q -- %s", common, file, args))
		if (err != nil) != wantErr {
			t.Fatalf("%s: %v: %s", args, err, out)
		}
		text, _ := os.ReadFile(done) // none: it never ran
		if n := len(text); n != want {
			t.Errorf("%s: ran %d times, want %d: %s", args, n, want, out)
		}
	}
	passes := fmt.Sprintf("sh -c 'printf x >>%s'", done)
	fails := fmt.Sprintf("sh -c 'printf x >>%s; exit 1'", done)
	write(t, file, "one")
	once(1, true, fails)
	once(2, true, fails)
	once(3, false, passes)
	once(3, false, passes)
	write(t, file, "two")
	once(4, false, passes)
	write(t, file, "one")
	once(4, false, passes)
	once(5, true, fails)
}

// Two clones of one content have the same times, whenever they were made; a file
// that changed has another, and one that was never committed keeps its own.
func TestContentTimes(t *testing.T) {
	program := script(t, "content-times")
	clone := func(a string) string {
		t.Helper()
		dir := t.TempDir()
		write(t, filepath.Join(dir, "folder", "ä b"), a)
		write(t, filepath.Join(dir, "same"), "same")
		who := []string{"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b.example", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b.example"}
		for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"commit", "-q", "-m", "all"}} {
			if out, err := run(t, dir, who, "git", args...); err != nil {
				t.Fatalf("git %v: %s", args, out)
			}
		}
		return dir
	}
	times := func(dir string) string {
		t.Helper()
		if out, err := run(t, dir, nil, program); err != nil || out != "" {
			t.Fatalf("%v: %s", err, out)
		}
		var all []string
		for _, name := range []string{"folder", "folder/ä b", "same"} {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, fmt.Sprint(info.ModTime().Unix()))
		}
		return strings.Join(all, " ")
	}
	one, two, other := clone("a"), clone("a"), clone("b")
	first := times(one)
	if got := times(two); got != first {
		t.Errorf("the same content: %s and %s", first, got)
	}
	changed := strings.Fields(times(other))
	if was := strings.Fields(first); changed[0] != was[0] || changed[1] == was[1] || changed[2] != was[2] {
		t.Errorf("another content: %v, was %v", changed, was)
	}
	write(t, filepath.Join(one, "same"), "SAME") // as long as before
	if got := strings.Fields(times(one)); got[2] == strings.Fields(first)[2] {
		t.Error("what was changed since has the time of what was committed")
	}
}
