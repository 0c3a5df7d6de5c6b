package local

import (
	"context"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/store"
)

// AcceptUpgrade has what is offered installed, by its digest. It is on record
// first. Not while a session runs: the restart would end it without a word.
func (h *Host) AcceptUpgrade(ctx context.Context, r *hostpb.AcceptUpgradeRequest) (*hostpb.Upgrade, error) {
	if !h.config.Upgrades.Offered(r.GetDigest()) {
		return nil, refuse(codeNotOffered, "this upgrade is not offered")
	}
	switch h.config.Support.State().GetPhase() {
	case hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED, hostpb.SupportPhase_SUPPORT_PHASE_LOST:
		return nil, refuse(codeSession, "a session is running")
	}
	current := h.config.Upgrades.Current()
	who := person(ctx, r.GetInitials())
	err := h.config.Store.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Append(store.Entry{
			Kind: "upgrade.accepted", Actor: who.Role, Subject: r.GetDigest(),
			Fields: map[string]string{"version": current.GetVersion()}, Personal: who.Fields(),
		})
		return err
	})
	if err != nil {
		return nil, h.fail("accept upgrade", err)
	}
	if err := h.config.Upgrades.Install(r.GetDigest()); err != nil {
		return nil, refuse(codeNotOffered, "this upgrade is not offered any more")
	}
	return current, nil
}
