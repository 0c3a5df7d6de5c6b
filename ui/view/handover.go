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

// handoverPage is what the next shift needs to know: what the last one wrote,
// what stands, and a note of one's own.
type handoverPage struct {
	kit     *part.Kit
	actions Actions
	shown   model.HandoverView
	drawn   bool
	place   *fyne.Container
	root    fyne.CanvasObject

	note          *part.Area
	sign          *signer
	left          *part.Text
	said, unsaved *part.Text // one of them says something
	told          *fyne.Container
	wrong         *part.Text
	save          *part.Button
	editor        fyne.CanvasObject
	above         *fyne.Container   // the note of the shift before
	below         *fyne.Container   // what stands
	initials, pin fyne.CanvasObject // of sign, where they are needed
}

func newHandoverPage(k *part.Kit, actions Actions) *handoverPage {
	p := &handoverPage{kit: k, actions: actions, above: part.Column(14), below: part.Column(14)}
	p.note = k.Area("handover.note", k.T("handover.hint"), 5)
	p.note.OnKey = p.key
	p.note.OnChanged = actions.WriteDraft
	p.sign = newSigner(k, "handover", actions.LastInitials(), p.key, p.send)
	p.left, p.wrong = k.Small(""), k.Toned("", theme.Danger)
	p.said, p.unsaved = k.Toned("", theme.Good), k.Toned("", theme.Attention)
	p.save = k.Button("handover.save", part.Primary, icons.Check, k.T("handover.save"), p.send)
	fields := p.sign.fields(model.Signing{Initials: true, PIN: true})
	p.initials, p.pin = fields[0], fields[1]
	p.told = container.NewStack(p.said, p.unsaved)
	for _, o := range []fyne.CanvasObject{p.pin, p.sign.none, p.told} {
		o.Hide()
	}
	p.wrong.Hide()
	p.editor = k.Card(part.Column(10, k.Strong(k.T("handover.mine")), k.Small(k.T("handover.no-patient-data")), p.note, p.left,
		part.FlowStretch(12, k.Size(180), p.told, p.initials, p.pin, p.save, p.told), p.sign.none, p.wrong))
	head := part.RowStretch(12, 1, k.SmallButton("handover.back", part.Quiet, icons.Back, k.T("help.back"), actions.BackFromNotification), k.Title(k.T("handover.title")))
	p.place = part.Column(14, head, p.above, p.editor, p.below)
	p.root = pageFrame(p.place)
	return p
}

func (p *handoverPage) key(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyEscape {
		p.actions.BackFromNotification()
	}
}

func (p *handoverPage) update(s *model.State, now time.Time) {
	v := s.HandoverView(p.kit.Words, now)
	if draft := s.Alarms.Handover.Draft; p.note.Text != draft {
		p.note.SetText(draft)
	}
	p.left.Set(v.Left)
	p.said.Set(v.Saved)
	p.unsaved.Set(v.Unsaved)
	show(p.told, v.Saved != "" || v.Unsaved != "")
	label := "handover.save"
	if v.Busy {
		label = "pin.saving"
	}
	p.save.SetLabel(p.kit.T(label))
	p.save.SetEnabled(v.CanSave)
	show(p.initials, v.Sign.Initials)
	show(p.pin, v.Sign.PIN)
	show(p.sign.none, v.Sign.NoPIN)
	v.Left, v.CanSave, v.Busy, v.Saved, v.Unsaved, v.TooLong = "", false, false, "", "", false
	if !p.drawn || !reflect.DeepEqual(v, p.shown) {
		p.drawn, p.shown = true, v
		p.draw(v)
	}
}

func (p *handoverPage) draw(v model.HandoverView) {
	k := p.kit
	switch {
	case v.Loading:
		redraw(p.above, k.Muted(k.T("notifications.loading")))
	case v.Note == "":
		redraw(p.above, k.Card(part.Column(4, k.Strong(k.T("handover.last")), k.Muted(k.T("handover.none")))))
	default:
		redraw(p.above, part.NewNamed("handover.last", k.TonedCard(theme.Note, part.Column(6, part.RowStretch(10, 1, k.Icon(icons.Note, k.Size(20), k.Palette.Chips[theme.Note].Ink), k.Strong(k.T("handover.last"))),
			k.Body(v.Note), k.Small(v.NoteBy)))))
	}
	if v.Loading {
		redraw(p.below)
		return
	}
	var rows []fyne.CanvasObject
	rows = append(rows, k.Muted(v.Since), p.rows("handover.open", v.Open, "handover.none-open"))
	if len(v.Shelved) > 0 {
		rows = append(rows, p.rows("handover.shelved", v.Shelved, ""))
	}
	redraw(p.below, rows...)
	p.place.Refresh()
}

// rows are notifications that stand.
func (p *handoverPage) rows(title string, all []model.AlarmRow, none string) fyne.CanvasObject {
	k := p.kit
	column := part.Column(0)
	for _, v := range all {
		v.CanAcknowledge = false // here it is read, not worked through
		row := newAlarmRow(k, newAlarmRowSize(k), nil)
		row.set(v)
		column.Add(newPressable(row, func() { p.actions.OpenNotification(v.ID) }, p.key, k))
	}
	if len(all) == 0 {
		column.Add(part.Inset(10, 12, 10, 12, k.Muted(k.T(none))))
	}
	return part.Column(8, k.Strong(k.T(title)), k.Panel(column))
}

func (p *handoverPage) send() {
	missing := p.sign.missing(p.shown.Sign)
	p.wrong.Set(missing)
	show(p.wrong, missing != "")
	p.place.Refresh()
	if missing == "" {
		p.actions.WriteHandover(p.note.Text, p.sign.take(p.shown.Sign))
	}
}
