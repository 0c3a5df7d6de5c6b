package offers

import (
	"time"

	"beckmanconnect/internal/release"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/upgradepb"
)

// States in the words of the local API that are not the upgrade service's.
const (
	stateNone    = "none"
	statePlanned = "planned"
)

// CheckAway is the code of a check that was not made because the upgrade
// service does not answer.
const CheckAway = "upgrade-service-away"

// states are the upgrade service's phases in the words of the local API. In the
// others there is nothing to install.
var states = map[string]string{
	phaseOffered: phaseOffered, phaseDownloading: phaseDownloading, phaseReady: phaseOffered, phaseInstalling: phaseInstalling, phaseRestarting: phaseInstalling,
	phaseHealthCheck: "checking", phaseWatching: phaseWatching, phaseInstalled: phaseInstalled, phaseFailed: phaseFailed, phaseRolledBack: phaseRolledBack,
}

// show is the upgrade service's state as people are told it; nil while it is
// not known.
func show(s *upgradepb.State) *hostpb.Upgrade {
	if s == nil {
		return nil
	}
	u := &hostpb.Upgrade{
		State: stateNone, CheckedMs: s.GetCheckedMs(), CheckError: s.GetCheckError(), RunningVersion: s.GetRunningVersion(), Channel: s.GetChannel(),
	}
	state, known := states[s.GetPhase()]
	if !known {
		if u.CheckError == "" {
			u.CheckError = s.GetErrorCode()
		}
		return u
	}
	u.State, u.Digest, u.Version, u.Percent, u.Size, u.Delta = state, s.GetDigest(), s.GetVersion(), s.GetPercent(), s.GetSize(), s.GetDelta()
	u.Capabilities, u.ErrorCode, u.InstallSeconds, u.Disturbs = s.GetCapabilities(), s.GetErrorCode(), s.GetInstallSeconds(), s.GetDisturbs()
	if u.Disturbs == "" {
		u.Disturbs = release.DisturbsConnection
	}
	for _, n := range s.GetNotes() {
		u.Notes = append(u.Notes, &hostpb.LocalText{Language: n.GetLanguage(), Title: n.GetTitle(), Advice: n.GetText()})
	}
	return u
}

// showPlan adds what was decided about it.
func (d *decision) showPlan(s *upgradepb.State, planned, due bool, held string, at, now time.Time) {
	u, p := d.shown, d.plan
	if !planned {
		if until := p.until(now); u.State == phaseOffered && p.Digest == u.Digest && !until.IsZero() {
			u.PlannedMs = until.UnixMilli()
		}
		return
	}
	switch s.GetPhase() {
	case phaseOffered, phaseFailed:
		if !open(s) {
			return
		}
		u.State = statePlanned
	case phaseReady:
		u.State = phaseReady
	case phaseDownloading, phaseInstalling:
		due = p.Issued || held != heldHours // bytes may come at any hour
	default:
		return
	}
	if u.When = p.When; u.When == "" {
		u.When = Tonight
	}
	if !at.IsZero() {
		u.PlannedMs = at.UnixMilli()
	}
	if due {
		u.Held = held
	}
}
