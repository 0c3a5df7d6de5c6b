package model

import (
	"strconv"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

// AlarmDetailView is one notification with all there is to know.
type AlarmDetailView struct {
	ID                                                 uint64
	Loading                                            bool
	Severity                                           Mark
	Title, Advice                                      string
	When                                               string
	Tags                                               []string
	Notes                                              []Mark
	Reason                                             string // why it was put away
	Facts                                              [][2]string
	Members                                            []AlarmRow
	AllMembers                                         string // label of the way to all members; "": they are all here
	History                                            []StepRow
	Act                                                AlarmAct
	Busy                                               bool
	Sign                                               Signing
	CanAcknowledge, CanShelve, CanUnshelve, CanAskHelp bool
}

// StepRow is one line of a notification's history.
type StepRow struct {
	When, What, Detail string
	Mark               Mark // without a word: the line says it
}

// membersShown is how many members of a group its page shows.
const membersShown = 20

// AlarmDetailView makes the view model.
func (s *State) AlarmDetailView(c *text.Catalogue, now time.Time) AlarmDetailView {
	d := s.Alarms.Detail
	v := AlarmDetailView{ID: d.ID, Act: d.Act, Busy: d.Busy, Sign: s.signing(), Loading: d.Got == nil}
	n := d.Got.GetNotification()
	if n == nil {
		n = s.Alarms.List.Notification(d.ID)
	}
	if n == nil {
		return v
	}
	v.Severity, v.Title, v.When = severity(c, n.GetSeverity()), titleOf(c, n), c.Moment(at(lastMs(n), now), now)
	v.Advice = CleanText(Pick(c.Lang(), n.GetTexts()).GetAdvice(), 1000)
	v.Tags = []string{source(c, n.GetSource())}
	if p := cleanName(n.GetPublisher()); p != "" {
		v.Tags = append(v.Tags, p)
	}
	if n.GetSource() == "local" && !n.GetVerified() {
		v.Tags = append(v.Tags, c.T("notifications.not-verified"))
	}
	if n.GetSample() {
		v.Tags = append(v.Tags, c.T("alarms.sample"))
	}
	v.Notes, v.Reason = s.notes(c, n, now), Clean(n.GetShelf().GetReason(), ShelfReasonLimit)
	v.Facts = append(v.Facts, [2]string{c.T("notifications.code"), Clean(n.GetCode(), nameLimit)})
	if n.GetSubject() != "" {
		v.Facts = append(v.Facts, [2]string{c.T("notifications.subject"), Clean(n.GetSubject(), 200)})
	}
	v.Facts = append(v.Facts, [2]string{c.T("notifications.since"), c.Moment(at(n.GetRaisedUnixMs(), now), now)})
	shelved := n.GetState() == hostpb.AlarmState_ALARM_STATE_SHELVED
	over := n.GetState() == hostpb.AlarmState_ALARM_STATE_CLEARED
	v.CanAcknowledge = s.Connected && isOpen(n)
	v.CanShelve, v.CanUnshelve = s.Connected && !shelved && !over, s.Connected && shelved
	v.CanAskHelp = s.Connected && !over && !s.InSession() && !s.Waiting()
	for i, m := range d.Got.GetMembers() {
		if i == membersShown {
			break
		}
		v.Members = append(v.Members, s.alarmRow(c, m, now))
	}
	if all := n.GetMembers(); int(all) > len(v.Members) && !v.Loading {
		v.AllMembers = c.T("alarms.group.all", "n", all)
	}
	for _, step := range d.Got.GetHistory() {
		v.History = append(v.History, stepRow(c, step, now))
	}
	return v
}

// notes are the things about a notification that need a sentence.
func (s *State) notes(c *text.Catalogue, n *hostpb.Notification, now time.Time) []Mark {
	var out []Mark
	if words := stateOf(c, n, now, true); words != "" {
		mark := Mark{theme.Good, icons.Check, words}
		if n.GetState() == hostpb.AlarmState_ALARM_STATE_SHELVED {
			mark = Mark{theme.Note, icons.Clock, words}
		}
		out = append(out, mark)
	}
	if ms := n.GetEscalatedUnixMs(); ms > 0 && isOpen(n) {
		out = append(out, Mark{theme.Attention, icons.Warning, c.T("alarms.escalated-at", "when", c.Within(at(ms, now), now))})
	}
	if n.GetChatters() {
		out = append(out, Mark{theme.Neutral, icons.Info, c.T("alarms.chatters-why")})
	}
	if n.GetCount() > 1 {
		out = append(out, Mark{theme.Neutral, icons.Activity, c.T("notifications.repeated", "n", n.GetCount(), "when", c.Within(at(lastMs(n), now), now))})
	}
	if n.GetSample() {
		out = append(out, Mark{theme.Neutral, icons.Info, c.T("alarms.sample-why")})
	}
	return out
}

func stepRow(c *text.Catalogue, step *hostpb.AlarmStep, now time.Time) StepRow {
	r := StepRow{When: c.Moment(at(step.GetUnixMs(), now), now), What: Clean(step.GetKind(), 40), Mark: Mark{theme.Neutral, icons.Info, ""}}
	if key := "step." + step.GetKind(); c.Has(key) {
		r.What = c.T(key)
	}
	detail := Clean(step.GetDetail(), ShelfReasonLimit)
	if n, err := strconv.Atoi(step.GetDetail()); err == nil && step.GetKind() == "repeated" && n > 0 {
		detail = c.T("alarms.times", "n", n)
	}
	r.Detail = Joined(cleanName(step.GetBy()), detail)
	switch step.GetKind() {
	case "raised":
		r.Mark = Mark{theme.Attention, icons.Bell, ""}
	case "escalated":
		r.Mark = Mark{theme.Danger, icons.Warning, ""}
	case "seen":
		r.Mark = Mark{theme.Neutral, icons.Eye, ""}
	case "acknowledged", "cleared", "calm":
		r.Mark = Mark{theme.Good, icons.Check, ""}
	case "shelved", "unshelved":
		r.Mark = Mark{theme.Note, icons.Clock, ""}
	case "repeated", "chatter", "grouped":
		r.Mark = Mark{theme.Neutral, icons.Activity, ""}
	}
	return r
}
