package source

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/trustedmetadata"

	"beckmanconnect/internal/release"
)

// seen remembers how far the repository was, beside go-tuf's own files, so
// that healing those does not open the way back.
type seen struct {
	Root      int64     `json:"root"`
	Timestamp int64     `json:"timestamp"`
	Snapshot  int64     `json:"snapshot"`
	Targets   int64     `json:"targets"`
	Time      time.Time `json:"time"` // the latest the vendor signed
	Keys      string    `json:"-"`    // which keys sign timestamp and snapshot; "": not known
}

func (s seen) String() string {
	return fmt.Sprintf("root %d, timestamp %d, snapshot %d, targets %d", s.Root, s.Timestamp, s.Snapshot, s.Targets)
}

func versionsOf(set *trustedmetadata.TrustedMetadata) seen {
	s := seen{Root: set.Root.Signed.Version, Timestamp: set.Timestamp.Signed.Version, Snapshot: set.Snapshot.Signed.Version,
		Targets: set.Targets[metadata.TARGETS].Signed.Version, Keys: keysOf(&set.Root.Signed)}
	if text, ok := set.Timestamp.Signed.UnrecognizedFields[release.SignedAt].(string); ok {
		if at, err := time.Parse(time.RFC3339, text); err == nil && at.Before(set.Timestamp.Signed.Expires) {
			s.Time = at
		}
	}
	return s
}

// keysOf stands for the keys of the roles whose numbers are remembered.
func keysOf(root *metadata.RootType) string {
	hash := sha256.New()
	for _, name := range []string{metadata.TIMESTAMP, metadata.SNAPSHOT} {
		role, ok := root.Roles[name]
		if !ok {
			continue
		}
		fmt.Fprintln(hash, name, role.Threshold, slices.Sorted(slices.Values(role.KeyIDs)))
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// rotated forgets what keys signed that the root does not name any more. Who
// stole the timestamp's key, the one that is online, could sign the highest
// number and a time far ahead, and only new keys end that (TUF 5.3.11).
func (s seen) rotated(now seen) seen {
	if s.Keys != "" && s.Keys != now.Keys && now.Root > s.Root {
		return seen{Root: s.Root}
	}
	return s
}

func (s seen) below(before seen) bool {
	return s.Root < before.Root || s.Timestamp < before.Timestamp || s.Snapshot < before.Snapshot || s.Targets < before.Targets
}

// after keeps the latest signed time, to the millisecond as the memory does.
func (s seen) after(before seen) seen {
	s.Time = latest(s.Time, before.Time).Truncate(time.Millisecond)
	return s
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
	for name, parse := range map[string]func(string) error{
		"timestamp.json": func(p string) error { _, err := metadata.Timestamp().FromFile(p); return err },
		"snapshot.json":  func(p string) error { _, err := metadata.Snapshot().FromFile(p); return err },
		"targets.json":   func(p string) error { _, err := metadata.Targets().FromFile(p); return err },
	} {
		path := filepath.Join(dir, name)
		if err := parse(path); err != nil {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}
