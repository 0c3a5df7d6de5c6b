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

// alarmDetail is one notification: what to do first, then what to press, then
// all there is to know.
type alarmDetail struct {
	kit     *part.Kit
	actions Actions
	shown   model.AlarmDetailView
	drawn   bool
	place   *fyne.Container
	scroll  *container.Scroll
	root    fyne.CanvasObject

	// What is being filled in. It stays while the page is drawn anew.
	of     uint64
	sign   *signer
	reason *part.Entry
	until  *part.Segments
	wrong  *part.Text
}

func newAlarmDetail(k *part.Kit, actions Actions) *alarmDetail {
	d := &alarmDetail{kit: k, actions: actions, place: part.Column(14)}
	d.scroll = pageFrame(d.place)
	d.root = d.scroll
	return d
}

func (d *alarmDetail) update(s *model.State, now time.Time) {
	v := s.AlarmDetailView(d.kit.Words, now)
	if v.ID != d.of {
		d.of = v.ID
		d.fields()
		d.scroll.Offset.Y = 0
	}
	if d.drawn && reflect.DeepEqual(v, d.shown) {
		return
	}
	asked := v.Act != d.shown.Act || !d.drawn
	if asked {
		d.sign.forget()
	}
	d.drawn, d.shown = true, v
	d.draw(v)
	if asked && v.Act != model.ActNone {
		d.startFilling(v)
	}
}

// fields makes the fields of an act anew.
func (d *alarmDetail) fields() {
	k := d.kit
	d.reason = k.Entry("notification.reason", k.T("alarms.reason.hint"))
	d.reason.Fits = func(s string) string { return atMost(s, model.ShelfReasonLimit) }
	d.until = k.Segments("notification.until", []part.Segment{
		{ID: "hour", Label: k.T("alarms.until.hour")}, {ID: "shift", Label: k.T("alarms.until.shift")},
		{ID: "tomorrow", Label: k.T("alarms.until.tomorrow")}, {ID: "week", Label: k.T("alarms.until.week")},
	})
	d.wrong = k.Toned("", theme.Danger)
	back := func(*fyne.KeyEvent) { d.actions.BackFromNotification() }
	d.sign = newSigner(k, "notification", d.actions.LastInitials(), back, d.send)
	d.reason.OnKey, d.until.OnKey = back, onEscape(back)
	d.reason.OnSubmitted = func(string) { d.send() }
}

func onEscape(f func(*fyne.KeyEvent)) func(*fyne.KeyEvent) {
	return func(e *fyne.KeyEvent) {
		if e.Name == fyne.KeyEscape {
			f(e)
		}
	}
}

// atMost is the beginning of a text of so many characters.
func atMost(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n])
	}
	return s
}

func (d *alarmDetail) startFilling(v model.AlarmDetailView) {
	if v.Act == model.ActShelve {
		focusOn(d.reason)
		return
	}
	d.sign.focus(v.Sign)
}

func (d *alarmDetail) draw(v model.AlarmDetailView) {
	k := d.kit
	back := k.SmallButton("notification.back", part.Quiet, icons.Back, k.T("help.back"), d.actions.BackFromNotification)
	back.OnKey, back.OnRune = d.key, d.rune
	rows := []fyne.CanvasObject{part.Row(10, back)}
	if v.Title == "" {
		redraw(d.place, append(rows, k.Muted(k.T("notifications.loading")))...)
		return
	}
	rows = append(rows, d.head(v))
	if len(v.Members) > 0 {
		rows = append(rows, d.members(v))
	}
	rows = append(rows, k.Card(k.Facts(v.Facts...)))
	if len(v.History) > 0 {
		rows = append(rows, d.history(v.History))
	}
	redraw(d.place, rows...)
}

func (d *alarmDetail) key(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyEscape {
		d.actions.BackFromNotification()
	}
}

// head is what it says, and what can be done about it.
func (d *alarmDetail) head(v model.AlarmDetailView) fyne.CanvasObject {
	k := d.kit
	chips := part.Flow(8, k.Chip(v.Severity.Tone, v.Severity.Icon, v.Severity.Word))
	for _, tag := range v.Tags {
		chips.Add(k.Chip(theme.Neutral, "", tag))
	}
	body := part.Column(10, part.Sides(8, k.Plain(v.When, theme.TextSmall, true, k.Palette.Muted).MinSize().Width, k.Size(240), chips, k.Plain(v.When, theme.TextSmall, true, k.Palette.Muted)), k.Title(v.Title))
	if v.Advice != "" {
		body.Add(k.Styled(v.Advice, theme.TextStrong, false, k.Palette.Ink))
	}
	if v.Act != model.ActNone { // what is filled in has to be in sight
		body.Add(part.Inset(4, 0, 0, 0, k.TonedCard(theme.Note, d.form(v))))
		return part.NewNamed(fmt.Sprintf("notification.%d.page", v.ID), k.Stripe(v.Severity.Tone, body))
	}
	for _, note := range v.Notes {
		body.Add(part.RowTop(8, 1, part.Inset(2, 0, 0, 0, k.Icon(note.Icon, k.Size(16), k.Palette.Chips[note.Tone].Ink)), k.Body(note.Word)))
	}
	if v.Reason != "" {
		body.Add(k.Small(k.T("alarms.reason.given", "reason", v.Reason)))
	}
	body.Add(part.Inset(6, 0, 0, 0, d.buttons(v)))
	return part.NewNamed(fmt.Sprintf("notification.%d.page", v.ID), k.Stripe(v.Severity.Tone, body))
}

func (d *alarmDetail) buttons(v model.AlarmDetailView) fyne.CanvasObject {
	k, id := d.kit, v.ID
	row := part.Flow(8)
	add := func(on bool, name string, look part.Look, icon icons.Name, key string, do func()) {
		if on {
			b := k.Button(fmt.Sprintf("notification.%d.%s", id, name), look, icon, k.T(key), do)
			b.SetEnabled(!v.Busy)
			b.OnKey, b.OnRune = d.key, d.rune
			row.Add(b)
		}
	}
	add(v.CanAcknowledge, "acknowledge", part.Primary, icons.Check, "notifications.acknowledge", func() { d.actions.Acknowledge(id, model.Signature{}) })
	add(v.CanUnshelve, "unshelve", part.Primary, icons.Shelf, "alarms.unshelve", func() { d.actions.Unshelve(id, model.Signature{}) })
	add(v.CanAskHelp, "help", part.Quiet, icons.Help, "notifications.help", func() { d.actions.AskHelpAbout(id) })
	add(v.CanShelve, "shelve", part.Quiet, icons.Clock, "alarms.shelve", func() { d.actions.StartAct(model.ActShelve) })
	return row
}

// form is what an act needs.
func (d *alarmDetail) form(v model.AlarmDetailView) fyne.CanvasObject {
	k := d.kit
	titles := map[model.AlarmAct]string{model.ActAcknowledge: "notifications.acknowledge", model.ActShelve: "alarms.shelve.title", model.ActUnshelve: "alarms.unshelve"}
	column := part.Column(12, k.Strong(k.T(titles[v.Act])))
	if v.Act == model.ActShelve {
		column.Add(k.Muted(k.T("alarms.shelve.detail")))
		column.Add(d.until)
		column.Add(k.Field(k.T("alarms.reason"), d.reason).Content)
	}
	line := part.Flow(8, d.sign.fields(v.Sign)...)
	label := map[model.AlarmAct]string{model.ActAcknowledge: "notifications.acknowledge", model.ActShelve: "alarms.shelve.do", model.ActUnshelve: "alarms.unshelve"}[v.Act]
	do := k.Button("notification.act", part.Primary, icons.Check, k.T(label), d.send)
	do.SetEnabled(!v.Busy)
	cancel := k.Button("notification.act.cancel", part.Ghost, "", k.T("alarms.cancel"), d.actions.BackFromNotification)
	do.OnKey, cancel.OnKey = d.key, d.key
	line.Add(do)
	line.Add(cancel)
	column.Add(line)
	if v.Sign.NoPIN {
		column.Add(d.sign.none)
	}
	if d.wrong.Content() != "" {
		column.Add(d.wrong)
	}
	return column
}

// say tells what is missing, "" for nothing.
func (d *alarmDetail) say(words string) {
	if words != d.wrong.Content() {
		d.wrong.Set(words)
		d.draw(d.shown)
	}
}

// send does what was filled in, once nothing is missing.
func (d *alarmDetail) send() {
	v, k := d.shown, d.kit
	reason := model.Clean(d.reason.Text, model.ShelfReasonLimit)
	switch {
	case v.Busy:
		return
	case v.Act == model.ActShelve && reason == "":
		d.say(k.T("alarms.reason.missing"))
		focusOn(d.reason)
		return
	}
	missing := d.sign.missing(v.Sign)
	if d.say(missing); missing != "" {
		return
	}
	who := d.sign.take(v.Sign)
	switch v.Act {
	case model.ActAcknowledge:
		d.actions.Acknowledge(v.ID, who)
	case model.ActShelve:
		d.actions.Shelve(v.ID, model.ShelfChoice(d.until.Selected()), reason, who)
	case model.ActUnshelve:
		d.actions.Unshelve(v.ID, who)
	}
}

// members are the worst of a group.
func (d *alarmDetail) members(v model.AlarmDetailView) fyne.CanvasObject {
	k := d.kit
	column := part.Column(0)
	for _, m := range v.Members {
		row := newAlarmRow(k, newAlarmRowSize(k), nil)
		row.set(m)
		column.Add(newPressable(row, func() { d.actions.OpenNotification(m.ID) }, d.key, k))
	}
	if v.AllMembers != "" {
		all := k.SmallButton("notification.members", part.Ghost, icons.Next, v.AllMembers, func() { d.actions.FilterNotifications(model.Filter{Scope: model.ScopeAll, Group: v.ID}) })
		all.OnKey = d.key
		column.Add(part.Inset(4, 0, 4, 4, part.Row(0, all)))
	}
	return part.Column(8, k.Strong(k.T("alarms.group.members")), k.Panel(column))
}

func (d *alarmDetail) history(rows []model.StepRow) fyne.CanvasObject {
	k := d.kit
	column := part.Column(9, k.Strong(k.T("alarms.history")))
	for _, r := range rows {
		words := part.Column(1, k.Body(r.What))
		if r.Detail != "" {
			words.Add(k.Small(r.Detail))
		}
		column.Add(part.RowTop(12, 2, part.FixedWidth(k.Size(138), k.Styled(r.When, theme.TextBody, false, k.Palette.Muted)),
			part.Inset(1, 0, 0, 0, k.Icon(r.Mark.Icon, k.Size(17), k.Palette.Chips[r.Mark.Tone].Ink)), words))
	}
	return part.NewNamed("notification.history", k.Card(column))
}

// rune is a letter: A acknowledges.
func (d *alarmDetail) rune(r rune) {
	if (r == 'a' || r == 'A') && d.shown.CanAcknowledge && d.shown.Act == model.ActNone && !d.shown.Busy {
		d.actions.Acknowledge(d.shown.ID, model.Signature{})
	}
}
