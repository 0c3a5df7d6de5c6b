package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/program"
	"beckmanconnect/service/install"
)

var quiet = slog.New(slog.DiscardHandler)

func TestVerbUsage(t *testing.T) {
	for name, args := range map[string][]string{
		"unknown verb": {"adopt"}, "unknown flag": {"install", "--force"}, "no value": {"install", "--set", "REGION"}, "no property": {"install", "--set", "TRUST=x"},
		"argument": {"check", "now"}, "another's flag": {"check", "--remove-data"}, "data at installation": {"install", "--remove-data"},
	} {
		var exit program.ExitError
		if err := verb(t.Context(), quiet, filepath.Join(t.TempDir(), "host.toml"), args, &bytes.Buffer{}); !errors.As(err, &exit) || exit.Code != program.ExitUsage {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, p := range hostconfig.Properties() {
		if !strings.Contains(help(), p.Name) {
			t.Errorf("--help says nothing of %s", p.Name)
		}
	}
}

// A silent installation's file, and what check says of a folder that others can
// write to (scenario 57).
func TestInstallAndCheck(t *testing.T) {
	root := filepath.Join(t.TempDir(), "beckmanconnect")
	config := filepath.Join(root, "host.toml")
	if err := os.MkdirAll(filepath.Join(root, "trust"), 0o755); err != nil {
		t.Fatal(err)
	}
	// A folder of this test's own in the place of the system's.
	if err := os.WriteFile(config, []byte("data = \"service\"\ntrust = \"trust\"\npolicy = \"site-policy.note\"\ninstall = \"beckmanconnect\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := verb(t.Context(), quiet, config, []string{"install", "--set", "REGION=us", "--set", "PROXY=", "--no-start"}, &bytes.Buffer{}); err != nil {
		t.Skip(err) // on Windows an administrator is needed
	}
	if c, err := hostconfig.Load(config); err != nil || c.Region != "us" {
		t.Errorf("%+v, %v", c, err)
	}
	if err := os.Chmod(filepath.Join(root, "trust"), 0o777); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := verb(t.Context(), quiet, config, []string{"check", "--json"}, &out)
	var exit program.ExitError
	if !errors.As(err, &exit) || exit.Code != program.ExitFailed || exit.Err != nil {
		t.Errorf("%v", err)
	}
	var r install.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, f := range r.Findings {
		found = found || f.What == filepath.Join(root, "trust") && strings.Contains(f.Says, "others")
	}
	if !found {
		t.Errorf("%+v", r)
	}
}
