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

// settingsPage is what the technician chooses for this log-on, and what is sent
// where.
type settingsPage struct {
	kit     *part.Kit
	actions Actions
	chosen  Choices
	place   *fyne.Container
	scroll  *container.Scroll

	connected bool
	drawn     bool
	sounded   *part.Text
	pin       *pinCard
	quiet     *quietCard
	state     *model.State

	private bool // what is sent where is shown
	privacy model.PrivacyView
}

func newSettingsPage(kit *part.Kit, actions Actions, chosen Choices) *settingsPage {
	p := &settingsPage{kit: kit, actions: actions, chosen: chosen, place: part.Column(14), pin: newPINCard(kit, actions), quiet: newQuietCard(kit, actions)}
	p.scroll = pageFrame(p.place)
	p.sounded = kit.Toned("", theme.Good)
	return p
}

func (p *settingsPage) content() fyne.CanvasObject { return p.scroll }

func (p *settingsPage) update(s *model.State, _ time.Time) {
	p.state = s
	p.pin.update(s)
	p.quiet.update(s)
	if tested := s.QuietView(p.kit.Words).Tested; tested != p.sounded.Content() || tested == "" == p.sounded.Visible() {
		p.sounded.Set(tested)
		show(p.sounded, tested != "")
		p.place.Refresh()
	}
	v := s.PrivacyView(p.kit.Words)
	if p.drawn && p.connected == s.Connected && (!p.private || reflect.DeepEqual(v, p.privacy)) {
		return
	}
	p.drawn, p.connected, p.privacy = true, s.Connected, v
	p.draw()
}

func (p *settingsPage) draw() {
	k := p.kit
	if p.private {
		redraw(p.place, p.sent()...)
		return
	}
	rows := []fyne.CanvasObject{k.Title(k.T("settings.title")), k.Card(p.looks()), k.Card(p.sound())}
	if p.connected {
		rows = append(rows, p.quiet.root, p.pin.root)
	}
	redraw(p.place, append(rows, k.Card(p.toPrivacy()), k.Card(p.keys()), k.Card(p.again()))...)
}

// back leaves what is sent where.
func (p *settingsPage) back() bool {
	was := p.private
	p.show(false)
	return was
}

func (p *settingsPage) show(private bool) {
	if p.private == private {
		return
	}
	p.private = private
	p.draw()
	p.scroll.ScrollToTop()
}

// looks are language, size of text and colours; each applies at once.
func (p *settingsPage) looks() fyne.CanvasObject {
	return part.Column(16, languageChoice(p.kit, "settings.language", p.actions), sizeChoice(p.kit, "settings.text", p.chosen, p.actions), p.colours())
}

func (p *settingsPage) colours() fyne.CanvasObject {
	k := p.kit
	var all []choice
	for _, look := range []string{"system", "light", "dark", "contrast"} {
		all = append(all, choice{look, k.T("settings.look." + look)})
	}
	return chooser(k, "settings.look", k.T("settings.look"), all, p.chosen.Theme, p.actions.SetTheme)
}

// choice is one of a few, all of them in sight.
type choice struct{ id, label string }

// chooser lets one of a few be chosen: no list to open, each wide enough for a
// glove. What is chosen has a tick; a colour never stands alone.
func chooser(k *part.Kit, id, label string, all []choice, chosen string, choose func(string)) fyne.CanvasObject {
	line := part.Flow(8)
	for _, c := range all {
		icon := icons.Name("")
		if c.id == chosen {
			icon = icons.Check
		}
		b := k.Button(id+"."+c.id, part.Pick, icon, c.label, func() {
			if c.id != chosen {
				choose(c.id)
			}
		})
		b.SetSelected(c.id == chosen)
		line.Add(b)
	}
	return part.Column(6, k.Bold(label), part.NewNamed(id, line))
}

func languageChoice(k *part.Kit, id string, actions Actions) fyne.CanvasObject {
	var all []choice
	for _, l := range text.Languages() {
		all = append(all, choice{l.Tag, l.Name})
	}
	return chooser(k, id, k.T("about.language"), all, k.Words.Lang(), actions.SetLanguage)
}

func sizeChoice(k *part.Kit, id string, chosen Choices, actions Actions) fyne.CanvasObject {
	size := chosen.TextSize
	if size == "" {
		size = "normal"
	}
	var all []choice
	for _, s := range []string{"normal", "large", "largest"} {
		all = append(all, choice{s, k.T("settings.text." + s)})
	}
	return chooser(k, id, k.T("settings.text"), all, size, actions.SetTextSize)
}

func (p *settingsPage) sound() fyne.CanvasObject {
	k := p.kit
	on := k.Check("settings.sound", k.T("settings.sound.on"), nil)
	on.Checked = !p.chosen.Silent
	on.OnChanged = func(sound bool) {
		p.chosen.Silent = !sound
		p.actions.SetSilent(!sound)
	}
	try := k.Button("settings.sound.try", part.Quiet, icons.Sound, k.T("settings.sound.try"), p.actions.TestAlarm)
	try.SetEnabled(p.connected)
	return part.Column(8,
		part.RowStretch(14, 1, k.Disc(theme.Note, icons.Sound, 46), part.Column(3, k.Strong(k.T("settings.sound")), k.Body(k.T("settings.sound.detail")))),
		part.RowStretch(12, 0, on, try), p.sounded)
}

func (p *settingsPage) toPrivacy() fyne.CanvasObject {
	k := p.kit
	return part.Column(14,
		part.RowStretch(14, 1, k.Disc(theme.Note, icons.Shield, 46), part.Column(3, k.Strong(k.T("privacy.title")), k.Body(k.T("privacy.short")))),
		part.Row(0, k.Button("settings.privacy", part.Quiet, icons.Next, k.T("privacy.open"), func() { p.show(true) })))
}

// sent is what is sent where.
func (p *settingsPage) sent() []fyne.CanvasObject {
	k := p.kit
	rows := []fyne.CanvasObject{
		part.Row(0, k.Button("settings.privacy.back", part.Ghost, icons.Back, k.T("settings.title"), func() { p.show(false) })),
		k.Title(k.T("privacy.title")), k.Body(k.T("privacy.intro")),
	}
	for _, r := range p.privacy.Rows {
		words := part.Column(6, k.Strong(r.What), k.Body(r.Why),
			k.Small(k.Words.Labelled(k.T("privacy.where"), r.Where)), k.Small(k.Words.Labelled(k.T("privacy.kept"), r.Kept)))
		if r.AboutPerson != "" {
			words.Add(part.Row(0, k.Chip(theme.Note, icons.Person, r.AboutPerson)))
		}
		rows = append(rows, k.Card(part.NewNamed("privacy."+r.ID, part.RowTop(14, 1, k.Disc(theme.Neutral, r.Icon, 40), words))))
	}
	return append(rows, k.Muted(k.T("privacy.never")))
}

// keys are the shortcuts, for whoever works without a mouse.
func (p *settingsPage) keys() fyne.CanvasObject {
	k := p.kit
	var rows [][2]string
	for _, key := range model.Keys(k.Words) {
		rows = append(rows, [2]string{key.Keys, key.Does})
	}
	return part.Column(14, k.Strong(k.T("keys.title")), k.Facts(rows...))
}

func (p *settingsPage) again() fyne.CanvasObject {
	k := p.kit
	return part.Column(14, part.Column(3, k.Strong(k.T("guide.title")), k.Body(k.T("guide.again"))),
		part.Row(0, k.Button("settings.guide", part.Quiet, icons.Info, k.T("guide.show"), func() { p.actions.Navigate(Guide) })))
}
