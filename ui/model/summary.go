package model

import (
	"strconv"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

// SummaryView is what was done in the last session, as the log holds it (B5).
type SummaryView struct {
	Session string
	Ended   string // how, in a sentence
	Facts   [][2]string
	Lines   []SummaryLine
}

// SummaryLine is one question or file.
type SummaryLine struct {
	Clock, Words, Detail string
	Mark                 Mark // without a word: the line says it
}

// SummaryView makes the view model; nil: there is none.
func (s *State) SummaryView(c *text.Catalogue, now time.Time) *SummaryView {
	m := s.Support.GetSummary()
	if m.GetSessionId() == "" || s.InSession() {
		return nil
	}
	e := m.GetEngineer()
	from, to := at(m.GetStartedUnixMs(), now), at(m.GetEndedUnixMs(), now)
	span := c.T("summary.span", "from", c.Moment(from, now), "to", c.Clock(to))
	lasted := c.T("summary.short")
	if minutes := int(to.Sub(from).Round(time.Minute) / time.Minute); minutes > 0 {
		lasted = c.T("summary.minutes", "n", minutes)
	}
	v := &SummaryView{Session: m.GetSessionId(), Ended: ended(c, m.GetEndedCode())}
	v.Facts = [][2]string{
		{c.T("summary.who"), Joined(cleanName(e.GetName()), cleanName(e.GetOrganisation()), cleanName(e.GetAccount()))},
		{c.T("summary.when"), Joined(span, lasted)},
		{c.T("summary.ended"), v.Ended},
		{c.T("summary.by"), endedBy(c, m.GetEndedBy())},
		{c.T("summary.acts"), c.T("summary.inputs", "n", m.GetInputs())},
		{c.T("summary.seen"), strconv.FormatUint(m.GetPictures(), 10)},
	}
	for _, l := range m.GetLines() {
		v.Lines = append(v.Lines, summaryLine(c, l, now))
	}
	return v
}

func endedBy(c *text.Catalogue, who string) string {
	if key := "summary.by." + who; c.Has(key) {
		return c.T(key)
	}
	return or(cleanName(who), c.T("about.unknown"))
}

func summaryLine(c *text.Catalogue, l *hostpb.SummaryLine, now time.Time) SummaryLine {
	id, _ := capability(l.GetCapability())
	what, detail := "", ""
	if key := "capability." + id; c.Has(key) {
		what = c.T(key)
	}
	if n, err := strconv.Atoi(l.GetDetail()); err == nil && (l.GetKind() == "chat-lines" || l.GetKind() == "clipboard-sent") {
		line := SummaryLine{Clock: c.Clock(at(l.GetUnixMs(), now)), Mark: Mark{theme.Neutral, icons.Chat, ""}}
		line.Words = c.T("summary.line."+l.GetKind(), "what", strconv.Itoa(n))
		if l.GetKind() == "clipboard-sent" {
			line.Words, line.Mark.Icon = c.T("summary.line.clipboard-sent", "what", Joined(what, c.T("summary.times", "n", n))), icons.Clipboard
		}
		return line
	}
	file := l.GetKind() == "file-received" || l.GetKind() == "file-sent" || l.GetKind() == "file-failed"
	switch {
	case file:
		what = cleanName(l.GetDetail())
	case l.GetCapability() == hostpb.Capability_CAPABILITY_FILES:
		detail = cleanName(l.GetDetail())
	case l.GetDetail() != "":
		detail = reason(c, l.GetDetail())
	}
	line := SummaryLine{Clock: c.Clock(at(l.GetUnixMs(), now)), Words: Joined(Clean(l.GetKind(), 40), what), Detail: detail, Mark: Mark{theme.Neutral, icons.Info, ""}}
	if key := "summary.line." + l.GetKind(); c.Has(key) {
		line.Words = c.T(key, "what", what)
	}
	switch l.GetKind() {
	case "allowed", "file-received", "file-sent":
		line.Mark = Mark{theme.Good, icons.Check, ""}
	case "denied", "refused", "file-failed":
		line.Mark = Mark{theme.Danger, icons.Cross, ""}
	case "timeout":
		line.Mark = Mark{theme.Attention, icons.Clock, ""}
	case "ended":
		line.Mark = Mark{theme.Neutral, icons.Power, ""}
	}
	return line
}
