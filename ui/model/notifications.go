package model

import (
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

// AlarmsView is the list of notifications without its rows.
type AlarmsView struct {
	Loading   bool
	Unknown   bool // the service does not answer and nothing is known: never shown as "all is well"
	Faulty    bool // the last page could not be fetched
	NoneOpen  bool // there is nothing to do
	NoneFound bool // the filter lets nothing through
	Count     string
	Narrowed  bool
	Filter    Filter
	Group     string // title of the group whose members are listed; "": it is the whole list
}

// AlarmsView makes the view model.
func (s *State) AlarmsView(c *text.Catalogue) AlarmsView {
	l := &s.Alarms.List
	v := AlarmsView{Filter: l.Filter(), Narrowed: l.Filter().Narrowed(), Faulty: l.Faulty() && s.Connected}
	v.Loading = s.Connected && !l.Loaded() && !v.Faulty
	v.Unknown = !s.Connected && !l.Loaded()
	empty := l.Loaded() && l.Len() == 0 && !v.Faulty
	v.NoneOpen = empty && !v.Narrowed && v.Filter.Scope == ScopeOpen
	v.NoneFound = empty && !v.NoneOpen
	if n, capped := l.Total(); l.Loaded() && (n > 0 || !v.Faulty) {
		v.Count = c.T("alarms.count", "n", n)
		if capped {
			v.Count = c.T("alarms.count-more", "n", n)
		}
	}
	if v.Filter.Group != 0 {
		v.Group = c.T("alarms.group.list")
	}
	return v
}

// AlarmRow is one notification in a list.
type AlarmRow struct {
	ID             uint64
	Loading        bool
	Severity       Mark
	Title, Advice  string
	Meta           string // source, repeats, what else there is to know
	When           string // last seen
	State          string // "" while it is open
	Open           bool
	Group          bool
	CanAcknowledge bool
}

// AlarmRow makes the view model of a list's row.
func (s *State) AlarmRow(c *text.Catalogue, i int, now time.Time) AlarmRow {
	n := s.Alarms.List.At(i)
	if n == nil {
		return AlarmRow{ID: s.Alarms.List.ID(i), Loading: true, Title: c.T("notifications.loading")}
	}
	return s.alarmRow(c, n, now)
}

func (s *State) alarmRow(c *text.Catalogue, n *hostpb.Notification, now time.Time) AlarmRow {
	r := AlarmRow{
		ID: n.GetId(), Severity: severity(c, n.GetSeverity()), When: c.Moment(at(lastMs(n), now), now), Open: isOpen(n), Group: n.GetMembers() > 0,
		CanAcknowledge: s.Connected && isOpen(n),
	}
	r.Title, r.Advice = titleOf(c, n), Clean(Pick(c.Lang(), n.GetTexts()).GetAdvice(), 200)
	marks := []string{r.Severity.Word, source(c, n.GetSource())}
	if n.GetSource() == "local" && !n.GetVerified() {
		marks = append(marks, c.T("notifications.not-verified"))
	}
	if n.GetSample() {
		marks = append(marks, c.T("alarms.sample"))
	}
	if n.GetEscalatedUnixMs() > 0 && isOpen(n) {
		marks = append(marks, c.T("alarms.escalated"))
	}
	if n.GetChatters() {
		marks = append(marks, c.T("alarms.chatters"))
	}
	if n.GetCount() > 1 {
		marks = append(marks, c.T("alarms.times", "n", n.GetCount()))
	}
	r.Meta = Joined(marks...)
	r.State = stateOf(c, n, now, false)
	return r
}

func lastMs(n *hostpb.Notification) int64 {
	if n.GetLastUnixMs() > 0 {
		return n.GetLastUnixMs()
	}
	return n.GetRaisedUnixMs()
}

// titleOf is what a notification says in one line.
func titleOf(c *text.Catalogue, n *hostpb.Notification) string {
	if title := Clean(Pick(c.Lang(), n.GetTexts()).GetTitle(), 120); title != "" {
		return title
	}
	if m := n.GetMembers(); m > 0 {
		return c.T("alarms.group", "n", m)
	}
	return Clean(n.GetCode(), nameLimit)
}

// stateOf says what became of a notification, "" while it is open; whole also
// by whom.
func stateOf(c *text.Catalogue, n *hostpb.Notification, now time.Time, whole bool) string {
	moment := func(ms int64) string { return c.Within(at(ms, now), now) }
	switch n.GetState() {
	case hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED:
		by := cleanName(n.GetAcknowledgedBy())
		if by == "" {
			return c.T("notifications.acknowledged", "when", moment(n.GetAcknowledgedUnixMs()))
		}
		return c.T("notifications.acknowledged-by", "when", moment(n.GetAcknowledgedUnixMs()), "name", by)
	case hostpb.AlarmState_ALARM_STATE_CLEARED:
		return c.T("notifications.cleared", "when", moment(n.GetClearedUnixMs()))
	case hostpb.AlarmState_ALARM_STATE_SHELVED:
		until, by := moment(n.GetShelf().GetUntilUnixMs()), cleanName(n.GetShelf().GetBy())
		if by == "" || !whole {
			return c.T("alarms.shelved", "until", until)
		}
		return c.T("alarms.shelved-by", "until", until, "name", by)
	}
	return ""
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

// Sources are the words a notification's source goes by, in the order they are
// offered to choose from.
func Sources() []string {
	return []string{"machine", "instrument-log", "probe", "local", "cloud", "self"}
}

// SourceName is a source in words.
func SourceName(c *text.Catalogue, name string) string { return source(c, name) }

func source(c *text.Catalogue, name string) string {
	if key := "source." + name; c.Has(key) {
		return c.T(key)
	}
	return c.T("source.unknown")
}
