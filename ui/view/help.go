package view

import (
	"reflect"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

type helpPage struct {
	kit     *part.Kit
	actions Actions
	shown   model.HelpView // without what runs by itself
	drawn   bool
	place   *fyne.Container
	scroll  *container.Scroll
	logs    *logsPage
	root    *fyne.Container // the page, or the log that is looked at

	left    *part.Text // the code's time, while it shows
	leases  []*part.Text
	request *part.Button
	reason  *part.Entry
	chat    *chatCard
	chatAt  fyne.CanvasObject // where it stands; nil: it does not
}

func newHelpPage(kit *part.Kit, actions Actions) *helpPage {
	p := &helpPage{kit: kit, actions: actions, place: part.Column(14), chat: newChatCard(kit, actions.SendChat)}
	p.scroll, p.logs = pageFrame(p.place), newLogsPage(kit, actions)
	p.root = container.NewStack(p.scroll)
	return p
}

func (p *helpPage) content() fyne.CanvasObject { return p.root }

// still is a view without its countdowns: what differs only in them is not
// drawn anew.
func still(v model.HelpView) model.HelpView {
	v.Waiting.Left = ""
	v.Busy, v.Reason = false, ""
	leases := append([]model.LeaseRow(nil), v.Session.Leases...)
	for i := range leases {
		leases[i].Left = ""
	}
	v.Session.Leases = leases
	return v
}

func (p *helpPage) update(s *model.State, now time.Time) {
	v := s.HelpView(p.kit.Words, now)
	face := fyne.CanvasObject(p.scroll)
	if v.Page == model.HelpLogs {
		face = p.logs.root
		p.logs.update(v)
	}
	if p.root.Objects[0] != face {
		p.root.Objects = []fyne.CanvasObject{face}
		p.root.Refresh()
	}
	if !p.drawn || !reflect.DeepEqual(still(v), p.shown) {
		p.drawn, p.shown = true, still(v)
		p.left, p.leases, p.request, p.reason, p.chatAt = nil, nil, nil, nil, nil
		p.draw(v)
		if v.Session.Chat != nil {
			p.chat.follow(v.Session.Chat)
		}
	}
	if p.left != nil {
		p.left.Set(v.Waiting.Left)
	}
	for i, l := range p.leases {
		l.Set(v.Session.Leases[i].Left)
	}
	if p.request != nil {
		label := "help.request"
		if v.Busy {
			label = "help.requesting"
		}
		p.request.SetLabel(p.kit.T(label))
		p.request.SetEnabled(!v.Busy)
	}
}

func (p *helpPage) draw(v model.HelpView) {
	k := p.kit
	var rows []fyne.CanvasObject
	if v.Ended != nil {
		said := fyne.CanvasObject(part.RowStretch(14, 1, k.Icon(icons.Power, 26, k.Palette.Chips[theme.Neutral].Ink),
			part.Column(3, k.Bold(k.T("help.ended.title")), k.Body(k.Words.Sentences(v.Ended.Detail, k.T("help.ended.safe"))))))
		if v.Ended.Summary {
			open := k.SmallButton("summary.open", part.Quiet, icons.Activity, k.T("summary.open"), func() { p.actions.ShowSummary(true) })
			said = part.Sides(14, open.MinSize().Width, k.Size(280), said, part.Row(0, open))
		}
		rows = append(rows, k.TonedCard(theme.Neutral, said))
	}
	switch v.Page {
	case model.HelpOff:
		rows = append(rows, p.off(v.Off))
	case model.HelpWho:
		rows = append(rows, k.Title(k.T("help.title")), p.who(v.Phone), p.how(v.Kill))
	case model.HelpTheyCalled:
		rows = append(rows, p.theyCalled())
	case model.HelpForm:
		rows = append(rows, k.Title(k.T("help.title")), p.form(v), p.how(v.Kill))
	case model.HelpWaiting:
		rows = append(rows, p.waiting(v.Waiting))
	case model.HelpSession:
		rows = append(rows, p.session(v))
	case model.HelpSummary:
		rows = append(rows, p.summary(v.Summary)...)
	}
	redraw(p.place, rows...)
}

func (p *helpPage) off(v model.HelpOffView) fyne.CanvasObject {
	k := p.kit
	column := part.Column(14, k.Empty(theme.Neutral, icons.Power, k.T("help.off.title"), v.Why))
	if v.Action != "" {
		column.Add(container.NewCenter(k.Button("help.off.action", part.Primary, icons.Setup, v.Action, func() { p.actions.Navigate(Register) })))
	}
	return k.Card(part.Inset(0, 0, 36, 0, column))
}

func (p *helpPage) who(phone string) fyne.CanvasObject {
	k := p.kit
	words := part.Column(3, k.Strong(k.T("help.who.title")), k.Body(k.T("help.who.detail")))
	if phone != "" {
		words.Add(k.Bold(phone))
	}
	return k.Card(part.Column(16,
		part.RowStretch(14, 1, k.Disc(theme.Note, icons.Phone, 46), words),
		part.Grid2(14,
			k.Button("help.called-them", part.Primary, icons.Phone, k.T("help.called-them"), func() { p.actions.HelpStep(model.StepForm) }),
			k.Button("help.they-called", part.Quiet, icons.Warning, k.T("help.they-called"), func() { p.actions.HelpStep(model.StepTheyCalled) }),
		),
	))
}

func (p *helpPage) how(kill string) fyne.CanvasObject {
	k := p.kit
	column := part.Column(12, k.Strong(k.T("help.how.title")))
	for i, key := range []string{"help.how.1", "help.how.2", "help.how.3"} {
		column.Add(part.RowStretch(12, 1, k.Disc(theme.Neutral, []icons.Name{icons.Phone, icons.Shield, icons.Power}[i], 34), k.Body(k.T(key, "key", kill))))
	}
	return k.Card(column)
}

func (p *helpPage) theyCalled() fyne.CanvasObject {
	k := p.kit
	return k.TonedCard(theme.Danger, part.Column(14,
		part.RowStretch(14, 1, k.Icon(icons.Stop, 34, k.Palette.Chips[theme.Danger].Ink),
			part.Column(4, k.Styled(k.T("help.they-called.title"), theme.TextTitle, true, k.Palette.Chips[theme.Danger].Ink),
				k.Styled(k.T("help.they-called.detail"), theme.TextBody, false, k.Palette.Chips[theme.Danger].Ink))),
		part.Row(0, k.Button("help.back", part.Quiet, "", k.T("help.back"), func() { p.actions.HelpStep(model.StepWho) })),
	))
}

func (p *helpPage) form(v model.HelpView) fyne.CanvasObject {
	k := p.kit
	p.reason = k.Entry("help.reason", k.T("help.reason.hint"))
	p.reason.SetText(v.Reason)
	p.reason.OnChanged = p.actions.HelpReason
	// A code is one press away; the log goes along where somebody wants it to.
	p.request = k.Button("help.request", part.Primary, icons.Help, k.T("help.request"), func() { p.actions.RequestHelp(false) })
	column := part.Column(16)
	if v.About != "" {
		column.Add(k.Banner(theme.Attention, icons.Bell, v.About))
	}
	column.Add(k.Field(k.T("help.reason"), p.reason).Content)
	log := part.Column(2, k.Bold(k.T("logs.title")), k.Muted(v.Logs.Says))
	if v.Logs.Facts != "" {
		log.Add(k.Small(v.Logs.Facts))
	}
	if v.Logs.Ready {
		log.Add(part.Inset(6, 0, 0, 0, part.Row(0, k.SmallButton("help.with-log", part.Quiet, icons.Send, k.T("help.with-log"), func() { p.actions.HelpStep(model.StepLogs) }))))
	}
	column.Add(part.NewNamed("help.logs", part.RowTop(12, 1, k.Disc(theme.Neutral, icons.Note, 34), log)))
	if v.NoPIN {
		column.Add(k.Banner(theme.Note, icons.Seal, k.T("help.pin.none"),
			k.SmallButton("help.pin", part.Quiet, "", k.T("help.pin.set"), func() { p.actions.Navigate(Register) })))
	}
	column.Add(part.Row(10, p.request, k.Button("help.back", part.Ghost, "", k.T("help.back"), func() { p.actions.HelpStep(model.StepWho) })))
	return k.Card(column)
}

func (p *helpPage) waiting(v model.WaitingView) fyne.CanvasObject {
	k := p.kit
	tone := theme.Note
	if v.Urgent {
		tone = theme.Attention
	}
	p.left = k.Toned(v.Left, tone)
	valid := part.RowStretch(8, 1, k.Icon(icons.Clock, k.Size(18), k.Palette.Chips[tone].Ink), p.left,
		k.SmallButton("help.cancel", part.Quiet, icons.Cross, k.T("help.cancel"), p.actions.CancelHelp))
	code := part.Column(14, steps(k, v.Steps))
	if v.Queue != nil {
		code.Add(k.Rule())
		code.Add(queue(k, v.Queue))
	}
	code.Add(k.Rule())
	code.Add(k.Strong(k.T("help.code.title")))
	if len(v.Groups) > 0 {
		code.Add(part.NewNamed("help.code", k.Code(v.Groups, v.Spelling)))
		code.Add(valid)
		code.Add(k.Muted(k.T("help.code.once")))
	} else {
		code.Add(k.Body(k.T("help.code.hidden")))
		code.Add(valid)
	}
	if v.Wrong != "" {
		code.Add(k.Banner(theme.Attention, icons.Warning, v.Wrong))
	}
	ask := part.Column(12, k.Strong(k.T("help.will-ask.title")))
	for _, m := range v.WillAsk {
		ask.Add(part.RowStretch(12, 1, k.Disc(theme.Neutral, m.Icon, 34), k.Body(m.Word)))
	}
	if v.NoFiles {
		ask.Add(part.RowStretch(12, 1, k.Disc(theme.Neutral, icons.Cross, 34), k.Muted(k.T("help.will-ask.no-files"))))
	}
	ask.Add(part.RowStretch(8, 1, k.Icon(icons.Shield, k.Size(18), k.Palette.Chips[theme.Good].Ink), k.Toned(k.T("help.will-ask.each"), theme.Good)))
	ask.Add(k.Rule())
	ask.Add(part.RowStretch(8, 1, k.Icon(icons.Check, k.Size(18), k.Palette.Muted), k.Muted(k.T("help.words.ahead"))))
	ask.Add(part.RowStretch(8, 1, k.Icon(icons.Seal, k.Size(18), k.Palette.Muted), k.Muted(k.T("help.lock"))))
	return part.Column(14, k.Card(code), k.Card(ask))
}
