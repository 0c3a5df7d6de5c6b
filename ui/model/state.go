// Package model is what the windows know and what they show of it: events go
// in, view models come out. It does no I/O, has no clock and draws nothing, so
// that every state of every view can be tested as a table.
package model

import (
	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/hostpb"
)

// HelpStep is how far a technician is in asking for help.
type HelpStep int

const (
	StepWho        HelpStep = iota // who called whom?
	StepTheyCalled                 // they called: no code
	StepForm                       // about what?
	StepLogs                       // look at the log that would go along
)

// Help is what the help view remembers by itself. The code lives here and
// nowhere else: not in the state the service sends, not on disk (scenario 25).
type Help struct {
	Step         HelpStep
	Notification uint64 // what it is about, 0: nothing
	About        *hostpb.Notification
	Reason       string // what was typed; it outlives its page
	Logs         LogsState
	RequestID    string
	Code         string
	Requesting   bool
}

// State is everything the windows know. It belongs to one goroutine.
type State struct {
	Connected bool
	Tried     bool // the first attempt to reach the service has ended

	Status  *hostpb.Status
	Support *hostpb.SupportState
	Upgrade *hostpb.Upgrade
	Prompt  *hostpb.Prompt

	Home      Home
	Alarms    Alarms
	Quiet     QuietTry
	Upgrading UpgradeTry

	Activity Activity

	Terms  *hostpb.Terms
	Policy *hostpb.PolicyExplanation
	Help   Help

	// TermsAccepted and Registering carry the set-up over the moment between
	// an answer and the status that follows it.
	TermsAccepted string
	Registering   bool

	NoKillKey bool // the kill key could not be taken: another program holds it

	PIN PINTry // the last attempt to set a PIN
	// SummaryOpen: the summary of the last session is shown in place of the
	// help view, because the session has just ended or it was asked for.
	SummaryOpen bool

	readChat uint64 // the newest line of this session's chat that was looked at

	Failure string // code of the last call that failed; empty: none to show
}

// SetConnected notes whether the service answers.
func (s *State) SetConnected(on bool) {
	s.Connected, s.Tried = on, true
	if !on {
		// Nobody can answer a question the service does not know about any more.
		s.Prompt = nil
		s.Help.Requesting, s.Registering = false, false
	}
}

// Apply takes one event in. It says what has to be fetched anew; the list of
// notifications says so itself.
func (s *State) Apply(e *hostpb.Event) (reload Reload) {
	s.Home.Stale()
	switch body := e.GetBody().(type) {
	case *hostpb.Event_Reset_:
		s.applyStatus(body.Reset_.GetSnapshot())
		s.reloadAlarms()
		s.Activity.List.Restart()
		s.Activity.Detail.Stale = s.Activity.Detail.Open
		return Reload{Policy: true, Terms: true}
	case *hostpb.Event_Status:
		before := s.Status
		s.applyStatus(body.Status)
		if was, is := before.GetLog(), body.Status.GetLog(); was.GetEntries() != is.GetEntries() || was.GetCheckpointUnix() != is.GetCheckpointUnix() {
			s.Activity.List.Reload()
		}
		return Reload{Policy: before.GetPolicy() != body.Status.GetPolicy()}
	case *hostpb.Event_Notification:
		s.PutAlarm(body.Notification)
		s.Activity.List.Reload()
	case *hostpb.Event_Prompt:
		s.Prompt = body.Prompt
	case *hostpb.Event_PromptGone:
		if s.Prompt.GetId() == body.PromptGone.GetId() {
			s.Prompt = nil
		}
		s.Activity.List.Reload()
	case *hostpb.Event_Support:
		s.applySupport(body.Support)
		s.Activity.List.Reload()
	case *hostpb.Event_Upgrade:
		s.Upgrade = body.Upgrade
		s.Activity.List.Reload()
	}
	return Reload{}
}

// Reload says what an event made stale.
type Reload struct{ Policy, Terms bool }

// reloadAlarms has everything about notifications fetched anew: events may
// have been missed.
func (s *State) reloadAlarms() {
	s.Alarms.List.Reload()
	s.Alarms.Detail.Stale = s.Alarms.Detail.ID != 0
	s.Alarms.Handover.Stale, s.Alarms.Offenders.Stale = true, true
}

func (s *State) applyStatus(status *hostpb.Status) {
	if status == nil {
		return
	}
	s.Status = status
	s.Upgrade = status.GetUpgrade()
	if status.GetSupport() != nil {
		s.applySupport(status.GetSupport())
	}
}

func (s *State) applySupport(support *hostpb.SupportState) {
	before := s.InSession()
	if support.GetSessionId() != s.Support.GetSessionId() {
		s.readChat = 0 // lines are counted within a session
	}
	s.Support = support
	switch {
	case s.InSession(), support.GetSummary() == nil:
		s.SummaryOpen = false
	case before:
		s.SummaryOpen = true
	}
	// The prompt in the state is the truth: a missed PromptGone must not leave
	// a dead question on the screen.
	s.Prompt = support.GetPrompt()
	if id := support.GetRequestId(); s.Help.RequestID != "" && id != s.Help.RequestID {
		s.Help.Code, s.Help.RequestID = "", ""
	}
	switch support.GetPhase() {
	case hostpb.SupportPhase_SUPPORT_PHASE_WAITING:
		s.Help.Requesting = false
	case hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED, hostpb.SupportPhase_SUPPORT_PHASE_LOST:
		// The code has done its work.
		s.Help = Help{}
	}
}

// HelpRequested keeps the code a request was answered with.
func (s *State) HelpRequested(r *hostpb.HelpRequested) {
	s.Help = Help{RequestID: r.GetRequestId(), Code: r.GetCode()}
	// The state's own event may come later; until then this is what holds.
	if s.Support.GetRequestId() != r.GetRequestId() {
		s.Support = &hostpb.SupportState{
			Phase: hostpb.SupportPhase_SUPPORT_PHASE_WAITING, RequestId: r.GetRequestId(), CodeExpiresUnixMs: r.GetExpiresUnixMs(),
		}
	}
}

// Registered takes in the answer to a registration; the status follows.
func (s *State) Registered(r *hostpb.Registration) {
	if s.Status != nil && r != nil {
		s.Status = proto.CloneOf(s.Status)
		s.Status.Registration = r
	}
}

// UpgradeAnswered takes in the answer to an act on an upgrade, unless an event
// has told more since it was sent.
func (s *State) UpgradeAnswered(u, before *hostpb.Upgrade) {
	if u.GetState() != "" && s.Upgrade == before {
		s.Upgrade = u
	}
}

// InSession says whether an engineer is, or may come back, in.
func (s *State) InSession() bool {
	phase := s.Support.GetPhase()
	return phase == hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED || phase == hostpb.SupportPhase_SUPPORT_PHASE_LOST
}

// Waiting says whether a code is out.
func (s *State) Waiting() bool {
	return s.Support.GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_WAITING
}
