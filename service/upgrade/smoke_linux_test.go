package upgrade

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"beckmanconnect/service/upgrade/archive"
	"beckmanconnect/service/upgrade/source"
)

// triedVersion is a version's folder as unpacking leaves it; its programs are
// scripts.
type triedVersion struct {
	trial
	marks string // a folder scripts leave marks in
}

func newTrial(t *testing.T, scripts map[string]string) triedVersion {
	t.Helper()
	v := triedVersion{marks: t.TempDir()}
	v.Dir = filepath.Join(t.TempDir(), "versions", strings.Repeat("a", 64)+".new")
	v.Manifest = archive.Manifest{Version: "1.1.0", Platform: Platform(), Programs: map[string]string{}}
	if err := os.MkdirAll(v.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range archive.Names(Platform()) {
		text, ok := scripts[name]
		if !ok {
			text = "echo '" + name + " 1.1.0'"
		}
		text = "#!/bin/sh\n" + strings.NewReplacer("MARKS", v.marks, "DIR", v.Dir).Replace(text) + "\n"
		sum := sha256.Sum256([]byte(text))
		v.Manifest.Programs[name] = hex.EncodeToString(sum[:])
		write(t, filepath.Join(v.Dir, name), []byte(text))
	}
	write(t, filepath.Join(v.Dir, "release.json"), []byte("{}"))
	return v
}

func (v triedVersion) marked(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(v.marks)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

const service, upgradeName = "beckmanconnect-service", "beckmanconnect-upgrade"

func TestTrial(t *testing.T) {
	v := newTrial(t, map[string]string{
		service:      `echo 'beckmanconnect-service 1.1.0'; : >"MARKS/service$1"`,
		upgradeName:  `echo 'beckmanconnect-upgrade 1.1.0'; : >"MARKS/upgrade$1"`,
		"beckmanctl": `: >MARKS/ctl`,
	})
	if err := v.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(v.marked(t), " "); got != "service--self-test service--version upgrade--self-test upgrade--version" {
		t.Errorf("was run: %s", got)
	}
}

// Scenario 37: what was verified is what runs, whatever is put in its place in
// between.
func TestVerifiedHandleRuns(t *testing.T) {
	v := newTrial(t, map[string]string{
		service: `if [ "$1" = --version ]; then mv MARKS/evil DIR/beckmanconnect-service; else : >MARKS/good; fi; echo 'beckmanconnect-service 1.1.0'`,
	})
	write(t, filepath.Join(v.marks, "evil"), []byte("#!/bin/sh\n: >"+v.marks+"/evil-ran\n"))
	if err := v.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(v.marked(t), " "); got != "good" {
		t.Errorf("was run: %s", got)
	}
	text, err := os.ReadFile(filepath.Join(v.Dir, service))
	if err != nil || !strings.Contains(string(text), "evil-ran") {
		t.Errorf("nothing was swapped: %q, %v", text, err)
	}
}

// Scenarios 37, 38: a hostile folder.
func TestTrialRefuses(t *testing.T) {
	tests := map[string]struct {
		scripts map[string]string
		plant   func(t *testing.T, v *triedVersion) error
		kind    error
		say     string
	}{
		"changed": {plant: func(_ *testing.T, v *triedVersion) error {
			return os.WriteFile(filepath.Join(v.Dir, "beckmanctl"), []byte("#!/bin/sh\n"), 0o755)
		}, kind: source.ErrUntrusted, say: "not the program that was signed"},
		"a link": {plant: func(_ *testing.T, v *triedVersion) error {
			path := filepath.Join(v.Dir, service)
			return errors.Join(os.Rename(path, filepath.Join(v.marks, "moved")), os.Symlink(filepath.Join(v.marks, "moved"), path))
		}, kind: source.ErrUntrusted, say: "too many levels of symbolic links"},
		"a second name": {plant: func(_ *testing.T, v *triedVersion) error {
			return os.Link(filepath.Join(v.Dir, service), filepath.Join(filepath.Dir(v.Dir), "other"))
		}, kind: source.ErrUntrusted, say: "not a plain file"},
		"a pipe": {plant: func(_ *testing.T, v *triedVersion) error {
			path := filepath.Join(v.Dir, service)
			return errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o755))
		}, kind: source.ErrUntrusted, say: "not a plain file"},
		"others may write it": {plant: func(_ *testing.T, v *triedVersion) error {
			return os.Chmod(filepath.Join(v.Dir, service), 0o757)
		}, kind: source.ErrUntrusted, say: "written by others"},
		"gone": {plant: func(_ *testing.T, v *triedVersion) error {
			return os.Remove(filepath.Join(v.Dir, "beckmanctl"))
		}, kind: source.ErrUntrusted, say: "no such file"},
		"not among the programs": {plant: func(_ *testing.T, v *triedVersion) error {
			delete(v.Manifest.Programs, upgradeName)
			return os.Remove(filepath.Join(v.Dir, upgradeName))
		}, kind: errPackage, say: "is missing"},
		"a library beside": {plant: func(_ *testing.T, v *triedVersion) error {
			return os.WriteFile(filepath.Join(v.Dir, "libc.so.6"), []byte("\x7fELF"), 0o755)
		}, kind: source.ErrUntrusted, say: "not of the release"}, // scenario 38
		"others may write the folder": {plant: func(_ *testing.T, v *triedVersion) error { return os.Chmod(v.Dir, 0o777) }, kind: errFolder},
		"others may write the folder of versions": {plant: func(_ *testing.T, v *triedVersion) error {
			return os.Chmod(filepath.Dir(v.Dir), 0o777|os.ModeSticky)
		}, kind: errFolder},
		"the folder is a link": {plant: func(_ *testing.T, v *triedVersion) error {
			moved := filepath.Join(filepath.Dir(v.Dir), "moved")
			return errors.Join(os.Rename(v.Dir, moved), os.Symlink(moved, v.Dir))
		}, kind: errFolder, say: "is a link"},
		"a Windows program nobody can verify": {plant: func(_ *testing.T, v *triedVersion) error {
			v.Manifest.Platform = "windows-amd64"
			return nil
		}, kind: source.ErrUntrusted, say: "nobody can verify"},
		"a Windows program badly signed": {plant: func(_ *testing.T, v *triedVersion) error {
			v.Manifest.Platform, v.Signed = "windows-amd64", func(*os.File) error { return errors.New("another publisher") }
			return nil
		}, kind: source.ErrUntrusted, say: "another publisher"},
		"another version": {scripts: map[string]string{service: "echo beckmanconnect-service 1.0.0"}, kind: errPackage, say: "instead of"},
		"does not start":  {scripts: map[string]string{upgradeName: "exit 3"}, kind: errPackage, say: "does not start"},
		"fails its self-test": {scripts: map[string]string{service: `[ "$1" = --version ] || { echo no texts >&2; exit 1; }; echo beckmanconnect-service 1.1.0`},
			kind: errPackage, say: "no texts"},
		"says too much": {scripts: map[string]string{service: `yes`}, plant: func(_ *testing.T, v *triedVersion) error {
			v.Limit = 300 * time.Millisecond
			return nil
		}, kind: errPackage, say: "still running"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			v := newTrial(t, tt.scripts)
			if tt.plant != nil {
				if err := tt.plant(t, &v); err != nil {
					t.Fatal(err)
				}
			}
			if err := v.run(t.Context()); !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.say) {
				t.Errorf("%v, want %v about %q", err, tt.kind, tt.say)
			}
		})
	}
}

// A program that hangs is ended with all it started.
func TestTrialEnds(t *testing.T) {
	v := newTrial(t, map[string]string{service: `sleep 1000 & echo $! >MARKS/child; echo $$ >MARKS/self; wait`})
	v.Limit = time.Second
	if err := v.run(t.Context()); err == nil || !strings.Contains(err.Error(), "still running") {
		t.Fatal(err)
	}
	for _, name := range []string{"self", "child"} {
		text, err := os.ReadFile(filepath.Join(v.marks, name))
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		for running(pid) {
			select {
			case <-t.Context().Done():
				t.Fatalf("%s is still running", name)
			case <-time.After(5 * time.Millisecond): // a poll, nothing is timed by it
			}
		}
	}
}

// running: a zombie that nobody waits for is not.
func running(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(after, "Z")
}

// Scenario 38: programs and libraries planted on PATH, in TEMP, in the working
// folder and beside the installer are not what runs.
func TestPlanted(t *testing.T) {
	v := newTrial(t, map[string]string{
		service: `tr '\0' '\n' </proc/$$/environ >MARKS/environment; pwd >MARKS/folder; echo 'beckmanconnect-service 1.1.0'`,
	})
	planted := t.TempDir()
	evil := "#!/bin/sh\n: >" + v.marks + "/evil\n"
	for _, name := range append(archive.Names(Platform()), "sh", "tr", "pwd", "3") {
		write(t, filepath.Join(planted, name), []byte(evil))
	}
	for name, value := range map[string]string{
		"PATH": planted, "TMPDIR": planted, "TEMP": planted, "LD_LIBRARY_PATH": planted, "LD_PRELOAD": plantedLibrary(t, planted, v.marks),
		"ENV": filepath.Join(planted, "sh"), "BASH_ENV": filepath.Join(planted, "sh"), "GODEBUG": "planted=1", "IFS": "/",
	} {
		t.Setenv(name, value)
	}
	t.Chdir(planted)
	if err := v.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(v.marked(t), " "); got != "environment folder" {
		t.Errorf("was run: %s", got)
	}
	for name, want := range map[string]string{"environment": "", "folder": "/\n"} {
		text, err := os.ReadFile(filepath.Join(v.marks, name))
		if err != nil || string(text) != want {
			t.Errorf("its %s was %q, %v", name, text, err)
		}
	}
}

// plantedLibrary leaves a mark as soon as it is loaded.
func plantedLibrary(t *testing.T, dir, marks string) string {
	t.Helper()
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("gcc is not installed")
	}
	lib, text := filepath.Join(dir, "libc.so.6"), filepath.Join(dir, "evil.c")
	write(t, text, []byte(`#include <fcntl.h>
__attribute__((constructor)) static void evil(void) { creat("`+marks+`/evil", 0600); }
`))
	if out, err := exec.CommandContext(t.Context(), gcc, "-shared", "-fPIC", "-o", lib, text).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return lib
}

// Scenario 37: an installation in a folder that others can write to installs
// nothing, and says why.
func TestUnsafeInstallation(t *testing.T) {
	m := newMachine(t)
	before := m.current()
	digest := m.vendor.Publish(t, "1.1.0", Platform(), releaseOf(t, "1.1.0", nil))
	m.start()
	m.until(offered)
	if err := os.Chmod(filepath.Join(m.install.Dir, "versions"), 0o777); err != nil {
		t.Fatal(err)
	}
	m.accept(digest)
	if s := m.until(failed, installed, rolledBack); s.GetPhase() != failed || s.GetErrorCode() != codeFolder || m.current() != before {
		t.Errorf("outcome: %v", s)
	}
}
