package upgrade

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/upgrade/source"
	"beckmanconnect/service/upgrade/versions"
)

// Pending steps: what has to be finished when this service starts again.
const (
	pendingSwitch   = "switch"    // Offer is, or is about to be, current and has not come up healthy
	pendingWatch    = "watch"     // it has, and is looked at for a while longer
	pendingRollback = "roll-back" // Old is to be current again
)

// memory is what outlives this service's own restarts. Another version of the
// service reads it after a switch: names are added, never changed.
type memory struct {
	path string

	Pending  string       `json:"pending,omitempty"`
	Offer    source.Offer `json:"offer"`             // last installed, or being installed
	Old      string       `json:"old,omitempty"`     // digest that was current before
	Before   Health       `json:"before,omitzero"`   // how the service was before the switch
	Ready    string       `json:"ready,omitempty"`   // digest that is staged, and not switched to
	Outcome  string       `json:"outcome,omitempty"` // installed, rolled-back or failed
	Code     string       `json:"code,omitempty"`
	Error    string       `json:"error,omitempty"`
	Rejected []string     `json:"rejected,omitempty"` // digests that were rolled back
	Checked  int64        `json:"checked,omitempty"`  // when the repository was seen last, Unix ms
}

const maxRejected = 32

// loadMemory: a file that cannot be read is as good as none. Only a
// half-finished switch is lost with it, and both versions are whole.
func loadMemory(dir string, log *slog.Logger) memory {
	m := memory{path: filepath.Join(dir, "state.json")}
	text, err := os.ReadFile(m.path)
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Error("what was going on is not known any more", "error", err)
		return memory{path: m.path}
	}
	return m
}

func (m *memory) save() error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err == nil {
		err = versions.WriteFile(m.path, text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("upgrade: keep the state: %w", err)
	}
	return nil
}

func (m *memory) rejected(digest string) bool { return slices.Contains(m.Rejected, digest) }

func (m *memory) reject(digest string) {
	if !m.rejected(digest) {
		m.Rejected = append(m.Rejected, digest)
	}
	m.Rejected = m.Rejected[max(0, len(m.Rejected)-maxRejected):]
}

// step is what a start of this service has to do about what it remembers.
type step string

const (
	stepNothing step = ""
	stepForget  step = "forget" // it never came to the switch, or a package brought another version since
	stepSettle  step = "settle" // the new version is current and has to come up healthy
	stepWatch   step = "watch"  // it did, and is looked at
	stepBack    step = "back"   // go, or go on going, back
	stepRepair  step = "repair" // the launcher went back from a version that is damaged
)

// todo is the table of what a start finds: what was pending, what is current
// by now, and what the launcher counted.
func (m *memory) todo(current string, t versions.Trial) step {
	launcher := t.Digest == m.Offer.Digest && t.Starts > 0
	switch {
	case m.Pending == "" && m.Outcome == installed && m.Old != "" && current == m.Old && current != m.Offer.Digest:
		return stepRepair
	case m.Pending == "":
		return stepNothing
	case m.Pending == pendingRollback && (current == m.Offer.Digest || current == m.Old):
		return stepBack
	case m.Pending == pendingSwitch && current == m.Offer.Digest:
		return stepSettle
	case m.Pending == pendingWatch && current == m.Offer.Digest:
		return stepWatch
	case current == m.Old && (m.Pending == pendingWatch || launcher):
		return stepBack // the new upgrade service did not start: its launcher went back
	}
	return stepForget
}

// state is a state about what is remembered; it has no phase.
func (m *memory) state(running string) *upgradepb.State {
	s := stateOf(m.Offer, running)
	s.ErrorCode, s.Error, s.CheckedMs = m.Code, m.Error, m.Checked
	return s
}

// first is the state a start of this service begins with.
func (m *memory) first(todo step, current, running string) *upgradepb.State {
	s := &upgradepb.State{Phase: idle, RunningVersion: running, CheckedMs: m.Checked}
	switch {
	case todo == stepWatch:
		s = m.state(running)
		s.Phase = watching
	case todo == stepSettle || todo == stepBack:
		s = m.state(running)
		s.Phase, s.Restart = restarting, true
	case todo == stepRepair:
		s = m.state(running)
		s.Phase, s.ErrorCode = rolledBack, codeDamaged
	case todo == stepNothing && m.Outcome != "" && m.news(current):
		s = m.state(running)
		s.Phase = m.Outcome
	}
	return s
}

// news tells whether the outcome still says something about what runs: not
// after a package brought another version.
func (m *memory) news(current string) bool {
	if m.Outcome == rolledBack {
		return current == m.Old
	}
	return current == m.Offer.Digest
}
