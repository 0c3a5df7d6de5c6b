package model

import (
	"sort"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

// Notifications is the view of alarms: what needs somebody first.
type Notifications struct {
	Loading bool
	Unknown bool              // the service does not answer and nothing is known: never shown as "all is well"
	Open    []NotificationRow // worst and newest first
	Earlier []NotificationRow
	More    bool
}

// NotificationRow is one alarm.
type NotificationRow struct {
	ID             uint64
	Severity       Mark
	Title, Advice  string
	When           string // last seen
	Source         string
	NotVerified    string // "" when verified
	Repeated       string // "" when seen once
	State          string // "" while it is open
	Facts          [][2]string
	CanAcknowledge bool
	CanAskHelp     bool
}

// Notifications makes the view model.
func (s *State) NotificationsView(c *text.Catalogue, now time.Time) Notifications {
	v := Notifications{Loading: s.Connected && !s.NotificationsLoaded, More: s.NotificationsMore && s.Connected, Unknown: !s.Connected && !s.NotificationsLoaded}
	var open []*hostpb.Notification
	for _, n := range s.Notifications {
		if isOpen(n) {
			open = append(open, n)
		} else {
			v.Earlier = append(v.Earlier, s.row(c, n, now))
		}
	}
	sort.SliceStable(open, func(i, j int) bool { return open[i].GetSeverity() > open[j].GetSeverity() })
	for _, n := range open {
		v.Open = append(v.Open, s.row(c, n, now))
	}
	return v
}

func isOpen(n *hostpb.Notification) bool {
	return n.GetState() != hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED && n.GetState() != hostpb.AlarmState_ALARM_STATE_CLEARED
}

func (s *State) row(c *text.Catalogue, n *hostpb.Notification, now time.Time) NotificationRow {
	words := Pick(c.Lang(), n.GetTexts())
	last := n.GetLastUnixMs()
	if last == 0 {
		last = n.GetRaisedUnixMs()
	}
	r := NotificationRow{
		ID: n.GetId(), Severity: severity(c, n.GetSeverity()),
		Title: Clean(words.GetTitle(), 120), Advice: Clean(words.GetAdvice(), 600),
		When: c.Moment(at(last, now), now), Source: source(c, n.GetSource()),
		CanAcknowledge: s.Connected && isOpen(n), CanAskHelp: s.Connected && isOpen(n) && !s.InSession() && !s.Waiting(),
	}
	if r.Title == "" {
		r.Title = Clean(n.GetCode(), nameLimit)
	}
	if !n.GetVerified() {
		r.NotVerified = c.T("notifications.not-verified")
	}
	if n.GetCount() > 1 {
		r.Repeated = c.T("notifications.repeated", "n", n.GetCount(), "when", r.When)
	}
	switch n.GetState() {
	case hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED:
		when := c.Moment(at(n.GetAcknowledgedUnixMs(), now), now)
		r.State = c.T("notifications.acknowledged", "when", when)
		if by := cleanName(n.GetAcknowledgedBy()); by != "" {
			r.State = c.T("notifications.acknowledged-by", "when", when, "name", by)
		}
	case hostpb.AlarmState_ALARM_STATE_CLEARED:
		r.State = c.T("notifications.cleared", "when", c.Moment(at(n.GetClearedUnixMs(), now), now))
	}
	r.Facts = append(r.Facts, [2]string{c.T("notifications.code"), Clean(n.GetCode(), nameLimit)})
	if n.GetSubject() != "" {
		r.Facts = append(r.Facts, [2]string{c.T("notifications.subject"), Clean(n.GetSubject(), 200)})
	}
	r.Facts = append(r.Facts, [2]string{c.T("notifications.since"), c.Moment(at(n.GetRaisedUnixMs(), now), now)})
	return r
}

// Pick is the text that fits a language best; English is always there.
func Pick(lang string, texts []*hostpb.LocalText) *hostpb.LocalText {
	var english *hostpb.LocalText
	for _, t := range texts {
		switch {
		case t.GetLanguage() == lang:
			return t
		case english == nil || t.GetLanguage() == "en":
			english = t
		}
	}
	return english
}

func severity(c *text.Catalogue, v hostpb.Severity) Mark {
	switch v {
	case hostpb.Severity_SEVERITY_HIGH:
		return Mark{theme.Danger, icons.Stop, c.T("severity.high")}
	case hostpb.Severity_SEVERITY_MEDIUM:
		return Mark{theme.Attention, icons.Warning, c.T("severity.medium")}
	case hostpb.Severity_SEVERITY_LOW:
		return Mark{theme.Note, icons.Low, c.T("severity.low")}
	case hostpb.Severity_SEVERITY_INFO:
		return Mark{theme.Neutral, icons.Info, c.T("severity.info")}
	}
	// What we do not know counts as something to look at.
	return Mark{theme.Attention, icons.Warning, c.T("severity.unknown")}
}

func source(c *text.Catalogue, name string) string {
	if key := "source." + name; c.Has(key) {
		return c.T(key)
	}
	return c.T("source.unknown")
}
