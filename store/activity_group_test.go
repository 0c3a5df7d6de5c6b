package store

import (
	"testing"

	"beckmanconnect/internal/auditkinds"
)

// What the activity page narrows by is the group that each kind has in the
// table of all that is on record (B4).
func TestActivityGroupsAreThoseOfTheKinds(t *testing.T) {
	for _, k := range auditkinds.All() {
		if got := ActivityGroup(k.Name); got != k.Group {
			t.Errorf("%s is of %q, the table says %q", k.Name, got, k.Group)
		}
	}
}
