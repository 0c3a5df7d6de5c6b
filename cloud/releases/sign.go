package releases

import (
	"crypto"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/internal/release"
)

// SignDrafts adds one holder's signature to every draft the key is for, and
// returns their names. It needs a copy of the repository's metadata and drafts,
// no archive and no other key. Signing again replaces the signature.
func (r Repository) SignDrafts(key crypto.Signer) ([]string, error) {
	id, err := keyID(key)
	if err != nil {
		return nil, err
	}
	d, err := r.drafts()
	if err != nil {
		return nil, err
	}
	var signed []string
	if d.root != nil && (d.may(d.before, metadata.ROOT, id) || d.may(d.root, metadata.ROOT, id)) {
		if err := addSignature(d.root, &d.root.Signatures, key, id); err != nil {
			return nil, err
		}
		if err := saveSigned(d.root, d.rootFile); err != nil {
			return nil, err
		}
		signed = append(signed, filepath.Base(d.rootFile))
	}
	if d.targets != nil && d.may(d.newest(), metadata.TARGETS, id) {
		if err := addSignature(d.targets, &d.targets.Signatures, key, id); err != nil {
			return nil, err
		}
		if err := saveSigned(d.targets, d.targetsFile); err != nil {
			return nil, err
		}
		signed = append(signed, filepath.Base(d.targetsFile))
	}
	if len(signed) == 0 {
		return nil, fmt.Errorf("releases: sign: there is no draft that the key %s is for", id)
	}
	return signed, nil
}

func addSignature(m role, all *[]metadata.Signature, key crypto.Signer, id string) error {
	*all = slices.DeleteFunc(*all, func(s metadata.Signature) bool { return s.KeyID == id })
	if _, err := m.Sign(signs{key}); err != nil {
		return fmt.Errorf("releases: sign: %w", err)
	}
	return nil
}

func saveSigned(m role, path string) error {
	text, err := m.ToBytes(true)
	if err != nil {
		return fmt.Errorf("releases: %s: %w", path, err)
	}
	return write(path, text)
}

// drafts are what waits for signatures, beside what is published.
type drafts struct {
	before      *metadata.Metadata[metadata.RootType] // published; nil: none
	root        *metadata.Metadata[metadata.RootType] // nil: no draft
	targets     *metadata.Metadata[metadata.TargetsType]
	rootFile    string
	targetsFile string
}

func (r Repository) drafts() (*drafts, error) {
	var d drafts
	var err error
	if d.before, err = r.latestRoot(); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if d.rootFile, err = r.draftOf(metadata.ROOT); err != nil {
		return nil, err
	}
	if d.rootFile != "" {
		if d.root, err = metadata.Root().FromFile(d.rootFile); err != nil {
			return nil, fmt.Errorf("releases: %s: %w", d.rootFile, err)
		}
		if want := 1 + versionOf(d.before); d.root.Signed.Version != want {
			return nil, fmt.Errorf("releases: %s does not follow what is published; remove it", d.rootFile)
		}
	}
	if d.targetsFile, err = r.draftOf(metadata.TARGETS); err != nil {
		return nil, err
	}
	if d.targetsFile != "" {
		if d.targets, err = metadata.Targets().FromFile(d.targetsFile); err != nil {
			return nil, fmt.Errorf("releases: %s: %w", d.targetsFile, err)
		}
	}
	return &d, nil
}

func versionOf(root *metadata.Metadata[metadata.RootType]) int64 {
	if root == nil {
		return 0
	}
	return root.Signed.Version
}

// newest is the root that will hold when the drafts are published.
func (d *drafts) newest() *metadata.Metadata[metadata.RootType] {
	if d.root != nil {
		return d.root
	}
	return d.before
}

func (d *drafts) may(root *metadata.Metadata[metadata.RootType], role, id string) bool {
	return root != nil && root.Signed.Roles[role] != nil && slices.Contains(root.Signed.Roles[role].KeyIDs, id)
}

// Publish makes the drafts the repository's: root signed by enough keys of the
// root before and of the new one, targets by enough of theirs. The snapshot and
// the timestamp are signed here by their keys. Everything is verified before
// anything is written, and the timestamp is written last. It returns the root
// that holds now.
func (r Repository) Publish(snapshotKey, timestampKey crypto.Signer) ([]byte, error) {
	d, err := r.drafts()
	if err != nil {
		return nil, err
	}
	if d.root == nil && d.targets == nil {
		return nil, errors.New("releases: publish: there is no draft")
	}
	return r.publishWith(d, snapshotKey, timestampKey)
}

// Snapshot signs a fresh snapshot and timestamp of what is published. Drafts
// stay drafts.
func (r Repository) Snapshot(snapshotKey, timestampKey crypto.Signer) error {
	root, err := r.latestRoot()
	if err != nil {
		return err
	}
	_, err = r.publishWith(&drafts{before: root}, snapshotKey, timestampKey)
	return err
}

func (r Repository) publishWith(d *drafts, snapshotKey, timestampKey crypto.Signer) ([]byte, error) {
	root := d.newest()
	if root == nil {
		return nil, fmt.Errorf("releases: publish: there is no root; draft one first")
	}
	if d.root != nil {
		if err := d.verifyRoot(); err != nil {
			return nil, err
		}
	}
	targets, snapshot, timestamp, err := r.next(d)
	if err != nil {
		return nil, err
	}
	if err := root.VerifyDelegate(metadata.TARGETS, targets); err != nil {
		return nil, fmt.Errorf("releases: publish: targets: %w", err)
	}
	if err := r.archivesAreThere(targets); err != nil {
		return nil, err
	}
	if err := r.signSnapshot(root, targets, snapshot, snapshotKey); err != nil {
		return nil, err
	}
	if err := r.signTimestamp(root, snapshot, timestamp, timestampKey); err != nil {
		return nil, err
	}
	for _, f := range []struct {
		m     role
		file  string
		isNew bool // what is published under a number never changes
	}{
		{root, strconv.FormatInt(root.Signed.Version, 10) + ".root.json", d.root != nil},
		{targets, strconv.FormatInt(targets.Signed.Version, 10) + ".targets.json", d.targets != nil},
		{snapshot, strconv.FormatInt(snapshot.Signed.Version, 10) + ".snapshot.json", true},
		{timestamp, "timestamp.json", true},
	} {
		if !f.isNew {
			continue
		}
		if err := saveSigned(f.m, filepath.Join(r.Dir, "metadata", f.file)); err != nil {
			return nil, err
		}
	}
	for _, path := range []string{d.rootFile, d.targetsFile} {
		if path != "" {
			if err := os.Remove(path); err != nil {
				return nil, fmt.Errorf("releases: publish: %w", err)
			}
		}
	}
	return root.ToBytes(true)
}

// verifyRoot: the keys before and the new ones both have to say so.
func (d *drafts) verifyRoot() error {
	if d.before != nil {
		if err := d.before.VerifyDelegate(metadata.ROOT, d.root); err != nil {
			return fmt.Errorf("releases: publish: by the keys before: %w", err)
		}
	}
	if err := d.root.VerifyDelegate(metadata.ROOT, d.root); err != nil {
		return fmt.Errorf("releases: publish: by the new keys: %w", err)
	}
	return checkRoot(&d.root.Signed)
}

// next is the newest set, with the draft's targets in place of those
// published; a new set where there is none yet.
func (r Repository) next(d *drafts) (*metadata.Metadata[metadata.TargetsType], *metadata.Metadata[metadata.SnapshotType], *metadata.Metadata[metadata.TimestampType], error) {
	if d.before == nil {
		if d.targets == nil {
			return nil, nil, nil, fmt.Errorf("releases: publish: the first root comes with a draft of targets")
		}
		snapshot, timestamp := metadata.Snapshot(), metadata.Timestamp()
		snapshot.Signed.Version, timestamp.Signed.Version = 0, 0
		return d.targets, snapshot, timestamp, nil
	}
	targets, snapshot, timestamp, err := r.published()
	if err != nil {
		return nil, nil, nil, err
	}
	if d.targets != nil {
		if d.targets.Signed.Version != targets.Signed.Version+1 {
			return nil, nil, nil, fmt.Errorf("releases: %s does not follow what is published; remove it", d.targetsFile)
		}
		targets = d.targets
	}
	return targets, snapshot, timestamp, nil
}

// archivesAreThere: a client that is offered something must find it.
func (r Repository) archivesAreThere(targets *metadata.Metadata[metadata.TargetsType]) error {
	for name, target := range targets.Signed.Targets {
		info, err := os.Stat(filepath.Join(r.Dir, "targets", target.Hashes["sha256"].String()+"."+name))
		if err != nil {
			return fmt.Errorf("releases: publish: %w", err)
		}
		if info.Size() != target.Length {
			return fmt.Errorf("releases: publish: %s has %d bytes instead of %d", name, info.Size(), target.Length)
		}
	}
	return nil
}

func (r Repository) signSnapshot(root *metadata.Metadata[metadata.RootType], targets *metadata.Metadata[metadata.TargetsType], snapshot *metadata.Metadata[metadata.SnapshotType], key crypto.Signer) error {
	snapshot.Signed.Version++
	snapshot.Signed.Expires = r.now().Add(snapshotLife)
	snapshot.Signed.Meta["targets.json"] = metadata.MetaFile(targets.Signed.Version)
	snapshot.ClearSignatures()
	return signAs(metadata.SNAPSHOT, root, snapshot, key)
}

func (r Repository) signTimestamp(root *metadata.Metadata[metadata.RootType], snapshot *metadata.Metadata[metadata.SnapshotType], timestamp *metadata.Metadata[metadata.TimestampType], key crypto.Signer) error {
	timestamp.Signed.Version++
	timestamp.Signed.Expires = r.now().Add(timestampLife)
	timestamp.Signed.Meta["snapshot.json"] = metadata.MetaFile(snapshot.Signed.Version)
	if timestamp.Signed.UnrecognizedFields == nil {
		timestamp.Signed.UnrecognizedFields = map[string]any{}
	}
	timestamp.Signed.UnrecognizedFields[release.SignedAt] = r.now().Format(time.RFC3339)
	timestamp.ClearSignatures()
	return signAs(metadata.TIMESTAMP, root, timestamp, key)
}

// signAs signs with a role's key and verifies that it was one.
func signAs(name string, root *metadata.Metadata[metadata.RootType], m role, key crypto.Signer) error {
	if key == nil {
		return fmt.Errorf("releases: the key of %s is needed", name)
	}
	if _, err := m.Sign(signs{key}); err != nil {
		return fmt.Errorf("releases: sign %s: %w", name, err)
	}
	if err := root.VerifyDelegate(name, m); err != nil {
		return fmt.Errorf("releases: this is not a key of %s: %w", name, err)
	}
	return nil
}

// TimestampBy signs a fresh timestamp with this key alone.
func (r Repository) TimestampBy(key crypto.Signer) error {
	root, err := r.latestRoot()
	if err != nil {
		return err
	}
	_, snapshot, timestamp, err := r.published()
	if err != nil {
		return err
	}
	if err := r.signTimestamp(root, snapshot, timestamp, key); err != nil {
		return err
	}
	return saveSigned(timestamp, filepath.Join(r.Dir, "metadata", "timestamp.json"))
}

// Signature is who has signed a draft, and how many are missing.
type Signature struct {
	Draft   string
	By      []string // key IDs whose signatures are right
	Missing int
}

// Signatures of the drafts, for the holders.
func (r Repository) Signatures() ([]Signature, error) {
	d, err := r.drafts()
	if err != nil {
		return nil, err
	}
	var all []Signature
	if d.root != nil {
		all = append(all, countSignatures(filepath.Base(d.rootFile), metadata.ROOT, d.root, d.before, d.root))
	}
	if d.targets != nil {
		all = append(all, countSignatures(filepath.Base(d.targetsFile), metadata.TARGETS, d.targets, d.newest()))
	}
	return all, nil
}

// countSignatures asks each of roots' keys on its own.
func countSignatures(file, name string, m any, roots ...*metadata.Metadata[metadata.RootType]) Signature {
	s := Signature{Draft: file}
	right := map[string]bool{}
	for _, root := range roots {
		if root == nil || root.Signed.Roles[name] == nil {
			continue
		}
		have := 0
		for _, id := range root.Signed.Roles[name].KeyIDs {
			one := metadata.Root()
			one.Signed.Keys = map[string]*metadata.Key{id: root.Signed.Keys[id]}
			one.Signed.Roles[name] = &metadata.Role{KeyIDs: []string{id}, Threshold: 1}
			if root.Signed.Keys[id] != nil && one.VerifyDelegate(name, m) == nil {
				right[id] = true
				have++
			}
		}
		s.Missing = max(s.Missing, root.Signed.Roles[name].Threshold-have)
	}
	s.By = slices.Sorted(maps.Keys(right))
	return s
}
