package service

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"beckmanconnect/service/notify"
	"beckmanconnect/service/policy"
	"beckmanconnect/service/support"
	"beckmanconnect/store"
)

// gate is why help cannot be asked for at all, or "". It answers from memory.
func (h *house) gate() string {
	if !h.acceptance.Current() {
		return "terms-not-accepted"
	}
	if _, registered := h.device.Registration(); !registered {
		return "not-registered"
	}
	if !h.store.Writable() {
		return "log-not-writable"
	}
	return ""
}

// sessionPolicy answers the machine's questions, for every message, from
// memory: signed policy, class and run state as they are now.
type sessionPolicy struct{ h *house }

// Connect: trained for this region (P20) and on the site's list (P21).
func (p sessionPolicy) Connect(e support.Engineer) support.Decision {
	if !slices.Contains(e.Regions, p.h.config.Region) {
		return support.Decision{Why: "not-trained-for-region"}
	}
	effective := p.h.policy.Current()
	if d := effective.Decide(policy.Support); !d.Allowed() {
		return support.Decision{Why: "off"}
	}
	if d := effective.AllowsStaff(e.Account, e.Organisation); !d.Allowed() {
		return support.Decision{Why: "not-allowlisted"}
	}
	return support.Decision{Allowed: true}
}

// Decide asks again who it is: somebody may have been taken off the list in
// mid-session (scenario 27).
func (p sessionPolicy) Decide(e support.Engineer, c support.Capability) support.Decision {
	if d := p.Connect(e); !d.Allowed {
		return d
	}
	effective := p.h.policy.Current()
	d := effective.Decide(policy.Capability(c))
	return support.Decision{
		Allowed: d.Allowed(), Why: d.Effect.String(),
		PromptTimeout: effective.PromptTimeout,
		PatientData:   effective.Class == policy.PatientData,
		RunInProgress: *p.h.runState.Load() != notify.RunIdle, // unknown counts as running
	}
}

// policyMemory keeps the accepted policy in the store and what happens to
// policies in the log.
type policyMemory struct{ store *store.Store }

const (
	settingPolicy       = "policy.accepted"
	settingPolicyNumber = "policy.number"
)

func (m policyMemory) Accepted(ctx context.Context) (number uint64, signed []byte, err error) {
	text, ok, err := m.store.Setting(ctx, settingPolicyNumber)
	if err != nil || !ok {
		return 0, nil, err
	}
	if number, err = strconv.ParseUint(text, 10, 64); err != nil {
		return 0, nil, fmt.Errorf("number of the accepted policy: %w", err)
	}
	text, _, err = m.store.Setting(ctx, settingPolicy)
	return number, []byte(text), err
}

func (m policyMemory) Accept(ctx context.Context, site *policy.Site, signed []byte) error {
	return m.store.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(store.Entry{
			Kind: "policy.accepted", Actor: "system", Subject: site.Hash,
			Fields: map[string]string{"number": strconv.FormatUint(site.Number, 10), "site": site.Site, "class": string(site.Class)},
		})
		if err != nil {
			return err
		}
		if err := tx.SetSetting(settingPolicyNumber, strconv.FormatUint(site.Number, 10)); err != nil {
			return err
		}
		return tx.SetSetting(settingPolicy, string(signed))
	})
}

func (m policyMemory) Refused(ctx context.Context, why string) error {
	return m.store.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(store.Entry{Kind: "policy.refused", Actor: "system", Subject: "site-policy", Fields: map[string]string{"why": why}})
		return err
	})
}
