package mirror

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	mrand "math/rand/v2"
	"strconv"
	"time"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/internal/release"
)

const (
	root      = metadata.ROOT
	timestamp = metadata.TIMESTAMP
	snapshot  = metadata.SNAPSHOT
	targets   = metadata.TARGETS
)

var roles = []string{root, timestamp, snapshot, targets}

// The PC that is attacked.
const (
	platform = "linux-amd64"
	line     = "DxH 900"
	running  = "1.0.0"
)

const day = 24 * time.Hour

// key signs as a role's key does.
type key struct {
	public *metadata.Key
	id     string
	signer signature.Signer
}

func newKey() (*key, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	k := &key{}
	if k.signer, err = signature.LoadSigner(private, crypto.Hash(0)); err != nil {
		return nil, err
	}
	if k.public, err = metadata.KeyFromPublicKey(public); err != nil {
		return nil, err
	}
	k.id, err = k.public.ID()
	return k, err
}

// signed is metadata of any role.
type signed interface {
	ClearSignatures()
	Sign(signature.Signer) (*metadata.Signature, error)
	ToBytes(pretty bool) ([]byte, error)
}

// sign signs metadata by these keys and no others.
func sign(m signed, by ...*key) ([]byte, error) {
	m.ClearSignatures()
	for _, k := range by {
		if _, err := m.Sign(k.signer); err != nil {
			return nil, err
		}
	}
	return m.ToBytes(false)
}

// state is the repository as it was published at one time.
type state struct {
	version int64             // of the timestamp
	files   map[string][]byte // by path: "metadata/timestamp.json"
	offers  map[string]bool   // digests of releases that this PC may be offered
	signed  time.Time         // as the timestamp says
	expires time.Time         // the first of its roles to
}

// vendor publishes honestly: two of three keys for the root, both of two for
// the targets, one each for snapshot and timestamp.
type vendor struct {
	now  time.Time
	keys map[string][]*key

	root      *metadata.Metadata[metadata.RootType]
	targets   *metadata.Metadata[metadata.TargetsType]
	snapshot  *metadata.Metadata[metadata.SnapshotType]
	timestamp *metadata.Metadata[metadata.TimestampType]

	first   []byte            // root, as it is installed
	roots   map[string][]byte // by path, all of them
	files   map[string][]byte // archives and deltas, by path
	digests map[string]string // of archives of this PC's releases: SHA-256 of the file → digest of the release
	states  []state           // the newest last
	patch   int               // of the next version
}

// keep is how many releases and old states there are.
const (
	keepReleases = 6
	keepStates   = 40
)

func newVendor(r *mrand.Rand) (*vendor, error) {
	v := &vendor{
		now: time.Now().UTC().Truncate(time.Second), keys: map[string][]*key{},
		roots: map[string][]byte{}, files: map[string][]byte{}, digests: map[string]string{},
	}
	v.root = metadata.Root(v.now.Add(365 * day))
	v.root.Signed.ConsistentSnapshot = true
	for role, n := range map[string]int{root: 3, targets: 2, snapshot: 1, timestamp: 1} {
		for range n {
			if err := v.addKey(role); err != nil {
				return nil, err
			}
		}
	}
	v.root.Signed.Roles[root].Threshold, v.root.Signed.Roles[targets].Threshold = 2, 2
	v.targets, v.snapshot, v.timestamp = metadata.Targets(v.now), metadata.Snapshot(v.now), metadata.Timestamp(v.now)
	if err := v.writeRoot(v.keys[root][:2]...); err != nil {
		return nil, err
	}
	v.first = v.roots["metadata/1.root.json"]
	if err := v.publish(); err != nil {
		return nil, err
	}
	return v, v.release(r)
}

func (v *vendor) addKey(role string) error {
	k, err := newKey()
	if err != nil {
		return err
	}
	v.keys[role] = append(v.keys[role], k)
	return v.root.Signed.AddKey(k.public, role)
}

func (v *vendor) writeRoot(by ...*key) error {
	v.root.Signed.Expires = v.now.Add(365 * day)
	text, err := sign(v.root, by...)
	if err == nil {
		v.roots[fmt.Sprintf("metadata/%d.root.json", v.root.Signed.Version)] = text
	}
	return err
}

// rotate takes the keys of a role out of use, as after a theft. What was stolen
// of the root's is one key; the other two sign.
func (v *vendor) rotate(role string) error {
	by := v.keys[root][1:]
	switch role {
	case root: // the first is the one that was stolen
		v.root.Signed.Roles[root].KeyIDs = nil
		v.keys[root] = nil
		for _, k := range by {
			v.keys[root] = append(v.keys[root], k)
			if err := v.root.Signed.AddKey(k.public, root); err != nil {
				return err
			}
		}
		if err := v.addKey(root); err != nil {
			return err
		}
	default:
		n := len(v.keys[role])
		v.root.Signed.Roles[role].KeyIDs, v.keys[role] = nil, nil
		for range n {
			if err := v.addKey(role); err != nil {
				return err
			}
		}
	}
	v.root.Signed.Version++
	if err := v.writeRoot(by...); err != nil {
		return err
	}
	return v.publish()
}

// file is a file that travels, with the metadata of its target.
func (v *vendor) file(name string, content []byte, r any) (*metadata.TargetFiles, error) {
	target, err := metadata.TargetFile().FromBytes(name, content, "sha256")
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	raw := json.RawMessage(text)
	target.Custom = &raw
	v.files["targets/"+target.Hashes["sha256"].String()+"."+name] = content
	return target, nil
}

// describe is a release for this PC; random are the bytes it would unpack to.
func (v *vendor) describe(r *mrand.Rand) release.Release {
	v.patch++
	sum := sha256.Sum256(noise(r, 32))
	return release.Release{
		Product: release.Product, Version: "1.1." + strconv.Itoa(v.patch), Platform: platform, Channel: release.Stable,
		Digest: hex.EncodeToString(sum[:]), Notes: []release.Note{{Language: "en", Title: "New", Text: "Better."}},
	}
}

// release publishes one more release for this PC, and takes the oldest back
// when there are many.
func (v *vendor) release(r *mrand.Rand) error {
	d := v.describe(r)
	if r.IntN(4) == 0 {
		d.Lines = []string{"AU 5800", line}
	}
	content := noise(r, 1+r.IntN(20_000))
	name := release.ArchiveName(d.Version, d.Platform)
	target, err := v.file(name, content, d)
	if err != nil {
		return err
	}
	v.targets.Signed.Targets[name] = target
	v.digests[target.Hashes["sha256"].String()] = d.Digest
	for len(v.targets.Signed.Targets) > keepReleases {
		oldest := ""
		for n, t := range v.targets.Signed.Targets {
			if patchOf(t) < patchOf(v.targets.Signed.Targets[oldest]) {
				oldest = n
			}
		}
		delete(v.targets.Signed.Targets, oldest)
	}
	return v.publish()
}

// patchOf is the last number of a target's version; of none it is above all.
func patchOf(t *metadata.TargetFiles) int {
	if t == nil {
		return 1 << 30
	}
	var d release.Release
	if json.Unmarshal(*t.Custom, &d) != nil {
		return 0 // it goes first
	}
	n, _ := strconv.Atoi(d.Version[bytes.LastIndexByte([]byte(d.Version), '.')+1:])
	return n
}

// publish signs all but the root and makes it the newest state.
func (v *vendor) publish() error {
	if v.now.Add(100 * day).After(v.root.Signed.Expires) {
		v.root.Signed.Version++
		if err := v.writeRoot(v.keys[root][:2]...); err != nil {
			return err
		}
	}
	if len(v.states) > 0 {
		v.targets.Signed.Version++
		v.snapshot.Signed.Version++
		v.timestamp.Signed.Version++
	}
	s := state{files: map[string][]byte{}, offers: map[string]bool{}}
	for _, t := range v.targets.Signed.Targets {
		if digest := v.digests[t.Hashes["sha256"].String()]; digest != "" {
			s.offers[digest] = true
		}
	}
	v.targets.Signed.Expires, v.snapshot.Signed.Expires = v.now.Add(180*day), v.now.Add(30*day)
	v.snapshot.Signed.Meta["targets.json"] = metadata.MetaFile(v.targets.Signed.Version)
	v.timestamp.Signed.Meta["snapshot.json"] = metadata.MetaFile(v.snapshot.Signed.Version)
	var err error
	s.files[fmt.Sprintf("metadata/%d.targets.json", v.targets.Signed.Version)], err = sign(v.targets, v.keys[targets]...)
	if err != nil {
		return err
	}
	s.files[fmt.Sprintf("metadata/%d.snapshot.json", v.snapshot.Signed.Version)], err = sign(v.snapshot, v.keys[snapshot]...)
	if err != nil {
		return err
	}
	return v.stamp(s)
}

// stamp signs a timestamp for what a state holds otherwise.
func (v *vendor) stamp(s state) error {
	v.timestamp.Signed.Expires = v.now.Add(7 * day)
	v.timestamp.Signed.UnrecognizedFields = map[string]any{release.SignedAt: v.now.Format(time.RFC3339)}
	text, err := sign(v.timestamp, v.keys[timestamp]...)
	if err != nil {
		return err
	}
	s.files["metadata/timestamp.json"] = text
	maps.Copy(s.files, v.roots)
	s.version, s.signed, s.expires = v.timestamp.Signed.Version, v.now, v.now.Add(7*day)
	v.states = append(v.states, s)
	v.states = v.states[max(0, len(v.states)-keepStates):]
	return nil
}

// restamp signs the timestamp alone again, while the rest holds.
func (v *vendor) restamp() error {
	if v.now.Add(10 * day).After(v.snapshot.Signed.Expires) {
		return v.publish()
	}
	last := v.newest()
	v.timestamp.Signed.Version++
	return v.stamp(state{files: maps.Clone(last.files), offers: last.offers})
}

func (v *vendor) newest() state { return v.states[len(v.states)-1] }

func noise(r *mrand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}
