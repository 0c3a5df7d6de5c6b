package releases

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/config"
	"github.com/theupdateframework/go-tuf/v2/metadata/updater"

	"beckmanconnect/internal/release"
)

// Report is what every client would see of a repository.
type Report struct {
	Targets []Target
	Expires map[string]time.Time // by role
}

// Target is a published archive or delta that is there, whole, and described.
type Target struct {
	release.Release
	Digest string // of the release
	Size   int64  // of the file
}

// Check walks through the repository as a client does that trusts root and has
// seen nothing yet, and verifies every archive, and that every delta leads from
// its release to the one it says. It needs no key.
func (r Repository) Check(root []byte) (*Report, error) {
	c, err := config.New("https://repository.invalid/metadata", root)
	if err != nil {
		return nil, fmt.Errorf("releases: check: %w", err)
	}
	c.DisableLocalCache, c.Fetcher = true, files{r.Dir}
	up, err := updater.New(c)
	if err != nil {
		return nil, fmt.Errorf("releases: check: the root is not one: %w", err)
	}
	up.UnsafeSetRefTime(r.now())
	if err := up.Refresh(); err != nil {
		return nil, fmt.Errorf("releases: check: %w", err)
	}
	set := up.GetTrustedMetadataSet()
	report := &Report{Expires: map[string]time.Time{
		metadata.ROOT: set.Root.Signed.Expires, metadata.TIMESTAMP: set.Timestamp.Signed.Expires,
		metadata.SNAPSHOT: set.Snapshot.Signed.Expires, metadata.TARGETS: set.Targets[metadata.TARGETS].Signed.Expires,
	}}
	if err := r.checkDeltas(up.GetTopLevelTargets()); err != nil {
		return nil, fmt.Errorf("releases: check: %w", err)
	}
	for name, target := range up.GetTopLevelTargets() {
		t, err := r.checkTarget(name, target)
		if err != nil {
			return nil, fmt.Errorf("releases: check: %w", err)
		}
		report.Targets = append(report.Targets, t)
	}
	slices.SortFunc(report.Targets, func(a, b Target) int {
		return strings.Compare(release.ArchiveName(a.Version, a.Platform)+a.From, release.ArchiveName(b.Version, b.Platform)+b.From)
	})
	return report, nil
}

func (r Repository) checkTarget(name string, target *metadata.TargetFiles) (Target, error) {
	description, err := release.Decode(name, target.Custom)
	if err != nil {
		return Target{}, err
	}
	path := r.path(name, target)
	data, err := os.ReadFile(path)
	if err != nil {
		return Target{}, err
	}
	if err := target.VerifyLengthHashes(data); err != nil {
		return Target{}, fmt.Errorf("%s: %w", name, err)
	}
	if description.From == "" {
		if err := checkArchive(path, description); err != nil {
			return Target{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return Target{Release: description, Digest: description.Digest, Size: target.Length}, nil
}

// files fetches from the repository's folder what a client fetches by HTTPS.
type files struct{ dir string }

func (f files) DownloadFile(address string, limit int64, _ time.Duration) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(f.dir, "metadata", filepath.Base(address)))
	if errors.Is(err, os.ErrNotExist) {
		return nil, &metadata.ErrDownloadHTTP{StatusCode: http.StatusNotFound, URL: address}
	}
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is longer than clients take (%d bytes)", filepath.Base(address), limit)
	}
	return data, err
}
