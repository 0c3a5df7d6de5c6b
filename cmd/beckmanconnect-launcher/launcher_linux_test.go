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

// keeps is an installation whose upgrade service has just been switched from
// one to two.
func keeps(t *testing.T, first, second string) (i versions.Install, one, two string, start func(args ...string) (string, int)) {
	t.Helper()
	one, two = strings.Repeat("1", 64), strings.Repeat("2", 64)
	i = installed(t, map[string]string{one: "echo ctl one", two: "echo ctl two"})
	const name = "beckmanconnect-upgrade"
	if err := os.Link(filepath.Join(i.Bin(), "beckmanctl"), filepath.Join(i.Bin(), name)); err != nil {
		t.Fatal(err)
	}
	for digest, text := range map[string]string{one: first, two: second} {
		if err := os.WriteFile(filepath.Join(i.Version(digest), name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := i.SetCurrent(one); err != nil {
		t.Fatal(err)
	}
	if err := i.Switch(two); err != nil {
		t.Fatal(err)
	}
	return i, one, two, func(args ...string) (string, int) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), filepath.Join(i.Bin(), name), args...)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
}

// An upgrade service that crashes at once: its launcher is what goes back, at
// the third start in vain (scenario 41). Its verbs are no starts.
func TestLauncherGoesBack(t *testing.T) {
	i, one, two, start := keeps(t, "#!/bin/sh\necho one\n", "#!/bin/sh\necho two; exit 3\n")
	for range 3 * versions.Attempts {
		for _, verb := range []string{"--version", "adopt", "--self-test", "--help"} {
			if out, code := start(verb); out != "two\n" || code != 3 {
				t.Fatalf("%s: %q, %d", verb, out, code)
			}
		}
	}
	for n := range versions.Attempts {
		if out, code := start("--config", "x"); out != "two\n" || code != 3 {
			t.Fatalf("start %d: %q, %d", n+1, out, code)
		}
		if now, err := i.Current(); err != nil || now != two {
			t.Fatalf("after start %d: %.8s, %v", n+1, now, err)
		}
	}
	for range 2 {
		if out, code := start("--config", "x"); out != "one\n" || code != 0 {
			t.Fatalf("after that: %q, %d", out, code)
		}
	}
	if now, err := i.Current(); err != nil || now != one {
		t.Errorf("current is %.8s, %v", now, err)
	}
	if out, err := exec.CommandContext(t.Context(), filepath.Join(i.Bin(), "beckmanctl")).CombinedOutput(); err != nil || string(out) != "ctl one\n" {
		t.Errorf("other programs: %q, %v", out, err)
	}
}

// The plug is pulled three times while a good version is on trial: it is still
// the one that starts (scenario 41). That the machine went down is played by
// another boot's name in what the launcher wrote.
func TestLauncherAndPulledPlugs(t *testing.T) {
	i, _, two, start := keeps(t, "#!/bin/sh\necho one\n", "#!/bin/sh\necho two\n")
	file := filepath.Join(i.Dir, "trial")
	for n := range 2 * versions.Attempts {
		if out, code := start("--config", "x"); out != "two\n" || code != 0 {
			t.Fatalf("start %d: %q, %d", n+1, out, code)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if i.Trial().Starts != 1 {
			t.Fatalf("after start %d: %q", n+1, text)
		}
		at := bytes.LastIndexByte(text, ' ') + 1
		copy(text[at:], fmt.Sprintf("%016d", 77+n))
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if now, err := i.Current(); err != nil || now != two {
		t.Errorf("current is %.8s, %v", now, err)
	}
}

// A file that the system does not take for a program is as good as gone, and
// when both are, the launcher says what to do.
func TestLauncherAndDamagedPrograms(t *testing.T) {
	const noProgram = "\x00\x00\x00\x00"
	i, one, _, start := keeps(t, "#!/bin/sh\necho one\n", noProgram)
	if out, code := start(); !strings.HasSuffix(out, "one\n") || code != 0 || !strings.Contains(out, "going back") {
		t.Errorf("one is damaged: %q, %d", out, code)
	}
	if now, err := i.Current(); err != nil || now != one {
		t.Errorf("current is %.8s, %v", now, err)
	}
	_, _, _, start = keeps(t, noProgram, noProgram)
	if out, code := start(); code != 1 || !strings.Contains(out, "format") {
		t.Errorf("both are: %q, %d", out, code)
	}
	if out, code := start(); code != 1 || !strings.Contains(out, versions.Repair) {
		t.Errorf("both are, once more: %q, %d", out, code)
	}
}

// --scm is for Windows alone, and starts nothing here.
func TestLauncherIsNoServiceHere(t *testing.T) {
	_, _, _, start := keeps(t, "#!/bin/sh\necho one\n", "#!/bin/sh\necho two\n")
	if out, code := start("--scm", "--config", "x"); code != 1 || !strings.Contains(out, "Windows") || strings.Contains(out, "two") {
		t.Errorf("%q, %d", out, code)
	}
}
