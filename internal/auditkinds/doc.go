// Package auditkinds is the table of everything that the log records: which
// kinds of entries there are, what each says, in which group people find it, and
// whether it is relevant to security. A test holds it against the source: no
// entry is written whose kind does not stand here, and none stands here that
// nobody writes.
package auditkinds

import "strings"

// Groups by which people narrow the log, as in ActivityFilter.
const (
	Alarms   = "alarms"
	Sessions = "sessions"
	Files    = "files"
	Upgrades = "upgrades"
	Policy   = "policy"
	People   = "people"
	System   = "system"
)

// Kind is one kind of entry.
type Kind struct {
	Name    string // "session.granted"
	Group   string
	Records string // what an entry of it says, in one line
	// Security: a decision about access, identity, policy, programs or the log
	// itself. A checkpoint covers every entry when it is committed; of these
	// somebody who looks after security wants to hear.
	Security bool
}

// Text is the key of the words for people.
func (k Kind) Text() string { return "kind." + k.Name }

// All gives the table, in its order.
func All() []Kind {
	all := make([]Kind, 0, len(table))
	for _, row := range table {
		name, rest, _ := strings.Cut(row[0], " ")
		group, mark, _ := strings.Cut(rest, " ")
		all = append(all, Kind{Name: name, Group: group, Records: row[1], Security: mark == "security"})
	}
	return all
}

// Find gives the row of a kind.
func Find(name string) (Kind, bool) {
	for _, k := range All() {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}
