package model

import (
	"slices"

	"beckmanconnect/assets/text"
	"beckmanconnect/internal/datasheet"
	"beckmanconnect/ui/icons"
)

// PrivacyView is what is sent where, in the technician's words. It is made out
// of the table of all messages: what is not in that table is not sent.
type PrivacyView struct {
	Cloud string // the support network's host, as far as it is known
	Rows  []PrivacyRow
}

// PrivacyRow is what is sent about one thing.
type PrivacyRow struct {
	ID          string
	Icon        icons.Name
	What, Why   string
	Where, Kept string
	AboutPerson string // "": nothing of it is about a person
	Fields      int    // how many fields travel
	Spoken      string
}

// topic gathers messages of the table that a technician sees as one thing.
type topic struct {
	id       string
	icon     icons.Name
	messages []string // names of package datasheet
}

// topics are in the order they are shown.
var topics = []topic{
	{"alarms", icons.Bell, []string{"notification", "digest"}},
	{"help", icons.Help, []string{"request for help", "session event"}},
	{"help-logs", icons.Note, []string{"help logs"}},
	{"session", icons.Eye, []string{"view", "control", "files", "clipboard", "chat", "pointer", "proof of the code"}},
	{"registration", icons.Setup, []string{"registration", "registered", "refused"}},
	{"status", icons.Online, []string{"status", "standing", "kept", "again", "envelope", "presence", "signed time"}},
	{"log", icons.Seal, []string{"checkpoint", "witnessed", "hospital's witness"}},
	{"upgrades", icons.Upgrade, []string{"upgrades"}},
	{"messages", icons.Chat, []string{"message to technicians", "place in the queue", "vendor policy"}},
}

// PrivacyView makes the view model.
func (s *State) PrivacyView(c *text.Catalogue) PrivacyView {
	v := PrivacyView{Cloud: cleanName(s.Status.GetCloud())}
	messages := datasheet.Messages()
	for _, t := range topics {
		r := PrivacyRow{ID: t.id, Icon: t.icon, What: c.T("privacy." + t.id + ".what"), Why: c.T("privacy." + t.id + ".why")}
		var where, kept []string
		personal := false
		for _, m := range messages {
			if !slices.Contains(t.messages, m.Name) {
				continue
			}
			where = appendNew(where, c.T(whereKey(m.Direction), "cloud", v.Cloud))
			for _, f := range m.Fields {
				r.Fields++
				personal = personal || f.Personal
			}
			kept = appendNew(kept, c.T(keptKey(m.Retention)))
		}
		r.Where, r.Kept = Joined(where...), Joined(kept...)
		if personal {
			r.AboutPerson = c.T("privacy.personal")
		}
		r.Spoken = spoken(r.What, r.Why, c.Labelled(c.T("privacy.where"), r.Where), c.Labelled(c.T("privacy.kept"), r.Kept), r.AboutPerson)
		v.Rows = append(v.Rows, r)
	}
	return v
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func whereKey(d datasheet.Direction) string {
	switch d {
	case datasheet.ToPC:
		return "privacy.where.pc"
	case datasheet.ToWitness:
		return "privacy.where.hospital"
	case datasheet.EndToEnd:
		return "privacy.where.engineer"
	}
	return "privacy.where.cloud"
}

// keptFor are the table's times in words that are translated.
var keptFor = map[string]string{
	"with the device's record; no time limit is built in":      "record",
	"until the next one replaces it":                           "newest",
	"the newest":                                               "newest",
	"number and epoch: the newest, to count each message once": "newest",
	"not kept": "none",
	"until 30 days after the request is over, 20 a device at most":              "month",
	"400 days after it is over":                                                 "year",
	"400 days, and the newest change":                                           "year",
	"not kept by the vendor's cloud: the relay carries bytes it has no key for": "none",
	"as the hospital decides":                                                   "hospital",
}

// keptKey is how long something is kept, as a catalogue key. A time without
// words counts as kept for good: nothing is promised that nobody wrote.
func keptKey(retention string) string {
	if name, ok := keptFor[retention]; ok {
		return "privacy.kept." + name
	}
	return "privacy.kept.record"
}

// PrivacyKnows says whether a message of the table stands on the page, with
// words for how long it is kept.
func PrivacyKnows(m datasheet.Message) bool {
	_, kept := keptFor[m.Retention]
	return kept && slices.ContainsFunc(topics, func(t topic) bool { return slices.Contains(t.messages, m.Name) })
}
