package releases_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/cloud/releases/releasestest"
	"beckmanconnect/internal/delta"
	"beckmanconnect/internal/release"
)

const linux = "linux-amd64"

// body is a release of some size; text makes it another one.
func body(text string) []byte {
	r := rand.New(rand.NewPCG(9, 9))
	b := make([]byte, 100_000)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	copy(b[5000:], text)
	return b
}

// A new release comes with deltas from the last ones of each channel and of its
// own platform, and all of them lead to it.
func TestDeltasAreMade(t *testing.T) {
	v := releasestest.New(t)
	v.Repository.Deltas = 2
	digests := map[string]string{}
	publish := func(version, platform, channel string, data []byte) {
		d := releasestest.Describe(version, platform)
		d.Channel = channel
		digests[v.PublishAs(t, d, data)] = version
	}
	for i := range 4 {
		publish(fmt.Sprintf("1.%d.0", i), linux, release.Stable, body(fmt.Sprint("stable", i)))
	}
	publish("1.5.0", linux, release.Pilot, body("pilot"))
	publish("1.4.0", "windows-amd64", release.Stable, body("windows"))
	publish("2.5.0", linux, release.Stable, body("later"))
	publish("2.0.0", linux, release.Stable, body("new"))
	report, err := v.Repository.Check(v.Root)
	if err != nil {
		t.Fatal(err)
	}
	var from []string
	for _, target := range report.Targets {
		if target.Version == "2.0.0" && target.From != "" {
			from = append(from, digests[target.From])
			if target.Size > 2000 || target.Notes != nil || target.Unpacked != 100_000 {
				t.Errorf("delta from %s: %+v", digests[target.From], target)
			}
		}
	}
	slices.Sort(from)
	if !slices.Equal(from, []string{"1.2.0", "1.3.0", "1.5.0"}) {
		t.Errorf("deltas from %q", from)
	}
	names, err := v.Repository.Published()
	if err != nil || !slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, "-2.0.0-linux-amd64.from-") }) {
		t.Errorf("published: %q, %v", names, err)
	}
}

func TestUselessDeltasAreNotPublished(t *testing.T) {
	v := releasestest.New(t)
	v.Publish(t, "1.0.0", linux, body("one"))
	other := body("two")
	slices.Reverse(other)
	v.Publish(t, "1.1.0", linux, other) // nothing of it was there before
	report, err := v.Repository.Check(v.Root)
	if err != nil || len(report.Targets) != 2 {
		t.Errorf("targets %+v, %v", report.Targets, err)
	}
}

// Check applies every delta, also those that are signed and wrong.
func TestCheckFindsBadDeltas(t *testing.T) {
	tests := map[string]func(t *testing.T, from, to []byte) (patch []byte, d release.Release){
		"to another release": func(t *testing.T, from, to []byte) ([]byte, release.Release) {
			return patch(t, from, to[1:]), release.Release{}
		},
		"from another release": func(t *testing.T, from, to []byte) ([]byte, release.Release) {
			return patch(t, from[1:], to), release.Release{}
		},
		"no delta": func(t *testing.T, _, _ []byte) ([]byte, release.Release) { return []byte("hello"), release.Release{} },
		"to a release that is not there": func(t *testing.T, from, to []byte) ([]byte, release.Release) {
			return patch(t, from, to), release.Release{Digest: strings.Repeat("ab", 32)}
		},
	}
	for name, make := range tests {
		t.Run(name, func(t *testing.T) {
			v := releasestest.New(t)
			v.Repository.Deltas = 0
			from, to := body("one"), body("two")
			source, target := v.Publish(t, "1.0.0", linux, from), v.Publish(t, "1.1.0", linux, to)
			data, d := make(t, from, to)
			of := release.Release{Product: release.Product, Version: "1.1.0", Platform: linux, Channel: release.Stable, Digest: target, From: source}
			if d.Digest != "" {
				of.Digest = d.Digest
			}
			file := release.DeltaName("1.1.0", linux, source)
			info := releasestest.Target(t, data, of)
			if err := os.WriteFile(filepath.Join(v.Repository.Dir, "targets", info.Hashes["sha256"].String()+"."+file), data, 0o600); err != nil {
				t.Fatal(err)
			}
			v.Sign(t, func(s *metadata.TargetsType) { s.Targets[file] = info }, "targets-1", "targets-2")
			if _, err := v.Repository.Check(v.Root); err == nil {
				t.Error("nothing was found")
			}
		})
	}
}

func patch(t *testing.T, from, to []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := delta.Make(&b, bytes.NewReader(from), bytes.NewReader(to)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
