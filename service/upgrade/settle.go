package upgrade

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/upgrade/versions"
)

// resume finishes or undoes what was going on when this service ended, and
// clears away what was half written.
func (u *Upgrader) resume(ctx context.Context) error {
	u.clean()
	current, err := u.config.Install.Current()
	if err != nil {
		return err
	}
	switch {
	case u.memory.Pending == pendingRollback:
		u.config.Log.Info("going on with the way back", "version", u.memory.Offer.Version)
		return u.goBack(ctx)
	case u.memory.Pending == pendingSwitch && current == u.memory.Offer.Digest:
		u.config.Log.Info("going on with an upgrade", "version", u.memory.Offer.Version)
		return u.settle(ctx)
	case u.memory.Pending == pendingSwitch:
		// Ended before the switch: the old version runs, nothing happened.
		u.memory.Pending = ""
		if err := u.memory.save(); err != nil {
			return err
		}
		running, err := u.running()
		if err != nil {
			return err
		}
		u.board.set(&upgradepb.State{Phase: idle, RunningVersion: running})
	}
	return nil
}

// settle waits for the service to come back as the new version. When it does
// not, the version before is made current again.
func (u *Upgrader) settle(ctx context.Context) error {
	o := u.memory.Offer
	u.board.set(u.memory.state(restarting, o.Version))
	err := u.await(ctx, o.Version)
	if ctx.Err() != nil {
		return nil // taken up again after the start
	}
	if err != nil {
		u.config.Log.Error("the new version is not healthy", "version", o.Version, "error", err)
		u.memory.Code, u.memory.Error = codeHealth, err.Error()
		if u.memory.Old == "" {
			return u.finish(failed) // nothing to go back to
		}
		u.memory.Pending = pendingRollback
		u.config.Step("remember-roll-back")
		if err := u.memory.save(); err != nil {
			return err
		}
		return u.goBack(ctx)
	}
	u.config.Log.Info("installed", "version", o.Version)
	return u.finish(installed)
}

// goBack makes the version before current and has the service started as it.
func (u *Upgrader) goBack(ctx context.Context) error {
	u.config.Step("switch-back")
	if err := u.config.Install.SetCurrent(u.memory.Old); err != nil {
		// Without the version before there is no way back; the new one stays
		// and what is wrong with it is told.
		u.config.Log.Error("there is no way back", "error", err)
		return u.finish(failed)
	}
	u.config.Step("switched-back")
	running, err := u.running()
	if err != nil {
		return err
	}
	u.memory.reject(u.memory.Offer.Digest)
	u.board.set(u.memory.state(restarting, running))
	err = u.await(ctx, running)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		u.config.Log.Error("the version before is not healthy either", "version", running, "error", err)
	}
	return u.finish(rolledBack)
}

// finish keeps the outcome, shows it, and ends this service when it is not
// the version that is current.
func (u *Upgrader) finish(outcome string) error {
	u.memory.Pending, u.memory.Outcome = "", outcome
	u.config.Step("outcome")
	if err := u.memory.save(); err != nil {
		return err
	}
	running, err := u.running()
	if err != nil {
		return err
	}
	u.clean()
	u.board.set(u.memory.state(outcome, running))
	if running != u.config.Version {
		return ErrRestart
	}
	return nil
}

// await asks the service until it says it is this version, and is still there
// a moment later. While it restarts there is nothing to be notified by.
func (u *Upgrader) await(ctx context.Context, version string) error {
	ctx, cancel := context.WithTimeout(ctx, u.config.Patience)
	defer cancel()
	nudge := time.NewTimer(u.config.Patience / 3)
	defer nudge.Stop()
	tick := time.NewTicker(u.config.Poll)
	defer tick.Stop()
	var last error
	var since time.Time // it has been healthy since; zero: it is not
	for {
		said, err := u.config.Hello(ctx)
		switch {
		case err != nil:
			last, since = err, time.Time{}
		case said != version:
			last, since = fmt.Errorf("it still runs as %s", said), time.Time{}
		case since.IsZero():
			since = time.Now()
			u.board.change(func(s *upgradepb.State) { s.Phase = healthCheck })
		case time.Since(since) >= u.config.Steady:
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", errHealth, last)
		case <-tick.C:
		case <-nudge.C:
			if since.IsZero() && u.config.Restart != nil {
				if err := u.config.Restart(ctx); err != nil {
					u.config.Log.Warn("the service could not be restarted from here", "error", err)
				}
			}
		}
	}
}

// clean removes what was half written and versions that are neither current
// nor the one before. What cannot be removed is tried again next time.
func (u *Upgrader) clean() {
	keep := map[string]bool{u.memory.Offer.Digest: u.memory.Outcome != rolledBack, u.memory.Old: true}
	current, err := u.config.Install.Current()
	if err != nil {
		return
	}
	keep[current] = true
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
