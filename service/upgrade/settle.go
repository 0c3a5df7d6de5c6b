package upgrade

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/upgrade/versions"
)

var errNoStart = errors.New("its upgrade service did not start")

// resume finishes or undoes what was going on when this service ended, and
// clears away what was half written.
func (u *Upgrader) resume(ctx context.Context) error {
	current, err := u.config.Install.Current()
	if err != nil {
		return err
	}
	todo := u.memory.todo(current, u.config.Install.Trial())
	if todo != stepNothing {
		u.config.Log.Info("going on with an upgrade", "version", u.memory.Offer.Version, "step", string(todo))
	}
	switch todo {
	case stepSettle:
		return u.settle(ctx)
	case stepWatch:
		return u.watchOver(ctx)
	case stepBack:
		if u.memory.Pending != pendingRollback { // it was the launcher that went back
			u.memory.Code, u.memory.Error = codeHealth, errNoStart.Error()
			u.note(kindUnhealthy, u.memory.Offer, codeHealth, errNoStart)
		}
		return u.goBack(ctx)
	case stepRepair:
		u.memory.Outcome, u.memory.Code, u.memory.Error = rolledBack, codeDamaged, "the version that ran was damaged"
		u.note(kindRolledBack, u.memory.Offer, codeDamaged, nil)
		u.keep()
	case stepForget:
		u.memory.Pending = ""
		u.keep()
	}
	u.endTrial()
	u.clean()
	return nil
}

// settle waits for the service to come back as the new version, with all that
// it had before. When it does not, the version before is made current again.
// The new upgrade service does the watching that follows.
func (u *Upgrader) settle(ctx context.Context) error {
	o := u.memory.Offer
	if !u.journal.has(kindSwitched, o.Digest) {
		u.note(kindSwitched, o, "", nil)
	}
	err := u.await(ctx, o.Version, u.memory.Before)
	if ctx.Err() != nil {
		return u.interrupted()
	}
	if err != nil {
		return u.undo(ctx, err)
	}
	u.config.Log.Info("the new version is healthy", "version", o.Version)
	u.note(kindHealthy, o, "", nil)
	u.memory.Pending = pendingWatch
	u.config.Step("remember-watch")
	u.keep()
	u.board.step(onHealthy, func(s *upgradepb.State) { s.Restart = false })
	if o.Version != u.config.Version {
		return ErrRestart
	}
	return u.watchOver(ctx)
}

// watchOver looks at the new version for a while longer.
func (u *Upgrader) watchOver(ctx context.Context) error {
	o := u.memory.Offer
	if o.Version != u.config.Version {
		// Whoever runs here is not what is on trial: its launcher would count
		// a start that is none.
		return ErrRestart
	}
	err := u.watch(ctx, o.Version)
	if ctx.Err() != nil {
		return u.interrupted()
	}
	if err != nil {
		return u.undo(ctx, err)
	}
	u.config.Log.Info("installed", "version", o.Version)
	return u.finish(installed)
}

// interrupted is the end of this service while a version is on trial: told to
// end, it did not fail.
func (u *Upgrader) interrupted() error {
	if err := u.config.Install.Forgive(); err != nil {
		u.config.Log.Warn("this start stays counted", "error", err)
	}
	return nil
}

// undo goes back from a version that is not healthy.
func (u *Upgrader) undo(ctx context.Context, cause error) error {
	u.config.Log.Error("the new version is not healthy", "version", u.memory.Offer.Version, "error", cause)
	u.memory.Code, u.memory.Error = codeHealth, plain(cause.Error())
	u.note(kindUnhealthy, u.memory.Offer, codeHealth, cause)
	if u.memory.Old == "" {
		return u.finish(failed) // nothing to go back to
	}
	u.memory.Pending = pendingRollback
	u.config.Step("remember-roll-back")
	u.keep()
	return u.goBack(ctx)
}

// goBack makes the version before current and has the service started as it.
func (u *Upgrader) goBack(ctx context.Context) error {
	u.config.Step("switch-back")
	if err := u.back(); err != nil && !u.isCurrent(u.memory.Old) {
		// Without the version before there is no way back; the new one stays
		// and what is wrong with it is told.
		u.config.Log.Error("there is no way back", "error", err)
		u.memory.Error = plain(u.memory.Error + "; " + err.Error())
		return u.finish(failed)
	}
	u.config.Step("switched-back")
	running := u.running()
	u.memory.reject(u.memory.Offer.Digest)
	u.board.step(onBack, func(s *upgradepb.State) {
		s.Restart, s.RunningVersion = true, running
		s.ErrorCode, s.Error = u.memory.Code, u.memory.Error
	})
	err := u.await(ctx, running, Health{})
	if ctx.Err() != nil {
		return u.interrupted()
	}
	if err != nil {
		u.config.Log.Error("the version before is not healthy either", "version", running, "error", err)
	}
	return u.finish(rolledBack)
}

// back makes the old version current. The way there was made before the
// switch, so that a full disk is none in the way.
func (u *Upgrader) back() error {
	if u.isCurrent(u.memory.Old) {
		return nil
	}
	if err := u.config.Install.GiveUp(); err != nil {
		u.config.Log.Warn("the end of the trial could not be marked", "error", err)
	}
	if before, err := u.config.Install.Previous(); err == nil && before == u.memory.Old {
		_, err = u.config.Install.Back()
		return err
	}
	return u.config.Install.SetCurrent(u.memory.Old)
}

// finish keeps the outcome, shows it, and ends this service when it is not
// the version that is current.
func (u *Upgrader) finish(outcome string) error {
	u.memory.Pending, u.memory.Outcome = "", outcome
	switch outcome {
	case rolledBack:
		u.note(kindRolledBack, u.memory.Offer, u.memory.Code, nil)
	case failed:
		u.note(kindFailed, u.memory.Offer, u.memory.Code, nil)
	}
	u.config.Step("outcome")
	u.keep()
	u.endTrial()
	u.clean()
	running := u.running()
	u.board.step(outcomes[outcome], func(s *upgradepb.State) {
		s.Restart, s.RunningVersion, s.ErrorCode, s.Error = false, running, u.memory.Code, u.memory.Error
	})
	if running != u.config.Version {
		return ErrRestart
	}
	return nil
}

// outcomes are the events that lead to an outcome.
var outcomes = map[string]event{installed: onSteady, rolledBack: onWentBack, failed: onFail}

// endTrial: while it cannot, its launcher counts starts, which this does away
// with at each.
func (u *Upgrader) endTrial() {
	if err := u.config.Install.EndTrial(); err != nil {
		u.config.Log.Warn("the trial could not be ended", "error", err)
	}
}

// clean removes what was half written and versions that are neither current,
// nor the one before, nor staged. What cannot be removed is tried again next
// time.
func (u *Upgrader) clean() {
	current, err := u.config.Install.Current()
	if err != nil {
		return
	}
	keep := map[string]bool{current: true, u.memory.Ready: true, u.memory.Old: true}
	if u.memory.Pending != "" {
		keep[u.memory.Offer.Digest] = true
	}
	if before, err := u.config.Install.Previous(); err == nil {
		keep[before] = true
	}
	dir := filepath.Dir(u.config.Install.Version(current))
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		name := e.Name()
		if keep[name] || name == adopting {
			continue
		}
		if versions.ValidDigest(strings.TrimSuffix(name, ".new")) {
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				u.config.Log.Warn("an old version could not be removed", "error", err)
			}
		}
	}
	_ = os.RemoveAll(filepath.Join(folder(u.config.Install), "staging"))
}
