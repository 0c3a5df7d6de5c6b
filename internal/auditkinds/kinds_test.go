package auditkinds

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"beckmanconnect/assets/text"
)

// The one log is whole: every kind that is
// written stands in the table, has its words in every language, and every row is
// written somewhere.
func TestEveryKindIsKnown(t *testing.T) {
	found := written(t)
	if len(found) < 80 {
		t.Fatalf("only %d kinds were found: %v", len(found), names(found))
	}
	for kind, where := range found {
		if _, ok := Find(kind); !ok {
			t.Errorf("%s is written at %s and does not stand in the table", kind, where)
		}
	}
	for _, k := range All() {
		if found[k.Name] == "" {
			t.Errorf("%s stands in the table and is written nowhere", k.Name)
		}
	}
}

func TestEveryKindHasWords(t *testing.T) { // B12
	for _, l := range text.Languages() {
		c := text.New(l.Tag)
		for _, k := range All() {
			if !c.Has(k.Text()) {
				t.Errorf("%s: no words for %s", l.Tag, k.Name)
			}
		}
	}
}

func TestTable(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)+$`)
	groups := []string{Alarms, Sessions, Files, Upgrades, Policy, People, System}
	seen, first := map[string]bool{}, map[string]string{}
	for _, k := range All() {
		if !form.MatchString(k.Name) || seen[k.Name] || !slices.Contains(groups, k.Group) || k.Records == "" || strings.ContainsAny(k.Records, "\n") {
			t.Errorf("%+v", k)
		}
		seen[k.Name] = true
		// The log is narrowed by the first word.
		word, _, _ := strings.Cut(k.Name, ".")
		if g := first[word]; g != "" && g != k.Group {
			t.Errorf("%s is of %s, others with the same first word of %s", k.Name, k.Group, g)
		}
		first[word] = k.Group
	}
}

// What the log has to hold, by the requirement: each has its kinds.
func TestTheOneLogIsComplete(t *testing.T) {
	for what, kinds := range map[string][]string{
		"every notification":  {"notification.raised", "notification.repeated", "notification.published", "notification.acknowledged", "notification.cleared", "notification.dropped"},
		"session events":      {"help.requested", "engineer.joined", "session.authenticated", "session.granted", "session.revoked", "session.lease-ended", "session.ended"},
		"prompts and answers": {"prompt.shown", "prompt.answered", "prompt.answer-void"},
		"files with hash":     {"file.chosen", "file.accepted", "file.received", "file.sent", "file.infected", "file.failed"},
		"upgrade steps":       {"upgrade.accepted", "upgrade.installed", "upgrade.failed", "upgrade.rolled-back", "upgrade.journal.switched"},
		"policy changes":      {"policy.accepted", "policy.refused", "vendor-policy.accepted", "capabilities.new"},
		"sign-ins":            {"person.connected", "engineer.joined", "engineer.refused", "code.tried"},
		"settings":            {"quiet.changed", "pin.set", "terms.accepted", "device.registered", "config.changed"},
		"start and stop":      {"service.started", "service.stopped", "service.stop-missing"},
		"the clock":           {"clock.moved"},
		"the identity":        {"device.copied", "device.refused", "device.renewed", "device.certificate-renewed"},
	} {
		for _, kind := range kinds {
			if _, ok := Find(kind); !ok {
				t.Errorf("%s: %s", what, kind)
			}
		}
	}
}
