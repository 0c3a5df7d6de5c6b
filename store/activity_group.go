package store

import "strings"

// The groups of kinds by which people narrow the log, in the order in which
// their bits stand in activity_blocks. A change needs a new activityVersion.
var activityGroups = []string{"alarms", "sessions", "files", "upgrades", "policy", "people", "system"}

// groupOf are the first words of kinds; what is not named is of the system.
var groupOf = map[string]string{
	"notification": "alarms", "quiet": "alarms", "message": "alarms", "offender": "alarms",
	"session": "sessions", "help": "sessions", "engineer": "sessions", "code": "sessions", "prompt": "sessions", "channel": "sessions", "chat": "sessions",
	"monitor": "sessions", "desktop": "sessions", "pointer": "sessions",
	"file": "files", "clipboard": "files",
	"upgrade": "upgrades",
	"policy":  "policy", "vendor-policy": "policy", "capabilities": "policy", "terms": "policy", "mask": "policy",
	"pin": "people", "handover": "people", "personal": "people", "person": "people", "settings": "people",
}

// ActivityGroup is the group that a kind belongs to.
func ActivityGroup(kind string) string {
	first, _, _ := strings.Cut(kind, ".")
	if g, ok := groupOf[first]; ok {
		return g
	}
	return "system"
}

// ActivityGroups are all there are.
func ActivityGroups() []string { return append([]string(nil), activityGroups...) }

func groupBit(kind string) uint8 { return bitOf(ActivityGroup(kind)) }

// bitOf is a group's bit, 0 when there is no such group.
func bitOf(group string) uint8 {
	for i, g := range activityGroups {
		if g == group {
			return 1 << i
		}
	}
	return 0
}

// searchedNames are the plain fields whose words are found, beside kind and
// subject: what people know a thing by. Running numbers, counts, sizes, times and
// tries are not among them. A change needs a new activityVersion.
var searchedNames = map[string]bool{
	"answer": true, "capability": true, "capabilities": true, "code": true, "device": true, "direction": true, "engineer": true, "file": true, "group": true, "host": true,
	"instrument_type": true, "key": true, "origin": true, "publisher": true, "region": true, "request": true, "scanner": true, "session": true, "severity": true, "sha256": true,
	"signature": true, "source": true, "state": true, "subject": true, "terms": true, "verdict": true, "version": true, "why": true, "witness": true,
}
