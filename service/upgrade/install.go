package upgrade

import (
	"context"
	"errors"

	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/upgrade/source"
)

var (
	errPackage = errors.New("the package is not whole")
	errSpace   = errors.New("there is not enough space")
	errHealth  = errors.New("the new version did not come up healthy")
)

// install does all of it. An error of its own ends the upgrade service;
// what goes wrong with the upgrade is a state.
func (u *Upgrader) install(ctx context.Context, o source.Offer) error {
	u.config.Log.Info("installing", "version", o.Version, "digest", o.Digest)
	old, err := u.config.Install.Current()
	if err == nil {
		err = u.stage(ctx, o)
	}
	if ctx.Err() != nil {
		return nil // offered again after the start
	}
	if err != nil {
		u.fail(err)
		return nil
	}
	u.memory.Pending, u.memory.Offer, u.memory.Old = pendingSwitch, o, old
	u.memory.Outcome, u.memory.Code, u.memory.Error = "", "", ""
	u.config.Step("remember")
	if err := u.memory.save(); err != nil {
		u.memory.Pending = ""
		u.fail(err)
		return nil
	}
	u.config.Step("switch")
	if err := u.config.Install.SetCurrent(o.Digest); err != nil && !u.isCurrent(o.Digest) {
		u.fail(err)
		u.memory.Pending = ""
		return u.memory.save()
	}
	u.config.Step("switched")
	return u.settle(ctx)
}

func (u *Upgrader) isCurrent(digest string) bool {
	current, err := u.config.Install.Current()
	return err == nil && current == digest
}

// fail shows why the offer was not installed. The version before runs on.
func (u *Upgrader) fail(err error) {
	u.config.Log.Error("the upgrade was not installed", "error", err)
	u.board.change(func(s *upgradepb.State) {
		s.Phase, s.Restart, s.Percent = failed, false, 0
		s.ErrorCode, s.Error = codeOf(err), err.Error()
	})
}
