package upgrade

import (
	"testing"

	"beckmanconnect/service/upgrade/source"
	"beckmanconnect/service/upgrade/versions"
)

// Every phase leads somewhere, every phase that is led to has a row, and what
// is on trial ends as an outcome whatever happens.
func TestPhases(t *testing.T) {
	for from, row := range phases {
		for e, to := range row {
			if _, ok := phases[to]; !ok {
				t.Errorf("%s, %s: there is no phase %q", from, e, to)
			}
			if e == onTurn && to != installing || to == restarting && e != onSwitch && e != onBack && e != onSilence {
				t.Errorf("%s leads from %s to %s", e, from, to)
			}
		}
		if _, ok := next(from, "no event"); ok {
			t.Errorf("%s goes on by itself", from)
		}
	}
	// A look at the repository moves nothing that was accepted.
	for _, phase := range []string{downloading, installing, restarting, healthCheck, watching} {
		for _, e := range []event{onLook, onNothing, onOffer, onKept} {
			if to, ok := next(phase, e); ok {
				t.Errorf("%s leads from %s to %s", e, phase, to)
			}
		}
	}
	// After the switch no call changes anything, and no look does.
	for _, phase := range []string{restarting, healthCheck, watching} {
		for _, e := range []event{onAccept, onCancel, onOffer, onNothing, onKept, onLook} {
			if to, ok := next(phase, e); ok {
				t.Errorf("%s leads from %s to %s", e, phase, to)
			}
		}
		if !busy(phase) {
			t.Errorf("%s is not busy", phase)
		}
	}
}

// What a start of the service has to do, for everything it may find
// (scenario 41).
func TestTodo(t *testing.T) {
	const newer, older, other = "new", "old", "other"
	for name, tt := range map[string]struct {
		pending, outcome, current string
		trial                     versions.Trial
		want                      step
	}{
		"nothing was going on":              {"", "", older, versions.Trial{}, stepNothing},
		"installed":                         {"", installed, newer, versions.Trial{}, stepNothing},
		"rolled back":                       {"", rolledBack, older, versions.Trial{}, stepNothing},
		"a package since":                   {"", installed, other, versions.Trial{}, stepNothing},
		"installed, then damaged":           {"", installed, older, versions.Trial{}, stepRepair},
		"cut before the switch":             {pendingSwitch, "", older, versions.Trial{}, stepForget},
		"cut in the switch":                 {pendingSwitch, "", older, versions.Trial{Digest: newer}, stepForget},
		"an older trial's count":            {pendingSwitch, "", older, versions.Trial{Digest: other, Starts: 3}, stepForget},
		"cut after the switch":              {pendingSwitch, "", newer, versions.Trial{Digest: newer}, stepSettle},
		"started a second time":             {pendingSwitch, "", newer, versions.Trial{Digest: newer, Starts: 2}, stepSettle},
		"its launcher went back":            {pendingSwitch, "", older, versions.Trial{Digest: newer, Starts: 3}, stepBack},
		"watched":                           {pendingWatch, "", newer, versions.Trial{Digest: newer, Starts: 1}, stepWatch},
		"watched, without its trial":        {pendingWatch, "", newer, versions.Trial{}, stepWatch},
		"watched, and its launcher went":    {pendingWatch, "", older, versions.Trial{Digest: newer, Starts: 3}, stepBack},
		"watched, and it was damaged":       {pendingWatch, "", older, versions.Trial{Digest: newer, Starts: 1}, stepBack},
		"cut on the way back":               {pendingRollback, "", newer, versions.Trial{Digest: newer, Starts: 1}, stepBack},
		"cut when it was back":              {pendingRollback, "", older, versions.Trial{Digest: newer, Starts: 1}, stepBack},
		"a package came during the trial":   {pendingSwitch, "", other, versions.Trial{Digest: newer, Starts: 3}, stepForget},
		"a package came during the watch":   {pendingWatch, "", other, versions.Trial{Digest: newer}, stepForget},
		"a package came on the way back":    {pendingRollback, "", other, versions.Trial{}, stepForget},
		"something a later version pending": {"what", "", newer, versions.Trial{}, stepForget},
	} {
		m := memory{Pending: tt.pending, Outcome: tt.outcome, Offer: source.Offer{Digest: newer}, Old: older}
		if got := m.todo(tt.current, tt.trial); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
		first := m.first(m.todo(tt.current, tt.trial), tt.current, "1")
		if _, ok := phases[first.GetPhase()]; !ok || first.GetRestart() != (first.GetPhase() == restarting) {
			t.Errorf("%s: begins as %v", name, first)
		}
	}
}
