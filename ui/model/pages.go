package model

import (
	"strings"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

func orUnknown(c *text.Catalogue, s string) string {
	if s = cleanName(s); s == "" {
		return c.T("about.unknown")
	}
	return s
}

// AboutView is versions, device and what may be asked here.
type AboutView struct {
	Facts     [][2]string
	Log       [][2]string // how the log stands; empty: not known
	Link      Mark
	Permitted []PolicyRow
}

// PolicyRow is one capability and what signed policy says to it.
type PolicyRow struct {
	Label string
	Mark  Mark
	Why   string
}

// AboutView makes the view model; version is this program's.
func (s *State) AboutView(c *text.Catalogue, version string, now time.Time) AboutView {
	st := s.Status
	v := AboutView{Link: s.link(c)}
	class := c.T("about.class.patient-data") // unknown counts as patient data
	if st.GetInstrumentClass() == "general" {
		class = c.T("about.class.general")
	}
	policy := c.T("about.policy.none")
	switch {
	case st.GetPolicy() == "signed":
		policy = c.T("about.policy.signed")
	case strings.HasPrefix(st.GetPolicy(), "refused"):
		policy = c.T("about.policy.refused")
	}
	instrument := orUnknown(c, st.GetRegistration().GetInstrumentType())
	if serial := cleanName(st.GetRegistration().GetSerial()); serial != "" {
		instrument += " · " + serial
	}
	v.Facts = [][2]string{
		{c.T("about.version"), version},
		{c.T("about.service"), orUnknown(c, st.GetVersion())},
		{c.T("about.cloud"), orUnknown(c, st.GetCloud())},
		{c.T("about.device"), orUnknown(c, st.GetRegistration().GetDeviceId())},
		{c.T("about.instrument"), instrument},
		{c.T("about.class"), class},
		{c.T("about.policy"), policy},
	}
	if profile := Clean(st.GetProfile(), 120); profile != "" {
		if st.GetProfileSample() {
			profile = Joined(profile, c.T("alarms.sample"))
		}
		v.Facts = append(v.Facts, [2]string{c.T("about.profile"), profile})
	}
	if log := st.GetLog(); log != nil {
		v.Log = [][2]string{
			{c.T("about.log.entries"), c.Number(int(log.GetEntries()))},
			{c.T("about.log.checkpoint"), proofMark(c, log, now).Word},
			{c.T("about.log.witness"), c.T("about.log.no-witness")},
		}
		if n := int(log.GetWitnessed()); n > 0 {
			v.Log[2][1] = c.T("about.log.witnessed", "n", n)
		}
	}
	for _, row := range s.Policy.GetRows() {
		p := PolicyRow{Label: cleanName(row.GetCapability()), Why: Clean(row.GetWhy(), 200)}
		if key := "capability." + row.GetCapability(); c.Has(key) {
			p.Label = c.T(key)
		}
		switch row.GetEffective() {
		case "may be asked":
			p.Mark = Mark{theme.Good, icons.Check, c.T("about.effective.ask")}
		case "never":
			p.Mark = Mark{theme.Danger, icons.Cross, c.T("about.effective.never")}
		default:
			p.Mark = Mark{theme.Neutral, icons.Power, c.T("about.effective.off")}
		}
		v.Permitted = append(v.Permitted, p)
	}
	return v
}
