package service

import (
	"context"
	"time"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/notify/words"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

// Codes of what is told of the log.
const (
	codeLogSetAside = "log-set-aside"
	codeLogKeys     = "log-keys-lost"
	codeLogCheck    = "log-check-failed"
)

// archiveLeast is how many entries have to be due before the service archives
// by itself: a small log is moved about once a month, not every day.
const (
	archiveLeast = 1 << 16
	archiveSmall = 30 * 24 * time.Hour
)

// logCare keeps the log in order beside its work: it reads what is left of logs
// that were set aside and tells people, archives by policy, and checks the
// whole database once in a while.
type logCare struct {
	store      *store.Store
	alarms     notify.Taker
	keep       func() time.Duration // of the policy; 0: the log stays in one piece
	now        func() time.Time
	changed    func()
	checkEvery time.Duration
}

// logLook is how often it is looked whether something is due.
const logLook = time.Hour

// run works until ctx ends.
func (c *logCare) run(ctx context.Context, report supervise.Report) error {
	for {
		if err := c.round(ctx); err == nil {
			report(supervise.OK, "")
		} else if ctx.Err() == nil {
			report(supervise.Degraded, err.Error())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(logLook):
		}
	}
}

func (c *logCare) round(ctx context.Context) error {
	if err := c.tell(ctx); err != nil {
		return err
	}
	if err := c.store.Salvage(ctx); err != nil {
		return err
	}
	if err := c.archive(ctx); err != nil {
		return err
	}
	return c.check(ctx)
}

// tell raises an alarm for a log that was set aside, once. A person ends it:
// what was lost does not come back by itself.
func (c *logCare) tell(ctx context.Context) error {
	list, err := c.store.SetAsides(ctx)
	if err != nil {
		return err
	}
	var seen []notify.Observation
	for _, a := range list {
		code := codeLogSetAside
		switch {
		case a.Told || a.Why == logproof.AsideRestored: // IT restored it by hand
			continue
		case a.Why == logproof.AsideKeys:
			code = codeLogKeys
		}
		seen = append(seen, c.observation(code, store.High))
	}
	if len(seen) == 0 {
		return nil
	}
	defer c.changed()
	return c.alarms.Apply(ctx, seen, (*store.Tx).ToldSetAside)
}

func (c *logCare) observation(code string, severity store.Severity) notify.Observation {
	return notify.Observation{Code: code, Severity: severity, Source: notify.SourceSelf, Texts: words.Of(code), Verified: true}
}

// archive moves what the policy does not want in the database any more.
func (c *logCare) archive(ctx context.Context) error {
	keep := c.keep()
	if keep <= 0 {
		return nil
	}
	before := c.now().Add(-keep)
	if _, err := c.store.Archive(ctx, before, archiveLeast, "system"); err != nil {
		return err
	}
	_, err := c.store.Archive(ctx, before.Add(-archiveSmall), 1, "system")
	return err
}

// check has the whole database checked when that is due, and tells how it ended.
func (c *logCare) check(ctx context.Context) error {
	last, err := c.store.Checked(ctx)
	if err != nil || c.now().Sub(time.Unix(last.Unix, 0)) < c.checkEvery {
		return err
	}
	now, err := c.store.Check(ctx)
	if err != nil {
		return err
	}
	defer c.changed()
	o := c.observation(codeLogCheck, store.High)
	o.Condition, o.Ends, o.Clear = true, true, now.Fault == ""
	return c.alarms.Apply(ctx, []notify.Observation{o}, nil)
}

// keepLog is how long the policy keeps entries in one piece.
func (h *house) keepLog() time.Duration { return h.policy.Current().Log().Keep }
