package offers

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"beckmanconnect/internal/release"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/policy"
	"beckmanconnect/store"
)

// When an upgrade is installed, in the words of the local API.
const (
	Now     = "now"
	Tonight = "tonight" // when the hours that IT set begin next, or the night
	Idle    = "idle"    // as soon as no session and no run is on
)

// night is when "tonight" is where IT set no hours.
var night = []policy.Hours{{AnyDay: true, From: 22 * 60, To: 5 * 60}}

const (
	// announcedFor is how long a mandatory upgrade is announced before it is
	// installed without a click.
	announcedFor = 24 * time.Hour
	// againAfter is how long one that failed without a click is left alone.
	againAfter = 6 * time.Hour
)

// plan is what was decided about one release. It is kept over restarts.
type plan struct {
	Digest  string `json:"digest,omitempty"`
	Version string `json:"version,omitempty"`
	When    string `json:"when,omitempty"` // "": nobody has accepted it
	// Since is when it was accepted or postponed, Wait for how long postponed.
	Since        time.Time     `json:"since,omitzero"`
	Wait         time.Duration `json:"wait,omitempty"`
	RunConfirmed bool          `json:"run_confirmed,omitempty"` // the second yes was given
	Issued       bool          `json:"issued,omitempty"`        // the upgrade service was asked to install it
	Announced    time.Time     `json:"announced,omitzero"`      // mandatory: said since
	Failed       time.Time     `json:"failed,omitzero"`         // mandatory: when it was last tried in vain
}

// at brings a plan to a moment. A clock that was put back must not make
// anybody wait for what lies in the past.
func (p plan) at(now time.Time) plan {
	for _, t := range []*time.Time{&p.Since, &p.Announced, &p.Failed} {
		if t.After(now) {
			*t = now
		}
	}
	return p
}

// until is when a postponed offer is said again; zero when it is not postponed.
func (p plan) until(now time.Time) time.Time {
	if until := p.Since.Add(p.Wait); p.When == "" && p.Wait > 0 && until.After(now) {
		return until
	}
	return time.Time{}
}

// begins is when the installation begins, and whether that is now. Whether
// something holds it then is another question.
func (p plan) begins(hours []policy.Hours, now time.Time) (at time.Time, due bool) {
	// Nights are those of the place where the PC stands now.
	since, announced := p.Since.In(now.Location()), p.Announced.In(now.Location())
	switch p.When {
	case Now, Idle:
		return time.Time{}, true
	case Tonight:
		if len(hours) == 0 {
			hours = night
		}
		at = policy.Next(hours, since)
	default: // mandatory
		at = announced.Add(announcedFor)
		if again := p.Failed.In(now.Location()).Add(againAfter); !p.Failed.IsZero() && again.After(at) {
			at = again
		}
		if !policy.Within(hours, at) {
			at = policy.Next(hours, at)
		}
	}
	switch {
	case at.After(now):
		return at, false
	case policy.Within(hours, now):
		return at, true
	}
	return policy.Next(hours, now), false // it was missed: the PC was off
}

// runHolds says whether the instrument's run holds an installation. Nobody
// knows is as good as a run, but for two who know better: a technician who said
// yes a second time, and a release that leaves the instrument alone at a time
// that somebody chose.
func (p plan) runHolds(disturbs string, run notify.Run) bool {
	quiet := disturbs != release.DisturbsInstrument
	switch {
	case run == notify.RunIdle:
		return false
	case p.When == Now:
		return !quiet && (run != notify.RunUnknown || !p.RunConfirmed)
	case p.When == Tonight:
		return !quiet || run != notify.RunUnknown
	}
	return true
}

// settingPlan is where the plan is kept.
const settingPlan = "upgrade.plan"

// recall reads the plan that was kept. One that cannot be read is none: then
// nothing is installed that was not accepted anew.
func recall(ctx context.Context, s *store.Store) (p plan, err error) {
	text, ok, err := s.Setting(ctx, settingPlan)
	if err == nil && ok {
		err = json.Unmarshal([]byte(text), &p)
	}
	if err != nil {
		return plan{}, fmt.Errorf("offers: the plan that was kept: %w", err)
	}
	return p, nil
}

// keep makes a plan durable, with what has to be on record of it.
func keep(ctx context.Context, s *store.Store, p plan, entries ...store.Entry) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	err = s.Update(ctx, func(tx *store.Tx) error {
		for _, e := range entries {
			if _, err := tx.Append(e); err != nil {
				return err
			}
		}
		return tx.SetSetting(settingPlan, string(text))
	})
	if err != nil {
		return fmt.Errorf("offers: keep the plan: %w", err)
	}
	return nil
}
