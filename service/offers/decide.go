package offers

import (
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/policy"
	"beckmanconnect/store"
)

// Facts are what the rest of the service knows, at the moment of asking.
type Facts struct {
	Session    bool       // an engineer is connected, or may come back
	Run        notify.Run // of the instrument
	Policy     policy.Upgrade
	Authorised func(capability string) bool // by the signed site policy
}

// Phases of the upgrade service, as its contract names them.
const (
	phaseOffered     = "offered"
	phaseDownloading = "downloading"
	phaseReady       = "ready"
	phaseInstalling  = "installing"
	phaseRestarting  = "restarting"
	phaseHealthCheck = "health-check"
	phaseWatching    = "watching"
	phaseInstalled   = "installed"
	phaseFailed      = "failed"
	phaseRolledBack  = "rolled-back"
)

// What an upgrade waits for.
const (
	heldSession = "session"
	heldRun     = "run"
	heldHours   = "hours"
)

// What is asked of the upgrade service.
const (
	actDownload = "download"
	actInstall  = "install"
)

// decision is what follows from all that is known. It is made anew whenever
// something changes, and it alone decides.
type decision struct {
	plan    plan          // as it is to be kept, before anything is done
	entries []store.Entry // with it
	shown   *hostpb.Upgrade
	hold    string // what the upgrade service is told to keep still for
	act     string // what it is asked for; "" for nothing
}

// open says whether what the state speaks of can still be accepted: nothing
// was switched.
func open(s *upgradepb.State) bool {
	switch s.GetPhase() {
	case phaseOffered, phaseReady, phaseDownloading:
		return s.GetDigest() != ""
	case phaseFailed: // not where the new version runs all the same
		return s.GetDigest() != "" && s.GetRunningVersion() != s.GetVersion()
	}
	return false
}

func decide(s *upgradepb.State, before plan, facts Facts, now time.Time) decision {
	d := decision{plan: before.at(now)}
	d.settle(s, now)
	mandatory := s.GetMandatory() && facts.Policy.Mandatory
	if mandatory && open(s) && (d.plan.Announced.IsZero() || d.plan.Digest != s.GetDigest()) {
		d.announce(s, facts, now)
	}
	p := d.plan
	planned := p.Digest != "" && p.Digest == s.GetDigest() && (p.When != "" || mandatory && !p.Announced.IsZero())
	var at time.Time
	due, held := false, ""
	if planned {
		at, due = p.begins(facts.Policy.Hours, now)
		switch {
		case facts.Session:
			held = heldSession
		case p.runHolds(s.GetDisturbs(), facts.Run):
			held = heldRun
		case !policy.Within(facts.Policy.Hours, now):
			held = heldHours
		}
		d.do(s, due, held)
	} else if facts.Session {
		held = heldSession
	}
	// Outside the hours bytes may come; only the switch has to wait.
	if d.hold = held; held == heldHours && !d.plan.Issued {
		d.hold = ""
	}
	d.shown = show(s)
	if d.shown == nil {
		return d
	}
	d.shown.Mandatory = mandatory
	for _, c := range s.GetCapabilities() {
		if facts.Authorised != nil && facts.Authorised(c) {
			d.shown.Authorised = append(d.shown.Authorised, c)
		}
	}
	d.showPlan(s, planned, due, held, at, now)
	return d
}

// settle forgets a plan that has come to its end, or whose release is not
// what is offered any more.
func (d *decision) settle(s *upgradepb.State, now time.Time) {
	p := &d.plan
	same := p.Digest == s.GetDigest()
	switch phase := s.GetPhase(); {
	case p.Digest == "":
	case same && (phase == phaseWatching || phase == phaseInstalled || phase == phaseRolledBack):
		*p = plan{}
	case same && phase == phaseFailed && p.Issued:
		// Who wants it again says so again.
		*p = plan{Digest: p.Digest, Version: p.Version, Announced: p.Announced, Failed: now}
	case !same && open(s):
		if p.When != "" {
			d.entries = append(d.entries, store.Entry{
				Kind: "upgrade.cancelled", Actor: "system", Subject: p.Digest, Fields: map[string]string{"version": p.Version, "why": "superseded"},
			})
		}
		*p = plan{}
	}
}

// announce begins the day in which a mandatory upgrade is only said.
func (d *decision) announce(s *upgradepb.State, facts Facts, now time.Time) {
	p := &d.plan
	if p.Digest != s.GetDigest() {
		*p = plan{}
	}
	p.Digest, p.Version, p.Announced = s.GetDigest(), s.GetVersion(), now
	at, _ := plan{Digest: p.Digest, Announced: now}.begins(facts.Policy.Hours, now)
	d.entries = append(d.entries, store.Entry{
		Kind: "upgrade.announced", Actor: "system", Subject: p.Digest, Fields: map[string]string{"version": p.Version, "begins": at.UTC().Format(time.RFC3339)},
	})
}

// do asks for the installation when it is due and nothing holds it, and for
// its bytes before.
func (d *decision) do(s *upgradepb.State, due bool, held string) {
	phase := s.GetPhase()
	switch {
	case due && held == "" && (phase == phaseOffered || phase == phaseReady || phase == phaseFailed && open(s)):
		d.act, d.plan.Issued = actInstall, true
	case phase == phaseOffered && (held == "" || held == heldHours):
		d.act = actDownload
	}
}
