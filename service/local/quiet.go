package local

import (
	"context"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/notify"
)

// SetQuietHours sets the technician's own quiet hours, where the site's policy
// sets none.
func (h *Host) SetQuietHours(ctx context.Context, r *hostpb.SetQuietHoursRequest) (*hostpb.QuietHours, error) {
	// Beyond a day whatever the number is.
	minute := func(n uint32) int { return int(min(n, 1<<20)) }
	q := notify.Quiet{On: r.GetOn(), From: minute(r.GetFromMinute()), To: minute(r.GetToMinute())}
	who, err := h.acting(ctx, r.GetInitials(), r.GetPin())
	if err != nil {
		return nil, err
	}
	if err := h.config.Alarms.SetQuietHours(ctx, q, who); err != nil {
		return nil, h.fail("quiet hours", err)
	}
	h.config.Changed()
	reply, err := QuietHours(ctx, h.config.Alarms)
	if err != nil {
		return nil, h.fail("quiet hours", err)
	}
	return reply, nil
}

// QuietHours is the quiet hours that hold, as the local API carries them.
func QuietHours(ctx context.Context, alarms *notify.Alarms) (*hostpb.QuietHours, error) {
	q, now, err := alarms.QuietHours(ctx)
	if err != nil {
		return nil, err
	}
	return &hostpb.QuietHours{On: q.On, FromMinute: uint32(q.From), ToMinute: uint32(q.To), Site: q.Site, Now: now}, nil
}
