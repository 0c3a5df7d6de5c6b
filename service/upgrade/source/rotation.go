package source

import (
	"slices"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// roleKeys are the IDs of the keys whose word was taken for the versions that
// were seen, by blank.
type roleKeys struct {
	Timestamp string `json:"timestamp,omitempty"`
	Snapshot  string `json:"snapshot,omitempty"`
}

func keysOf(root *metadata.Metadata[metadata.RootType]) roleKeys {
	ids := func(role string) string {
		all := slices.Clone(root.Signed.Roles[role].KeyIDs)
		slices.Sort(all)
		return strings.Join(slices.Compact(all), " ")
	}
	return roleKeys{Timestamp: ids(metadata.TIMESTAMP), Snapshot: ids(metadata.SNAPSHOT)}
}

// under is what s still holds against the server once root is in force. Where
// the vendor took a key out of a role, somebody else may have had it and run
// its versions ahead, to the last one there is: what that key said is not held
// against the new one (TUF specification 5.3.11; a thief's word for the time
// likewise). Only root keys can bring this about, and a root older than the one
// seen changes nothing.
func (s seen) under(root *metadata.Metadata[metadata.RootType]) seen {
	if root.Signed.Version < s.Root {
		return s
	}
	now := keysOf(root)
	timestamp, snapshot := lostOne(s.Keys.Timestamp, now.Timestamp), lostOne(s.Keys.Snapshot, now.Snapshot)
	if timestamp {
		s.Timestamp, s.Time = 0, time.Time{}
	}
	if snapshot {
		s.Targets = 0
	}
	if timestamp && snapshot {
		s.Snapshot = 0
	}
	return s
}

func lostOne(before, now string) bool {
	left := strings.Fields(now)
	return slices.ContainsFunc(strings.Fields(before), func(id string) bool { return !slices.Contains(left, id) })
}
