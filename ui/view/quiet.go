package view

import (
	"slices"

	"fyne.io/fyne/v2"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// quietCard is about when notifications make no noise, and sends a test alarm.
type quietCard struct {
	kit     *part.Kit
	actions Actions
	shown   model.QuietView
	drawn   bool
	place   *fyne.Container
	root    fyne.CanvasObject

	on       *part.Check
	from, to *part.Select
	times    [2][]uint32
	sign     *signer
	wrong    *part.Text
	save     *part.Button
	tested   *part.Text
}

func newQuietCard(k *part.Kit, actions Actions) *quietCard {
	c := &quietCard{kit: k, actions: actions, place: part.Column(14)}
	c.root = k.Card(c.place)
	return c
}

func (c *quietCard) update(s *model.State) {
	v := s.QuietView(c.kit.Words)
	if !c.drawn || v != c.shown {
		c.drawn, c.shown = true, v
		c.draw(v)
	}
}

func (c *quietCard) draw(v model.QuietView) {
	k := c.kit
	rows := []fyne.CanvasObject{part.RowStretch(14, 1, k.Disc(theme.Note, icons.Moon, 46),
		part.Column(3, k.Strong(k.T("quiet.title")), k.Body(v.State), k.Small(k.T("quiet.always"))))}
	if !v.Site {
		rows = append(rows, c.form(v))
	}
	c.tested = k.Toned(v.Tested, theme.Good)
	rows = append(rows, k.Rule(), part.RowStretch(14, 1,
		k.Button("quiet.test", part.Quiet, icons.Bell, k.T("quiet.test"), c.actions.TestAlarm),
		part.Column(2, k.Small(k.T("quiet.test.detail")), c.tested)))
	redraw(c.place, rows...)
}

// form is what a technician may set.
func (c *quietCard) form(v model.QuietView) fyne.CanvasObject {
	k := c.kit
	c.on = k.Check("quiet.on", k.T("quiet.switch"), nil)
	c.on.Checked = v.On
	choose := func(i int, set uint32) *part.Select {
		labels, minutes := model.DayTimes(set)
		c.times[i] = minutes
		s := part.NewSelect(labels, nil)
		s.Selected = model.DayTime(set)
		return s
	}
	c.from, c.to = choose(0, v.From), choose(1, v.To)
	c.wrong = k.Toned("", theme.Danger)
	c.wrong.Hide()
	c.save = k.SmallButton("quiet.save", part.Primary, icons.Check, k.T("quiet.save"), c.send)
	c.save.SetEnabled(v.CanSave)
	line := part.Flow(12,
		part.Row(8, k.Plain(k.T("quiet.from"), theme.TextBody, false, k.Palette.Muted), part.FixedWidth(104, part.NewNamed("quiet.from", k.Boxed(c.from)))),
		part.Row(8, k.Plain(k.T("quiet.to"), theme.TextBody, false, k.Palette.Muted), part.FixedWidth(104, part.NewNamed("quiet.to", k.Boxed(c.to)))))
	c.sign = newSigner(k, "quiet", c.actions.LastInitials(), nil, c.send)
	for _, field := range c.sign.fields(v.Sign) {
		line.Add(field)
	}
	line.Add(c.save)
	show(c.sign.none, v.Sign.NoPIN)
	return part.Column(6, c.on, line, c.sign.none, c.wrong)
}

func (c *quietCard) send() {
	if words := c.sign.missing(c.shown.Sign); words != "" {
		c.say(words)
		return
	}
	minute := func(i int, s *part.Select) uint32 {
		return c.times[i][max(slices.Index(s.Options, s.Selected), 0)]
	}
	from, to := minute(0, c.from), minute(1, c.to)
	if c.on.Checked && from == to {
		c.say(c.kit.T("quiet.same"))
		return
	}
	c.actions.SetQuietHours(c.on.Checked, from, to, c.sign.take(c.shown.Sign))
}

// say tells what is wrong.
func (c *quietCard) say(words string) {
	c.wrong.Set(words)
	c.wrong.Show()
	c.place.Refresh()
}
