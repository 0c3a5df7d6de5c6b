package conformance

import (
	"slices"
	"strings"
	"testing"

	"beckmanconnect/service/upgrade/source"
)

// Signatures that look like those of their kind and are of something else.
const (
	otherRSA     = "b123346abdead7069ab07eb3cae8ba6323222fb448b4903061f481066b0393dde6268eba7696b73b20586fc2cb3e3f68317863a8a9ee85824cfffdc70762821f"
	otherECDSA   = "3045022100ee448afe2d25dd1f05afedac83a24e7df90f203615221434979153dc7cea6d4702207710015851e571885a77db8a6e42c4b2983a59b9e1ebec91178dfa2fb0d42ab8"
	otherEd25519 = "b61589620c287e23a00abf0e653421010a0ad33869e5a096d604e08d7b4f8eb9c58ebb8a02124576be776f86ab5a3b05dbb6f27cc47f4b144f32ba4012d4b302"
)

// resigned gives the signature of one key another value.
func resigned(t *testing.T, text []byte, id, sig string) []byte {
	t.Helper()
	found := false
	text = changed(t, text, func(m map[string]any) {
		for _, s := range m["signatures"].([]any) {
			if s := s.(map[string]any); s["keyid"] == id {
				s["sig"], found = sig, true
			}
		}
	})
	if !found {
		t.Fatalf("key %s has not signed", id)
	}
	return text
}

// stuffed has the signature of one key n times more.
func stuffed(t *testing.T, text []byte, id string, n int) []byte {
	t.Helper()
	return changed(t, text, func(m map[string]any) {
		all := m["signatures"].([]any)
		at := slices.IndexFunc(all, func(s any) bool { return s.(map[string]any)["keyid"] == id })
		if at < 0 {
			t.Fatalf("key %s has not signed", id)
		}
		for range n {
			all = append(all, all[at])
		}
		m["signatures"] = all
	})
}

var keys = map[string]replay{
	"test_snapshot_does_not_meet_threshold": func(t *testing.T, repo *simulator, pc *client, _ string) {
		repo.Root.Signed.Roles[snapshot].Threshold = 3
		for range 2 {
			repo.addKey(snapshot, newSigner(t, "ecdsa", nil))
		}
		repo.publish(root, targets, snapshot, timestamp)
		pc.succeeds()
		repo.dropSigner(snapshot)
		repo.publish(targets, snapshot, timestamp)
		pc.fails(source.ErrUntrusted)
		pc.trusts("root 2", "snapshot 2", "targets 2", "timestamp 3")
	},
	"test_snapshot_has_too_few_keys": func(t *testing.T, repo *simulator, pc *client, _ string) {
		for range 4 {
			repo.addKey(snapshot, newSigner(t, "ecdsa", nil))
		}
		repo.Root.Signed.Roles[snapshot].Threshold = 6
		repo.publish(root, snapshot, timestamp)
		pc.fails(source.ErrUntrusted)
		pc.trusts("root 2", "timestamp 2")
	},
	"test_duplicate_keys": func(t *testing.T, repo *simulator, pc *client, _ string) {
		key := newSigner(t, "ecdsa", nil)
		repo.addKey(snapshot, key)
		ids := &repo.Root.Signed.Roles[snapshot].KeyIDs
		for range 8 {
			*ids = append(*ids, key.id)
		}
		repo.Root.Signed.Roles[snapshot].Threshold = 6
		repo.publish(root, snapshot, timestamp)
		repo.change(snapshot, stuffed(t, repo.last(snapshot), key.id, 8))
		pc.fails(source.ErrUntrusted)
		if v := pc.version(snapshot); v != 0 {
			t.Errorf("snapshot %d is trusted", v)
		}
	},
	"test_duplicate_sig_keyids": func(t *testing.T, repo *simulator, pc *client, _ string) {
		repo.change(snapshot, stuffed(t, repo.last(snapshot), repo.Signers[snapshot][0].id, 1))
		pc.fails(source.ErrUntrusted)
		if v := pc.version(snapshot); v != 0 {
			t.Errorf("snapshot %d is trusted", v)
		}
	},
	"test_keytype_and_scheme": func(t *testing.T, repo *simulator, pc *client, kind string) {
		kind, _, _ = strings.Cut(kind, "/")
		key := newSigner(t, kind, nil)
		repo.addKey(root, key)
		repo.Root.Signed.Roles[root].Threshold++
		repo.publish(root)
		pc.succeeds()
		pc.trusts("root 2", "snapshot 1", "targets 1", "timestamp 1")
		repo.publish(root)
		other := map[string]string{"rsa": otherRSA + otherRSA + otherRSA + otherRSA, "ecdsa": otherECDSA, "ed25519": otherEd25519}[kind]
		repo.change(root, resigned(t, repo.last(root), key.id, other))
		pc.fails(source.ErrUntrusted)
		pc.trusts("root 2", "snapshot 1", "targets 1", "timestamp 1")
	},
	"test_invalid_sig_in_valid_metadata": func(t *testing.T, repo *simulator, pc *client, _ string) {
		first := repo.Signers[timestamp][0].id
		repo.addKey(timestamp, newSigner(t, "ecdsa", nil))
		repo.publish(root, timestamp)
		repo.change(timestamp, resigned(t, repo.last(timestamp), first, otherECDSA))
		pc.succeeds()
		repo.publish(timestamp)
		repo.change(timestamp, resigned(t, repo.last(timestamp), first, ""))
		pc.succeeds()
		pc.trusts("root 2", "snapshot 1", "targets 1", "timestamp 3")
	},
}
