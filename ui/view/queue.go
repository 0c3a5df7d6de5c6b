package view

import (
	"fyne.io/fyne/v2"

	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
)

// queue is the row with case number and place in the vendor's queue.
func queue(k *part.Kit, v *model.QueueView) fyne.CanvasObject {
	return part.NewNamed("help.queue", part.RowStretch(12, 1, k.Disc(v.Tone, v.Icon, 34), part.Column(1, k.Bold(v.Word), k.Muted(v.Says))))
}
