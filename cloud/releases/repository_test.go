package releases_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/cloud/releases"
	"beckmanconnect/cloud/releases/releasestest"
	"beckmanconnect/internal/release"
)

func TestPublishedIsWhatClientsSee(t *testing.T) {
	v := releasestest.New(t)
	digest := v.Publish(t, "1.0.0", "linux-amd64", []byte("one"))
	v.Publish(t, "1.0.0", "windows-amd64", []byte("two"))
	report, err := v.Repository.Check(v.Root)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Targets) != 2 || report.Targets[0].Digest != digest || report.Targets[0].Unpacked != 3 || report.Targets[1].Platform != "windows-amd64" {
		t.Errorf("targets: %+v", report.Targets)
	}
	if left := report.Expires[metadata.TIMESTAMP].Sub(v.Now()); left <= 0 || left > 7*24*time.Hour {
		t.Errorf("the timestamp holds for %v", left)
	}
	names, err := v.Repository.Published()
	if err != nil || len(names) != 2 || !strings.HasPrefix(names[0], "beckmanconnect-1.0.0-linux-amd64.tar.zst  ") {
		t.Errorf("published: %q, %v", names, err)
	}
}

func TestCheckFinds(t *testing.T) {
	tests := map[string]func(t *testing.T, v *releasestest.Vendor){
		"an archive that changed": func(t *testing.T, v *releasestest.Vendor) {
			overwrite(t, v, "targets/*.tar.zst", func([]byte) []byte { return []byte("onE") })
		},
		"an archive that is gone": func(t *testing.T, v *releasestest.Vendor) { remove(t, v, "targets/*.tar.zst") },
		"targets that changed": func(t *testing.T, v *releasestest.Vendor) {
			overwrite(t, v, "metadata/2.targets.json", func(b []byte) []byte { return bytes.Replace(b, []byte("Better."), []byte("Worse.."), 1) })
		},
		"no timestamp":      func(t *testing.T, v *releasestest.Vendor) { remove(t, v, "metadata/timestamp.json") },
		"an old timestamp":  func(_ *testing.T, v *releasestest.Vendor) { v.Pass(8 * 24 * time.Hour) },
		"one key's targets": func(t *testing.T, v *releasestest.Vendor) { v.Sign(t, func(*metadata.TargetsType) {}, "targets-1") },
		"another's root":    func(t *testing.T, v *releasestest.Vendor) { v.Root = releasestest.New(t).Root },
	}
	for name, damage := range tests {
		t.Run(name, func(t *testing.T) {
			v := releasestest.New(t)
			v.Publish(t, "1.0.0", "linux-amd64", []byte("one"))
			damage(t, v)
			if _, err := v.Repository.Check(v.Root); err == nil {
				t.Error("nothing was found")
			}
		})
	}
}

func found(t *testing.T, v *releasestest.Vendor, pattern string) string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(v.Repository.Dir, pattern))
	if err != nil || len(all) != 1 {
		t.Fatalf("%s: %q, %v", pattern, all, err)
	}
	return all[0]
}

func overwrite(t *testing.T, v *releasestest.Vendor, pattern string, edit func([]byte) []byte) {
	t.Helper()
	path := found(t, v, pattern)
	data, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, edit(data), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, v *releasestest.Vendor, pattern string) {
	t.Helper()
	if err := os.Remove(found(t, v, pattern)); err != nil {
		t.Fatal(err)
	}
}

func TestRefusals(t *testing.T) {
	v := releasestest.New(t)
	if _, err := v.Repository.Init(); err == nil {
		t.Error("a repository was made over another")
	}
	archive := filepath.Join(t.TempDir(), release.ArchiveName("1.0.0", "linux-amd64"))
	if err := os.WriteFile(archive, releasestest.Pack(t, []byte("one")), 0o600); err != nil {
		t.Fatal(err)
	}
	good := releasestest.Describe("1.0.0", "linux-amd64")
	for name, edit := range map[string]func(*release.Release){
		"another product":        func(r *release.Release) { r.Product = "com.example.other" },
		"no version":             func(r *release.Release) { r.Version = "" },
		"no notes in English":    func(r *release.Release) { r.Notes = []release.Note{{Language: "de"}} },
		"another archive's name": func(r *release.Release) { r.Version = "1.0.1" },
		"another's digest":       func(r *release.Release) { r.Digest = strings.Repeat("0", 64) },
	} {
		bad := good
		edit(&bad)
		if v.Repository.Add(archive, bad) == nil {
			t.Errorf("%s: added", name)
		}
	}
	if err := v.Repository.Add(archive, good); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(archive, releasestest.Pack(t, []byte("another one")), 0o600); err != nil {
		t.Fatal(err)
	}
	if v.Repository.Add(archive, good) == nil {
		t.Error("a release was replaced")
	}
}

// A timestamp alone keeps the repository alive, without the other keys.
func TestTimestampNeedsItsKeyAlone(t *testing.T) {
	v := releasestest.New(t)
	v.Publish(t, "1.0.0", "linux-amd64", []byte("one"))
	keys, err := filepath.Glob(filepath.Join(v.Repository.Keys, "tuf", "*.key"))
	if err != nil || len(keys) != 7 {
		t.Fatalf("keys: %q, %v", keys, err)
	}
	for _, key := range keys {
		if filepath.Base(key) != "timestamp-1.key" {
			if err := os.Remove(key); err != nil {
				t.Fatal(err)
			}
		}
	}
	v.Pass(8 * 24 * time.Hour)
	if err := (releases.Repository{Dir: v.Repository.Dir, Keys: v.Repository.Keys, Now: v.Now}).Timestamp(); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Repository.Check(v.Root); err != nil {
		t.Fatal(err)
	}
}
