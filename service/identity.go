package service

import (
	"context"
	"crypto/rand"
	"encoding/hex"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/service/device"
	"beckmanconnect/service/link"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

// newBoot names this start of the service for the cloud, which tells two PCs
// with one identity apart by it.
func newBoot() string {
	b := make([]byte, 8)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// identity is what the link may show to the cloud: nothing of a copy.
func (h *house) identity() (id string, registered bool) {
	_, registered = h.device.Registration()
	return h.device.ID(), registered && h.device.Here()
}

// checkpoint is the log's newest checkpoint for the cloud, with the device key's
// word for the log's own.
func (h *house) checkpoint(ctx context.Context) (cloudapi.Checkpoint, int64, error) {
	c, entries, err := h.witnesses.cloud.Checkpoint(ctx)
	if err != nil || c.Note == "" {
		return c, entries, err
	}
	c.Binding, err = h.device.BindLog(c.Verifier)
	return c, entries, err
}

// recordIdentity puts on record, at the start, what was found out about where
// the identity is.
func (h *house) recordIdentity(ctx context.Context) {
	kind := ""
	switch {
	case h.device.State() == device.StateKeysAway:
		return
	case h.device.State() == device.StateKeyLost:
		kind = "device.key-lost"
	case !h.device.Here():
		kind = "device.copied"
		h.parts.Set("device", supervise.Failed, "this data folder was made on another PC: IT has to renew the identity and register this PC again")
	case h.device.Replaced():
		kind = "device.part-replaced"
	default:
		return
	}
	h.append(ctx, store.Entry{Kind: kind, Actor: "system", Subject: h.device.ID()})
}

// append puts one entry on record; where the log cannot be written the status
// says so.
func (h *house) append(ctx context.Context, e store.Entry, also ...func(*store.Tx) error) {
	err := h.store.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Append(e); err != nil {
			return err
		}
		for _, f := range also {
			if err := f(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.log.Error("an entry is not on record", "kind", e.Kind, "error", err)
	}
}

// restoreRefused takes up what the cloud said before the last stop.
func (h *house) restoreRefused(ctx context.Context) error {
	said, _, err := h.store.Setting(ctx, device.SettingRefused)
	if err == nil {
		h.device.SetRefused(said)
	}
	return err
}

func (h *house) linkChanged(s link.State) {
	if s.Phase != link.Online {
		h.support.Unheard() // here, so that it is before what the next connection says
	}
	signal(h.standing)
	h.statusChanged()
}

// refusals are the link's codes that say how the identity stands.
var refusals = map[string]string{link.CodeDeviceCopied: device.StateCopied, link.CodeDeviceRevoked: device.StateRevoked}

// keepStanding takes over what the cloud says of this identity.
func (h *house) keepStanding(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-h.standing:
		}
		state := h.link.State()
		said, refused := refusals[state.Code]
		if (refused || state.Phase == link.Online) && h.device.SetRefused(said) {
			h.standingChanged(ctx, said)
		}
	}
}

func (h *house) standingChanged(ctx context.Context, said string) {
	kind := "device.accepted"
	if said != "" {
		kind = "device.refused"
	}
	h.append(ctx, store.Entry{Kind: kind, Actor: "cloud", Subject: h.device.ID(), Fields: map[string]string{"why": said}},
		func(tx *store.Tx) error { return tx.SetSetting(device.SettingRefused, said) })
	h.sessionsChanged()
}
