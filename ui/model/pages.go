package model

import (
	"strings"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

func orUnknown(c *text.Catalogue, s string) string {
	if s = cleanName(s); s == "" {
		return c.T("about.unknown")
	}
	return s
}

// ActivityView is the log in plain words.
type ActivityView struct {
	Loading bool
	Log     string // how many entries, sealed when
	Rows    []ActivityRow
	More    bool
}

// ActivityRow is one entry; Day is set on the first of each day.
type ActivityRow struct {
	Index       uint64
	Day         string
	Clock, What string
	Who, Detail string
	Icon        icons.Name
	Tone        theme.Tone
	Proven      bool
}

// ActivityView makes the view model.
func (s *State) ActivityView(c *text.Catalogue, now time.Time) ActivityView {
	v := ActivityView{Loading: s.Connected && !s.ActivityLoaded, More: s.ActivityMore}
	if log := s.Status.GetLog(); log != nil {
		v.Log = c.T("activity.unsealed", "n", log.GetEntries())
		if sealed := log.GetCheckpointUnix(); sealed > 0 {
			v.Log = c.T("activity.log", "n", log.GetEntries(), "when", c.Moment(at(sealed*1000, now), now))
		}
	}
	day := ""
	for _, a := range s.Activity {
		t := at(a.GetUnixMs(), now)
		r := ActivityRow{Index: a.GetIndex(), Clock: c.Clock(t), Proven: a.GetProven(), Who: actor(c, a.GetActor())}
		r.What, r.Icon, r.Tone = plainWords(c, a)
		r.Detail = detail(c, a)
		if d := c.Day(t, now); d != day {
			r.Day, day = d, d
		}
		v.Rows = append(v.Rows, r)
	}
	return v
}

// plainWords turns an entry of the log into a sentence.
func plainWords(c *text.Catalogue, a *hostpb.Activity) (string, icons.Name, theme.Tone) {
	kind := a.GetKind()
	subject := Clean(a.GetSubject(), 120)
	if version := Clean(a.GetFields()["version"], 32); version != "" && strings.HasPrefix(kind, upgradeKinds) {
		subject = version // people know a release by it, the log by its digest
	}
	capability := a.GetFields()["capability"]
	if capability == "" {
		capability = a.GetSubject()
	}
	if key := "capability." + capability; c.Has(key) {
		capability = c.T(key)
	}
	icon, tone := iconOf(kind)
	key := "kind." + kind
	if answer := key + "." + a.GetFields()["answer"]; c.Has(answer) {
		key = answer
		if a.GetFields()["answer"] == "allowed" {
			icon, tone = icons.Check, theme.Good
		} else {
			icon, tone = icons.Cross, theme.Danger
		}
	}
	if !c.Has(key) && strings.HasPrefix(kind, "mask.") {
		key = "kind.mask.other"
	}
	if !c.Has(key) {
		return c.T("kind.other", "kind", Clean(kind, 60), "subject", subject), icon, tone
	}
	// A sentence about something nameless ends before its colon.
	return strings.TrimRight(c.T(key, "subject", subject, "capability", Clean(capability, 60)), ":： "), icon, tone
}

func iconOf(kind string) (icons.Name, theme.Tone) {
	switch {
	case strings.HasSuffix(kind, ".denied"), strings.HasSuffix(kind, ".refused"), strings.HasSuffix(kind, "-refused"),
		strings.HasSuffix(kind, ".failed"), strings.HasSuffix(kind, ".wrong"), strings.HasSuffix(kind, ".throttled"), strings.HasSuffix(kind, ".revoked"),
		strings.HasSuffix(kind, ".locked"), kind == "desktop.missing":
		return icons.Cross, theme.Danger
	case strings.HasSuffix(kind, ".rolled-back"), strings.HasSuffix(kind, ".unhealthy"):
		return icons.Warning, theme.Attention
	case strings.HasSuffix(kind, ".granted"), strings.HasSuffix(kind, ".accepted"), strings.HasSuffix(kind, ".acknowledged"):
		return icons.Check, theme.Good
	case strings.HasPrefix(kind, "notification."):
		return icons.Bell, theme.Attention
	case strings.HasPrefix(kind, "session."), strings.HasPrefix(kind, "engineer."), strings.HasPrefix(kind, "prompt."):
		return icons.Person, theme.Session
	case strings.HasPrefix(kind, "pin."), strings.HasPrefix(kind, "mask."):
		return icons.Shield, theme.Note
	case strings.HasPrefix(kind, "help."), strings.HasPrefix(kind, "code."):
		return icons.Phone, theme.Note
	case strings.HasPrefix(kind, "chat."):
		return icons.Chat, theme.Session
	case strings.HasPrefix(kind, "clipboard."):
		return icons.Clipboard, theme.Session
	case strings.HasPrefix(kind, "monitor."):
		return icons.Eye, theme.Session
	case strings.HasPrefix(kind, "file."):
		return icons.File, theme.Note
	case strings.HasPrefix(kind, upgradeKinds):
		return icons.Upgrade, theme.Note
	}
	return icons.Info, theme.Neutral
}

// detail is what an entry's fields add, in one line. Numbers and hashes are
// left to IT's beckmanctl.
func detail(c *text.Catalogue, a *hostpb.Activity) string {
	var parts []string
	add := func(s string) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	f := a.GetFields()
	if try := Clean(f["try"], 4); try != "" {
		add(c.T("activity.try", "try", try))
	}
	switch d := f["duration"]; d {
	case "once", "15min", "session":
		add(c.T("prompt.duration." + d))
	}
	if why := f["why"]; why != "" {
		if a.GetKind() == "session.ended" || a.GetKind() == "help.ended" {
			add(ended(c, why))
		} else {
			add(reason(c, why))
		}
	}
	if a.GetKind() == "chat.line" {
		add(Clean(f["text"], 200))
	}
	if strings.HasPrefix(a.GetKind(), upgradeKinds) {
		if key := "upgrade.choose." + f["when"]; c.Has(key) {
			add(c.T(key))
		}
		add(Clean(f["code"], 40))
	} else {
		add(Clean(f["version"], 32))
	}
	add(cleanName(f["name"]))
	return strings.Join(parts, " · ")
}

// upgradeKinds are the log's kinds about upgrades.
const upgradeKinds = "upgrade."

// reason is why something was refused or ended, in words where we have them.
func reason(c *text.Catalogue, why string) string {
	if key := "why." + why; c.Has(key) {
		return c.T(key)
	}
	return Clean(why, 60)
}

// actor is who did it, in words where we have them.
func actor(c *text.Catalogue, name string) string {
	if key := "actor." + name; c.Has(key) {
		return c.T(key)
	}
	return cleanName(name)
}

// AboutView is versions, device and what may be asked here.
type AboutView struct {
	Facts     [][2]string
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
func (s *State) AboutView(c *text.Catalogue, version string) AboutView {
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
