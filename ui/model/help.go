package model

import (
	"strings"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/ask"
	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

// HelpPage names the faces of the help view.
type HelpPage int

const (
	HelpOff HelpPage = iota
	HelpWho
	HelpTheyCalled
	HelpForm
	HelpLogs
	HelpWaiting
	HelpSession
	HelpSummary
)

// HelpView is the view that asks for help and shows a session.
type HelpView struct {
	Page    HelpPage
	Off     HelpOffView
	About   string // form: the notification it is about
	Busy    bool   // form: the request is under way
	Kill    string // the name of the kill key
	Waiting WaitingView
	Session SessionView
	Ended   *EndedView // how the last session ended; nil: nothing to tell
	Summary *SummaryView
	NoPIN   bool   // form: nobody at this PC has a PIN
	Phone   string // who: the number to call, as configured; "": none is
	Reason  string // form: what was typed so far
	Logs    LogsView
}

// HelpOffView says why help cannot be asked for, and what to do about it.
type HelpOffView struct {
	Why    string
	Action string // label of the button that leads to the step; "": none
}

// WaitingView is the code to read out.
type WaitingView struct {
	Groups   []string   // "ABCD", "EFGH"; empty: the code was shown elsewhere
	Spelling [][]string // for each character, how to say it
	Left     string
	Urgent   bool // less than a minute
	Wrong    string
	WillAsk  []Mark
	NoFiles  bool
	Steps    []Step
	Queue    *QueueView // nil: the vendor has said nothing
}

// Step is one on the way from a request to an engineer who is there.
type Step struct {
	Words   string
	Done    bool
	Now     bool
	Trouble bool // what it is stands in words beside it
}

// SessionView is a session under way.
type SessionView struct {
	Name, Organisation, Account string
	Since                       string
	Lost                        bool
	Words                       string // the same on the engineer's screen; "": none yet
	Sees                        Mark   // whether the engineer sees the screen
	Steps                       []Step // how far the call is
	Missed                      []MissedRow
	Leases                      []LeaseRow
	Files                       FilesView
	Chat                        *ChatView // nil: there is none in this session
}

// LeaseRow is one thing that is allowed now.
type LeaseRow struct {
	Capability hostpb.Capability
	ID         string // "view", "control", "chat" …
	Icon       icons.Name
	Label      string
	InUse      string
	Active     bool
	Left       string
}

// MissedRow is a question that nobody answered.
type MissedRow struct {
	Icon          icons.Name
	Label, Detail string
}

// EndedView is how the last session ended. Summary: there is more to show.
type EndedView struct {
	Detail  string
	Summary bool
}

// HelpView makes the view model.
func (s *State) HelpView(c *text.Catalogue, now time.Time) HelpView {
	v := HelpView{Kill: c.T(KillKey), Busy: s.Help.Requesting}
	switch {
	case s.InSession():
		v.Page, v.Session = HelpSession, s.sessionView(c, now)
		return v
	case s.Waiting():
		v.Page, v.Waiting = HelpWaiting, s.waitingView(c, now)
		return v
	}
	if s.SummaryOpen {
		if v.Summary = s.SummaryView(c, now); v.Summary != nil {
			v.Page = HelpSummary
			return v
		}
	}
	if code := s.Support.GetEndedCode(); code != "" {
		v.Ended = &EndedView{Detail: ended(c, code), Summary: s.SummaryView(c, now) != nil}
	}
	if code := s.offCode(); code != "" {
		v.Page, v.Off = HelpOff, offView(c, code)
		return v
	}
	switch s.Help.Step {
	case StepTheyCalled:
		v.Page = HelpTheyCalled
	case StepForm:
		v.Page = HelpForm
		v.NoPIN = len(s.Status.GetPinInitials()) == 0
		v.About, v.Reason, v.Logs = s.helpAbout(c), s.Help.Reason, s.logsView(c)
		v.Logs.Text = ""
	case StepLogs:
		v.Page, v.About, v.Reason, v.Logs = HelpLogs, s.helpAbout(c), s.Help.Reason, s.logsView(c)
		if !v.Logs.Ready {
			v.Page = HelpForm // the log is gone: it has to be looked at anew
		}
	default:
		v.Page = HelpWho
		if phone := Clean(s.Status.GetSupportPhone(), 40); phone != "" {
			v.Phone = c.T("help.phone", "phone", phone)
		}
	}
	return v
}

// helpAbout is the notification that help is asked for; "": none.
func (s *State) helpAbout(c *text.Catalogue) string {
	if s.Help.About == nil {
		return ""
	}
	return c.T("help.about", "title", titleOf(c, s.Help.About))
}

// offCode is why help cannot be asked for; "": it can.
func (s *State) offCode() string {
	switch {
	case !s.Connected:
		return "no-service"
	case s.Support.GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_READY:
		return ""
	case s.Support.GetOffCode() != "":
		return s.Support.GetOffCode()
	case s.Status != nil && !s.Status.GetTermsAccepted():
		return "terms-not-accepted"
	case s.Status != nil && s.Status.GetRegistration() == nil:
		return "not-registered"
	}
	return "unknown"
}

func offView(c *text.Catalogue, code string) HelpOffView {
	v := HelpOffView{Why: c.T("help.off.other", "code", Clean(code, 40))}
	if key := "help.off." + code; c.Has(key) {
		v.Why = c.T(key)
	}
	switch code {
	case "terms-not-accepted", "terms-changed":
		v.Action = c.T("help.off.do-terms")
	case "not-registered":
		v.Action = c.T("help.off.do-register")
	}
	return v
}

func ended(c *text.Catalogue, code string) string {
	if key := "help.ended." + code; c.Has(key) {
		return c.T(key, "key", c.T(KillKey))
	}
	return c.T("help.ended.other", "code", Clean(code, 40))
}

func (s *State) waitingView(c *text.Catalogue, now time.Time) WaitingView {
	left := at(s.Support.GetCodeExpiresUnixMs(), now).Sub(now)
	v := WaitingView{Left: c.T("help.code.valid", "left", c.Countdown(left)), Urgent: left < time.Minute}
	if s.Help.Code != "" && s.Help.RequestID == s.Support.GetRequestId() {
		v.Groups = strings.Fields(s.Help.Code)
		for _, group := range v.Groups {
			v.Spelling = append(v.Spelling, spell(c, group))
		}
	}
	if n := s.Support.GetWrongCodes(); n > 0 {
		v.Wrong = c.T("help.code.wrong", "n", n)
	}
	v.Steps, v.Queue = steps(c, s.Support), s.queueView(c)
	v.NoFiles = s.Status.GetInstrumentClass() == "patient-data"
	v.WillAsk = []Mark{
		{Icon: icons.Eye, Word: c.T("help.will-ask.view")},
		{Icon: icons.Pointer, Word: c.T("help.will-ask.control")},
	}
	if !v.NoFiles {
		v.WillAsk = append(v.WillAsk, Mark{Icon: icons.File, Word: c.T("help.will-ask.files")})
	}
	return v
}

// steps are those of a call. That somebody types is known only once it was
// wrong: a right code connects.
func steps(c *text.Catalogue, s *hostpb.SupportState) []Step {
	asked := Step{Words: c.T("help.step.asked"), Done: true}
	code, there := Step{Words: c.T("help.step.code"), Now: true, Trouble: s.GetWrongCodes() > 0}, Step{Words: c.T("help.step.connected")}
	switch s.GetPhase() {
	case hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED:
		code, there.Done = Step{Words: c.T("help.step.right"), Done: true}, true
	case hostpb.SupportPhase_SUPPORT_PHASE_LOST:
		code = Step{Words: c.T("help.step.right"), Done: true}
		there = Step{Words: c.T("help.step.lost"), Now: true, Trouble: true}
	}
	return []Step{asked, code, there}
}

// sees says whether the engineer sees the screen.
func sees(c *text.Catalogue, s *hostpb.SupportState) Mark {
	for _, l := range s.GetLeases() {
		switch {
		case l.GetCapability() != hostpb.Capability_CAPABILITY_VIEW:
		case l.GetActive() && s.GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED:
			return Mark{theme.Attention, icons.Eye, c.T("help.sees.now")}
		default:
			return Mark{theme.Neutral, icons.Eye, c.T("help.sees.may")}
		}
	}
	return Mark{theme.Good, icons.Hidden, c.T("help.sees.nothing")}
}

// spell is how to say each character on the telephone.
func spell(c *text.Catalogue, group string) []string {
	var words []string
	for _, r := range group {
		if key := "spelling." + string(r); c.Has(key) {
			words = append(words, c.T(key))
		} else {
			words = append(words, string(r))
		}
	}
	return words
}

func (s *State) sessionView(c *text.Catalogue, now time.Time) SessionView {
	e := s.Support.GetEngineer()
	v := SessionView{
		Name: cleanName(e.GetName()), Organisation: cleanName(e.GetOrganisation()), Account: cleanName(e.GetAccount()),
		Lost: s.Support.GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_LOST, Words: Clean(s.Support.GetWords(), 120),
	}
	if ms := s.Support.GetStartedUnixMs(); ms > 0 {
		v.Since = c.T("help.session.since", "when", c.Within(at(ms, now), now))
	}
	v.Sees, v.Steps = sees(c, s.Support), steps(c, s.Support)
	v.Chat = s.chatView(c, now)
	for _, l := range s.Support.GetLeases() {
		v.Leases = append(v.Leases, leaseRow(c, l, now))
	}
	v.Files = s.filesView(c)
	for _, m := range s.Support.GetMissed() {
		v.Missed = append(v.Missed, missedRow(c, m, now))
	}
	return v
}

func missedRow(c *text.Catalogue, m *hostpb.Missed, now time.Time) MissedRow {
	id, icon := capability(m.GetCapability())
	key := "help.missed." + m.GetCode()
	if !c.Has(key) {
		key = "help.missed.timeout"
	}
	return MissedRow{Icon: icon, Label: c.T("capability." + id), Detail: c.T(key, "when", c.Clock(at(m.GetUnixMs(), now)))}
}

func leaseRow(c *text.Catalogue, l *hostpb.Lease, now time.Time) LeaseRow {
	id, icon := capability(l.GetCapability())
	r := LeaseRow{Capability: l.GetCapability(), ID: id, Icon: icon, Label: c.T("capability." + id), Active: l.GetActive()}
	r.InUse = c.T("help.session.not-in-use")
	if l.GetActive() {
		r.InUse = c.T("help.session.in-use")
	}
	r.Left = c.T("help.session.until-end")
	if ms := l.GetUntilUnixMs(); ms > 0 {
		r.Left = c.T("help.session.left", "left", c.Countdown(at(ms, now).Sub(now)))
	}
	return r
}

// capability is the stable word of a capability, and its icon.
func capability(v hostpb.Capability) (string, icons.Name) {
	icon, known := capabilityIcons[v]
	if !known {
		icon = icons.Warning
	}
	return ask.Capability(v), icon
}

var capabilityIcons = map[hostpb.Capability]icons.Name{
	hostpb.Capability_CAPABILITY_VIEW:                  icons.Eye,
	hostpb.Capability_CAPABILITY_CONTROL:               icons.Pointer,
	hostpb.Capability_CAPABILITY_FILES:                 icons.File,
	hostpb.Capability_CAPABILITY_CLIPBOARD:             icons.Clipboard,
	hostpb.Capability_CAPABILITY_CLIPBOARD_TO_PC:       icons.ClipboardIn,
	hostpb.Capability_CAPABILITY_CLIPBOARD_TO_ENGINEER: icons.ClipboardOut,
	hostpb.Capability_CAPABILITY_CHAT:                  icons.Chat,
	hostpb.Capability_CAPABILITY_POINTER:               icons.Marker,
}
