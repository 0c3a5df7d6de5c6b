package service

import (
	"slices"
	"testing"

	"beckmanconnect/service/policy"
	"beckmanconnect/service/support"
	"beckmanconnect/session/wire"
)

// P27: what a technician may choose from is the row of the table that decides
// the capability; and every capability on the wire has a row.
func TestDurationsAreTheTables(t *testing.T) {
	rows := map[policy.Capability]policy.Row{}
	for _, r := range policy.Defaults() {
		rows[r.Capability] = r
	}
	for _, word := range []string{wire.View, wire.Control, wire.Files, wire.ClipboardToPC, wire.ClipboardToMe, wire.Chat, wire.Pointer} {
		row, known := rows[policy.Of(word)]
		var want []support.Duration
		for _, d := range row.Durations {
			want = append(want, support.Duration(d))
		}
		if got := support.Durations(support.Capability(word)); !known || len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("%s: %v, the table says %v", word, got, want)
		}
	}
}

// Scenario 26: on a patient-data instrument, and where the class is not known,
// neither direction of the clipboard can be switched on; chat and pointer need
// a signed site policy everywhere; and a word that nobody knows is never
// allowed.
func TestWhatAClassAllows(t *testing.T) {
	for _, c := range []struct {
		name                     string
		site                     *policy.Site
		clipboard, chat, pointer policy.Effect
	}{
		{"nothing signed", nil, policy.Never, policy.Off, policy.Off},
		{"signed, silent", &policy.Site{Class: policy.General}, policy.Off, policy.Off, policy.Off},
		{"signed, general", signed(policy.General), policy.Ask, policy.Ask, policy.Ask},
		{"signed, patient data", signed(policy.PatientData), policy.Never, policy.Ask, policy.Ask},
		{"signed, unknown class", signed("veterinary"), policy.Never, policy.Ask, policy.Ask},
	} {
		e := policy.Evaluate(policy.Layers{
			Table: policy.Defaults(), Known: policy.Installed(policy.Defaults(), "1"), Site: c.site, Facts: policy.Facts{TermsAccepted: true},
		})
		for word, want := range map[string]policy.Effect{
			wire.ClipboardToPC: c.clipboard, wire.ClipboardToMe: c.clipboard, wire.Chat: c.chat, wire.Pointer: c.pointer, "drives": policy.Never,
		} {
			if got := e.Decide(policy.Of(word)); got.Effect != want {
				t.Errorf("%s, %s: %v (%s), want %v", c.name, word, got.Effect, got.Why, want)
			}
		}
	}
}

func signed(class policy.Class) *policy.Site {
	return &policy.Site{Class: class, Number: 1, Capabilities: map[policy.Capability]policy.Effect{
		policy.Clipboard: policy.Ask, policy.Chat: policy.Ask, policy.Pointer: policy.Ask,
	}}
}
