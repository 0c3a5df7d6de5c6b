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

// activityDetail is one entry: what happened, who did it, and what proves it.
type activityDetail struct {
	kit     *part.Kit
	actions Actions
	shown   model.ActivityDetailView
	drawn   bool
	place   *fyne.Container
	scroll  *container.Scroll
	root    fyne.CanvasObject
}

func newActivityDetail(k *part.Kit, actions Actions) *activityDetail {
	d := &activityDetail{kit: k, actions: actions, place: part.Column(14)}
	d.scroll = pageFrame(d.place)
	d.root = d.scroll
	return d
}

func (d *activityDetail) update(s *model.State, now time.Time) {
	v := s.ActivityDetailView(d.kit.Words, now)
	if d.drawn && reflect.DeepEqual(v, d.shown) {
		return
	}
	if v.Key != d.shown.Key {
		d.scroll.Offset.Y = 0
	}
	d.drawn, d.shown = true, v
	d.draw(v)
}

func (d *activityDetail) key(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyEscape {
		d.actions.BackFromActivity()
	}
}

func (d *activityDetail) button(id string, look part.Look, icon icons.Name, words string, do func()) *part.Button {
	b := d.kit.SmallButton(id, look, icon, d.kit.T(words), do)
	b.OnKey = d.key
	return b
}

func (d *activityDetail) draw(v model.ActivityDetailView) {
	k := d.kit
	rows := []fyne.CanvasObject{part.Row(10, d.button("activity.back", part.Quiet, icons.Back, "help.back", d.actions.BackFromActivity))}
	if panel := exportPanel(k, d.actions, v.Export, d.key); panel != nil {
		rows = append(rows, panel)
	}
	switch {
	case v.Gone:
		rows = append(rows, k.Empty(theme.Attention, icons.Warning, k.T("activity.gone.title"), k.T("activity.gone.detail")))
	case v.What == "":
		rows = append(rows, k.Muted(k.T("activity.loading")))
	default:
		rows = append(rows, d.head(v), k.Card(k.Facts(v.Facts...)))
		if len(v.Proof) > 0 {
			rows = append(rows, d.proof(v))
		}
	}
	redraw(d.place, rows...)
}

// head is what happened.
func (d *activityDetail) head(v model.ActivityDetailView) fyne.CanvasObject {
	k := d.kit
	chips := part.Flow(8)
	for _, chip := range v.Chips {
		chips.Add(k.Chip(chip.Tone, chip.Icon, chip.Word))
	}
	body := part.Column(10, part.RowStretch(8, 0, chips, k.Plain(v.When, theme.TextSmall, true, k.Palette.Muted)),
		part.RowStretch(12, 1, k.Disc(v.Tone, v.Icon, 40), k.Title(v.What)))
	for _, note := range v.Notes {
		body.Add(part.RowTop(8, 1, part.Inset(2, 0, 0, 0, k.Icon(note.Icon, k.Size(16), k.Palette.Chips[note.Tone].Ink)), k.Body(note.Word)))
	}
	if v.Session != "" {
		only := d.button("activity.session.show", part.Quiet, icons.Search, "activity.session.show", func() { d.actions.FilterActivity(model.ActivityFilter{Session: v.Session}) })
		certificate := d.button("activity.certificate", part.Quiet, icons.File, "activity.session.certificate", func() { d.actions.SaveCertificate(v.Session) })
		certificate.SetEnabled(v.Export.Step != model.ExportRunning)
		body.Add(part.Inset(4, 0, 0, 0, part.Flow(8, only, certificate)))
	}
	return part.NewNamed("activity.entry", k.Card(body))
}

// proof is what ties it to the log.
func (d *activityDetail) proof(v model.ActivityDetailView) fyne.CanvasObject {
	k := d.kit
	column := part.Column(12, k.Strong(k.T("activity.proof.title")), k.Facts(v.Proof...))
	if v.CanCopy {
		words, icon := "activity.proof.copy", icons.Clipboard
		if v.Copied {
			words, icon = "activity.proof.copied", icons.Check
		}
		save := d.button("activity.proof.save", part.Quiet, icons.File, "activity.proof.save", d.actions.SaveProof)
		save.SetEnabled(v.Export.Step != model.ExportRunning)
		column.Add(k.Small(k.T("activity.proof.hint")))
		column.Add(part.Flow(8, d.button("activity.proof.copy", part.Quiet, icon, words, d.actions.CopyProof), save))
	}
	return part.NewNamed("activity.proof", k.Card(column))
}
