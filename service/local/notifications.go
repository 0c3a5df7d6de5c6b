package local

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"

	"beckmanconnect/internal/redact"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/server"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/policy"
	"beckmanconnect/store"
)

const (
	maxPage     = 200
	defaultPage = 50
	// maxSearch is longer than any code, subject or publisher.
	maxSearch = 120
	// maxSources is more than there are.
	maxSources = 16
)

func pageSize(asked uint32) int {
	if asked == 0 {
		return defaultPage
	}
	return int(min(asked, maxPage))
}

// ListNotifications gives a page of what the filter lets through, newest first.
func (h *Host) ListNotifications(ctx context.Context, r *hostpb.ListNotificationsRequest) (*hostpb.NotificationPage, error) {
	filter, err := notificationFilter(r)
	if err != nil {
		return nil, err
	}
	list, err := h.config.Store.ListNotifications(ctx, filter)
	if err != nil {
		return nil, h.fail("list notifications", err)
	}
	return &hostpb.NotificationPage{Notifications: protos(list.List), More: list.More, Total: uint32(list.Total)}, nil
}

func notificationFilter(r *hostpb.ListNotificationsRequest) (store.NotificationFilter, error) {
	f := store.NotificationFilter{
		Before: min(r.GetBeforeId(), 1<<62), Limit: pageSize(r.GetLimit()), OpenOnly: r.GetOpenOnly(), Text: redact.Line(r.GetText(), maxSearch),
		Group: min(r.GetGroupId(), 1<<62), Sources: r.GetSources(),
	}
	if len(f.Sources) > maxSources || len(r.GetSeverities()) > maxSources || len(r.GetStates()) > maxSources {
		return f, invalid("filter-invalid", "the filter names more than there is")
	}
	for _, s := range r.GetSeverities() {
		if s < hostpb.Severity_SEVERITY_INFO || s > hostpb.Severity_SEVERITY_HIGH {
			return f, invalid("filter-invalid", "there is no such severity")
		}
		f.Severities = append(f.Severities, store.Severity(s))
	}
	for _, s := range r.GetStates() {
		state, ok := notify.State(s)
		if !ok {
			return f, invalid("filter-invalid", "there is no such state")
		}
		f.States = append(f.States, state)
	}
	f.Since, f.Until = moment(r.GetSinceUnixMs()), moment(r.GetUntilUnixMs())
	return f, nil
}

func moment(unixMS int64) time.Time {
	if unixMS <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(unixMS)
}

func protos(list []store.Notification) []*hostpb.Notification {
	var out []*hostpb.Notification
	for i := range list {
		out = append(out, notify.Proto(&list[i]))
	}
	return out
}

// GetNotification gives one with its history and, of a group, its members.
func (h *Host) GetNotification(ctx context.Context, r *hostpb.GetNotificationRequest) (*hostpb.NotificationDetail, error) {
	n, err := h.config.Store.Notification(ctx, min(r.GetId(), 1<<62))
	switch {
	case err != nil:
		return nil, h.fail("notification", err)
	case n == nil:
		return nil, server.Fail(codes.NotFound, codeUnknown, "there is no such notification", "")
	}
	steps, err := h.config.Store.Steps(ctx, n.ID)
	if err != nil {
		return nil, h.fail("notification", err)
	}
	detail := &hostpb.NotificationDetail{Notification: notify.Proto(n), History: notify.History(n, steps)}
	for severity := store.High; n.GroupKind != "" && severity >= store.Info && len(detail.Members) < maxPage; severity-- {
		page, err := h.config.Store.ListNotifications(ctx, store.NotificationFilter{
			Group: n.ID, Severities: []store.Severity{severity}, Limit: maxPage - len(detail.Members),
		})
		if err != nil {
			return nil, h.fail("members", err)
		}
		detail.Members = append(detail.Members, protos(page.List)...)
	}
	return detail, nil
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
