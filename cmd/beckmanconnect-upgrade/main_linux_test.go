package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/internal/codesign"
	"beckmanconnect/internal/program"
	"beckmanconnect/internal/trust"
	"beckmanconnect/service/upgrade"
	"beckmanconnect/service/upgrade/archive"
	"beckmanconnect/service/upgrade/versions"
)

var quiet = slog.New(slog.DiscardHandler)

func file(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// What packages do: adopt --package ARCHIVE --launcher PROGRAM.
func TestAdoptVerb(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range archive.Names(upgrade.Platform()) {
		file(t, filepath.Join(bin, name), "#!/bin/sh\n")
	}
	packed, err := os.Create(filepath.Join(dir, "release.tar.zst"))
	if err != nil {
		t.Fatal(err)
	}
	if err := trust.Init(filepath.Join(dir, "set")); err != nil {
		t.Fatal(err)
	}
	publisher, err := codesign.LoadPublisher(filepath.Join(dir, "set", trust.DirPrivate))
	if err != nil {
		t.Fatal(err)
	}
	_, err = archive.Pack(packed, archive.Packing{Dir: bin, Version: "1.2.3", Platform: upgrade.Platform(), Sign: publisher.Sign})
	if err := errors.Join(err, packed.Close()); err != nil {
		t.Fatal(err)
	}
	config := file(t, filepath.Join(dir, "host.toml"), "install = \"install\"\ntrust = \"set/roots\"\n")
	launcher := file(t, filepath.Join(dir, "launcher"), "launcher")
	if err := run(t.Context(), quiet, config, []string{"adopt", "--package", packed.Name(), "--launcher", launcher}); err != nil {
		t.Fatal(err)
	}
	install := versions.Install{Dir: filepath.Join(dir, "install")}
	digest, err := install.Current()
	if err != nil || digest == "" {
		t.Fatalf("current: %q, %v", digest, err)
	}
	text, err := os.ReadFile(filepath.Join(install.Bin(), "beckmanctl"))
	if err != nil || string(text) != "launcher" {
		t.Errorf("launcher: %q, %v", text, err)
	}
}

func TestUsage(t *testing.T) {
	config := file(t, filepath.Join(t.TempDir(), "host.toml"), "")
	for name, args := range map[string][]string{
		"unknown verb": {"install"}, "nothing to adopt": {"adopt"}, "abandon with words": {"abandon", "x"},
		"unknown flag": {"adopt", "--digest", "x"}, "too much": {"adopt", "--package", "x", "--launcher", "y", "z"},
	} {
		var exit program.ExitError
		if err := run(t.Context(), quiet, config, args); !errors.As(err, &exit) || exit.Code != program.ExitUsage {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Without a cloud there is nothing to watch, and it says what to do.
	if err := run(t.Context(), quiet, config, nil); err == nil || !strings.Contains(err.Error(), "cloud.url") {
		t.Errorf("no cloud: %v", err)
	}
}
