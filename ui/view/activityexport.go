package view

import (
	"fyne.io/fyne/v2"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// exportPanel is where a file of the log is asked for, made and found again;
// nil: none is.
func exportPanel(k *part.Kit, actions Actions, v model.ExportView, key func(*fyne.KeyEvent)) fyne.CanvasObject {
	button := func(id string, look part.Look, icon icons.Name, words string, do func()) *part.Button {
		b := k.SmallButton(id, look, icon, k.T(words), do)
		b.OnKey = key
		return b
	}
	leave := func(words string) *part.Button {
		return button("activity.export.stop", part.Ghost, "", words, actions.StopExport)
	}
	tone, column := theme.Note, part.Column(10, k.Strong(v.What))
	switch v.Step {
	case model.ExportAsked:
		var choices []part.Segment
		for _, f := range model.ExportFormats() {
			choices = append(choices, part.Segment{ID: f, Label: k.T("activity.export.format." + f)})
		}
		format := k.Segments("activity.export.format", choices)
		format.Select(v.Format)
		format.OnChanged = func(i int) { actions.ChooseExport(model.ExportFormats()[i]) }
		format.OnKey = onEscape(key)
		column.Add(k.Body(v.Detail))
		column.Add(part.Flow(8, format, button("activity.export.do", part.Primary, icons.Check, "activity.export.do", actions.StartExport), leave("activity.export.cancel")))
	case model.ExportRunning:
		column.Add(k.Progress(max(v.Fraction, 0)))
		column.Add(part.RowStretch(8, 0, k.Small(v.Progress), leave("activity.export.cancel")))
	case model.ExportSaved:
		tone = theme.Good
		saved := k.Bold(v.Detail)
		column = part.FlowStretch(8, k.Size(260), saved, k.Icon(icons.Check, 20, k.Palette.Chips[tone].Ink), saved,
			button("activity.export.folder", part.Quiet, icons.File, "activity.export.folder", actions.OpenExportFolder), leave("activity.export.close"))
	case model.ExportFailed:
		tone = theme.Danger
		column = part.Column(10, part.RowStretch(8, 1, k.Icon(icons.Warning, k.Size(20), k.Palette.Chips[tone].Ink), k.Body(v.Failure), leave("activity.export.close")))
	default:
		return nil
	}
	return part.NewNamed("activity.export.panel", k.TonedCard(tone, column))
}
