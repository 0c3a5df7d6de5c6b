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
	pendingSwitch   = "switch"    // Offer is, or is about to be, current and has not proven itself
	pendingRollback = "roll-back" // Old is to be current again
)

// memory is what outlives this service's own restarts.
type memory struct {
	path string

	Pending  string       `json:"pending,omitempty"`
	Offer    source.Offer `json:"offer"`             // last installed, or being installed
	Old      string       `json:"old,omitempty"`     // digest that was current before
	Outcome  string       `json:"outcome,omitempty"` // installed or rolled-back
	Code     string       `json:"code,omitempty"`
	Error    string       `json:"error,omitempty"`
	Rejected []string     `json:"rejected,omitempty"` // digests that were rolled back
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

// Current tells whether the outcome is still news about what runs: not after
// a package brought another version.
func (m *memory) Current(i versions.Install) bool {
	digest, err := i.Current()
	want := m.Offer.Digest
	if m.Outcome == rolledBack {
		want = m.Old
	}
	return err == nil && digest == want
}

func (m *memory) state(phase, running string) *upgradepb.State {
	s := stateOf(m.Offer, phase, running)
	s.ErrorCode, s.Error = m.Code, m.Error
	s.Restart = phase == restarting || phase == healthCheck
	return s
}
