package service

import (
	"context"
	"time"

	"beckmanconnect/service/link"
	"beckmanconnect/service/notify"
)

// alarmRules is what the site's policy says about alarms. Before there is a
// policy, nothing does.
func (h *house) alarmRules() notify.Rules {
	if h.policy == nil {
		return notify.Rules{}
	}
	current := h.policy.Current()
	rules := notify.Rules{Quiet: current.Quiet(), Escalate: map[string]time.Duration{}}
	for _, severity := range []string{"high", "medium", "low"} {
		if after, ok := current.Escalate(severity); ok {
			rules.Escalate[severity] = after
		}
	}
	return rules
}

// trustedTime is the last time that the vendor signed. While it cannot be read
// none is: nothing is deleted by it then.
func (h *house) trustedTime() time.Time {
	trusted, err := link.TrustedTime(context.Background(), h.store)
	if err != nil {
		return time.Time{}
	}
	return trusted
}
