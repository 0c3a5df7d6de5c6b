package conformance

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/cloud/releases/releasestest"
	"beckmanconnect/internal/netdial/netdialtest"
	"beckmanconnect/internal/release"
	"beckmanconnect/service/upgrade/source"
)

const platform = "linux-amd64"

// errNothing: nothing of that name is offered.
var errNothing = errors.New("it is not offered")

// client is a PC with the source of upgrades under test. Each refresh is made
// by a new source over the same folder, as after a restart.
type client struct {
	t    testing.TB
	repo *simulator
	dir  string
	root []byte
	now  func() time.Time
}

// newClient trusts the repository's first root.
func newClient(t testing.TB, repo *simulator) *client {
	return &client{t: t, repo: repo, dir: t.TempDir(), root: repo.published[root][0], now: time.Now}
}

func (c *client) source() *source.Source {
	return source.New(source.Config{
		URL: c.repo.url, Root: c.root, CloudCA: c.repo.ca, Dir: c.dir, Platform: platform,
		Client: netdialtest.Client(c.repo.url), Now: func() time.Time { return c.now() },
	})
}

// refresh looks for upgrades and returns what is offered first.
func (c *client) refresh() (*source.Offer, error) {
	return c.source().Check(c.t.Context(), "0.0.0", func(string) bool { return false })
}

func (c *client) succeeds() {
	c.t.Helper()
	if _, err := c.refresh(); err != nil {
		c.t.Fatalf("the refresh failed: %v", err)
	}
}

// fails: as one of the kinds that people can be told.
func (c *client) fails(kind error) {
	c.t.Helper()
	if offer, err := c.refresh(); !errors.Is(err, kind) {
		c.t.Fatalf("the refresh ended with %v (offered: %v), want %q", err, offer, kind)
	}
}

// trusted lists what this PC trusts: "root 1", "snapshot 1" …, by name.
func (c *client) trusted() []string {
	c.t.Helper()
	files, err := filepath.Glob(filepath.Join(c.dir, "metadata", "*.json"))
	if err != nil {
		c.t.Fatal(err)
	}
	var all []string
	for _, file := range files {
		role := strings.TrimSuffix(filepath.Base(file), ".json")
		all = append(all, fmt.Sprintf("%s %d", role, c.version(role)))
	}
	slices.Sort(all)
	return all
}

func (c *client) trusts(want ...string) {
	c.t.Helper()
	if got := c.trusted(); !slices.Equal(got, want) {
		c.t.Errorf("trusted: %q, want %q", got, want)
	}
}

// stored is what this PC keeps of a role, nil for nothing.
func (c *client) stored(role string) []byte {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, "metadata", role+".json"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		c.t.Fatal(err)
	}
	return text
}

// version is that of a trusted role, 0 for none.
func (c *client) version(role string) int64 {
	c.t.Helper()
	text := c.stored(role)
	if text == nil {
		return 0
	}
	var version int64
	var err error
	switch role {
	case root:
		var m *metadata.Metadata[metadata.RootType]
		if m, err = metadata.Root().FromBytes(text); err == nil {
			version = m.Signed.Version
		}
	case timestamp:
		var m *metadata.Metadata[metadata.TimestampType]
		if m, err = metadata.Timestamp().FromBytes(text); err == nil {
			version = m.Signed.Version
		}
	case snapshot:
		var m *metadata.Metadata[metadata.SnapshotType]
		if m, err = metadata.Snapshot().FromBytes(text); err == nil {
			version = m.Signed.Version
		}
	default:
		var m *metadata.Metadata[metadata.TargetsType]
		if m, err = metadata.Targets().FromBytes(text); err == nil {
			version = m.Signed.Version
		}
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return version
}

// matches: this PC keeps exactly these bytes of a role.
func (c *client) matches(role string, want []byte) {
	c.t.Helper()
	if got := c.stored(role); !bytes.Equal(got, want) {
		c.t.Errorf("%s is not what was published:\n%s\nwant\n%s", role, got, want)
	}
}

// download looks for a release and fetches it.
func (c *client) download(version string) ([]byte, error) {
	c.t.Helper()
	from, passed := c.source(), map[string]bool{}
	for {
		offer, err := from.Check(c.t.Context(), "0.0.0", func(digest string) bool { return passed[digest] })
		if err != nil {
			return nil, err
		}
		if offer == nil {
			return nil, errNothing
		}
		if offer.Version == version {
			return fetch(c.t.Context(), from, *offer)
		}
		passed[offer.Digest] = true
	}
}

// fetch downloads what is offered.
func fetch(ctx context.Context, from *source.Source, offer source.Offer) ([]byte, error) {
	file, err := from.Download(ctx, offer, source.Options{})
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}

// describe is what metadata say of a release with this content. Nothing is
// packed here: the source takes files as they travel.
func describe(version string, content []byte) release.Release {
	d := releasestest.Describe(version, platform)
	sum := sha256.Sum256(content)
	d.Digest = hex.EncodeToString(sum[:])
	return d
}

// add publishes a release in the targets of a role when that is published
// next: what the public cases call an artifact. It returns its target's name.
func (s *simulator) add(role, version string, content []byte) string {
	s.t.Helper()
	name := release.ArchiveName(version, platform)
	target := releasestest.Target(s.t, content, describe(version, content))
	s.Targets[role].Signed.Targets[name] = target
	s.put(name, target.Hashes["sha256"], content)
	return name
}
