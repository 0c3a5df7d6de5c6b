package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/internal/trust"
)

// Windows programs are signed by the development publisher, and what is signed
// verifies without Windows (scenario 39).
func TestSignPrograms(t *testing.T) {
	for _, tool := range []string{"osslsigncode", "x86_64-w64-mingw32-gcc"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not installed")
		}
	}
	dir := t.TempDir()
	if err := trust.Init(filepath.Join(dir, "set")); err != nil {
		t.Fatal(err)
	}
	text, plain := filepath.Join(dir, "main.c"), filepath.Join(dir, "program.exe")
	if err := os.WriteFile(text, []byte("int main(void) { return 0; }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "x86_64-w64-mingw32-gcc", "-s", "-o", plain, text).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	roots, private, out := filepath.Join(dir, "set", trust.DirRoots), filepath.Join(dir, "set", trust.DirPrivate), filepath.Join(dir, "signed")
	if err := verifyPrograms([]string{"--roots", roots, plain}); err == nil || !strings.Contains(err.Error(), "not signed") {
		t.Errorf("an unsigned program: %v", err)
	}
	for range 2 { // and again, over what is there
		if err := signPrograms([]string{"--code", private, "--roots", roots, "--out", out, plain}); err != nil {
			t.Fatal(err)
		}
	}
	signed := filepath.Join(out, "program.exe")
	if err := verifyPrograms([]string{"--roots", roots, signed}); err != nil {
		t.Error(err)
	}
	data, err := os.ReadFile(signed)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(signed, bytes.Replace(data, []byte("This program"), []byte("THIS program"), 1), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := verifyPrograms([]string{"--roots", roots, signed}); err == nil {
		t.Error("a changed program verifies")
	}
}
