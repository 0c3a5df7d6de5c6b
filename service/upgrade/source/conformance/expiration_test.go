package conformance

import (
	"testing"
	"time"

	"beckmanconnect/service/upgrade/source"
)

func day(n int) time.Time { return time.Now().UTC().Truncate(time.Second).AddDate(0, 0, n) }

var expiration = map[string]replay{
	"test_root_expired": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		pc.succeeds()
		repo.publish(root)
		pc.succeeds()
		repo.Root.Signed.Expires = day(-1)
		repo.publish(root, targets, snapshot, timestamp)
		pc.fails(source.ErrExpired)
		pc.trusts("root 3", "snapshot 1", "targets 1", "timestamp 1")
	},
	"test_timestamp_expired": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		pc.succeeds()
		repo.Timestamp.Signed.Expires = day(-5)
		repo.publish(timestamp)
		pc.fails(source.ErrExpired)
		pc.trusts("root 1", "snapshot 1", "targets 1", "timestamp 1")
	},
	"test_snapshot_expired": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		pc.succeeds()
		repo.Snapshot.Signed.Expires = day(-5)
		repo.publish(snapshot, timestamp)
		pc.fails(source.ErrExpired)
		pc.trusts("root 1", "snapshot 1", "targets 1", "timestamp 2")
	},
	"test_targets_expired": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		pc.succeeds()
		repo.Targets[targets].Signed.Expires = day(-5)
		repo.publish(targets, snapshot, timestamp)
		pc.fails(source.ErrExpired)
		pc.trusts("root 1", "snapshot 2", "targets 1", "timestamp 2")
	},
	"test_expired_local_root": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		repo.Root.Signed.Expires = day(7)
		repo.publish(root)
		pc.succeeds()
		repo.Root.Signed.Expires = day(21)
		repo.publish(root)
		pc.now = func() time.Time { return day(18) }
		pc.succeeds()
		pc.trusts("root 3", "snapshot 1", "targets 1", "timestamp 1")
	},
	"test_expired_local_timestamp": func(_ *testing.T, repo *simulator, pc *client, _ string) {
		repo.Timestamp.Signed.Expires = day(7)
		repo.publish(timestamp)
		pc.succeeds()
		repo.Timestamp.Signed.Expires = day(21)
		repo.publish(targets, snapshot, timestamp)
		pc.now = func() time.Time { return day(18) }
		pc.succeeds()
		pc.trusts("root 1", "snapshot 2", "targets 2", "timestamp 3")
	},
}
