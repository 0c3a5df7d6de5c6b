package releases

import (
	"crypto"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/internal/release"
	"beckmanconnect/internal/trust"
)

// How long signed metadata holds. Expired metadata never stops the product,
// it only stops new offers and raises an alarm (docs/release.md).
const (
	rootLife      = 365 * 24 * time.Hour
	targetsLife   = 180 * 24 * time.Hour
	snapshotLife  = 30 * 24 * time.Hour
	timestampLife = 7 * 24 * time.Hour
)

// Repository is the folder that is published, with the keys to sign it.
type Repository struct {
	Dir  string           // holds metadata/ and targets/
	Keys string           // folder of private keys, as internal/trust makes them; "": what is changed becomes a draft
	Now  func() time.Time // nil: time.Now
	// Deltas is from how many releases before, of each channel, Add makes
	// deltas; 0: none.
	Deltas int
}

func (r Repository) now() time.Time {
	if r.Now != nil {
		return r.Now().UTC().Truncate(time.Second)
	}
	return time.Now().UTC().Truncate(time.Second)
}

// Init makes an empty repository and returns its first root, which is shipped
// with the product as tuf-root.json.
func (r Repository) Init() ([]byte, error) {
	for _, dir := range []string{"metadata", "targets"} {
		if err := os.MkdirAll(filepath.Join(r.Dir, dir), 0o755); err != nil {
			return nil, fmt.Errorf("releases: init: %w", err)
		}
	}
	if files, _ := os.ReadDir(filepath.Join(r.Dir, "metadata")); len(files) > 0 {
		return nil, fmt.Errorf("releases: init: %s holds a repository already", r.Dir)
	}
	root := metadata.Root(r.now().Add(rootLife))
	root.Signed.ConsistentSnapshot = true
	for role, n := range trust.TUFKeys {
		for i := range n {
			signer, err := trust.LoadKey(trust.TUFKeyFile(r.Keys, role, i+1))
			if err != nil {
				return nil, err
			}
			key, err := metadata.KeyFromPublicKey(signer.Public())
			if err != nil {
				return nil, fmt.Errorf("releases: init: key of %s: %w", role, err)
			}
			if err := root.Signed.AddKey(key, role); err != nil {
				return nil, fmt.Errorf("releases: init: key of %s: %w", role, err)
			}
		}
	}
	root.Signed.Roles[metadata.ROOT].Threshold = 2
	root.Signed.Roles[metadata.TARGETS].Threshold = 2
	if err := signWith(root, r.Keys, metadata.ROOT); err != nil {
		return nil, err
	}
	text, err := root.ToBytes(true)
	if err != nil {
		return nil, fmt.Errorf("releases: init: %w", err)
	}
	if err := write(filepath.Join(r.Dir, "metadata", "1.root.json"), text); err != nil {
		return nil, err
	}
	targets := metadata.Targets(r.now().Add(targetsLife))
	snapshot := metadata.Snapshot(r.now().Add(snapshotLife))
	timestamp := metadata.Timestamp(r.now().Add(timestampLife))
	return text, r.publish(targets, snapshot, timestamp)
}

// Add copies an archive into the repository with the deltas that lead to it,
// signs them and publishes the new set. The timestamp is written last: a client
// sees all of it or nothing. Digest and length of the release are read from the
// archive.
func (r Repository) Add(archive string, description release.Release) error {
	targets, snapshot, timestamp, err := r.load()
	if err != nil {
		return err
	}
	added, err := r.prepare(archive, description, targets.Signed.Targets)
	if err != nil {
		return fmt.Errorf("releases: add %s: %w", filepath.Base(archive), err)
	}
	for _, t := range added {
		if err := write(r.path(t.name, t.info), t.data); err != nil {
			return err
		}
		targets.Signed.Targets[t.name] = t.info
	}
	targets.Signed.Version++
	targets.Signed.Expires = r.now().Add(targetsLife)
	snapshot.Signed.Version++
	snapshot.Signed.Expires = r.now().Add(snapshotLife)
	timestamp.Signed.Version++
	timestamp.Signed.Expires = r.now().Add(timestampLife)
	return r.publish(targets, snapshot, timestamp)
}

// Timestamp signs a fresh timestamp, the one step that runs unattended.
func (r Repository) Timestamp() error {
	_, _, timestamp, err := r.load()
	if err != nil {
		return err
	}
	timestamp.Signed.Version++
	timestamp.Signed.Expires = r.now().Add(timestampLife)
	return r.stamp(timestamp)
}

// publish signs and writes targets, snapshot and timestamp, in this order.
func (r Repository) publish(targets *metadata.Metadata[metadata.TargetsType], snapshot *metadata.Metadata[metadata.SnapshotType], timestamp *metadata.Metadata[metadata.TimestampType]) error {
	if r.Keys == "" { // to be signed by holders elsewhere
		return r.keepDraft(targets)
	}
	targets.ClearSignatures()
	if err := r.save(targets, metadata.TARGETS, strconv.FormatInt(targets.Signed.Version, 10)+".targets.json"); err != nil {
		return err
	}
	snapshot.Signed.Meta["targets.json"] = metadata.MetaFile(targets.Signed.Version)
	snapshot.ClearSignatures()
	if err := r.save(snapshot, metadata.SNAPSHOT, strconv.FormatInt(snapshot.Signed.Version, 10)+".snapshot.json"); err != nil {
		return err
	}
	timestamp.Signed.Meta["snapshot.json"] = metadata.MetaFile(snapshot.Signed.Version)
	return r.stamp(timestamp)
}

// stamp signs and writes a timestamp, with the time at which it is signed.
func (r Repository) stamp(timestamp *metadata.Metadata[metadata.TimestampType]) error {
	if timestamp.Signed.UnrecognizedFields == nil {
		timestamp.Signed.UnrecognizedFields = map[string]any{}
	}
	timestamp.Signed.UnrecognizedFields[release.SignedAt] = r.now().Format(time.RFC3339)
	timestamp.ClearSignatures()
	return r.save(timestamp, metadata.TIMESTAMP, "timestamp.json")
}

// published reads the newest published set.
func (r Repository) published() (*metadata.Metadata[metadata.TargetsType], *metadata.Metadata[metadata.SnapshotType], *metadata.Metadata[metadata.TimestampType], error) {
	fail := func(err error) (*metadata.Metadata[metadata.TargetsType], *metadata.Metadata[metadata.SnapshotType], *metadata.Metadata[metadata.TimestampType], error) {
		return nil, nil, nil, fmt.Errorf("releases: read %s: %w", r.Dir, err)
	}
	timestamp, err := metadata.Timestamp().FromFile(filepath.Join(r.Dir, "metadata", "timestamp.json"))
	if err != nil {
		return fail(err)
	}
	at := timestamp.Signed.Meta["snapshot.json"]
	if at == nil {
		return fail(errors.New("the timestamp names no snapshot"))
	}
	snapshot, err := metadata.Snapshot().FromFile(filepath.Join(r.Dir, "metadata", strconv.FormatInt(at.Version, 10)+".snapshot.json"))
	if err != nil {
		return fail(err)
	}
	at = snapshot.Signed.Meta["targets.json"]
	if at == nil {
		return fail(errors.New("the snapshot names no targets"))
	}
	targets, err := metadata.Targets().FromFile(filepath.Join(r.Dir, "metadata", strconv.FormatInt(at.Version, 10)+".targets.json"))
	if err != nil {
		return fail(err)
	}
	return targets, snapshot, timestamp, nil
}

// role is signed metadata of any kind.
type role interface {
	Sign(signature.Signer) (*metadata.Signature, error)
	ToBytes(pretty bool) ([]byte, error)
}

func (r Repository) save(m role, name, file string) error {
	if err := signWith(m, r.Keys, name); err != nil {
		return err
	}
	text, err := m.ToBytes(true)
	if err != nil {
		return fmt.Errorf("releases: %s: %w", file, err)
	}
	return write(filepath.Join(r.Dir, "metadata", file), text)
}

// signWith signs with every key of the role that is at hand. Where keys are
// held apart the rest is signed elsewhere before publishing.
func signWith(m role, keys, name string) error {
	for i := range trust.TUFKeys[name] {
		key, err := trust.LoadKey(trust.TUFKeyFile(keys, name, i+1))
		if err != nil {
			return err
		}
		signer, err := signature.LoadSigner(key, crypto.Hash(0))
		if err != nil {
			return fmt.Errorf("releases: signer of %s: %w", name, err)
		}
		if _, err := m.Sign(signer); err != nil {
			return fmt.Errorf("releases: sign %s: %w", name, err)
		}
	}
	return nil
}

// write replaces a file in one step.
func write(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("releases: write: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("releases: write %s: %w", path, err)
	}
	return nil
}

// Published lists the archives in the newest targets, by name.
func (r Repository) Published() ([]string, error) {
	targets, _, _, err := r.published()
	if err != nil {
		return nil, err
	}
	var names []string
	for name, target := range targets.Signed.Targets {
		names = append(names, name+"  "+strings.ToLower(target.Hashes["sha256"].String()))
	}
	slices.Sort(names)
	return names, nil
}
