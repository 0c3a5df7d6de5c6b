// Package releases is the vendor's side of upgrades (P4, P8, P12): a TUF
// repository of plain files that any static host can serve, and the steps by
// which releases get into it.
//
//	REPO/metadata/1.root.json … timestamp.json   (consistent snapshots)
//	REPO/targets/<sha256>.<archive or delta>
//
// Root is signed by 2 of 3 keys and targets by both of 2, so that no single
// stolen key installs anything (scenarios 36, 39). Only the timestamp is meant
// to be signed unattended. There are no delegations; product, version,
// platform and channel are custom metadata of each target.
package releases
