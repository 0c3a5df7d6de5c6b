package view

import (
	"reflect"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/assets/text"
	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

type upgradePage struct {
	kit      *part.Kit
	actions  Actions
	shown    model.UpgradeView
	drawn    bool
	place    *fyne.Container
	scroll   *container.Scroll
	progress *part.Bar
	percent  *part.Text
}

func newUpgradePage(kit *part.Kit, actions Actions) *upgradePage {
	p := &upgradePage{kit: kit, actions: actions, place: part.Column(14)}
	p.scroll = pageFrame(p.place)
	return p
}

func (p *upgradePage) content() fyne.CanvasObject { return p.scroll }

func (p *upgradePage) update(s *model.State, _ time.Time) {
	v := s.UpgradeView(p.kit.Words)
	rest := v
	rest.Fraction, rest.Percent = 0, ""
	if !p.drawn || !reflect.DeepEqual(rest, p.shown) {
		p.drawn, p.shown = true, rest
		p.progress, p.percent = nil, nil
		p.draw(v)
	}
	if p.progress != nil {
		p.progress.Set(v.Fraction)
		p.percent.Set(v.Percent)
	}
}

func (p *upgradePage) draw(v model.UpgradeView) {
	k := p.kit
	words := part.Column(3, k.Strong(v.Mark.Word))
	if v.Detail != "" {
		words.Add(k.Body(v.Detail))
	}
	head := part.Column(16, part.RowStretch(16, 1, k.Disc(v.Mark.Tone, v.Mark.Icon, 56), words))
	if len(v.Facts) > 0 {
		head.Add(k.Small(model.Joined(v.Facts...)))
	}
	if v.Busy {
		p.progress, p.percent = k.Progress(v.Fraction), k.Small(v.Percent)
		head.Add(part.Column(6, p.progress, p.percent))
	}
	rows := []fyne.CanvasObject{k.Title(k.T("upgrade.title"))}
	if v.Install != "" {
		b := k.Button("upgrade.install", part.Primary, icons.Upgrade, v.Install, func() { p.actions.InstallUpgrade(v.Digest) })
		b.SetEnabled(v.InstallOK)
		row := part.RowStretch(14, 1, b, k.Muted(v.Hint))
		head.Add(row)
	}
	rows = append(rows, k.Card(head))
	if len(v.New) > 0 {
		list := part.Column(9, k.Strong(k.T("upgrade.new")))
		for _, line := range v.New {
			list.Add(part.RowTop(10, 1, part.Inset(2, 0, 0, 0, k.Icon(icons.Check, 16, k.Palette.Accent)), k.Body(line)))
		}
		rows = append(rows, k.Card(list))
	}
	if v.Install != "" || v.Busy {
		rows = append(rows, k.Card(p.brings(v)))
	}
	redraw(p.place, rows...)
}

func (p *upgradePage) brings(v model.UpgradeView) fyne.CanvasObject {
	k := p.kit
	list := part.Column(9, k.Strong(k.T("upgrade.brings")))
	for _, name := range v.Capabilities {
		list.Add(part.RowStretch(10, 1, k.Chip(theme.Attention, icons.Power, k.T("about.effective.off")), k.Bold(name)))
	}
	if v.NoneBrought {
		list.Add(k.Muted(k.T("upgrade.brings.none")))
	} else {
		list.Add(k.Muted(k.T("upgrade.brings.off")))
	}
	return list
}

type aboutPage struct {
	kit      *part.Kit
	actions  Actions
	settings Settings
	shown    model.AboutView
	drawn    bool
	place    *fyne.Container
	scroll   *container.Scroll
	chosen   fyne.CanvasObject
	pin      *pinCard
	quiet    *quietCard
}

func newAboutPage(kit *part.Kit, actions Actions, settings Settings) *aboutPage {
	p := &aboutPage{kit: kit, actions: actions, settings: settings, place: part.Column(14)}
	p.scroll = pageFrame(p.place)
	p.chosen, p.pin, p.quiet = p.choices(), newPINCard(kit, actions), newQuietCard(kit, actions)
	return p
}

func (p *aboutPage) content() fyne.CanvasObject { return p.scroll }

func (p *aboutPage) update(s *model.State, _ time.Time) {
	p.pin.update(s)
	p.quiet.update(s)
	v := s.AboutView(p.kit.Words, p.settings.Version)
	if p.drawn && reflect.DeepEqual(v, p.shown) {
		return
	}
	p.drawn, p.shown = true, v
	k := p.kit
	head := part.RowStretch(14, 1, k.Disc(theme.Note, icons.Instr, 52),
		part.Column(2, k.Strong(k.T("app.name")+" "+k.T("app.subtitle")), k.Muted(k.T("about.not-affiliated"))))
	rows := []fyne.CanvasObject{
		k.Title(k.T("about.title")),
		k.Card(part.Column(16, head, k.Rule(), k.Facts(v.Facts...))),
		k.Card(p.chosen),
	}
	if s.Connected {
		rows = append(rows, p.quiet.root, p.pin.root)
	}
	if len(v.Permitted) > 0 {
		list := part.Column(0, k.Strong(k.T("about.permitted")), part.Space(0, 12))
		for i, r := range v.Permitted {
			if i > 0 {
				list.Add(part.Inset(9, 0, 9, 0, k.Rule()))
			}
			list.Add(part.RowStretch(12, 0, part.Column(1, k.Bold(r.Label), k.Small(r.Why)), k.Chip(r.Mark.Tone, r.Mark.Icon, r.Mark.Word)))
		}
		rows = append(rows, k.Card(list))
	}
	rows = append(rows, k.Small(k.T("about.licence")))
	redraw(p.place, rows...)
}

// choices are language and look.
func (p *aboutPage) choices() fyne.CanvasObject {
	k := p.kit
	var names []string
	tags := map[string]string{}
	current := ""
	for _, l := range text.Languages() {
		names = append(names, l.Name)
		tags[l.Name] = l.Tag
		if l.Tag == k.Words.Lang() {
			current = l.Name
		}
	}
	language := part.NewSelect(names, nil)
	language.Selected = current
	language.OnChanged = func(name string) {
		if tags[name] != k.Words.Lang() {
			p.actions.SetLanguage(tags[name])
		}
	}
	looks := []string{"system", "light", "dark"}
	labels := make([]string, len(looks))
	for i, l := range looks {
		labels[i] = k.T("about.theme." + l)
	}
	look := part.NewSelect(labels, nil)
	for i, l := range looks {
		if l == p.settings.Theme {
			look.Selected = labels[i]
		}
	}
	look.OnChanged = func(label string) {
		for i, l := range looks {
			if labels[i] == label && l != p.settings.Theme {
				p.actions.SetTheme(l)
			}
		}
	}
	return part.Grid2(18,
		k.Field(k.T("about.language"), part.NewNamed("about.language", k.Boxed(language))).Content,
		k.Field(k.T("about.theme"), part.NewNamed("about.theme", k.Boxed(look))).Content,
	)
}
