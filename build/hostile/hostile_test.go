package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"beckmanconnect/build/hostile/tally"
)

// attempts of each kind: few on every change, HOSTILE_ATTEMPTS by hand.
func attempts(t *testing.T, few int) int {
	t.Helper()
	text := os.Getenv("HOSTILE_ATTEMPTS")
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// hostile makes a kind's attempts: none may lead to an act, each class is
// tried, and what the technician allowed did happen (issue 3, scenarios 8–29
// and 42).
func hostile(t *testing.T, kind string, few int, live ...string) {
	t.Helper()
	t.Parallel()
	file := filepath.Join(t.TempDir(), "report.json")
	n := attempts(t, few)
	var out bytes.Buffer
	args := []string{kind, "--attempts", strconv.Itoa(n), "--json", file, "--log", filepath.Join(t.TempDir(), "log")}
	if seed := os.Getenv("HOSTILE_SEED"); seed != "" {
		args = append(args, "--seed", seed)
	}
	code, err := run(args, &out)
	t.Log("\n" + out.String())
	if code != 0 || err != nil {
		t.Fatalf("exit %d: %v", code, err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var reports []tally.Report
	if err := json.Unmarshal(raw, &reports); err != nil || len(reports) != 1 {
		t.Fatalf("%s: %v", raw, err)
	}
	r := reports[0]
	if r.Attempts < n {
		t.Errorf("%d attempts of %d", r.Attempts, n)
	}
	for _, row := range r.Classes {
		if row.Attempts == 0 {
			t.Errorf("%s was not tried", row.Name)
		}
	}
	for _, what := range live {
		if n >= few && r.Live[what] == 0 {
			t.Errorf("no %s although they were allowed: nothing could have been found", what)
		}
	}
}

func TestHostileEngineer(t *testing.T) {
	hostile(t, "engineer", 200, "sessions", "prompts", "grants", "inputs", "pictures", "files", "resumed", "clicks by a program")
}

func TestHostileRelay(t *testing.T) {
	hostile(t, "relay", 120, "sessions", "prompts", "grants", "inputs", "pictures", "resumed")
}

func TestHostileBroker(t *testing.T) {
	hostile(t, "broker", 150, "calls for help", "trusted time kept", "vendor policies in force", "bursts of 10,200 messages")
}

// Scenarios 36 and 39: 0 installs, and a state that says why.
func TestHostileMirror(t *testing.T) {
	hostile(t, "mirror", 300, "offers of the honest server", "downloads verified", "deltas refused",
		"told metadata-expired", "told metadata-rollback", "told not-trusted", "told unreachable")
}

func TestUnknownKind(t *testing.T) {
	if code, err := run([]string{"weather"}, &bytes.Buffer{}); code != 2 || err == nil {
		t.Errorf("%d %v", code, err)
	}
}
