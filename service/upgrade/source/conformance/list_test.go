package conformance

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"
)

// listed is a case of the public suite.
type listed struct {
	File       string   `json:"file"`
	Name       string   `json:"name"`
	Parameters []string `json:"parameters"`
	Instead    string   `json:"instead"` // what is shown here in place of it, and why
}

func list(t *testing.T) []listed {
	t.Helper()
	text, err := os.ReadFile("cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Suite string   `json:"suite"`
		Cases []listed `json:"cases"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if all.Suite == "" || len(all.Cases) == 0 {
		t.Fatal("the list is empty")
	}
	return all.Cases
}

// replay is a public case: a fresh repository and a PC for each of its
// parameters, "" for a case without.
type replay func(t *testing.T, repo *simulator, pc *client, parameter string)

var replays = func() map[string]replay {
	all := map[string]replay{}
	for _, part := range []map[string]replay{basic, expiration, keys, rollback, download, rotations, others} {
		maps.Copy(all, part)
	}
	return all
}()

// TestConformance: each case of the public suite under its own name, against a
// server of plain files (scenario 35).
func TestConformance(t *testing.T) { conform(t, false) }

// TestConformanceWithEntityTags: the same against a server that says when a
// timestamp has not changed, as the cloud does.
func TestConformanceWithEntityTags(t *testing.T) { conform(t, true) }

func conform(t *testing.T, tags bool) {
	all, seen, ran, unchanged := list(t), map[string]bool{}, 0, 0
	for _, c := range all {
		seen[c.Name] = true
		t.Run(c.Name, func(t *testing.T) {
			play := replays[c.Name]
			if play == nil {
				t.Fatalf("%s (%s) is in the list and is not replayed", c.Name, c.File)
			}
			ran++
			run := func(t *testing.T, parameter string) {
				repo := newSimulator(t)
				repo.Tags = tags
				play(t, repo, newClient(t, repo), parameter)
				unchanged += repo.unchanged
			}
			if len(c.Parameters) == 0 {
				run(t, "")
			}
			for _, p := range c.Parameters {
				t.Run(p, func(t *testing.T) { run(t, p) })
			}
		})
	}
	for _, name := range slices.Sorted(maps.Keys(replays)) {
		if !seen[name] {
			t.Errorf("%s is replayed and not in the list", name)
		}
	}
	if ran == len(all) && tags != (unchanged > 0) {
		t.Errorf("%d timestamps were not sent again", unchanged)
	}
}
