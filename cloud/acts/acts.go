// Package acts is four eyes (P16, P18): an administrative act is proposed by
// one administrator and carried out when another has confirmed it. What both
// read is what is done, or nothing is.
package acts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"beckmanconnect/cloud/events"
	"beckmanconnect/internal/cloudapi"
)

// Life is how long a proposal waits for the second person.
const Life = 24 * time.Hour

// Description is what an act would do, as both people read it.
type Description struct {
	Region string // administrators of this region alone decide; "": any
	// Regions is for an act about a person: who decides looks after all of them
	// (LooksAfter), and nobody else sees it. Nil: it is about no person.
	Regions []string
	Device  string // that it is about, for the record; or ""
	Person  string // account or address that it is about, for the record; or ""
	Lines   []cloudapi.ActLine
}

// Describe reads the parameters of a proposal and says what it would do. It is
// asked when the act is proposed and again before it is confirmed: when the
// answer has changed, nothing is done. It refuses by an Error.
type Describe func(ctx context.Context, by cloudapi.Staff, params json.RawMessage) (Description, error)

// Execute carries a confirmed act out. It is called again when the cloud went
// down in the middle: the second time must do no more than the first did.
type Execute func(ctx context.Context, act cloudapi.Act) error

// Error refuses a proposal, or says why an act failed. Code is stable, and the
// console has words for it; Message says the same in English.
type Error struct{ Code, Message string }

func (e *Error) Error() string { return "acts: " + e.Code + ": " + e.Message }

// Refusals of this package.
var (
	ErrUnknown = &Error{"unknown-act", "There is no such act, or it was decided already."}
	ErrOwn     = &Error{"own-act", "Somebody else must confirm what you proposed."}
	ErrChanged = &Error{"act-changed", "What this act would do has changed since it was shown; look at it again, or have it proposed anew."}
	ErrExpired = &Error{"act-expired", "Nobody confirmed this act in time; have it proposed anew."}
	ErrRegion  = &Error{"act-region", "This is decided by administrators of all regions that it is about, who are not assigned to single sites."}
	// ErrProposer: it takes two who may act, at the moment when it is done.
	ErrProposer = &Error{"act-proposer", "Whoever proposed this was removed since. Propose it anew."}
	ErrReason   = &Error{"act-reason", "A reason of one line is needed."}
	ErrTooMany  = &Error{"act-many", "Too many acts wait already; have some of them decided first."}
	ErrKind     = &Error{"act-kind", "There is no such act."}
	errFailed   = &Error{"act-failed", "It could not be carried out; the cloud's log says why."}
)

// By is who does something, in which session.
type By struct {
	Staff   cloudapi.Staff
	Session []byte // names the session, never empty
}

// Kept is an act as the Store has it.
type Kept struct {
	cloudapi.Act
	Regions []string // see Description
	Device  string
	Session []byte // it was proposed in
	Hash    []byte // the digest
}

// Store keeps acts. Decide and Finish change what is in the state they start
// from and report whether it was. Decide puts the record down with it, or
// changes nothing.
type Store interface {
	AddAct(ctx context.Context, a Kept, most int) error // ErrTooMany when so many wait
	Act(ctx context.Context, id string) (Kept, error)   // ErrUnknown
	Acts(ctx context.Context, limit int) ([]Kept, error)
	DecideAct(ctx context.Context, id, state, by, why string, at time.Time, record events.Event) (bool, error)
	CarryAct(ctx context.Context, id string, at, begunBefore time.Time) (bool, error) // one caller may carry it out now
	FinishAct(ctx context.Context, id, state string, failed *Error) error
	ExpireActs(ctx context.Context, now time.Time) error
	SameActor(ctx context.Context, id, account string) (bool, error)
	StaffRemoved(ctx context.Context, account string) (bool, error)
}

// Config is what Acts works with.
type Config struct {
	Store  Store
	Events events.Sink // of proposals; nil: none
	Log    *slog.Logger
	Now    func() time.Time
}

// Acts knows the kinds of acts and decides about each.
type Acts struct {
	Config
	kinds map[string]kind
}

type kind struct {
	describe Describe
	execute  Execute
}

// New makes an Acts without kinds.
func New(c Config) *Acts { return &Acts{Config: c, kinds: map[string]kind{}} }

var kindName = regexp.MustCompile(`^[a-z]+\.[a-z-]+$`)

// Register adds a kind of act, "device.retire". It is called while the cloud is
// put together, before anything is served.
func (a *Acts) Register(name string, describe Describe, execute Execute) {
	if _, twice := a.kinds[name]; twice || !kindName.MatchString(name) {
		panic(fmt.Sprintf("acts: %q is no name, or there twice", name))
	}
	a.kinds[name] = kind{describe, execute}
}

// event is what becomes of an act, for the record.
func event(what events.Kind, act Kept, actor string, fields map[string]string) events.Event {
	all := map[string]string{"act": act.ID, "kind": act.Kind, "digest": act.Digest}
	for name, value := range fields {
		all[name] = value
	}
	return events.Event{Kind: what, Severity: events.Notice, Actor: actor, Region: act.Region, Device: act.Device, Fields: all}
}

// Run expires what nobody confirmed and carries out what was confirmed when
// the cloud went down, until ctx ends.
func (a *Acts) Run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := a.sweep(ctx); err != nil && ctx.Err() == nil {
			a.Log.Error("acts are not looked after", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

const (
	sweepEvery = time.Minute
	// carryTime is how long carrying an act out may take before somebody else
	// takes it for dead and does it again.
	carryTime = 5 * time.Minute
)

func (a *Acts) sweep(ctx context.Context) error {
	if err := a.Store.ExpireActs(ctx, a.Now()); err != nil {
		return err
	}
	list, err := a.Store.Acts(ctx, maxListed)
	if err != nil {
		return err
	}
	var errs []error
	for _, act := range list {
		if act.State == cloudapi.ActConfirmed {
			_, err := a.carryOut(ctx, act)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
