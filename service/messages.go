package service

import (
	"context"
	"time"

	"beckmanconnect/internal/vendormessage"
	"beckmanconnect/service/link"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/policy"
)

// newMessages makes what the vendor's messages become on this PC. Whether they
// may be shown is the policy's to say, at every message.
func (h *house) newMessages() *notify.Messages {
	return notify.NewMessages(notify.MessagesConfig{
		Store: h.store, Alarms: h.alarms, Vendor: h.roots.Vendor, Phone: h.config.Instrument.Phone, Log: h.log,
		Me: func() vendormessage.Recipient {
			r, registered := h.device.Registration()
			if !registered {
				return vendormessage.Recipient{}
			}
			return vendormessage.Recipient{Device: h.device.ID(), Type: r.InstrumentType, Region: r.Region}
		},
		Allowed: func() (bool, string) {
			d := h.policy.Current().Decide(policy.CloudMessages)
			return d.Effect == policy.Limited, d.Why
		},
		Trusted: func(ctx context.Context) (time.Time, error) { return link.TrustedTime(ctx, h.store) },
	})
}
