package conformance

import (
	"bytes"
	"crypto/sha512"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/cloud/releases/releasestest"
	"beckmanconnect/internal/release"
	"beckmanconnect/service/upgrade/source"
)

// gets: the release is offered and what comes is content.
func (c *client) gets(version string, content []byte) {
	c.t.Helper()
	if got, err := c.download(version); err != nil || !bytes.Equal(got, content) {
		c.t.Errorf("%s: %q, %v; want %q", version, got, err, content)
	}
}

// refuses: nothing of it came to be trusted.
func (c *client) refuses(version string, kind error) {
	c.t.Helper()
	if got, err := c.download(version); !errors.Is(err, kind) {
		c.t.Errorf("%s: %q, %v; want %q", version, got, err, kind)
	}
}

var content = []byte("target file contents")

var download = map[string]replay{
	"test_client_downloads_expected_file": func(t *testing.T, repo *simulator, pc *client, _ string) {
		repo.add(targets, "1.0.0", content)
		repo.publish(targets, snapshot, timestamp)
		pc.succeeds()
		if got := repo.downloads(); len(got) != 0 {
			t.Errorf("a refresh downloaded %q", got)
		}
		pc.gets("1.0.0", content)
	},
	"test_client_downloads_expected_file_in_sub_dir": func(t *testing.T, repo *simulator, pc *client, _ string) {
		repo.add(targets, "1.0.0", content)
		all := repo.Targets[targets].Signed.Targets
		name := release.ArchiveName("1.0.0", platform)
		all["path/to/a/"+name] = all[name]
		delete(all, name)
		repo.publish(targets, snapshot, timestamp)
		pc.succeeds()
		pc.refuses("1.0.0", errNothing)
		if got := repo.downloads(); len(got) != 0 {
			t.Errorf("%q was fetched", got)
		}
		pc.trusts("root 1", "snapshot 2", "targets 2", "timestamp 2")
	},
	"test_repository_substitutes_target_file": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		one := repo.add(targets, "1.0.0", content)
		two := repo.add(targets, "2.0.0", []byte("content"))
		repo.publish(targets, snapshot, timestamp)
		pc.gets("1.0.0", content)
		for _, name := range []string{one, two} {
			repo.put(name, repo.Targets[targets].Signed.Targets[name].Hashes["sha256"], []byte("malicious data - should not download"))
		}
		pc.gets("1.0.0", content) // from what was kept, verified anew
		pc.refuses("2.0.0", source.ErrUntrusted)
		pc.refuses("1.0.0", source.ErrUntrusted) // not kept beside another
	},
	"test_multiple_changes_to_target": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		repo.add(targets, "1.0.0", content)
		repo.publish(targets, snapshot, timestamp)
		pc.gets("1.0.0", content)
		for i := range 11 {
			modified, added := []byte(fmt.Sprintf("modified file contents %d", i)), []byte(fmt.Sprintf("new file contents %d", i))
			name := repo.add(targets, "1.0.0", modified)
			more := fmt.Sprintf("2.%d.0", i)
			repo.add(targets, more, added)
			repo.publish(targets, snapshot, timestamp)
			if i%5 != 0 {
				continue // this PC sees every fifth version
			}
			pc.gets("1.0.0", modified)
			pc.gets(more, added)
			repo.put(name, repo.Targets[targets].Signed.Targets[name].Hashes["sha256"], []byte(fmt.Sprintf("malicious contents %d", i)))
			repo.publish(targets, snapshot, timestamp)
			pc.refuses("1.0.0", source.ErrUntrusted)
		}
	},
	"test_download_with_hash_algorithms": func(t *testing.T, repo *simulator, pc *client, algorithms string) {
		name := repo.add(targets, "1.0.0", content)
		target := repo.Targets[targets].Signed.Targets[name]
		sum := sha512.Sum512(content)
		if strings.Contains(algorithms, "sha512") {
			target.Hashes["sha512"] = sum[:]
			repo.put(name, sum[:], content)
		}
		if !strings.Contains(algorithms, "sha256") {
			delete(target.Hashes, "sha256")
		}
		repo.publish(targets, snapshot, timestamp)
		if algorithms == "sha512" {
			pc.refuses("1.0.0", errNothing)
			return
		}
		pc.gets("1.0.0", content)
		if got, want := repo.downloads(), target.Hashes["sha256"].String()+"."+name; !slices.Equal(got, []string{want}) {
			t.Errorf("fetched %q, want %q", got, want)
		}
	},
	"test_download_with_unknown_hash_algorithm": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		name := repo.add(targets, "1.0.0", content)
		target := repo.Targets[targets].Signed.Targets[name]
		target.Hashes = metadata.Hashes{"unknown-hash": target.Hashes["sha256"]}
		repo.publish(targets, snapshot, timestamp)
		pc.refuses("1.0.0", errNothing)
	},
	"test_artifact_cache": func(t *testing.T, repo *simulator, pc *client, _ string) {
		repo.add(targets, "1.0.0", content)
		repo.publish(targets, snapshot, timestamp)
		pc.gets("1.0.0", content)
		pc.gets("1.0.0", content)
		if got := repo.downloads(); len(got) != 1 {
			t.Errorf("fetched %q", got)
		}
	},
}

// place lists a release under any path in a role.
func (s *simulator) place(role, path, version string, content []byte) {
	s.t.Helper()
	s.Targets[role].Signed.Targets[path] = releasestest.Target(s.t, content, describe(version, content))
}
