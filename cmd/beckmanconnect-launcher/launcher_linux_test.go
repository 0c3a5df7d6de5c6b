package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/service/upgrade/versions"
)

// installed builds the launcher and puts it where a package does, with
// versions that are scripts.
func installed(t *testing.T, scripts map[string]string) versions.Install {
	t.Helper()
	i := versions.Install{Dir: t.TempDir()}
	for _, dir := range []string{i.Bin(), i.Version("x")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(i.Bin(), "beckmanctl"), ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for digest, text := range scripts {
		if err := os.MkdirAll(i.Version(digest), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(i.Version(digest), "beckmanctl"), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return i
}

func TestLauncherBecomesTheCurrentVersion(t *testing.T) {
	one, two := strings.Repeat("1", 64), strings.Repeat("2", 64)
	i := installed(t, map[string]string{
		one: `echo "one $$ $MARK"; for a; do echo "<$a>"; done; exit 75`,
		two: `echo two`,
	})
	launch := func(args ...string) (out, errs string, code, pid int) {
		cmd := exec.CommandContext(t.Context(), filepath.Join(i.Bin(), "beckmanctl"), args...)
		cmd.Env = []string{"MARK=mark"}
		var o, e bytes.Buffer
		cmd.Stdout, cmd.Stderr = &o, &e
		err := cmd.Run()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return o.String(), e.String(), cmd.ProcessState.ExitCode(), cmd.Process.Pid
	}
	if _, errs, code, _ := launch(); code != 1 || !strings.Contains(errs, "no version is installed") {
		t.Errorf("nothing installed: code %d, %q", code, errs)
	}
	if err := i.SetCurrent(one); err != nil {
		t.Fatal(err)
	}
	out, _, code, pid := launch("status", "--json", "a b", "")
	if want := fmt.Sprintf("one %d mark\n<status>\n<--json>\n<a b>\n<>\n", pid); out != want || code != 75 {
		t.Errorf("got %q, code %d; want %q, 75", out, code, want)
	}
	if err := i.SetCurrent(two); err != nil {
		t.Fatal(err)
	}
	if out, _, code, _ := launch(); out != "two\n" || code != 0 {
		t.Errorf("after the switch: %q, code %d", out, code)
	}
	if err := os.WriteFile(filepath.Join(i.Dir, "current"), []byte("../../../bin"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, errs, code, _ := launch(); code != 1 || !strings.Contains(errs, "damaged") {
		t.Errorf("damaged pointer: code %d, %q", code, errs)
	}
}

func TestLauncherDoesNothingByItsOwnName(t *testing.T) {
	i := installed(t, nil)
	own := filepath.Join(i.Bin(), "beckmanconnect-launcher")
	if err := os.Rename(filepath.Join(i.Bin(), "beckmanctl"), own); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), own).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "under the name") {
		t.Errorf("%v: %s", err, out)
	}
}
