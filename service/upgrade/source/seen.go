package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/trustedmetadata"

	"beckmanconnect/internal/release"
	"beckmanconnect/service/upgrade/versions"
)

// seen remembers how far the repository was, beside go-tuf's own files, so
// that healing those does not open the way back.
type seen struct {
	Root      int64     `json:"root"`
	Timestamp int64     `json:"timestamp"`
	Snapshot  int64     `json:"snapshot"`
	Targets   int64     `json:"targets"`
	Time      time.Time `json:"time"` // the latest the vendor signed
	Keys      roleKeys  `json:"keys"` // by whose word
}

func (s seen) String() string {
	return fmt.Sprintf("root %d, timestamp %d, snapshot %d, targets %d", s.Root, s.Timestamp, s.Snapshot, s.Targets)
}

func versionsOf(set *trustedmetadata.TrustedMetadata) seen {
	s := seen{Root: set.Root.Signed.Version, Timestamp: set.Timestamp.Signed.Version, Snapshot: set.Snapshot.Signed.Version,
		Targets: set.Targets[metadata.TARGETS].Signed.Version, Keys: keysOf(set.Root)}
	if text, ok := set.Timestamp.Signed.UnrecognizedFields[release.SignedAt].(string); ok {
		if at, err := time.Parse(time.RFC3339, text); err == nil && at.Before(set.Timestamp.Signed.Expires) {
			s.Time = at
		}
	}
	return s
}

func (s seen) below(before seen) bool {
	return s.Root < before.Root || s.Timestamp < before.Timestamp || s.Snapshot < before.Snapshot || s.Targets < before.Targets
}

func (s seen) after(before seen) seen {
	s.Time = latest(s.Time, before.Time)
	return s
}

// loadSeen reads the memory. It is written in one step, so a file that cannot
// be read was damaged from outside, and is not passed over in silence.
func loadSeen(path string) (seen, error) {
	var s seen
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		return s, fmt.Errorf("memory of seen versions: %w", err)
	}
	return s, nil
}

func (s seen) save(path string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if old, err := os.ReadFile(path); err == nil && string(old) == string(text) {
		return nil
	}
	if err := versions.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("memory of seen versions: %w", err)
	}
	return nil
}

// heal removes metadata of ours that cannot be read, as power loss leaves it:
// go-tuf would fail on a timestamp without content for ever.
func heal(dir string) error {
	leftovers, err := filepath.Glob(filepath.Join(dir, "tuf_tmp*"))
	if err != nil {
		return err
	}
	for _, path := range leftovers {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	for _, role := range []string{metadata.TIMESTAMP, metadata.SNAPSHOT, metadata.TARGETS} {
		path := filepath.Join(dir, role+".json")
		text, err := os.ReadFile(path)
		if err == nil {
			err = wellFormed(role, text)
		}
		if err != nil {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}
