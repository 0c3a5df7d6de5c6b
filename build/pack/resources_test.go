package main

import (
	"bytes"
	"debug/pe"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// compiled makes a small Windows program of C.
func compiled(t *testing.T, text string, flags ...string) string {
	t.Helper()
	if _, err := exec.LookPath("x86_64-w64-mingw32-gcc"); err != nil {
		t.Skip("x86_64-w64-mingw32-gcc is not installed")
	}
	dir := t.TempDir()
	source, program := filepath.Join(dir, "main.c"), filepath.Join(dir, "beckmanctl.exe")
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-s", "-Wl,--dynamicbase,--nxcompat,--high-entropy-va", "-o", program, source}, flags...)
	if out, err := exec.CommandContext(t.Context(), "x86_64-w64-mingw32-gcc", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

const plainProgram = "int main(void) { return 0; }\n"

func withResources(t *testing.T, program string, more ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	args := append([]string{"--version", "1.2.3", "--icon", "../../assets/icons/app.ico", "--out", out}, more...)
	if program != "" {
		args = append(args, program)
	}
	if err := addResources(args); err != nil {
		t.Fatal(err)
	}
	return out
}

// Windows programs say what they are and take nothing but the system's
// libraries; the check finds each that does not.
func TestResources(t *testing.T) {
	program := compiled(t, plainProgram)
	good := filepath.Join(withResources(t, program), "beckmanctl.exe")
	if err := checkPrograms([]string{"--version", "1.2.3", good}); err != nil {
		t.Fatal(err)
	}
	again, err := os.ReadFile(filepath.Join(withResources(t, program), "beckmanctl.exe"))
	if err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(good); err != nil || !bytes.Equal(data, again) {
		t.Errorf("a second run gave other bytes (%v)", err)
	}
	for _, word := range []string{"PerMonitorV2", "longPathAware", `level="asInvoker"`, "8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a", `Common-Controls" version="6.0.0.0"`} {
		if !bytes.Contains(again, []byte(word)) {
			t.Errorf("the manifest has no %s", word)
		}
	}
	renamed := filepath.Join(t.TempDir(), "beckmanconnect-tray.exe")
	if err := os.WriteFile(renamed, again, 0o600); err != nil {
		t.Fatal(err)
	}
	foreign := compiled(t, "__declspec(dllimport) int other(void);\nint main(void) { return other(); }\n", library(t))
	loose := compiled(t, plainProgram, "-Wl,--disable-nxcompat")
	tests := map[string]struct{ path, version, bad string }{
		"none at all":         {program, "1.2.3", ""},
		"another version":     {good, "1.2.4", "its manifest"},
		"another subsystem":   {renamed, "1.2.3", "subsystem"},
		"a foreign library":   {filepath.Join(withResources(t, foreign), "beckmanctl.exe"), "1.2.3", "foreign.dll"},
		"data that executes":  {filepath.Join(withResources(t, loose), "beckmanctl.exe"), "1.2.3", "data execution prevention"},
		"no Windows' program": {"../../LICENSE", "1.2.3", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := checkPrograms([]string{"--version", test.version, test.path}); err == nil || !strings.Contains(err.Error(), test.bad) {
				t.Errorf("%v", err)
			}
		})
	}
}

// library is the import library of a DLL that Windows does not have.
func library(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	source, lib := filepath.Join(dir, "foreign.c"), filepath.Join(dir, "libforeign.a")
	if err := os.WriteFile(source, []byte("__declspec(dllexport) int other(void) { return 1; }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "x86_64-w64-mingw32-gcc", "-shared", "-o", filepath.Join(dir, "foreign.dll"), source, "-Wl,--out-implib,"+lib).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return lib
}

// The launchers of the package come out of one program: those of programs with
// windows without a console, each under its own description.
func TestLaunchers(t *testing.T) {
	program := compiled(t, plainProgram)
	out := withResources(t, "", "--launcher", program)
	var all []string
	for _, name := range launched() {
		path := filepath.Join(out, name+".exe")
		all = append(all, path)
		f, err := pe.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		head, ok := f.OptionalHeader.(*pe.OptionalHeader64)
		if want := described[name].gui; !ok || (head.Subsystem == subsystemGUI) != want {
			t.Errorf("%s: subsystem %v", name, head.Subsystem)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := checkPrograms(append([]string{"--version", "1.2.3"}, all...)); err != nil {
		t.Error(err)
	}
}

// The checksum in the header is the one Windows computes.
func TestChecksum(t *testing.T) {
	if got := imageChecksum([]byte{1, 2, 3, 4, 5}); got != 0x0201+0x0403+5+5 {
		t.Errorf("%#x", got)
	}
	if got := imageChecksum([]byte{0xff, 0xff, 2, 0}); got != 2+4 {
		t.Errorf("carry: %#x", got)
	}
}
