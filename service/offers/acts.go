package offers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"beckmanconnect/internal/release"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/notify"
	"beckmanconnect/store"
)

// Why an act is refused.
var (
	ErrNotOffered = errors.New("offers: this is not what is offered")
	ErrNotPlanned = errors.New("offers: this was not accepted")
	ErrTooLate    = errors.New("offers: it has switched already")
	ErrMandatory  = errors.New("offers: the vendor and the site want it installed")
	ErrSession    = errors.New("offers: a session is running")
	// ErrRunUnknown: nobody knows whether a run is in progress, and what is
	// accepted for now disturbs the instrument.
	ErrRunUnknown = errors.New("offers: a run may be in progress, and nobody said yes to that")
	ErrWhen       = errors.New("offers: there is no such time")
	ErrAway       = errors.New("offers: the upgrade service does not answer")
)

// Acceptance is somebody's yes to an upgrade.
type Acceptance struct {
	Digest       string
	When         string // "": now
	RunConfirmed bool   // the second yes
	By           notify.Person
}

// Accept has what is offered installed, now or at a time, or changes the time
// of what was accepted. It is on record before anything is done. Not while a
// session runs: whoever steers the PC from afar accepts nothing in it.
func (o *Offers) Accept(ctx context.Context, a Acceptance) (*hostpb.Upgrade, error) {
	o.acting.Lock()
	defer o.acting.Unlock()
	if a.When == "" {
		a.When = Now
	}
	state, p := o.present(a.Digest)
	facts, now := o.config.Facts(), o.config.Now()
	switch {
	case a.When != Now && a.When != Tonight && a.When != Idle:
		return nil, ErrWhen
	case !open(state) || p.Issued && state.GetPhase() == phaseDownloading:
		return nil, ErrNotOffered
	case facts.Session:
		return nil, ErrSession
	case a.When == Now && facts.Run == notify.RunUnknown && state.GetDisturbs() == release.DisturbsInstrument && !a.RunConfirmed:
		return nil, ErrRunUnknown
	}
	p.When, p.Since, p.Wait, p.Issued = a.When, now, 0, false
	p.RunConfirmed = a.When == Now && a.RunConfirmed
	entry := entryOf("upgrade.planned", p, a.By, "when", a.When)
	if a.When == Now {
		entry.Kind = "upgrade.accepted"
	}
	if at, _ := p.begins(facts.Policy.Hours, now); !at.IsZero() {
		entry.Fields["begins"] = at.UTC().Format(time.RFC3339)
	}
	if p.RunConfirmed {
		entry.Fields["run_confirmed"] = "yes"
	}
	if err := o.put(ctx, p, entry); err != nil {
		return nil, err
	}
	return o.decided(ctx), nil
}

// Postpone has an offer said again later. What was planned is not done.
func (o *Offers) Postpone(ctx context.Context, digest string, wait time.Duration, by notify.Person) (*hostpb.Upgrade, error) {
	o.acting.Lock()
	defer o.acting.Unlock()
	state, p := o.present(digest)
	mandatory := state.GetMandatory() && o.config.Facts().Policy.Mandatory
	switch {
	case !open(state) || p.Issued && state.GetPhase() == phaseDownloading:
		return nil, ErrNotOffered
	case mandatory:
		return nil, ErrMandatory
	}
	p.When, p.Since, p.Wait, p.RunConfirmed, p.Issued = "", o.config.Now(), wait, false, false
	if err := o.put(ctx, p, entryOf("upgrade.postponed", p, by, "hours", strconv.Itoa(int(wait/time.Hour)))); err != nil {
		return nil, err
	}
	if err := o.stop(ctx, state); err != nil {
		return nil, err
	}
	return o.decided(ctx), nil
}

// Cancel takes back what was accepted, until it has switched.
func (o *Offers) Cancel(ctx context.Context, digest string, by notify.Person) (*hostpb.Upgrade, error) {
	o.acting.Lock()
	defer o.acting.Unlock()
	state, p := o.present(digest)
	switch phase := state.GetPhase(); {
	case digest == "" || state.GetDigest() != digest:
		return nil, ErrNotOffered
	case phase == phaseRestarting || phase == phaseHealthCheck || phase == phaseWatching:
		return nil, ErrTooLate
	case phase != phaseInstalling && !open(state):
		return nil, ErrNotPlanned
	case p.When == "" && state.GetMandatory() && o.config.Facts().Policy.Mandatory:
		return nil, ErrMandatory
	case p.When == "":
		return nil, ErrNotPlanned
	}
	p.When, p.Since, p.RunConfirmed, p.Issued = "", time.Time{}, false, false
	if err := o.put(ctx, p, entryOf("upgrade.cancelled", p, by)); err != nil {
		return nil, err
	}
	if err := o.stop(ctx, state); err != nil {
		return nil, err
	}
	return o.decided(ctx), nil
}

// Check looks now for what is offered. It returns when that was done.
func (o *Offers) Check(ctx context.Context) (*hostpb.Upgrade, error) {
	o.mu.Lock()
	u := o.upgrader
	o.mu.Unlock()
	if u == nil {
		return nil, ErrAway
	}
	state, err := u.Check(ctx, &upgradepb.CheckRequest{})
	if err != nil {
		return nil, fmt.Errorf("offers: check: %w", err)
	}
	o.mu.Lock()
	p := o.plan
	o.mu.Unlock()
	return decide(state, p, o.config.Facts(), o.config.Now()).shown, nil
}

// present is the state and the plan of a release; an empty state when the
// release is not the one that the upgrade service speaks of.
func (o *Offers) present(digest string) (*upgradepb.State, plan) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if digest == "" || o.upgrader == nil || o.state.GetDigest() != digest {
		return nil, plan{}
	}
	p := o.plan
	if p.Digest != digest {
		p = plan{}
	}
	p.Digest, p.Version = digest, o.state.GetVersion()
	return o.state, p
}

// stop has the upgrade service stop what it is doing about a release.
func (o *Offers) stop(ctx context.Context, state *upgradepb.State) error {
	switch state.GetPhase() {
	case phaseDownloading, phaseInstalling:
	default:
		return nil
	}
	o.mu.Lock()
	u := o.upgrader
	o.mu.Unlock()
	if u == nil {
		return ErrAway
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	if _, err := u.Cancel(ctx, &upgradepb.CancelRequest{Digest: state.GetDigest()}); err != nil {
		return fmt.Errorf("%w: %w", ErrTooLate, err)
	}
	return nil
}

// decided is what holds after an act, which the next step does.
func (o *Offers) decided(ctx context.Context) *hostpb.Upgrade {
	o.mu.Lock()
	state, p := o.state, o.plan
	o.mu.Unlock()
	shown := decide(state, p, o.config.Facts(), o.config.Now()).shown
	o.show(ctx, shown)
	o.Poke()
	return o.Current()
}

func entryOf(kind string, p plan, by notify.Person, fields ...string) store.Entry {
	e := store.Entry{Kind: kind, Actor: by.Role, Subject: p.Digest, Fields: map[string]string{"version": p.Version}, Personal: maps.Clone(by.Fields())}
	for i := 0; i+1 < len(fields); i += 2 {
		e.Fields[fields[i]] = fields[i+1]
	}
	by.Mark(e.Fields)
	return e
}
