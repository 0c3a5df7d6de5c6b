package view

import (
	"fyne.io/fyne/v2"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

func (p *helpPage) session(v model.HelpView) fyne.CanvasObject {
	k, s := p.kit, v.Session
	who := part.Column(2, k.Small(k.T("help.session.with")), k.Strong(s.Name))
	who.Add(k.Muted(model.Joined(s.Organisation, s.Account, s.Since)))
	end := k.Button("help.end", part.Stop, icons.Power, k.T("help.session.end"), p.actions.EndSession)
	head := k.Card(part.Column(14,
		part.RowStretch(14, 1, k.Disc(theme.Session, icons.Person, 52), who, end),
		steps(k, s.Steps),
		k.Small(k.Words.Sentences(k.T("help.session.kill", "key", v.Kill), k.T("help.lock"))),
	))
	allowed := part.Column(0, k.Strong(k.T("help.session.allowed")), part.Space(0, 12))
	if len(s.Leases) == 0 {
		allowed.Add(k.Muted(k.T("help.session.nothing")))
	}
	for i, l := range s.Leases {
		capability := l.Capability
		if i > 0 {
			allowed.Add(part.Inset(10, 0, 10, 0, k.Rule()))
		}
		left := k.Small(l.Left)
		p.leases = append(p.leases, left)
		tone := theme.Neutral
		if l.Active {
			tone = theme.Attention
		}
		allowed.Add(part.RowStretch(12, 1, k.Disc(tone, l.Icon, 40),
			part.Column(1, k.Bold(l.Label+" · "+l.InUse), left),
			k.SmallButton("help."+l.ID+".revoke", part.Quiet, icons.Cross, k.T("help.session.take-back"), func() { p.actions.Revoke(capability) })))
	}
	sees := k.Card(part.RowStretch(14, 1, k.Disc(s.Sees.Tone, s.Sees.Icon, 46), part.NewNamed("help.sees", k.Strong(s.Sees.Word)),
		k.SmallButton("preview.open", part.Quiet, icons.Eye, k.T("preview.open"), p.actions.ShowPreview)))
	column := part.Column(14, head)
	if s.Words != "" {
		column.Add(p.words(s.Words))
	}
	if s.Chat != nil {
		p.chatAt = p.chat.draw(s.Chat)
		column.Add(p.chatAt)
	}
	column.Add(sees)
	column.Add(k.Card(allowed))
	if files := p.files(s.Files); files != nil {
		column.Add(files)
	}
	if len(s.Missed) > 0 {
		column.Add(p.missed(s.Missed))
	}
	return column
}

// steps draws how far a call is.
func steps(k *part.Kit, steps []model.Step) fyne.CanvasObject {
	out := make([]part.Step, len(steps))
	for i, s := range steps {
		out[i] = part.Step(s)
	}
	return part.NewNamed("help.steps", k.Steps(out...))
}

// words are what both screens must show: whoever sits between the two ends
// cannot make them the same (P10).
func (p *helpPage) words(words string) fyne.CanvasObject {
	k := p.kit
	return k.TonedCard(theme.Note, part.RowStretch(14, 1, k.Icon(icons.Shield, 30, k.Palette.Chips[theme.Note].Ink),
		part.Column(3, k.Small(k.T("help.words.title")),
			part.NewNamed("help.words", k.Styled(words, theme.TextTitle, true, k.Palette.Chips[theme.Note].Ink)),
			k.Body(k.T("help.words.detail")))))
}

// missed are the questions that nobody answered.
func (p *helpPage) missed(rows []model.MissedRow) fyne.CanvasObject {
	k := p.kit
	column := part.Column(12, k.Strong(k.T("help.missed.title")))
	for _, m := range rows {
		column.Add(part.RowStretch(12, 1, k.Disc(theme.Attention, m.Icon, 40), part.Column(1, k.Bold(m.Label), k.Small(m.Detail))))
	}
	return k.Card(part.NewNamed("help.missed", column))
}

// summary is what was done in the session that has ended.
func (p *helpPage) summary(v *model.SummaryView) []fyne.CanvasObject {
	k := p.kit
	head := k.Card(part.Column(14,
		part.RowStretch(14, 1, k.Disc(theme.Good, icons.Shield, 46),
			part.Column(2, k.Strong(k.T("help.ended.title")), k.Body(k.T("help.ended.safe"))),
			k.Button("summary.close", part.Primary, icons.Check, k.T("summary.close"), func() { p.actions.ShowSummary(false) })),
		k.Rule(), k.Facts(v.Facts...)))
	lines := part.Column(9, k.Strong(k.T("summary.lines")))
	for _, l := range v.Lines {
		words := part.Column(1, k.Body(l.Words))
		if l.Detail != "" {
			words.Add(k.Small(l.Detail))
		}
		lines.Add(part.RowStretch(12, 2, k.Plain(l.Clock, theme.TextBody, false, k.Palette.Muted),
			k.Icon(l.Mark.Icon, k.Size(18), k.Palette.Chips[l.Mark.Tone].Ink), words))
	}
	if len(v.Lines) == 0 {
		lines.Add(k.Muted(k.T("summary.nothing")))
	}
	keeps := part.RowStretch(12, 0, k.Muted(k.T("summary.log")),
		k.SmallButton("summary.activity", part.Quiet, icons.Activity, k.T("summary.activity"), func() { p.actions.Navigate(Activity) }))
	return []fyne.CanvasObject{k.Title(k.T("summary.title")), head, k.Card(part.Column(14, lines, k.Rule(), keeps))}
}
