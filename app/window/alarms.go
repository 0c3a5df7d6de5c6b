package window

import (
	"context"
	"strconv"
	"strings"
	"time"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/view"
)

// fetchAlarms gets what the notifications page lacks, one call of a kind at a
// time.
func (p *program) fetchAlarms() {
	p.fetchList()
	a := &p.state.Alarms
	if a.Place == model.PlaceDetail {
		id := a.Detail.ID
		p.fetchOne(&a.Detail.Stale, &p.fetchingDetail, "GetNotification", func(ctx context.Context, host hostpb.HostClient) (func(), error) {
			got, err := host.GetNotification(ctx, &hostpb.GetNotificationRequest{Id: id})
			return func() { p.state.PutDetail(id, got) }, err
		})
	}
	if a.Place == model.PlaceHandover {
		p.fetchOne(&a.Handover.Stale, &p.fetchingHandover, "GetHandover", func(ctx context.Context, host hostpb.HostClient) (func(), error) {
			got, err := host.GetHandover(ctx, &hostpb.GetHandoverRequest{})
			return func() { p.state.Alarms.Handover.Got = got }, err
		})
	}
	if a.Place == model.PlaceOffenders {
		year, month := a.Offenders.Year, a.Offenders.Month
		p.fetchOne(&a.Offenders.Stale, &p.fetchingOffenders, "ListOffenders", func(ctx context.Context, host hostpb.HostClient) (func(), error) {
			got, err := host.ListOffenders(ctx, &hostpb.ListOffendersRequest{Year: uint32(year), Month: uint32(month)})
			return func() { p.state.Alarms.Offenders.Take(got, year, month) }, err
		})
	}
}

// fetchList gets the list's next page.
func (p *program) fetchList() {
	list := &p.state.Alarms.List
	want, ok := list.Want(p.now())
	if !ok {
		return
	}
	var got model.ListGot
	p.call(callTime, "ListNotifications", func(ctx context.Context, host hostpb.HostClient) (err error) {
		got, err = want.Get(func(r *hostpb.ListNotificationsRequest) (*hostpb.NotificationPage, error) {
			return host.ListNotifications(ctx, r)
		})
		return err
	}, func(err error) {
		if err == nil {
			list.Put(got)
			return
		}
		list.Failed(want)
		if client.Detail(err).GetCode() == "service-unavailable" {
			return // it is asked for again when the service is back
		}
		p.state.Failure = client.Code(err)
	})
}

// FilterNotifications is part of view.Actions. The filter is kept as long as
// the program runs.
func (p *program) FilterNotifications(f model.Filter) {
	if f.Group != 0 {
		p.state.ShowAlarmPlace(model.PlaceList)
	}
	p.state.Alarms.List.SetFilter(f)
	p.refresh()
}

// SeeNotifications is part of view.Actions. It is called while the list is
// being drawn, so it draws nothing.
func (p *program) SeeNotifications(from, to int) {
	p.state.Alarms.List.See(from, to)
	if p.state.Connected {
		p.fetchList()
	}
}

// ReloadNotifications is part of view.Actions.
func (p *program) ReloadNotifications() {
	p.state.Failure = ""
	p.state.Alarms.List.Retry()
	p.refresh()
}

// OpenNotification is part of view.Actions.
func (p *program) OpenNotification(id uint64) {
	p.state.OpenAlarm(id)
	p.refresh()
}

// ShowNotifications is part of view.Actions.
func (p *program) ShowNotifications(place model.AlarmPlace) {
	p.state.ShowAlarmPlace(place)
	p.refresh()
}

// BackFromNotification is part of view.Actions.
func (p *program) BackFromNotification() {
	p.state.BackFromAlarm()
	p.refresh()
}

// StartAct is part of view.Actions.
func (p *program) StartAct(act model.AlarmAct) {
	p.state.Alarms.Detail.Act = act
	p.refresh()
}

// LastInitials is part of view.Actions.
func (p *program) LastInitials() string { return p.app.Preferences().String(initialsKey) }

// signed says whether an act can be done now: where the site wants to know who
// acts, the notification's page asks first.
func (p *program) signed(id uint64, act model.AlarmAct, who model.Signature) bool {
	if !p.state.NeedInitials() || who.Initials != "" {
		return true
	}
	if p.state.Alarms.Place != model.PlaceDetail || p.state.Alarms.Detail.ID != id {
		p.state.OpenAlarm(id)
	}
	p.StartAct(act)
	return false
}

// actOn is an act on one notification, which comes back as it is then.
func (p *program) actOn(id uint64, what string, who model.Signature, do func(context.Context, hostpb.HostClient) (*hostpb.Notification, error)) {
	d := &p.state.Alarms.Detail
	if d.Busy && d.ID == id {
		return
	}
	d.Busy = d.ID == id
	p.state.Failure = ""
	var reply *hostpb.Notification
	p.call(callTime, what, func(ctx context.Context, host hostpb.HostClient) (err error) {
		reply, err = do(ctx, host)
		return err
	}, func(err error) {
		d := &p.state.Alarms.Detail
		if d.ID == id {
			d.Busy = false
		}
		if err != nil {
			p.state.Failure = client.Code(err)
			return
		}
		p.remember(who)
		if d.ID == id {
			d.Act, d.Stale = model.ActNone, true
		}
		p.state.PutAlarm(reply)
	})
	p.refresh()
}

// remember keeps the initials for the next act on this log-on. The PIN is kept
// nowhere.
func (p *program) remember(who model.Signature) {
	if who.Initials != "" {
		p.app.Preferences().SetString(initialsKey, who.Initials)
	}
}

// Acknowledge is part of view.Actions.
func (p *program) Acknowledge(id uint64, who model.Signature) {
	if !p.signed(id, model.ActAcknowledge, who) {
		return
	}
	p.actOn(id, "AcknowledgeNotification", who, func(ctx context.Context, host hostpb.HostClient) (*hostpb.Notification, error) {
		return host.AcknowledgeNotification(ctx, &hostpb.AcknowledgeNotificationRequest{Id: id, Initials: who.Initials, Pin: who.PIN})
	})
}

// Shelve is part of view.Actions.
func (p *program) Shelve(id uint64, until model.ShelfChoice, reason string, who model.Signature) {
	back := until.Until(p.now()).UnixMilli()
	p.actOn(id, "ShelveNotification", who, func(ctx context.Context, host hostpb.HostClient) (*hostpb.Notification, error) {
		return host.ShelveNotification(ctx, &hostpb.ShelveNotificationRequest{Id: id, UntilUnixMs: back, Reason: reason, Initials: who.Initials, Pin: who.PIN})
	})
}

// Unshelve is part of view.Actions.
func (p *program) Unshelve(id uint64, who model.Signature) {
	if !p.signed(id, model.ActUnshelve, who) {
		return
	}
	p.actOn(id, "UnshelveNotification", who, func(ctx context.Context, host hostpb.HostClient) (*hostpb.Notification, error) {
		return host.UnshelveNotification(ctx, &hostpb.UnshelveNotificationRequest{Id: id, Initials: who.Initials, Pin: who.PIN})
	})
}

// tellSeen tells the service what somebody has had before their eyes.
func (p *program) tellSeen(now time.Time) {
	var inSight []uint64
	if p.front && !p.hidden && p.state.Connected && p.content != nil && !p.locked() && p.native.Visible(p.main) {
		for _, id := range p.content.InSight() {
			if p.state.Notification(id).GetSeenUnixMs() == 0 {
				inSight = append(inSight, id)
			}
		}
	}
	ids := p.state.Alarms.Seen.Look(now, inSight)
	if len(ids) == 0 {
		return
	}
	p.call(callTime, "SeenNotifications", func(ctx context.Context, host hostpb.HostClient) error {
		_, err := host.SeenNotifications(ctx, &hostpb.SeenNotificationsRequest{Ids: ids})
		return err
	}, func(err error) {
		if err != nil {
			p.state.Alarms.Seen.Forget(ids)
		}
	})
}

// prepareLogs has the service look for a log that could go with the request.
func (p *program) prepareLogs() {
	l := &p.state.Help.Logs
	about := p.state.Help.Notification
	if p.state.Help.Step != model.StepForm || !p.state.Connected || l.Busy || (l.Asked && l.For == about) {
		return
	}
	*l = model.LogsState{For: about, Asked: true, Busy: true}
	var reply *hostpb.HelpLogs
	p.call(callTime, "PrepareHelpLogs", func(ctx context.Context, host hostpb.HostClient) (err error) {
		reply, err = host.PrepareHelpLogs(ctx, &hostpb.PrepareHelpLogsRequest{NotificationId: about})
		return err
	}, func(err error) {
		l := &p.state.Help.Logs
		switch {
		case l.For != about || !l.Asked:
		case err != nil:
			l.Busy, l.Failed = false, true
		default:
			l.Take(reply)
		}
	})
}

// HelpReason is part of view.Actions.
func (p *program) HelpReason(s string) { p.state.Help.Reason = s }

// aView reads the name of a view: a page, or "notification/17" for one
// notification on its page.
func aView(name string) (page string, id uint64, ok bool) {
	number, one := strings.CutPrefix(name, view.OneNotification)
	if !one {
		return name, 0, true
	}
	id, err := strconv.ParseUint(number, 10, 64)
	return view.Notifications, id, err == nil && id > 0
}
