package policy

import "time"

// AlarmRules is what the site's policy says about alarms: quiet hours, nil when
// they are the technician's own, and by severity how long an alarm may wait for
// a person. A refused policy does not change what the last good one asked for.
func (e *Effective) AlarmRules() (quiet *Quiet, escalate map[string]time.Duration) {
	if e.layers.Site == nil {
		return nil, nil
	}
	return e.layers.Site.Quiet, e.layers.Site.Escalate
}
