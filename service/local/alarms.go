package local

import (
	"context"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc/codes"

	"beckmanconnect/internal/redact"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/server"
	"beckmanconnect/service/notify"
)

const (
	maxReason = 200
	maxSeen   = 200
)

// newTests limits test alarms: three at once, then one every ten seconds.
func newTests() *rate.Limiter { return rate.NewLimiter(rate.Every(10*time.Second), 3) }

// AcknowledgeNotification notes who takes care of it, or of all in a group.
func (h *Host) AcknowledgeNotification(ctx context.Context, r *hostpb.AcknowledgeNotificationRequest) (*hostpb.Notification, error) {
	who, err := h.acting(ctx, r.GetInitials(), r.GetPin())
	if err != nil {
		return nil, err
	}
	n, err := h.config.Alarms.Acknowledge(ctx, min(r.GetId(), 1<<62), who)
	if err != nil {
		return nil, h.fail("acknowledge", err)
	}
	return notify.Proto(n), nil
}

// SeenNotifications notes that a person has looked at these.
func (h *Host) SeenNotifications(ctx context.Context, r *hostpb.SeenNotificationsRequest) (*hostpb.Empty, error) {
	ids := r.GetIds()
	if len(ids) > maxSeen {
		return nil, invalid("too-many", "at most 200 at once")
	}
	for i, id := range ids {
		ids[i] = min(id, 1<<62)
	}
	return h.done("seen", h.config.Alarms.See(ctx, ids, person(ctx, "")))
}

// ShelveNotification puts one away until a time, with a reason.
func (h *Host) ShelveNotification(ctx context.Context, r *hostpb.ShelveNotificationRequest) (*hostpb.Notification, error) {
	until, now, reason := moment(r.GetUntilUnixMs()), h.config.Alarms.Now(), redact.Line(r.GetReason(), maxReason)
	switch {
	case reason == "":
		return nil, invalid("reason-missing", "say why it is put away")
	case !until.After(now):
		return nil, invalid("until-invalid", "the end must lie ahead")
	case until.Sub(now) > notify.MaxShelf:
		return nil, invalid("until-invalid", "a notification is put away for at most 30 days")
	}
	who, err := h.acting(ctx, r.GetInitials(), r.GetPin())
	if err != nil {
		return nil, err
	}
	n, err := h.config.Alarms.Shelve(ctx, min(r.GetId(), 1<<62), until, reason, who)
	if err != nil {
		return nil, h.fail("shelve", err)
	}
	return notify.Proto(n), nil
}

// UnshelveNotification takes one back before its time.
func (h *Host) UnshelveNotification(ctx context.Context, r *hostpb.UnshelveNotificationRequest) (*hostpb.Notification, error) {
	who, err := h.acting(ctx, r.GetInitials(), r.GetPin())
	if err != nil {
		return nil, err
	}
	n, err := h.config.Alarms.Unshelve(ctx, min(r.GetId(), 1<<62), who)
	if err != nil {
		return nil, h.fail("unshelve", err)
	}
	return notify.Proto(n), nil
}

// TestAlarm raises a notification that says it is a test.
func (h *Host) TestAlarm(ctx context.Context, _ *hostpb.TestAlarmRequest) (*hostpb.Notification, error) {
	if !h.tests.Allow() {
		return nil, server.Fail(codes.ResourceExhausted, "too-many", "there were enough tests for now; the next one is possible in a few seconds", "try-again")
	}
	n, err := h.config.Alarms.Test(ctx, person(ctx, ""))
	if err != nil {
		return nil, h.fail("test alarm", err)
	}
	return notify.Proto(n), nil
}
