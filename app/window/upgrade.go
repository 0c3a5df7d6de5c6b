package window

import (
	"context"
	"time"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
)

// checkTime is how long a look for upgrades may take: it reaches the vendor.
const checkTime = 60 * time.Second

// dismissedKey keeps the digest of the outcome that was read.
const dismissedKey = "upgrade.dismissed"

// StartUpgradeAct is part of view.Actions.
func (p *program) StartUpgradeAct(act model.UpgradeAct) {
	p.state.Failure = ""
	u := &p.state.Upgrading
	if act != model.UpgradeNothing && !p.state.UpgradeNeeds(act) {
		u.Act = model.UpgradeNothing
		digest := p.state.Upgrade.GetDigest()
		if act == model.UpgradeCancel {
			p.CancelUpgrade(digest, model.Signature{})
		} else {
			p.AcceptUpgrade(digest, act.When(), model.Signature{}, false)
		}
		return
	}
	u.Act = act
	p.refresh()
}

// ChangeUpgrade is part of view.Actions.
func (p *program) ChangeUpgrade() {
	p.state.Upgrading.Changing = true
	p.refresh()
}

// AcceptUpgrade is part of view.Actions.
func (p *program) AcceptUpgrade(digest, when string, who model.Signature, runConfirmed bool) {
	p.upgradeCall(callTime, "AcceptUpgrade", who, func(ctx context.Context, host hostpb.HostClient) (*hostpb.Upgrade, error) {
		return host.AcceptUpgrade(ctx, &hostpb.AcceptUpgradeRequest{Digest: digest, When: when, Initials: who.Initials, Pin: who.PIN, RunConfirmed: runConfirmed})
	})
}

// PostponeUpgrade is part of view.Actions.
func (p *program) PostponeUpgrade(digest string, until model.RemindChoice) {
	hours := until.Hours(p.now())
	p.upgradeCall(callTime, "PostponeUpgrade", model.Signature{}, func(ctx context.Context, host hostpb.HostClient) (*hostpb.Upgrade, error) {
		return host.PostponeUpgrade(ctx, &hostpb.PostponeUpgradeRequest{Digest: digest, Hours: hours})
	})
}

// CancelUpgrade is part of view.Actions.
func (p *program) CancelUpgrade(digest string, who model.Signature) {
	p.upgradeCall(callTime, "CancelUpgrade", who, func(ctx context.Context, host hostpb.HostClient) (*hostpb.Upgrade, error) {
		return host.CancelUpgrade(ctx, &hostpb.CancelUpgradeRequest{Digest: digest, Initials: who.Initials, Pin: who.PIN})
	})
}

// CheckUpgrades is part of view.Actions.
func (p *program) CheckUpgrades() {
	if p.state.Upgrading.Busy {
		return
	}
	p.state.Upgrading.Checking = true
	p.upgradeCall(checkTime, "CheckUpgrades", model.Signature{}, func(ctx context.Context, host hostpb.HostClient) (*hostpb.Upgrade, error) {
		return host.CheckUpgrades(ctx, &hostpb.CheckUpgradesRequest{})
	})
}

// DismissUpgrade is part of view.Actions. It is kept: the outcome stands until
// there is something new.
func (p *program) DismissUpgrade(digest string) {
	p.app.Preferences().SetString(dismissedKey, digest)
	p.state.Upgrading.Dismissed = digest
	p.refresh()
}

// upgradeCall is one act on an upgrade, which comes back as it is then.
func (p *program) upgradeCall(limit time.Duration, what string, who model.Signature, do func(context.Context, hostpb.HostClient) (*hostpb.Upgrade, error)) {
	if p.state.Upgrading.Busy {
		return
	}
	p.state.Failure, p.state.Upgrading.Busy = "", true
	before := p.state.Upgrade
	var reply *hostpb.Upgrade
	p.call(limit, what, func(ctx context.Context, host hostpb.HostClient) (err error) {
		reply, err = do(ctx, host)
		return err
	}, func(err error) {
		u := &p.state.Upgrading
		u.Busy, u.Checking = false, false
		if err != nil {
			p.state.Failure = client.Code(err)
			return
		}
		u.Act, u.Changing = model.UpgradeNothing, false
		p.remember(who)
		p.state.UpgradeAnswered(reply, before)
	})
	p.refresh()
}
