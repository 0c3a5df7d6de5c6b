package conformance

import (
	"testing"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/service/upgrade/source"
)

var rollback = map[string]replay{
	"test_new_timestamp_version_rollback": func(t *testing.T, repo *simulator, pc *client, _ string) {
		repo.publish(timestamp)
		pc.succeeds()
		pc.trusts("root 1", "snapshot 1", "targets 1", "timestamp 2")
		repo.forget(timestamp)
		repo.Timestamp.Signed.Version = 1
		repo.publish(timestamp)
		repo.requests()
		pc.fails(source.ErrRollback)
		pc.trusts("root 1", "snapshot 1", "targets 1", "timestamp 2")
		repo.asksFor(t, "root 2", "timestamp")
	},
	"test_snapshot_rollback": func(t *testing.T, repo *simulator, pc *client, parameter string) {
		repo.Hashes = parameter == "with hashes"
		repo.publish(snapshot, timestamp)
		pc.succeeds()
		repo.forget(snapshot)
		repo.Snapshot.Signed.Version = 1
		repo.publish(snapshot, timestamp)
		repo.requests()
		pc.fails(source.ErrRollback)
		pc.trusts("root 1", "snapshot 2", "targets 1", "timestamp 2")
		repo.asksFor(t, "root 2", "timestamp")
	},
	"test_targets_role_removal": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		repo.delegate(targets, metadata.DelegatedRole{Name: "delegated", Paths: []string{"delegatedpath/*"}})
		repo.publish("delegated", targets, snapshot, timestamp)
		pc.succeeds()
		delete(repo.Snapshot.Signed.Meta, "delegated.json")
		repo.publish(snapshot, timestamp)
		pc.fails(source.ErrUntrusted)
		pc.trusts("root 1", "snapshot 2", "targets 2", "timestamp 3")
	},
	"test_targets_fast_forward_recovery": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		repo.delegate(targets, metadata.DelegatedRole{Name: "delegated", Paths: []string{"delegatedpath/*"}})
		repo.publish("delegated")
		for range 99 {
			repo.publish(targets)
		}
		repo.publish(snapshot, timestamp)
		pc.succeeds()
		pc.trusts("root 1", "snapshot 2", "targets 100", "timestamp 2")
		repo.rotate(snapshot)
		repo.forget(targets)
		repo.Targets[targets].Signed.Version = 1
		delete(repo.Snapshot.Signed.Meta, "delegated.json")
		repo.publish(root, targets, snapshot, timestamp)
		pc.succeeds()
		pc.trusts("root 2", "snapshot 3", "targets 1", "timestamp 3")
	},
	"test_new_snapshot_fast_forward_recovery": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		for range 99 {
			repo.publish(snapshot)
		}
		repo.publish(timestamp)
		pc.succeeds()
		pc.trusts("root 1", "snapshot 100", "targets 1", "timestamp 2")
		repo.rotate(snapshot)
		repo.rotate(timestamp)
		repo.forget(snapshot)
		repo.Snapshot.Signed.Version = 1
		repo.publish(root, targets, snapshot, timestamp)
		pc.succeeds()
		pc.trusts("root 2", "snapshot 1", "targets 2", "timestamp 3")
	},
	"test_new_timestamp_fast_forward_recovery": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		for range 99 {
			repo.publish(timestamp)
		}
		pc.succeeds()
		pc.trusts("root 1", "snapshot 1", "targets 1", "timestamp 100")
		repo.rotate(timestamp)
		repo.forget(timestamp)
		repo.Timestamp.Signed.Version = 1
		repo.publish(root, timestamp)
		pc.succeeds()
		pc.trusts("root 2", "snapshot 1", "targets 1", "timestamp 1")
	},
	"test_targets_rollback": func(_ *testing.T, repo *simulator, pc *client, parameter string) {
		repo.Hashes = parameter == "with hashes"
		repo.publish(targets, snapshot, timestamp)
		pc.succeeds()
		repo.forget(targets)
		repo.Targets[targets].Signed.Version = 1
		repo.publish(targets, snapshot, timestamp)
		pc.fails(source.ErrRollback)
		pc.trusts("root 1", "snapshot 2", "targets 2", "timestamp 3")
	},
}
