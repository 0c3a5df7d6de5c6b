package notify

import (
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/policy"
	"beckmanconnect/store"
)

// Rules is what a site's policy says about alarms.
type Rules struct {
	Quiet    *policy.Quiet            // nil: the technician's own
	Escalate map[string]time.Duration // by severity's name; what is missing is the product's, 0 or less is never
}

// escalateAfter is the product's own: the lower classes never are.
var escalateAfter = store.Waits{store.High: 10 * time.Minute, store.Medium: time.Hour}

func (r Rules) waits() store.Waits {
	waits := store.Waits{}
	for severity := store.Info; severity <= store.High; severity++ {
		wait, ok := escalateAfter[severity]
		if own, given := r.Escalate[SeverityName(severity)]; given {
			wait, ok = own, own > 0
		}
		if ok {
			waits[severity] = wait
		}
	}
	return waits
}

const minutesOfDay = 24 * 60

// quietAt says whether quiet hours hold at a local time of day.
func quietAt(q *policy.Quiet, now time.Time) bool {
	if q == nil || q.From == q.To {
		return false
	}
	minute := now.Hour()*60 + now.Minute()
	if q.From < q.To {
		return minute >= q.From && minute < q.To
	}
	return minute >= q.From || minute < q.To
}

// quietTurns is when quiet hours begin or end next; zero without any. A day on
// which the clocks change may turn an hour early or late, and is looked at
// again then.
func quietTurns(q *policy.Quiet, now time.Time) (next time.Time) {
	if q == nil || q.From == q.To {
		return next
	}
	for _, minute := range []int{q.From, q.To} {
		at := time.Date(now.Year(), now.Month(), now.Day(), minute/60, minute%60, 0, 0, now.Location())
		if !at.After(now) {
			at = time.Date(now.Year(), now.Month(), now.Day()+1, minute/60, minute%60, 0, 0, now.Location())
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next
}

// alertOf says what a change that is told is worth. Quiet hours make it quiet,
// but never the highest class, and hide nothing from list and count.
func alertOf(severity store.Severity, escalated, quiet bool) hostpb.Alert {
	switch {
	case severity >= store.High:
		return hostpb.Alert_ALERT_LOUD
	case quiet:
		return hostpb.Alert_ALERT_QUIET
	case severity == store.Medium, escalated:
		return hostpb.Alert_ALERT_LOUD
	default:
		return hostpb.Alert_ALERT_QUIET
	}
}
