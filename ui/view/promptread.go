package view

import (
	"fyne.io/fyne/v2"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
)

// A question that is higher than the screen scrolls between who asks and the
// answers. Yes is there only once all of it was in sight.

// Limit gives the question its greatest height, in units: what is more scrolls.
// 0 is none.
func (w *Prompt) Limit(height float32) { w.sheet.Limit(height) }

// Scrolls says whether there is more of it than the window shows.
func (w *Prompt) Scrolls() bool { return w.sheet.Long() }

// moreRow says that there is more, and leads there.
func (w *Prompt) moreRow() fyne.CanvasObject {
	w.more = w.kit.Button("prompt.more", part.Quiet, icons.Down, w.kit.T("prompt.more"), func() { w.page(w.toUnread()) })
	w.more.OnKey = w.key
	return part.Column(0, w.kit.Rule(), part.Inset(6, 24, 6, 24, w.more))
}

// toUnread is the direction in which there is something to read yet.
func (w *Prompt) toUnread() float32 {
	if top, _, _ := w.sheet.InSight(); w.reading.Above(top) {
		return -1
	}
	return 1
}

func (w *Prompt) page(by float32) {
	w.sheet.Page(by)
	w.read()
}

// read takes in what of the question can be seen now.
func (w *Prompt) read() {
	top, bottom, height := w.sheet.InSight()
	if w.sight == model.InSight {
		w.reading.Saw(top, bottom)
	}
	// Before it was laid out nothing was seen of it either.
	w.unread = !w.reading.Done(height)
	w.arming.Unread(w.unread)
	switch {
	case !w.unread:
		w.more.SetLabel(w.kit.T("prompt.read"))
	case w.toUnread() < 0:
		w.more.SetLabel(w.kit.T("prompt.more-above"))
	default:
		w.more.SetLabel(w.kit.T("prompt.more"))
	}
	w.more.SetEnabled(w.unread)
	w.enable()
}
