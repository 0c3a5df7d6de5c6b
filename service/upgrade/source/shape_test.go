package source

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
)

func texts(t testing.TB) map[string]string {
	t.Helper()
	expires := time.Now().Add(time.Hour)
	root, timestamp, snapshot, targets := metadata.Root(expires), metadata.Timestamp(expires), metadata.Snapshot(expires), metadata.Targets(expires)
	root.Signed.Keys["k"] = &metadata.Key{Type: "ed25519", Scheme: "ed25519", Value: metadata.KeyVal{PublicKey: strings.Repeat("00", 32)}}
	targets.Signed.Targets["t"] = &metadata.TargetFiles{Hashes: metadata.Hashes{"sha256": []byte{1}}}
	all := map[string]string{}
	for role, m := range map[string]interface{ ToBytes(bool) ([]byte, error) }{"root": root, "timestamp": timestamp, "snapshot": snapshot, "targets": targets} {
		text, err := m.ToBytes(false)
		if err != nil {
			t.Fatal(err)
		}
		all[role] = string(text)
	}
	return all
}

// What go-tuf takes for granted is looked at before go-tuf sees it: a null in
// its place would end the process of whoever has one key (scenario 36).
func TestWhatIsNotWellFormed(t *testing.T) {
	good := texts(t)
	for role, text := range good {
		if err := wellFormed(role, []byte(text)); err != nil {
			t.Errorf("%s: %v", role, err)
		}
	}
	many := func(n int) string {
		return strings.Replace(good["snapshot"], `"signatures":[]`, `"signatures":[`+strings.TrimSuffix(strings.Repeat(`{"keyid":"x","sig":""},`, n), ",")+`]`, 1)
	}
	for name, c := range map[string]struct{ role, text string }{
		"nothing":                       {"timestamp", ""},
		"another role":                  {"timestamp", good["snapshot"]},
		"no role":                       {"delegated", good["targets"]},
		"timestamp, null snapshot":      {"timestamp", strings.Replace(good["timestamp"], `{"version":1}`, "null", 1)},
		"timestamp, no snapshot":        {"timestamp", strings.Replace(good["timestamp"], "snapshot.json", "other.json", 1)},
		"timestamp, no meta":            {"timestamp", strings.Replace(good["timestamp"], `{"snapshot.json":{"version":1}}`, "null", 1)},
		"snapshot, null targets":        {"snapshot", strings.Replace(good["snapshot"], `{"version":1}`, "null", 1)},
		"targets, null target":          {"targets", strings.Replace(good["targets"], `"t":`, `"n":null,"t":`, 1)},
		"root, null key":                {"root", strings.Replace(good["root"], `"k":`, `"n":null,"k":`, 1)},
		"root, short key":               {"root", strings.Replace(good["root"], strings.Repeat("00", 32), "00", 1)},
		"root, null role":               {"root", strings.Replace(good["root"], `"roles":{`, `"roles":{"n":null,`, 1)},
		"root, no role":                 {"root", strings.Replace(good["root"], `"snapshot":`, `"snapshots":`, 1)},
		"version 0":                     {"targets", strings.Replace(good["targets"], `"version":1`, `"version":0`, 1)},
		"version below":                 {"targets", strings.Replace(good["targets"], `"version":1`, `"version":-9223372036854775808`, 1)},
		"version too large":             {"targets", strings.Replace(good["targets"], `"version":1`, `"version":9223372036854775808`, 1)},
		"a hundred thousand signatures": {"snapshot", many(100_000)},
	} {
		if c.text == good[c.role] {
			t.Errorf("%s: nothing was changed", name)
		}
		if err := wellFormed(c.role, []byte(c.text)); !errors.Is(err, ErrUntrusted) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever passes can be worked with.
func FuzzWellFormed(f *testing.F) {
	for role, text := range texts(f) {
		f.Add(role, []byte(text))
	}
	f.Fuzz(func(_ *testing.T, role string, data []byte) {
		if wellFormed(role, data) != nil {
			return
		}
		switch role {
		case metadata.ROOT:
			m, _ := metadata.Root().FromBytes(data)
			_ = m.VerifyDelegate(metadata.ROOT, m)
			_ = keysOf(&m.Signed)
		case metadata.TIMESTAMP:
			m, _ := metadata.Timestamp().FromBytes(data)
			_ = m.Signed.Meta["snapshot.json"].VerifyLengthHashes(data)
		case metadata.SNAPSHOT:
			m, _ := metadata.Snapshot().FromBytes(data)
			_ = m.Signed.Meta["targets.json"].VerifyLengthHashes(data)
		case metadata.TARGETS:
			m, _ := metadata.Targets().FromBytes(data)
			for _, target := range m.Signed.Targets {
				_ = target.VerifyLengthHashes(data)
			}
		}
	})
}
