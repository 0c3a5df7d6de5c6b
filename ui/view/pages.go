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

type aboutPage struct {
	kit      *part.Kit
	actions  Actions
	settings Choices
	shown    model.AboutView
	drawn    bool
	place    *fyne.Container
	scroll   *container.Scroll
	chosen   fyne.CanvasObject
	pin      *pinCard
	quiet    *quietCard
}

func newAboutPage(kit *part.Kit, actions Actions, settings Choices) *aboutPage {
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
