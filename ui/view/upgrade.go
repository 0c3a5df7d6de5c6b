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

// upgradePage offers the next version, and shows what becomes of it.
type upgradePage struct {
	kit      *part.Kit
	actions  Actions
	shown    model.UpgradeView
	drawn    bool
	place    *fyne.Container
	scroll   *container.Scroll
	progress *part.Bar
	percent  *part.Text

	// What is being filled in. It stays while the page is drawn anew.
	sign   *signer
	runYes *part.Check
	remind []*part.Button
	wrong  *part.Text
}

func newUpgradePage(kit *part.Kit, actions Actions) *upgradePage {
	p := &upgradePage{kit: kit, actions: actions, place: part.Column(14)}
	p.scroll = pageFrame(p.place)
	p.fields()
	return p
}

// fields makes the fields of an act anew.
func (p *upgradePage) fields() {
	k := p.kit
	p.sign = newSigner(k, "upgrade", p.actions.LastInitials(), p.back, p.send)
	p.runYes = k.Check("upgrade.run-yes", k.T("upgrade.run-yes"), func(bool) { p.say("") })
	p.remind = nil
	for i, words := range model.RemindChoices(k.Words) {
		b := k.Button(fmt.Sprintf("upgrade.remind.%d", i), part.Quiet, icons.Clock, words, func() { p.actions.PostponeUpgrade(p.shown.Digest, model.RemindChoice(i)) })
		b.OnKey = onEscape(p.back)
		p.remind = append(p.remind, b)
	}
	p.wrong = k.Toned("", theme.Danger)
	p.runYes.OnKey = onEscape(p.back)
}

func (p *upgradePage) back(*fyne.KeyEvent) { p.actions.StartUpgradeAct(model.UpgradeNothing) }

func (p *upgradePage) content() fyne.CanvasObject { return p.scroll }

func (p *upgradePage) update(s *model.State, now time.Time) {
	v := s.UpgradeView(p.kit.Words, now)
	rest := v
	rest.Fraction, rest.Percent = 0, ""
	if !p.drawn || !reflect.DeepEqual(rest, p.shown) {
		asked := v.Act != p.shown.Act && v.Act != model.UpgradeNothing
		if v.Act == model.UpgradeNothing {
			p.sign.forget()
		}
		if asked {
			p.fields()
		}
		p.drawn, p.shown = true, rest
		p.progress, p.percent = nil, nil
		p.draw(v)
		if asked {
			p.startFilling(v)
		}
	}
	if p.progress != nil {
		p.progress.Set(v.Fraction)
		p.percent.Set(v.Percent)
	}
}

func (p *upgradePage) startFilling(v model.UpgradeView) {
	switch {
	case v.Act == model.UpgradeRemind:
		focusOn(p.remind[0])
	case v.RunYes:
		focusOn(p.runYes)
	default:
		p.sign.focus(v.Sign)
	}
}

func (p *upgradePage) draw(v model.UpgradeView) {
	k := p.kit
	rows := []fyne.CanvasObject{k.Title(k.T("upgrade.title")), k.Card(p.head(v))}
	// What it brings is read before what is new: somebody has to authorise it.
	if v.Brings && len(v.Capabilities) > 0 {
		rows = append(rows, k.Card(p.brings(v)))
	}
	if len(v.New) > 0 {
		list := part.Column(9, k.Strong(k.T("upgrade.new")))
		for _, line := range v.New {
			list.Add(part.RowTop(10, 1, part.Inset(2, 0, 0, 0, k.Icon(icons.Check, k.Size(16), k.Palette.Accent)), k.Body(line)))
		}
		rows = append(rows, k.Card(list))
	}
	if v.Brings && len(v.Capabilities) == 0 {
		rows = append(rows, k.Muted(k.T("upgrade.brings.none")))
	}
	redraw(p.place, rows...)
}

// head says how things stand, and what can be done.
func (p *upgradePage) head(v model.UpgradeView) fyne.CanvasObject {
	k := p.kit
	words := part.Column(5, k.Strong(v.Mark.Word))
	if v.Detail != "" {
		words.Add(k.Body(v.Detail))
	}
	if v.Advice != "" {
		words.Add(k.Muted(v.Advice))
	}
	head := part.Column(16, part.RowStretch(16, 1, k.Disc(v.Mark.Tone, v.Mark.Icon, 56), words))
	if len(v.Chips) > 0 {
		chips := part.Flow(8)
		for _, c := range v.Chips {
			chips.Add(k.Chip(c.Tone, c.Icon, c.Word))
		}
		head.Add(chips)
	}
	if v.Busy {
		p.progress, p.percent = k.Progress(v.Fraction), k.Small(v.Percent)
		head.Add(part.Column(6, p.progress, p.percent))
	}
	if v.Waiting != "" {
		head.Add(part.NewNamed("upgrade.waiting", k.Banner(theme.Note, icons.Clock, v.Waiting)))
	}
	if v.Act != model.UpgradeNothing {
		head.Add(k.TonedCard(theme.Note, p.form(v)))
	} else if buttons := p.buttons(v); len(buttons.Objects) > 0 {
		head.Add(buttons)
	}
	if v.Hint != "" {
		head.Add(k.Muted(v.Hint))
	}
	head.Add(k.Rule())
	head.Add(k.Facts(v.Facts...))
	return head
}

func (p *upgradePage) buttons(v model.UpgradeView) *fyne.Container {
	k := p.kit
	row := part.Flow(8)
	add := func(on bool, name string, look part.Look, icon icons.Name, key string, do func()) {
		if on {
			b := k.Button("upgrade."+name, look, icon, k.T(key), do)
			b.SetEnabled(v.Enabled)
			row.Add(b)
		}
	}
	start := func(act model.UpgradeAct) func() { return func() { p.actions.StartUpgradeAct(act) } }
	first := "upgrade.choose.now"
	if v.Again {
		first = "upgrade.choose.again"
	}
	add(v.CanChoose, "now", part.Primary, icons.Upgrade, first, start(model.UpgradeInstall))
	add(v.CanChoose, "tonight", part.Quiet, icons.Moon, "upgrade.choose.tonight", start(model.UpgradeAtNight))
	add(v.CanChoose, "idle", part.Quiet, icons.Power, "upgrade.choose.idle", start(model.UpgradeWhenIdle))
	add(v.CanRemind, "remind", part.Quiet, icons.Clock, "upgrade.choose.remind", start(model.UpgradeRemind))
	add(v.CanChange, "change", part.Quiet, icons.Clock, "upgrade.change", p.actions.ChangeUpgrade)
	add(v.CanCancel, "cancel", part.Quiet, icons.Cross, "upgrade.cancel", start(model.UpgradeCancel))
	look := "upgrade.look"
	if v.Checking {
		look = "upgrade.looking"
	}
	add(v.CanCheck, "check", part.Quiet, icons.Search, look, p.actions.CheckUpgrades)
	add(v.CanDismiss, "dismiss", part.Quiet, icons.Check, "upgrade.dismiss", func() { p.actions.DismissUpgrade(v.Digest) })
	return row
}

// form is what an act needs.
func (p *upgradePage) form(v model.UpgradeView) fyne.CanvasObject {
	k := p.kit
	keys := map[model.UpgradeAct]string{
		model.UpgradeRemind: "upgrade.choose.remind", model.UpgradeInstall: "upgrade.choose.now", model.UpgradeAtNight: "upgrade.choose.tonight",
		model.UpgradeWhenIdle: "upgrade.choose.idle", model.UpgradeCancel: "upgrade.cancel",
	}
	column := part.Column(12, k.Strong(k.T(keys[v.Act])))
	if v.RunYes {
		column.Add(k.Body(k.T("upgrade.run-unknown")))
		column.Add(p.runYes)
	}
	line := part.Flow(8)
	if v.Act == model.UpgradeRemind { // one press each: nothing is left to confirm
		for _, b := range p.remind {
			b.SetEnabled(v.Enabled)
			line.Add(b)
		}
	} else {
		for _, field := range p.sign.fields(v.Sign) {
			line.Add(field)
		}
		do := k.Button("upgrade.act", part.Primary, icons.Check, k.T(keys[v.Act]), p.send)
		do.SetEnabled(v.Enabled)
		do.OnKey = onEscape(p.back)
		line.Add(do)
	}
	cancel := k.Button("upgrade.act.cancel", part.Ghost, "", k.T("alarms.cancel"), func() { p.back(nil) })
	cancel.OnKey = onEscape(p.back)
	line.Add(cancel)
	column.Add(line)
	if v.Sign.NoPIN && v.Act != model.UpgradeRemind {
		column.Add(p.sign.none)
	}
	if p.wrong.Content() != "" {
		column.Add(p.wrong)
	}
	return column
}

// say tells what is missing, "" for nothing.
func (p *upgradePage) say(words string) {
	if words != p.wrong.Content() {
		p.wrong.Set(words)
		p.draw(p.shown)
	}
}

// send does what was filled in, once nothing is missing.
func (p *upgradePage) send() {
	v, k := p.shown, p.kit
	switch {
	case !v.Enabled:
		return
	case v.RunYes && !p.runYes.Checked:
		p.say(k.T("error.run-not-confirmed"))
		focusOn(p.runYes)
		return
	}
	missing := p.sign.missing(v.Sign)
	if p.say(missing); missing != "" {
		return
	}
	who := p.sign.take(v.Sign)
	switch v.Act {
	case model.UpgradeCancel:
		p.actions.CancelUpgrade(v.Digest, who)
	default:
		p.actions.AcceptUpgrade(v.Digest, v.Act.When(), who, v.RunYes)
	}
}

// brings lists the capabilities, each as it stands, and how IT authorises it
// (P25).
func (p *upgradePage) brings(v model.UpgradeView) fyne.CanvasObject {
	k := p.kit
	list := part.Column(11, k.Strong(k.T("upgrade.brings")), k.Muted(k.T("upgrade.brings.off")))
	for _, c := range v.Capabilities {
		chip := k.Chip(theme.Neutral, icons.Power, k.T("about.effective.off"))
		words := part.Column(2, k.Bold(c.Name))
		if c.On {
			chip = k.Chip(theme.Good, icons.Check, k.T("upgrade.brings.on"))
		} else {
			words.Add(k.Small(c.How))
		}
		list.Add(part.RowTop(10, 1, chip, words))
	}
	return list
}
