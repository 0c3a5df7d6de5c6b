package conformance

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/service/upgrade/source"
)

var allRoles = []string{root, timestamp, snapshot, targets}

// changed is signed metadata with one edit to its JSON, the signatures as they
// were.
func changed(t *testing.T, text []byte, edit func(m map[string]any)) []byte {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	edit(m)
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (s *simulator) asksFor(t testing.TB, want ...string) {
	t.Helper()
	if got := s.requests(); !slices.Equal(got, want) {
		t.Errorf("asked for %q, want %q", got, want)
	}
}

var basic = map[string]replay{
	"test_basic_refresh_requests": func(t *testing.T, repo *simulator, pc *client, _ string) {
		pc.succeeds()
		repo.asksFor(t, "root 2", "timestamp", "snapshot 1", "targets 1")
	},
	"test_basic_refresh_trusted_data": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		pc.succeeds()
		for _, role := range allRoles {
			pc.matches(role, repo.last(role))
		}
	},
	"test_implicit_refresh": func(t *testing.T, repo *simulator, pc *client, _ string) {
		if _, err := pc.download("9.9.9"); err != errNothing { //nolint:errorlint // exactly this one
			t.Errorf("what is not there was downloaded: %v", err)
		}
		repo.asksFor(t, "root 2", "timestamp", "snapshot 1", "targets 1")
		for _, role := range allRoles {
			pc.matches(role, repo.last(role))
		}
	},
	"test_invalid_initial_root": func(t *testing.T, repo *simulator, pc *client, _ string) {
		pc.root = changed(t, pc.root, func(m map[string]any) { delete(m["signed"].(map[string]any), "version") })
		pc.fails(source.ErrUntrusted)
		repo.asksFor(t)
	},
	"test_unsigned_initial_root": func(t *testing.T, repo *simulator, pc *client, _ string) {
		pc.root = changed(t, pc.root, func(m map[string]any) {
			m["signatures"].([]any)[0].(map[string]any)["sig"] = otherECDSA
		})
		pc.fails(source.ErrUntrusted)
		repo.asksFor(t)
	},
	"test_unsigned_metadata": func(_ *testing.T, repo *simulator, pc *client, role string) {
		repo.dropSigner(role)
		repo.publish(root, targets, snapshot, timestamp)
		pc.fails(source.ErrUntrusted)
		pc.trusts(map[string][]string{
			root: {"root 1"}, timestamp: {"root 2"}, snapshot: {"root 2", "timestamp 2"}, targets: {"root 2", "snapshot 2", "timestamp 2"},
		}[role]...)
	},
	"test_url_and_metadata_version_mismatch": func(_ *testing.T, repo *simulator, pc *client, role string) {
		switch role {
		case root:
			repo.Root.Signed.Version++
		case snapshot:
			repo.Snapshot.Signed.Version++
		default:
			repo.Targets[targets].Signed.Version++
		}
		// The address stays at 2, what is published there says 3; what lists it
		// says 3 as well, and there is nothing at 3.
		repo.publish(root, targets, snapshot, timestamp)
		kind := source.ErrUnreachable
		if role == root {
			kind = source.ErrRollback
		}
		pc.fails(kind)
		pc.trusts(map[string][]string{
			root: {"root 1"}, snapshot: {"root 2", "timestamp 2"}, targets: {"root 2", "snapshot 2", "timestamp 2"},
		}[role]...)
	},
	"test_timestamp_content_changes": func(t *testing.T, repo *simulator, pc *client, _ string) {
		pc.succeeds()
		before := pc.stored(timestamp)
		repo.Timestamp.Signed.Meta["snapshot.json"].Version = 100
		repo.forget(timestamp)
		repo.publish(timestamp) // version 1 again
		repo.requests()
		pc.succeeds()
		repo.asksFor(t, "root 2", "timestamp")
		if !bytes.Equal(pc.stored(timestamp), before) {
			t.Error("another timestamp of the same version was kept")
		}
	},
	"test_basic_metadata_hash_support": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		repo.Hashes = true
		repo.publish(targets, snapshot, timestamp)
		pc.succeeds()
		pc.trusts("root 1", "snapshot 2", "targets 2", "timestamp 2")
	},
	"test_targets_hash_mismatch": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		repo.Hashes = true
		repo.publish(targets, snapshot, timestamp)
		pc.succeeds()
		repo.publish(targets)
		repo.Snapshot.Signed.Meta["targets.json"].Hashes["sha256"] = make([]byte, 32)
		repo.publish(snapshot, timestamp)
		pc.fails(source.ErrUntrusted)
		pc.trusts("root 1", "snapshot 3", "targets 2", "timestamp 3")
	},
	"test_snapshot_hash_mismatch": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		repo.Hashes = true
		repo.publish(snapshot, timestamp)
		pc.succeeds()
		repo.publish(snapshot)
		repo.Timestamp.Signed.Meta["snapshot.json"].Hashes["sha256"] = make([]byte, 32)
		repo.publish(timestamp)
		pc.fails(source.ErrUntrusted)
		pc.trusts("root 1", "snapshot 2", "targets 1", "timestamp 3")
	},
	"test_metadata_bytes_match": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		repo.change(timestamp, append(repo.last(timestamp), ' '))
		pc.succeeds()
		pc.matches(timestamp, repo.last(timestamp))
	},
	"test_custom_fields": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		pc.succeeds()
		repo.Root.Signed.UnrecognizedFields = map[string]any{"custom-field": "value"}
		repo.addKey(root, newSigner(repo.t, "ecdsa", func(k *metadata.Key) {
			k.UnrecognizedFields = map[string]any{"extra-field": map[string]any{"a": 1, "b": 2}}
		}))
		repo.Root.Signed.Roles[root].UnrecognizedFields = map[string]any{"another-field": "value"}
		repo.publish(root)
		pc.succeeds()
		pc.trusts("root 2", "snapshot 1", "targets 1", "timestamp 1")
	},
	"test_deprecated_keyid_hash_algorithms": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		repo.Root.Signed.Roles[snapshot].KeyIDs, repo.Signers[snapshot] = nil, nil
		repo.addKey(snapshot, newSigner(repo.t, "ecdsa", func(k *metadata.Key) {
			k.UnrecognizedFields = map[string]any{"keyid_hash_algorithms": "md5"}
		}))
		repo.publish(root, snapshot, timestamp)
		pc.succeeds()
		pc.trusts("root 2", "snapshot 2", "targets 1", "timestamp 2")
	},
	"test_snapshot_404": func(t *testing.T, repo *simulator, pc *client, _ string) {
		pc.succeeds()
		repo.requests()
		repo.Timestamp.Signed.Meta["snapshot.json"].Version++
		repo.publish(timestamp)
		pc.fails(source.ErrUnreachable)
		repo.asksFor(t, "root 2", "timestamp", "snapshot 2")
		pc.trusts("root 1", "snapshot 1", "targets 1", "timestamp 2")
	},
	"test_targets_404": func(t *testing.T, repo *simulator, pc *client, _ string) {
		pc.succeeds()
		repo.requests()
		repo.Snapshot.Signed.Meta["targets.json"].Version++
		repo.publish(snapshot, timestamp)
		pc.fails(source.ErrUnreachable)
		repo.asksFor(t, "root 2", "timestamp", "snapshot 2", "targets 2")
		pc.trusts("root 1", "snapshot 2", "targets 1", "timestamp 2")
	},
	"test_timestamp_404": func(t *testing.T, repo *simulator, pc *client, _ string) {
		pc.succeeds()
		repo.requests()
		repo.forget(timestamp)
		pc.fails(source.ErrUnreachable)
		repo.asksFor(t, "root 2", "timestamp")
	},
	"test_incorrect_metadata_type": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		// A snapshot that would do as a timestamp but for its type: signed by
		// the timestamp's key as well, and naming a snapshot.
		repo.addKey(snapshot, repo.Signers[timestamp][0])
		repo.Snapshot.Signed.Meta = map[string]*metadata.MetaFiles{"snapshot.json": metadata.MetaFile(1)}
		repo.publish(root, snapshot, timestamp)
		repo.change(timestamp, repo.last(snapshot))
		pc.fails(source.ErrUntrusted)
		pc.trusts("root 2")
	},
	"test_faketime": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		now := time.Now()
		repo.Root.Signed.Expires = now.UTC().Truncate(time.Second).AddDate(0, 0, 7)
		repo.publish(root)
		pc.succeeds()
		pc.now = func() time.Time { return now.AddDate(0, 0, 8) }
		pc.fails(source.ErrExpired)
	},
}
