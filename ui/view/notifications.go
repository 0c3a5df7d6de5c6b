package view

import (
	"fmt"
	"reflect"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

type notificationsPage struct {
	kit     *part.Kit
	actions Actions
	shown   model.Notifications
	drawn   bool
	details map[uint64]bool // rows whose details are open
	list    *fyne.Container
	scroll  *container.Scroll
}

func newNotificationsPage(kit *part.Kit, actions Actions) *notificationsPage {
	p := &notificationsPage{kit: kit, actions: actions, details: map[uint64]bool{}, list: part.Column(12)}
	p.scroll = pageFrame(p.list)
	return p
}

func (p *notificationsPage) content() fyne.CanvasObject { return p.scroll }

func (p *notificationsPage) update(s *model.State, now time.Time) {
	v := s.NotificationsView(p.kit.Words, now)
	if p.drawn && reflect.DeepEqual(v, p.shown) {
		return
	}
	p.drawn, p.shown = true, v
	p.draw()
}

func (p *notificationsPage) draw() {
	k, v := p.kit, p.shown
	var rows []fyne.CanvasObject
	switch {
	case v.Loading:
		rows = append(rows, k.Title(k.T("notifications.title")), k.Muted(k.T("notifications.loading")))
	case v.Unknown:
		rows = append(rows, k.Title(k.T("notifications.title")),
			k.Card(part.Inset(0, 0, 40, 0, k.Empty(theme.Neutral, icons.Offline, k.T("notifications.unknown.title"), k.T("notifications.unknown.detail")))))
	case len(v.Open) == 0:
		rows = append(rows, k.Title(k.T("notifications.title")),
			k.Card(part.Inset(0, 0, 40, 0, k.Empty(theme.Good, icons.Check, k.T("notifications.empty.title"), k.T("notifications.empty.detail")))))
	default:
		rows = append(rows, k.Title(k.T("notifications.open")))
		for _, r := range v.Open {
			rows = append(rows, p.open(r))
		}
	}
	if len(v.Earlier) > 0 {
		rows = append(rows, part.Space(0, 4), k.Strong(k.T("notifications.earlier")), p.earlier(v.Earlier))
	}
	if v.More {
		rows = append(rows, part.Row(0, k.SmallButton("notifications.more", part.Quiet, icons.Clock, k.T("notifications.more"), p.actions.OlderNotifications)))
	}
	redraw(p.list, rows...)
}

// open is a notification somebody has to look at.
func (p *notificationsPage) open(r model.NotificationRow) fyne.CanvasObject {
	k, id := p.kit, r.ID
	head := part.Row(8, k.Chip(r.Severity.Tone, r.Severity.Icon, r.Severity.Word))
	origin := r.Source
	if r.NotVerified != "" {
		origin += " · " + r.NotVerified
	}
	head.Add(k.Plain(origin, theme.TextSmall, false, k.Palette.Muted))
	top := part.RowStretch(8, 0, head, k.Plain(r.When, theme.TextSmall, true, k.Palette.Muted))

	body := part.Column(7, top, k.Strong(r.Title))
	if r.Advice != "" {
		body.Add(k.Body(r.Advice))
	}
	if r.Repeated != "" {
		body.Add(k.Small(r.Repeated))
	}
	if p.details[id] {
		body.Add(part.Inset(4, 0, 2, 0, k.Facts(r.Facts...)))
	}
	word := "notifications.details"
	if p.details[id] {
		word = "notifications.less"
	}
	buttons := part.Row(8)
	if r.CanAcknowledge {
		buttons.Add(k.SmallButton(fmt.Sprintf("notification.%d.acknowledge", id), part.Primary, icons.Check, k.T("notifications.acknowledge"), func() { p.actions.Acknowledge(id) }))
	}
	if r.CanAskHelp {
		buttons.Add(k.SmallButton(fmt.Sprintf("notification.%d.help", id), part.Quiet, icons.Help, k.T("notifications.help"), func() { p.actions.AskHelpAbout(id) }))
	}
	buttons.Add(k.SmallButton(fmt.Sprintf("notification.%d.details", id), part.Ghost, "", k.T(word), func() {
		p.details[id] = !p.details[id]
		p.draw()
	}))
	body.Add(part.Inset(4, 0, 0, 0, buttons))
	return part.NewNamed(fmt.Sprintf("notification.%d", id), k.Stripe(r.Severity.Tone, body))
}

// earlier lists what is done with, small and aligned.
func (p *notificationsPage) earlier(rows []model.NotificationRow) fyne.CanvasObject {
	k := p.kit
	column := part.Column(0)
	for i, r := range rows {
		if i > 0 {
			column.Add(part.Inset(10, 0, 10, 0, k.Rule()))
		}
		column.Add(part.RowStretch(12, 1,
			k.Disc(theme.Neutral, r.Severity.Icon, 34),
			part.Column(1, k.Bold(r.Title), k.Small(r.State)),
			k.Plain(r.When, theme.TextSmall, false, k.Palette.Muted),
		))
	}
	return k.Card(column)
}
