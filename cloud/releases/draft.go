package releases

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/internal/trust"
)

// A draft is metadata that nobody trusts yet: draft/N.targets.json or
// draft/N.root.json in the repository's folder. It goes from holder to holder,
// each adds a signature, and Publish makes it the repository's when there are
// enough. Drafts are never copied to a server.
const draftDir = "draft"

// thresholds are how many keys of a role have to sign.
var thresholds = map[string]int{metadata.ROOT: 2, metadata.TARGETS: 2, metadata.SNAPSHOT: 1, metadata.TIMESTAMP: 1}

func (r Repository) draft(name string) string { return filepath.Join(r.Dir, draftDir, name) }

// load is the set that a change starts from: what is published, with the draft
// of the next targets in its place where there is one.
func (r Repository) load() (*metadata.Metadata[metadata.TargetsType], *metadata.Metadata[metadata.SnapshotType], *metadata.Metadata[metadata.TimestampType], error) {
	targets, snapshot, timestamp, err := r.published()
	if err != nil {
		return nil, nil, nil, err
	}
	if targets, err = r.drafted(targets); err != nil {
		return nil, nil, nil, err
	}
	return targets, snapshot, timestamp, nil
}

// drafted is the draft of the next targets where there is one and this
// repository has no keys to sign at once; else published.
func (r Repository) drafted(published *metadata.Metadata[metadata.TargetsType]) (*metadata.Metadata[metadata.TargetsType], error) {
	path, err := r.draftOf(metadata.TARGETS)
	if r.Keys != "" || path == "" || err != nil {
		return published, err
	}
	next, err := metadata.Targets().FromFile(path)
	if err != nil {
		return nil, fmt.Errorf("releases: draft: %w", err)
	}
	if next.Signed.Version != published.Signed.Version+1 {
		return nil, fmt.Errorf("releases: %s does not follow what is published (%d); remove it", path, published.Signed.Version)
	}
	return next, nil
}

// keepDraft keeps targets as the one draft that follows what is published.
func (r Repository) keepDraft(targets *metadata.Metadata[metadata.TargetsType]) error {
	published, _, _, err := r.published()
	if err != nil {
		return err
	}
	targets.Signed.Version = published.Signed.Version + 1
	return r.saveDraft(targets, metadata.TARGETS, targets.Signed.Version)
}

// saveDraft writes a draft without signatures, in place of any other of its role.
func (r Repository) saveDraft(m interface {
	ClearSignatures()
	ToBytes(pretty bool) ([]byte, error)
}, role string, version int64) error {
	m.ClearSignatures()
	text, err := m.ToBytes(true)
	if err != nil {
		return fmt.Errorf("releases: draft: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(r.Dir, draftDir), 0o755); err != nil {
		return fmt.Errorf("releases: draft: %w", err)
	}
	old, err := r.draftOf(role)
	if err != nil {
		return err
	}
	path := r.draft(strconv.FormatInt(version, 10) + "." + role + ".json")
	if err := write(path, text); err != nil {
		return err
	}
	if old != "" && old != path {
		return os.Remove(old)
	}
	return nil
}

// draftOf is the path of a role's draft, "" when there is none.
func (r Repository) draftOf(role string) (string, error) {
	paths, err := filepath.Glob(r.draft("*." + role + ".json"))
	switch {
	case err != nil:
		return "", fmt.Errorf("releases: draft: %w", err)
	case len(paths) > 1:
		return "", fmt.Errorf("releases: there are several drafts of %s; remove all but one: %s", role, strings.Join(paths, ", "))
	case len(paths) == 0:
		return "", nil
	}
	return paths[0], nil
}

// Renew drafts the targets as they are with a new date of expiry.
func (r Repository) Renew() error {
	r.Keys = ""
	targets, _, _, err := r.load()
	if err != nil {
		return err
	}
	targets.Signed.Expires = r.now().Add(targetsLife)
	return r.keepDraft(targets)
}

// RootChange is what the next root differs in from the one before.
type RootChange struct {
	Add    []Public
	Remove []string // IDs
}

// DraftRoot drafts the next root, or the first one together with empty targets.
// Without a change it only gets a new date of expiry.
func (r Repository) DraftRoot(change RootChange) error {
	next, err := r.latestRoot()
	first := errors.Is(err, os.ErrNotExist)
	switch {
	case first:
		next = metadata.Root()
		next.Signed.ConsistentSnapshot = true
	case err != nil:
		return err
	default:
		next.Signed.Version++
	}
	next.Signed.Expires = r.now().Add(rootLife)
	if err := change.apply(&next.Signed); err != nil {
		return err
	}
	for role, n := range thresholds {
		next.Signed.Roles[role].Threshold = n
	}
	if err := checkRoot(&next.Signed); err != nil {
		return err
	}
	if first {
		for _, dir := range []string{"metadata", "targets"} {
			if err := os.MkdirAll(filepath.Join(r.Dir, dir), 0o755); err != nil {
				return fmt.Errorf("releases: draft: %w", err)
			}
		}
		if err := r.saveDraft(metadata.Targets(r.now().Add(targetsLife)), metadata.TARGETS, 1); err != nil {
			return err
		}
	}
	return r.saveDraft(next, metadata.ROOT, next.Signed.Version)
}

func (c RootChange) apply(root *metadata.RootType) error {
	for _, id := range c.Remove {
		found := false
		for role, r := range root.Roles {
			if slices.Contains(r.KeyIDs, id) {
				found = true
				if err := root.RevokeKey(id, role); err != nil {
					return fmt.Errorf("releases: draft root: %w", err)
				}
			}
		}
		if !found {
			return fmt.Errorf("releases: draft root: no role has the key %s", id)
		}
	}
	held := map[string]bool{}
	for _, p := range c.Add {
		// A person with two of three keys would be a threshold.
		if who := p.Role + " " + strings.ToLower(strings.TrimSpace(p.Holder)); held[who] {
			return fmt.Errorf("releases: draft root: %s would hold two keys of %s", p.Holder, p.Role)
		} else {
			held[who] = true
		}
		if err := root.AddKey(p.Key, p.Role); err != nil {
			return fmt.Errorf("releases: draft root: %w", err)
		}
	}
	return nil
}

// checkRoot is an error for a root by which one loss or one theft would be
// enough.
func checkRoot(root *metadata.RootType) error {
	used := map[string]string{}
	for _, role := range []string{metadata.ROOT, metadata.TARGETS, metadata.SNAPSHOT, metadata.TIMESTAMP} {
		ids, want := root.Roles[role].KeyIDs, trust.TUFKeys[role]
		if len(ids) < want {
			return fmt.Errorf("releases: draft root: %s has %d keys and needs %d", role, len(ids), want)
		}
		for _, id := range ids {
			if other, twice := used[id]; twice {
				return fmt.Errorf("releases: draft root: the key %s is of %s and of %s", id, other, role)
			}
			used[id] = role
		}
	}
	return nil
}

// latestRoot is the newest published root; os.ErrNotExist when there is none.
func (r Repository) latestRoot() (*metadata.Metadata[metadata.RootType], error) {
	var newest *metadata.Metadata[metadata.RootType]
	for n := 1; ; n++ {
		path := filepath.Join(r.Dir, "metadata", strconv.Itoa(n)+".root.json")
		root, err := metadata.Root().FromFile(path)
		if errors.Is(err, os.ErrNotExist) {
			if newest == nil {
				return nil, fmt.Errorf("releases: %w", err)
			}
			return newest, nil
		}
		if err != nil {
			return nil, fmt.Errorf("releases: %s: %w", path, err)
		}
		newest = root
	}
}

// Collect adds the signatures of a copy of the draft that another holder signed
// elsewhere. Only signatures of the very same content are taken.
func (r Repository) Collect(file string) error {
	theirs, err := readSigned(file)
	if err != nil {
		return err
	}
	path := r.draft(filepath.Base(file))
	ours, err := readSigned(path)
	if err != nil {
		return err
	}
	if !sameJSON(ours.Signed, theirs.Signed) {
		return fmt.Errorf("releases: %s is another draft than %s", file, path)
	}
	for _, s := range theirs.Signatures {
		if !slices.ContainsFunc(ours.Signatures, func(o metadata.Signature) bool { return o.KeyID == s.KeyID }) {
			ours.Signatures = append(ours.Signatures, s)
		}
	}
	text, err := json.MarshalIndent(ours, "", "  ")
	if err != nil {
		return fmt.Errorf("releases: collect: %w", err)
	}
	return write(path, text)
}

// signedFile is metadata of any role, its content untouched.
type signedFile struct {
	Signed     json.RawMessage      `json:"signed"`
	Signatures []metadata.Signature `json:"signatures"`
}

func readSigned(path string) (*signedFile, error) {
	text, err := os.ReadFile(path)
	var s signedFile
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		return nil, fmt.Errorf("releases: draft %s: %w", path, err)
	}
	return &s, nil
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	p, errP := json.Marshal(x)
	q, errQ := json.Marshal(y)
	return errP == nil && errQ == nil && string(p) == string(q)
}
