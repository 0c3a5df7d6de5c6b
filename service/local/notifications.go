package local

import (
	"context"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/policy"
	"beckmanconnect/store"
)

const (
	maxPage     = 200
	defaultPage = 50
)

func pageSize(asked uint32) int {
	if asked == 0 {
		return defaultPage
	}
	return int(min(asked, maxPage))
}

// ListNotifications gives a page, newest first.
func (h *Host) ListNotifications(ctx context.Context, r *hostpb.ListNotificationsRequest) (*hostpb.NotificationPage, error) {
	list, more, err := h.config.Store.Notifications(ctx, r.GetBeforeId(), pageSize(r.GetLimit()), r.GetOpenOnly())
	if err != nil {
		return nil, h.fail("list notifications", err)
	}
	page := &hostpb.NotificationPage{More: more}
	for i := range list {
		page.Notifications = append(page.Notifications, notify.Proto(&list[i]))
	}
	return page, nil
}

// AcknowledgeNotification notes who takes care of it.
func (h *Host) AcknowledgeNotification(ctx context.Context, r *hostpb.AcknowledgeNotificationRequest) (*hostpb.Notification, error) {
	n, err := h.config.Alarms.Acknowledge(ctx, r.GetId(), person(ctx, r.GetInitials()))
	if err != nil {
		return nil, h.fail("acknowledge", err)
	}
	return notify.Proto(n), nil
}

// PublishNotification takes a notification from another program on this PC.
func (h *Host) PublishNotification(ctx context.Context, r *hostpb.PublishNotificationRequest) (*hostpb.Notification, error) {
	effective := h.config.Policy()
	if d := effective.Decide(policy.Publishers); d.Effect < policy.Limited {
		return nil, refuse("policy", "notifications of other programs are off: "+d.Why)
	}
	who := person(ctx, "")
	verified, _ := effective.VerifiedPublisherAs(r.GetPublisher(), who.Account)
	n, err := h.config.Publisher.Publish(ctx, notify.Publication{
		Publisher: r.GetPublisher(), Code: r.GetCode(), Severity: store.Severity(r.GetSeverity()),
		Subject: r.GetSubject(), Title: r.GetTitle(), Advice: r.GetAdvice(),
		Verified: verified,
	}, who)
	if err != nil {
		return nil, h.fail("publish", err)
	}
	return notify.Proto(n), nil
}
