package service

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/store"
)

// settingOutcome remembers which outcome of an upgrade is on record. It
// belongs to one installation: the next one that begins forgets it.
const settingOutcome = "upgrade.outcome"

// settingOffered remembers which version was offered last.
const settingOffered = "upgrade.offered"

// recordOffer puts on record that a version is offered, once for each: what
// people saw of it, before anybody could accept it.
func recordOffer(ctx context.Context, s *store.Store, u *hostpb.Upgrade) error {
	if last, _, err := s.Setting(ctx, settingOffered); err != nil || last == u.GetDigest() {
		return err
	}
	fields := map[string]string{"version": u.GetVersion(), "mandatory": strconv.FormatBool(u.GetMandatory())}
	if c := u.GetChannel(); c != "" {
		fields["channel"] = c
	}
	if c := u.GetCapabilities(); len(c) > 0 {
		fields["capabilities"] = strings.Join(c, " ")
	}
	err := s.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Append(store.Entry{Kind: "upgrade.offered", Actor: "system", Subject: u.GetDigest(), Fields: fields}); err != nil {
			return err
		}
		return tx.SetSetting(settingOffered, u.GetDigest())
	})
	if err != nil {
		return fmt.Errorf("service: offer of an upgrade: %w", err)
	}
	return nil
}

// recordOutcome puts on record how an upgrade ended, once: the upgrade service
// says it again after each restart of either service.
func recordOutcome(ctx context.Context, s *store.Store, u *hostpb.Upgrade) error {
	ended := false
	switch u.GetState() {
	case "installed", "failed", "rolled-back":
		ended = true
	case "offered":
		return recordOffer(ctx, s, u)
	case "downloading", "installing":
	default:
		return nil
	}
	mark := ""
	if ended {
		mark = u.GetDigest() + " " + u.GetState()
	}
	if last, _, err := s.Setting(ctx, settingOutcome); err != nil || last == mark {
		return err
	}
	err := s.Update(ctx, func(tx *store.Tx) error {
		if ended {
			fields := map[string]string{"version": u.GetVersion()}
			if code := u.GetErrorCode(); code != "" {
				fields["code"] = code
			}
			if _, err := tx.Append(store.Entry{Kind: "upgrade." + u.GetState(), Actor: "system", Subject: u.GetDigest(), Fields: fields}); err != nil {
				return err
			}
		}
		return tx.SetSetting(settingOutcome, mark)
	})
	if err != nil {
		return fmt.Errorf("service: outcome of an upgrade: %w", err)
	}
	return nil
}
