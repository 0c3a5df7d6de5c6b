package releases

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"golang.org/x/mod/semver"

	"beckmanconnect/internal/delta"
	"beckmanconnect/internal/release"
)

// DefaultDeltas is from how many releases before, of each channel, a new one
// can be reached by a delta, unless Repository.Deltas says otherwise.
const DefaultDeltas = 3

// worth is what a delta has to save: one of more than so many hundredths of the
// whole archive is not published.
const worth = 60

// prepare is what is published with a new release: its archive, and the deltas
// that lead to it. Nothing is written.
func (r Repository) prepare(archive string, description release.Release, published map[string]*metadata.TargetFiles) ([]target, error) {
	name := filepath.Base(archive)
	if _, ok := published[name]; ok {
		return nil, errors.New("it is published already; a release is never replaced")
	}
	data, err := os.ReadFile(archive)
	if err != nil {
		return nil, err
	}
	tar, err := tarOf(archive)
	if err != nil {
		return nil, err
	}
	defer tar.Close()
	if description.Digest != "" && description.Digest != tar.digest {
		return nil, fmt.Errorf("it holds %s, not %s", tar.digest, description.Digest)
	}
	description.Digest, description.Unpacked = tar.digest, tar.size
	full, err := newTarget(name, data, description)
	if err != nil {
		return nil, err
	}
	if _, err := release.Decode(name, full.info.Custom); err != nil {
		return nil, err
	}
	deltas, err := r.deltas(published, tar, full.info.Length, description)
	return append([]target{full}, deltas...), err
}

// tarOf unpacks an archive into a file of its own and returns its digest. The
// caller closes it, and it is gone then.
func tarOf(archive string) (*tarFile, error) {
	packed, err := os.Open(archive)
	if err != nil {
		return nil, err
	}
	defer packed.Close()
	unpacked, err := release.Decompress(packed)
	if err != nil {
		return nil, err
	}
	defer unpacked.Close()
	file, err := os.CreateTemp("", "release-*.tar")
	if err != nil {
		return nil, err
	}
	t := &tarFile{File: file}
	hash := sha256.New()
	t.size, err = io.Copy(io.MultiWriter(file, hash), io.LimitReader(unpacked, release.MaxUnpacked+1))
	if err == nil && t.size > release.MaxUnpacked {
		err = errors.New("it is larger than a release can be")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", filepath.Base(archive), err), t.Close())
	}
	t.digest = hex.EncodeToString(hash.Sum(nil))
	return t, nil
}

type tarFile struct {
	*os.File
	size   int64
	digest string
}

func (t *tarFile) Size() int64 { return t.size }

func (t *tarFile) Close() error { return errors.Join(t.File.Close(), os.Remove(t.Name())) }

// target is a file of the repository that is not published yet.
type target struct {
	name string
	info *metadata.TargetFiles
	data []byte
}

func newTarget(name string, data []byte, description release.Release) (target, error) {
	custom, err := description.Encode()
	if err != nil {
		return target{}, err
	}
	info, err := metadata.TargetFile().FromBytes(name, data, "sha256")
	if err != nil {
		return target{}, err
	}
	info.Custom = custom
	return target{name: name, info: info, data: data}, nil
}

// path is where a target's file lies.
func (r Repository) path(name string, info *metadata.TargetFiles) string {
	return filepath.Join(r.Dir, "targets", info.Hashes["sha256"].String()+"."+name)
}

// deltas makes those that lead to a new release from the last ones of each
// channel. Each was tried out: what it makes is the release.
func (r Repository) deltas(published map[string]*metadata.TargetFiles, tar *tarFile, size int64, description release.Release) ([]target, error) {
	var made []target
	for _, from := range r.sources(published, description) {
		t, err := r.delta(from, tar, description)
		if err != nil {
			return nil, fmt.Errorf("delta from %s: %w", from.name, err)
		}
		if t.info.Length*100 <= size*worth {
			made = append(made, t)
		}
	}
	return made, nil
}

// source is a published release that a delta can start from.
type source struct {
	release.Release
	name string
	path string
}

func (r Repository) sources(published map[string]*metadata.TargetFiles, next release.Release) []source {
	var all []source
	for name, info := range published {
		was, err := release.Decode(name, info.Custom)
		if err != nil || was.From != "" || was.Platform != next.Platform || semver.Compare("v"+was.Version, "v"+next.Version) >= 0 {
			continue
		}
		all = append(all, source{was, name, r.path(name, info)})
	}
	slices.SortFunc(all, func(a, b source) int { return semver.Compare("v"+b.Version, "v"+a.Version) })
	taken := map[string]int{}
	return slices.DeleteFunc(all, func(s source) bool {
		taken[s.Channel]++
		return taken[s.Channel] > r.Deltas
	})
}

func (r Repository) delta(from source, tar *tarFile, description release.Release) (target, error) {
	before, err := tarOf(from.path)
	if err != nil {
		return target{}, err
	}
	defer before.Close()
	if before.digest != from.Digest {
		return target{}, fmt.Errorf("the archive is not the one that was published")
	}
	var b bytes.Buffer
	if err := delta.Make(&b, before, tar); err != nil {
		return target{}, err
	}
	if err := leads(before, bytes.NewReader(b.Bytes()), description.Digest); err != nil {
		return target{}, err
	}
	of := release.Release{
		Product: description.Product, Version: description.Version, Platform: description.Platform, Channel: description.Channel,
		Digest: description.Digest, Unpacked: description.Unpacked, From: from.Digest,
	}
	return newTarget(release.DeltaName(of.Version, of.Platform, of.From), b.Bytes(), of)
}

// leads is an error unless a delta makes the release with this digest.
func leads(from delta.File, patch delta.File, digest string) error {
	r, err := delta.NewReader(from, patch, release.MaxUnpacked)
	if err != nil {
		return err
	}
	defer r.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, r); err != nil {
		return err
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != digest {
		return fmt.Errorf("the delta makes %s, not %s", got, digest)
	}
	return nil
}

// checkDeltas verifies that every delta leads from a published release to one.
func (r Repository) checkDeltas(targets map[string]*metadata.TargetFiles) error {
	paths := map[string]string{} // of archives, by digest of the release
	for name, info := range targets {
		if d, err := release.Decode(name, info.Custom); err == nil && d.From == "" {
			paths[d.Digest] = r.path(name, info)
		}
	}
	for name, info := range targets {
		d, err := release.Decode(name, info.Custom)
		if err != nil {
			return err
		}
		if d.From == "" {
			continue
		}
		if err := r.checkDelta(d, paths, r.path(name, info)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (r Repository) checkDelta(d release.Release, paths map[string]string, path string) error {
	if paths[d.Digest] == "" {
		return errors.New("it leads to a release that is not there")
	}
	if paths[d.From] == "" {
		return nil // its source was withdrawn; PCs that have it still use it
	}
	before, err := tarOf(paths[d.From])
	if err != nil {
		return err
	}
	defer before.Close()
	patch, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return leads(before, bytes.NewReader(patch), d.Digest)
}

// checkArchive is an error unless an archive holds the release it says.
func checkArchive(path string, description release.Release) error {
	tar, err := tarOf(path)
	if err != nil {
		return err
	}
	defer tar.Close()
	if tar.digest != description.Digest || tar.size != description.Unpacked {
		return fmt.Errorf("it holds %s of %d bytes, not %s of %d", tar.digest, tar.size, description.Digest, description.Unpacked)
	}
	return nil
}
