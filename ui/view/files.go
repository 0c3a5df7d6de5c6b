package view

import (
	"fyne.io/fyne/v2"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// files are the session's transfers, and the way to send one; nil: there is
// nothing to say.
func (p *helpPage) files(v model.FilesView) fyne.CanvasObject {
	k := p.kit
	if len(v.Rows) == 0 && !v.CanSend && v.Blocked == "" {
		return nil
	}
	title := fyne.CanvasObject(k.Strong(k.T("help.transfers")))
	if v.CanSend {
		title = part.RowStretch(12, 0, title, k.SmallButton("files.send", part.Quiet, icons.File, k.T("files.send"), p.actions.SendFile))
	}
	column := part.Column(12, title)
	if v.Blocked != "" {
		column.Add(part.NewNamed("files.blocked", k.Banner(theme.Attention, icons.Warning, v.Blocked)))
	}
	for _, t := range v.Rows {
		tone := theme.Note
		if t.Failed {
			tone = theme.Danger
		}
		words := part.Column(4, k.Bold(t.Name), k.Small(model.Joined(t.State, t.Where)))
		if t.Fraction >= 0 {
			words.Add(k.Progress(t.Fraction))
		}
		row := part.RowStretch(12, 1, k.Disc(tone, icons.File, 40), words)
		if t.Live {
			row.Add(k.SmallButton("files."+t.ID+".stop", part.Quiet, icons.Cross, k.T("files.stop"), func() { p.actions.StopTransfer(t.ID) }))
		}
		column.Add(row)
	}
	return k.Card(column)
}

// FolderRow shows where a file will be saved, and lets the technician choose
// another folder. Only the question about a file to this PC has one.
func (w *Prompt) FolderRow(folder string, change func()) {
	if w.folder == nil {
		return
	}
	k := w.kit
	if w.folderName == nil {
		w.folderName = k.Body(folder).SingleLine()
		w.folder.Add(part.RowStretch(12, 1, k.Plain(k.T("prompt.folder"), theme.TextBody, false, k.Palette.Muted), part.NewNamed("prompt.folder", w.folderName),
			k.SmallButton("prompt.folder.change", part.Quiet, icons.File, k.T("prompt.folder.change"), change)))
		return
	}
	w.folderName.Set(folder)
}
