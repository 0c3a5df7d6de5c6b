package upgrade

import (
	"context"
	"errors"
	"fmt"

	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/upgrade/source"
)

var (
	errPackage = errors.New("the package is not whole")
	errSpace   = errors.New("there is not enough space")
	errHealth  = errors.New("the new version did not come up healthy")
)

// job is one accepted offer on its way. Its fields but cancelled belong to
// Upgrader.mu.
type job struct {
	offer   source.Offer
	install bool // go on after it is staged
	past    bool // the switch is being made: nothing stops it any more
	ctx     context.Context
	cancel  context.CancelFunc
	done    chan struct{} // closed when the job is over
}

func newJob(o source.Offer, install bool) *job {
	j := &job{offer: o, install: install, done: make(chan struct{})}
	j.ctx, j.cancel = context.WithCancel(context.Background())
	return j
}

// work does a job. An error of its own ends the upgrade service; what goes
// wrong with the upgrade is a state.
func (u *Upgrader) work(ctx context.Context, j *job) error {
	defer u.end(j)
	defer context.AfterFunc(ctx, j.cancel)()
	u.config.Log.Info("an upgrade was accepted", "version", j.offer.Version, "digest", j.offer.Digest)
	err := u.prepare(j)
	if err == nil && u.stopAtReady(j) {
		return nil
	}
	if err == nil {
		err = u.commit(j)
	}
	switch {
	case ctx.Err() != nil:
		return nil // offered again after the start
	case j.ctx.Err() != nil:
		u.config.Log.Info("the upgrade was cancelled", "version", j.offer.Version)
		u.over(j, onCancel, func(s *upgradepb.State) { s.Percent = 0 })
		return nil
	case err != nil:
		u.fail(j, err)
		return nil
	}
	return u.turn(ctx, j)
}

// over makes room for the next job and shows how this one ended, in one: who
// sees the state may act on it.
func (u *Upgrader) over(j *job, e event, edit func(*upgradepb.State)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.job == j {
		u.job = nil
	}
	u.board.step(e, edit)
}

// end lets go of a job, whichever way it ended.
func (u *Upgrader) end(j *job) {
	j.cancel()
	u.mu.Lock()
	if u.job == j {
		u.job = nil
	}
	u.mu.Unlock()
	close(j.done)
}

// prepare has the release in its folder of versions: what was staged before is
// not fetched again.
func (u *Upgrader) prepare(j *job) error {
	o := j.offer
	if err := u.hold.Wait(j.ctx); err != nil {
		return err
	}
	if u.memory.Ready == o.Digest {
		err := u.config.Verify(u.config.Install.Version(o.Digest), o)
		if err == nil {
			// It may have been withdrawn since (scenario 39).
			return u.config.Source.Confirm(j.ctx, o)
		}
		u.config.Log.Warn("what was staged has changed, it is fetched again", "version", o.Version, "error", err)
		u.forgetReady("")
	}
	if err := u.stager(j.ctx, o); err != nil {
		return err
	}
	u.memory.Ready = o.Digest
	u.config.Step("remember-ready")
	return u.memory.save()
}

// stopAtReady ends a job that only wanted the release to be here. A call that
// wants it installed comes before that or after it.
func (u *Upgrader) stopAtReady(j *job) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if j.install || j.ctx.Err() != nil {
		return false
	}
	u.board.step(onStaged, func(s *upgradepb.State) { s.Percent = 100 })
	u.job = nil
	return true
}

// commit is the point up to which a call may stop the job, and where it waits
// while something is held. What is in the folder is verified right before.
func (u *Upgrader) commit(j *job) error {
	u.board.step(onTurn, func(s *upgradepb.State) { s.Percent = 100 })
	for {
		if err := u.hold.Wait(j.ctx); err != nil {
			return err
		}
		if err := u.config.Verify(u.config.Install.Version(j.offer.Digest), j.offer); err != nil {
			u.forgetReady("")
			return fmt.Errorf("%w: it changed after it was verified: %w", source.ErrUntrusted, err)
		}
		if u.hold.pass(func() bool { return u.past(j) }) {
			return nil
		}
		if err := j.ctx.Err(); err != nil {
			return err
		}
	}
}

func (u *Upgrader) past(j *job) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	j.past = j.ctx.Err() == nil
	return j.past
}

// turn makes a verified version current, and sees to it that it comes up.
func (u *Upgrader) turn(ctx context.Context, j *job) error {
	o := j.offer
	old, err := u.config.Install.Current()
	if err != nil {
		u.fail(j, err)
		return nil
	}
	before, err := u.config.Service.Ask(ctx)
	if err != nil {
		before = Health{} // it was not well before either: less is asked of the new one
	}
	u.memory.Pending, u.memory.Offer, u.memory.Old, u.memory.Before = pendingSwitch, o, old, before
	u.memory.Outcome, u.memory.Code, u.memory.Error = "", "", ""
	u.config.Step("remember")
	if err := u.memory.save(); err != nil {
		u.memory.Pending = ""
		u.fail(j, err)
		return nil
	}
	u.config.Step("switch")
	if err := u.config.Install.Switch(o.Digest); err != nil && !u.isCurrent(o.Digest) {
		u.fail(j, err)
		u.memory.Pending = ""
		u.keep()
		return nil
	}
	u.config.Step("switched")
	u.memory.Ready = ""
	u.board.step(onSwitch, func(s *upgradepb.State) { s.Restart, s.RunningVersion = true, o.Version })
	return u.settle(ctx)
}

func (u *Upgrader) isCurrent(digest string) bool {
	current, err := u.config.Install.Current()
	return err == nil && current == digest
}

// keep saves what is remembered where nothing worse can come of it than that a
// step is done once more: on a full disk the upgrade goes on.
func (u *Upgrader) keep() {
	if err := u.memory.save(); err != nil {
		u.config.Log.Warn("what is going on could not be kept", "error", err)
	}
}

// fail shows why the offer was not installed. The version before runs on.
func (u *Upgrader) fail(j *job, err error) {
	u.config.Log.Error("the upgrade was not installed", "error", err)
	code := codeOf(err)
	kind := kindFailed
	if code == codeUntrusted || code == codePackage || code == codeWithdrawn {
		kind = kindRefused
	}
	u.note(kind, j.offer, code, err)
	u.over(j, onFail, func(s *upgradepb.State) {
		s.Restart, s.Percent = false, 0
		s.ErrorCode, s.Error = code, plain(err.Error())
	})
}

// note writes into the journal.
func (u *Upgrader) note(kind string, o source.Offer, code string, err error) {
	from := u.board.get().GetRunningVersion()
	if u.memory.Pending != "" || u.memory.Outcome != "" && u.memory.Offer.Digest == o.Digest {
		from = u.versionOf(u.memory.Old)
	}
	fields := map[string]string{"version": o.Version, "digest": o.Digest, "from": from, "code": code}
	if err != nil {
		fields["error"] = err.Error()
	}
	u.journal.add(kind, fields)
}
