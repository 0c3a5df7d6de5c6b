package relay

import (
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/support"
)

var capabilities = map[support.Capability]hostpb.Capability{
	support.View:                hostpb.Capability_CAPABILITY_VIEW,
	support.Control:             hostpb.Capability_CAPABILITY_CONTROL,
	support.Files:               hostpb.Capability_CAPABILITY_FILES,
	support.ClipboardToPC:       hostpb.Capability_CAPABILITY_CLIPBOARD_TO_PC,
	support.ClipboardToEngineer: hostpb.Capability_CAPABILITY_CLIPBOARD_TO_ENGINEER,
	support.Chat:                hostpb.Capability_CAPABILITY_CHAT,
	support.Pointer:             hostpb.Capability_CAPABILITY_POINTER,
}

var durations = map[support.Duration]hostpb.Duration_{
	support.Once:    hostpb.Duration__DURATION_ONCE,
	support.Minutes: hostpb.Duration__DURATION_15_MIN,
	support.Session: hostpb.Duration__DURATION_SESSION,
}

var phases = map[support.Phase]hostpb.SupportPhase{
	support.PhaseOff:       hostpb.SupportPhase_SUPPORT_PHASE_OFF,
	support.PhaseReady:     hostpb.SupportPhase_SUPPORT_PHASE_READY,
	support.PhaseWaiting:   hostpb.SupportPhase_SUPPORT_PHASE_WAITING,
	support.PhaseConnected: hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED,
	support.PhaseLost:      hostpb.SupportPhase_SUPPORT_PHASE_LOST,
}

func capabilityOf(c hostpb.Capability) support.Capability {
	for ours, theirs := range capabilities {
		if theirs == c {
			return ours
		}
	}
	return ""
}

// durationOf gives "" for the prompt's default, and for a value this version
// does not know one that was never offered.
func durationOf(d hostpb.Duration_) support.Duration {
	if d == hostpb.Duration__DURATION_UNKNOWN {
		return ""
	}
	for ours, theirs := range durations {
		if theirs == d {
			return ours
		}
	}
	return "unknown"
}

func engineerPB(e support.Engineer) *hostpb.Engineer {
	return &hostpb.Engineer{Account: e.Account, Name: e.Name, Organisation: e.Organisation, Regions: e.Regions}
}

func promptPB(p support.Prompt) *hostpb.Prompt {
	out := &hostpb.Prompt{
		Id: p.ID, Nonce: p.Nonce, SessionId: p.Session, Capability: capabilities[p.Capability],
		Engineer: engineerPB(p.Engineer), Reason: p.Reason, ExpiresUnixMs: p.Expires.UnixMilli(),
		StandsMs: uint32(p.Stands / time.Millisecond), ArmedAfterMs: uint32(p.ArmedAfter / time.Millisecond), PatientData: p.PatientData, RunInProgress: p.RunInProgress,
		Ticket: p.Ticket, FileDirection: p.FileDirection, Missed: uint32(p.Missed),
		NeedsInitials: p.NeedsInitials, NeedsPin: p.NeedsPIN, PinWhy: p.PINWhy, PinTriesLeft: uint32(max(p.PINTriesLeft, 0)),
	}
	for _, d := range p.Durations {
		out.Durations = append(out.Durations, durations[d])
	}
	if f := p.File; f != nil {
		out.FileName, out.FileSize, out.FileSha256 = f.Name, uint64(f.Size), f.SHA256
	}
	return out
}

func promptGonePB(e support.HidePrompt) *hostpb.PromptGone {
	return &hostpb.PromptGone{Id: e.ID, Code: e.Code}
}

func desktopWantedPB(e support.WantDesktop) *hostpb.DesktopWanted {
	return &hostpb.DesktopWanted{SessionId: e.Session, Generation: e.Generation, Token: e.Token}
}

func statePB(s support.Snapshot) *hostpb.SupportState {
	out := &hostpb.SupportState{
		Phase: phases[s.Phase], RequestId: s.Request, SessionId: s.Session,
		WrongCodes: uint32(max(s.WrongCodes, 0)), EndedCode: s.Ended,
		CodeExpiresUnixMs: unixMS(s.CodeExpires), StartedUnixMs: unixMS(s.Started),
		Words: s.Words, Scanner: s.Scanner,
	}
	if q := s.Queue; q.Case != "" {
		out.Queue = &hostpb.QueuePlace{CaseNumber: q.Case, Current: q.Current, Place: uint32(q.Place), Waiting: uint32(q.Waiting), TakenBy: q.Taken}
	}
	if s.Phase == support.PhaseOff {
		out.OffCode = s.OffCode
	}
	if s.Engineer != nil {
		out.Engineer = engineerPB(*s.Engineer)
	}
	for _, l := range s.Leases {
		out.Leases = append(out.Leases, &hostpb.Lease{Capability: capabilities[l.Capability], UntilUnixMs: unixMS(l.Until), Active: l.Active})
	}
	for _, t := range s.Transfers {
		out.Transfers = append(out.Transfers, &hostpb.Transfer{
			Id: t.ID, Name: support.Clean(t.File.Name, 120), Size: uint64(t.File.Size), Done: uint64(t.Done),
			Sha256: t.File.SHA256, State: t.State, Detail: t.Detail, Direction: t.Direction, Scanner: t.Scanner,
		})
	}
	if s.Prompt != nil {
		out.Prompt = promptPB(*s.Prompt)
	}
	for _, m := range s.Missed {
		out.Missed = append(out.Missed, &hostpb.Missed{Capability: capabilities[m.Capability], UnixMs: unixMS(m.At), Code: m.Code})
	}
	for _, l := range s.Chat {
		out.Chat = append(out.Chat, &hostpb.ChatLine{Id: l.ID, UnixMs: unixMS(l.At), Technician: l.Technician, Text: l.Text})
	}
	if s.Summary != nil {
		out.Summary = summaryPB(*s.Summary)
	}
	return out
}

func summaryPB(s support.Summary) *hostpb.Summary {
	out := &hostpb.Summary{
		SessionId: s.Session, Engineer: engineerPB(s.Engineer), StartedUnixMs: unixMS(s.Started), EndedUnixMs: unixMS(s.Ended),
		EndedCode: s.Code, EndedBy: s.By, Inputs: s.Inputs, Pictures: s.Pictures,
	}
	for _, l := range s.Lines {
		out.Lines = append(out.Lines, &hostpb.SummaryLine{UnixMs: unixMS(l.At), Kind: l.Kind, Capability: capabilities[l.Capability], Detail: l.Detail})
	}
	return out
}

func unixMS(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
