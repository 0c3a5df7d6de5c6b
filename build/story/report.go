package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// step is one row of story.json.
type step struct {
	Name   string   `json:"name"`
	OK     bool     `json:"ok"`
	MS     int64    `json:"ms"`
	Shots  []string `json:"shots"`
	Detail string   `json:"detail"`
	// NotPossible is what of the step this platform cannot show, and was not
	// checked.
	NotPossible []gap `json:"not_possible,omitempty"`
}

// gap is a part of a step that the platform cannot show.
type gap struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// report is story.json. It is written after every step, so that a story that
// was cut off still says how far it came.
type report struct {
	OK    bool   `json:"ok"`
	Steps []step `json:"steps"`

	dir   string
	shots int
	now   *step
}

// run performs one step; later steps are not tried after one that failed,
// because each needs what the one before left behind.
func (r *report) run(name string, do func() (string, error)) bool {
	r.Steps = append(r.Steps, step{Name: name, Shots: []string{}})
	r.now = &r.Steps[len(r.Steps)-1]
	began := time.Now()
	detail, err := do()
	r.now.MS = time.Since(began).Milliseconds()
	r.now.Detail = detail
	r.now.OK = err == nil
	if err != nil {
		r.now.Detail = err.Error()
	}
	mark := "ok"
	if len(r.now.NotPossible) > 0 {
		mark = "ok*"
	}
	if err != nil {
		mark = "FAILED"
	}
	fmt.Printf("%-9s %-6s %6d ms  %s\n", name, mark, r.now.MS, r.now.Detail)
	for _, g := range r.now.NotPossible {
		fmt.Printf("%9s * not possible here: %s: %s\n", "", g.What, g.Why)
	}
	return err == nil
}

// cannot notes what of the present step this platform cannot show.
func (r *report) cannot(what, why string) {
	g := gap{What: what, Why: why}
	if !slices.Contains(r.now.NotPossible, g) {
		r.now.NotPossible = append(r.now.NotPossible, g)
	}
}

// shot names the next picture of the present step.
func (r *report) shot(name string) string {
	r.shots++
	file := fmt.Sprintf("%02d-%s.png", r.shots, name)
	r.now.Shots = append(r.now.Shots, file)
	return filepath.Join(r.dir, file)
}

func (r *report) write(names []string) error {
	r.OK = len(r.Steps) == len(names)
	for i, s := range r.Steps {
		r.OK = r.OK && s.OK && s.Name == names[i]
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.dir, "story.json"), append(text, '\n'), 0o644)
}
