package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/program"
	"beckmanconnect/internal/trust"
)

func do(t *testing.T, args ...string) error {
	t.Helper()
	return run(t.Context(), slog.New(slog.DiscardHandler), args)
}

func TestKeysAndPolicy(t *testing.T) {
	dir := t.TempDir()
	if err := do(t, "trust", "init", "--dir", dir); err != nil {
		t.Fatal(err)
	}
	roots, err := trust.Load(filepath.Join(dir, trust.DirRoots))
	if err != nil {
		t.Fatal(err)
	}
	in, out := filepath.Join(dir, "policy.toml"), filepath.Join(dir, "site-policy.note")
	sign := func(text string) error {
		t.Helper()
		if err := os.WriteFile(in, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return do(t, "policy", "sign", "--key", filepath.Join(dir, trust.DirPrivate, trust.KeyPolicy), "--in", in, "--out", out)
	}
	if err := sign("number = 3\r\nsite = \"Lab 1\""); err != nil {
		t.Fatal(err)
	}
	signed, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := note.Open(signed, roots.Policy); err != nil || n.Text != "number = 3\nsite = \"Lab 1\"\n" {
		t.Errorf("signed policy: %v %+v", err, n)
	}
	for name, text := range map[string]string{"no number": "site = \"x\"\n", "no TOML": "number =\n", "tab": "number = 4\t# tab\n"} {
		if err := sign(text); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
}

func TestWrongUsage(t *testing.T) {
	for _, line := range []string{"", "fly", "trust", "trust grow", "trust init", "trust init --dir x y", "policy", "policy sign --key k", "serve", "serve --colour"} {
		err, exit := do(t, strings.Fields(line)...), program.ExitError{}
		if !errors.As(err, &exit) || exit.Code != program.ExitUsage {
			t.Errorf("%q: %v, want wrong usage", line, err)
		}
	}
}
