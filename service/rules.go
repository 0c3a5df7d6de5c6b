package service

import (
	"beckmanconnect/service/device"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/policy"
	"beckmanconnect/service/support"
)

// gate is why help cannot be asked for at all, or "". It answers from memory.
func (h *house) gate() string {
	if state := h.device.State(); state == device.StateKeysAway {
		return "device-" + state // before what cannot be known without the log
	}
	if !h.acceptance.Current() {
		return "terms-not-accepted"
	}
	if state := h.device.State(); state != device.StateOK {
		return "device-" + state
	}
	if _, registered := h.device.Registration(); !registered {
		return "not-registered"
	}
	if !h.store.Writable() {
		return "log-not-writable"
	}
	if h.policy.Current().VendorOff() {
		return "vendor-off"
	}
	return ""
}

// sessionPolicy answers the machine's questions, for every message, from
// memory: signed policy, class and run state as they are now.
type sessionPolicy struct{ h *house }

// Connect: trained for this region (P20), not revoked, and on the site's list
// (P21).
func (p sessionPolicy) Connect(e support.Engineer) support.Decision {
	who := policy.Engineer{Account: e.Account, Organisation: e.Organisation, Regions: e.Regions, Serial: e.Serial}
	why := p.h.policy.Current().Admit(who)
	return support.Decision{Allowed: why == "", Why: why}
}

// Decide asks again who it is: somebody may have been taken off the list in
// mid-session (scenario 27).
func (p sessionPolicy) Decide(e support.Engineer, c support.Capability) support.Decision {
	if d := p.Connect(e); !d.Allowed {
		return d
	}
	effective := p.h.policy.Current()
	d := effective.Decide(policy.Of(string(c)))
	return support.Decision{
		Allowed: d.Allowed(), Why: d.Effect.String(),
		PromptTimeout: effective.PromptTimeout,
		PatientData:   effective.Class == policy.PatientData,
		RunInProgress: *p.h.runState.Load() != notify.RunIdle, // unknown counts as running
		Identify:      string(effective.Identify()),
	}
}
