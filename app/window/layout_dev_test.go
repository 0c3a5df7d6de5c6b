//go:build !production

package window

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beckmanconnect/ui/sample"
)

// The layout is in pixels of the screen, with the windows' places in it.
func TestLayout(t *testing.T) {
	file := filepath.Join(t.TempDir(), "layout.json")
	s := newStage(t, Config{})
	s.program.dump = newLayoutDump(func(string) string { return file })
	s.ready()
	s.ask(sample.ViewPrompt())
	s.program.onTick()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var entries []layoutEntry
	if err := json.Unmarshal(raw, &entries); err != nil {
		t.Fatal(err)
	}
	seen := map[string]layoutEntry{}
	for _, e := range entries {
		seen[e.ID] = e
	}
	nav, allow := seen["nav.help"], seen["prompt.allow"]
	if nav.Window != "main" || nav.X != 112 || nav.W < 100 || nav.H != 44 {
		t.Errorf("nav.help: %+v", nav)
	}
	if allow.Window != "prompt" || allow.Enabled || allow.Y < 50 {
		t.Errorf("prompt.allow: %+v", allow)
	}
}

// The layout never holds what is behind the dots of a PIN's field (B3).
func TestNoPINInTheLayout(t *testing.T) {
	file := filepath.Join(t.TempDir(), "layout.json")
	s := newStage(t, Config{})
	s.program.dump = newLayoutDump(func(string) string { return file })
	s.ready()
	s.ask(sample.PINPrompt())
	s.fill(s.program.prompt.window, "prompt.initials", "QZ")
	s.fill(s.program.prompt.window, "prompt.pin", "864209")
	s.program.onTick()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), "QZ") || strings.Contains(string(raw), "864209") {
		t.Errorf("the layout: %s", raw)
	}
}
