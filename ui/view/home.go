package view

import (
	"reflect"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// homePage is what the window opens with.
type homePage struct {
	kit     *part.Kit
	actions Actions
	shown   model.HomeView // without what runs by itself
	drawn   bool
	place   *fyne.Container
	scroll  *container.Scroll
	left    *part.Text // the code's time, while it shows
}

func newHomePage(kit *part.Kit, actions Actions) *homePage {
	p := &homePage{kit: kit, actions: actions, place: container.NewStack()}
	p.scroll = pageFrame(p.place)
	return p
}

func (p *homePage) content() fyne.CanvasObject { return p.scroll }

func (p *homePage) update(s *model.State, now time.Time) {
	v := s.HomeView(p.kit.Words, now)
	left := v.Help.Left
	v.Help.Left = ""
	if !p.drawn || !reflect.DeepEqual(v, p.shown) {
		p.drawn, p.shown, p.left = true, v, nil
		main := part.Column(14, p.todo(v), p.recent(v))
		redraw(p.place, part.Sides(14, p.kit.Size(260), p.kit.Size(350), main, p.help(v.Help)))
	}
	if p.left != nil {
		p.left.Set(left)
	}
}

func (p *homePage) todo(v model.HomeView) fyne.CanvasObject {
	k := p.kit
	if len(v.Todo) == 0 && v.More == "" {
		ink := k.Palette.Chips[theme.Good].Ink
		return k.TonedCard(theme.Good, part.NewNamed("home.nothing", part.RowStretch(14, 1, k.Icon(icons.Check, 36, ink),
			part.Column(3, k.Styled(k.T("home.nothing.title"), theme.TextStrong, true, ink), k.Styled(k.T("home.nothing.detail"), theme.TextBody, false, ink)))))
	}
	list := part.Column(0, k.Strong(k.T("home.todo")), part.Space(0, 12))
	for i, r := range v.Todo {
		if i > 0 {
			list.Add(part.Inset(10, 0, 10, 0, k.Rule()))
		}
		list.Add(part.NewNamed("home.row."+r.ID, p.row(r)))
	}
	if v.More != "" {
		list.Add(part.Inset(10, 0, 0, 0, k.Rule()))
		list.Add(part.Inset(6, 0, -8, 0, part.Row(0, k.Button("home.more", part.Ghost, icons.Bell, v.More, func() { p.actions.Navigate(Notifications) }))))
	}
	return k.Card(list)
}

func (p *homePage) row(r model.TodoRow) fyne.CanvasObject {
	k := p.kit
	words := part.Column(1, k.Bold(r.Title))
	if r.Detail != "" {
		words.Add(k.Small(r.Detail))
	}
	objects := []fyne.CanvasObject{k.Disc(r.Mark.Tone, r.Mark.Icon, 40), words}
	if r.Do != "" {
		to := r.Go
		objects = append(objects, k.Button("home.todo."+r.ID, part.Quiet, "", r.Do, func() { p.actions.Navigate(to) }))
	}
	return part.RowStretch(14, 1, objects...)
}

func (p *homePage) recent(v model.HomeView) fyne.CanvasObject {
	k := p.kit
	list := part.Column(11, part.Inset(-8, -8, -6, 0, part.RowStretch(12, 0, k.Strong(k.T("home.recent")),
		k.Button("home.activity", part.Ghost, icons.Activity, k.T("home.do.activity"), func() { p.actions.Navigate(Activity) }))))
	if v.Quiet != "" {
		list.Add(k.Muted(v.Quiet))
	}
	for _, r := range v.Recent {
		list.Add(part.RowStretch(12, 1, k.Icon(r.Icon, k.Size(18), k.Palette.Chips[r.Tone].Ink), k.Body(r.What), k.Plain(r.When, theme.TextSmall, false, k.Palette.Muted)))
	}
	return k.Card(list)
}

// help is the card beside: one press to help, or the call that is going on.
func (p *homePage) help(v model.HomeHelp) fyne.CanvasObject {
	k := p.kit
	open := func() { p.actions.Navigate(Help) }
	column := part.Column(14)
	head := func(tone theme.Tone, icon icons.Name) {
		words := part.Column(2, k.Strong(v.Title))
		if v.Detail != "" {
			words.Add(k.Muted(v.Detail))
		}
		column.Add(part.RowTop(12, 1, k.Disc(tone, icon, 44), words))
	}
	switch v.Kind {
	case model.HomeHelpSession:
		head(theme.Session, icons.Person)
		allowed := part.Column(8, k.Small(k.T("help.session.allowed")))
		chips := part.Flow(8)
		for _, m := range v.Allowed {
			chips.Add(k.Chip(m.Tone, m.Icon, m.Word))
		}
		if len(v.Allowed) == 0 {
			chips.Add(k.Chip(theme.Neutral, icons.Shield, k.T("home.help.nothing")))
		}
		allowed.Add(chips)
		column.Add(allowed)
		column.Add(k.Button("home.end", part.Stop, icons.Power, k.T("help.session.end"), p.actions.EndSession))
		column.Add(k.Button("home.session", part.Quiet, icons.Eye, k.T("home.help.session"), open))
	case model.HomeHelpWaiting:
		head(theme.Note, icons.Phone)
		tone := theme.Note
		if v.Urgent {
			tone = theme.Attention
		}
		if len(v.Code) > 0 {
			column.Add(part.NewNamed("home.code", k.TonedCard(theme.Note,
				k.Styled(strings.Join(v.Code, " "), theme.TextHero, true, k.Palette.Chips[theme.Note].Ink).Centered())))
		}
		if v.Queue != nil {
			column.Add(queue(k, v.Queue))
		}
		p.left = k.Toned("", tone)
		column.Add(part.RowStretch(8, 1, k.Icon(icons.Clock, k.Size(18), k.Palette.Chips[tone].Ink), p.left))
		column.Add(k.Button("home.code.open", part.Primary, icons.Phone, k.T("home.help.code"), open))
		column.Add(k.Button("home.cancel", part.Quiet, icons.Cross, k.T("help.cancel"), p.actions.CancelHelp))
	case model.HomeHelpOff:
		head(theme.Neutral, icons.Power)
		if v.Action != "" {
			column.Add(k.Button("home.off.action", part.Primary, icons.Setup, v.Action, func() { p.actions.Navigate(Register) }))
		}
	default:
		head(theme.Note, icons.Help)
		column.Add(k.Button("home.help", part.Primary, icons.Help, k.T("help.title"), open))
	}
	if v.Phone != "" || v.Hours != "" {
		call := part.Column(2, k.Small(k.T("home.help.phone")))
		if v.Phone != "" {
			call.Add(k.Strong(v.Phone))
		}
		if v.Hours != "" {
			call.Add(k.Muted(v.Hours))
		}
		column.Add(k.Rule())
		column.Add(part.NewNamed("home.phone", part.RowTop(12, 1, k.Disc(theme.Neutral, icons.Phone, 34), call)))
	}
	return k.Card(part.NewNamed("home.call", column))
}
