package window

import (
	"context"
	"math"
	"time"

	"fyne.io/fyne/v2"

	"beckmanconnect/app/window/native"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
	"beckmanconnect/ui/view"
)

// promptWindow is a question on the screen, in a window of its own above all
// others.
type promptWindow struct {
	program *program
	id      string // of the question, and the nonce it was put with
	window  fyne.Window
	scale   float32
	content *view.Prompt
	hand    native.Hand // nil: this screen cannot tell who presses

	insistence  insistence
	stopPicking context.CancelFunc // closes the dialog for another folder; nil: none was opened
}

// promptWidth is the window's; its height is what the question needs.
const promptWidth = 620

// updatePrompt opens, leaves or closes the prompt as the state says.
func (p *program) updatePrompt(now time.Time) {
	wanted := p.state.Prompt
	p.hurry.Store(wanted != nil)
	if p.elsewhere(wanted) {
		wanted = nil
	}
	if p.prompt != nil && (wanted == nil || questionID(wanted) != p.prompt.id) {
		p.prompt.close()
		p.prompt = nil
	}
	if wanted != nil && p.prompt == nil {
		p.prompt = p.openPrompt(wanted)
		p.prompt.tick(now)
	} else if wanted != nil {
		p.prompt.content.Update(wanted)
	}
}

// questionID tells one question from another. The service may put a question
// anew under its old number, for example when a run began: then it has to be
// read and answered anew.
func questionID(q *hostpb.Prompt) string { return q.GetId() + "\x00" + string(q.GetNonce()) }

func (p *program) openPrompt(question *hostpb.Prompt) *promptWindow {
	w := &promptWindow{program: p, id: questionID(question)}
	w.show(question, p.scale())
	// A window knows its screen's scale only once it is there. Where that is not
	// what was thought, neither is the room there is for the question.
	if scale := w.window.Canvas().Scale(); scale != w.scale {
		thought := w.window
		w.show(question, scale)
		p.dismiss(thought)
	}
	w.window.SetTitle(p.kit.T("app.name") + " · " + p.kit.T("prompt.window"))
	p.own(w.window)
	if err := p.native.Above(w.window); err != nil {
		p.log.Warn("keep the prompt above other windows", "error", err)
	}
	var err error
	if w.hand, err = p.native.Attend(w.window); err != nil {
		// Without this nothing can be allowed: the question says so.
		p.log.Error("watch who presses Allow", "error", err)
	}
	w.window.RequestFocus()
	w.content.Focus(w.window.Canvas())
	return w
}

// show opens the window on a screen of a scale, as far as that is known.
func (w *promptWindow) show(question *hostpb.Prompt, scale float32) {
	w.scale = scale
	w.window = w.program.app.NewWindow(native.Class)
	w.window.SetPadded(false)
	w.ask(question)
	// Closing the window is a no, as Escape is.
	w.window.SetCloseIntercept(w.content.Deny)
	w.window.SetFixedSize(true)
	w.window.CenterOnScreen()
	w.window.Show()
}

// scale is that of the main window's screen, where there is one.
func (p *program) scale() float32 {
	if p.main == nil {
		return 1
	}
	return p.main.Canvas().Scale()
}

// ask draws the question, in text as large as the technician wants it and the
// screen has room for. What fits in no size scrolls, in the wanted one if that
// leaves any room for it: a window that is higher than the screen could not be
// read, and so not be allowed.
func (w *promptWindow) ask(question *hostpb.Prompt) {
	p := w.program
	room := p.room(w.scale)
	sizes := []float32{max(p.kit.Text, 1), min(theme.TextScale("large"), max(p.kit.Text, 1)), 1}
	for _, limit := range []float32{0, room} {
		for _, size := range sizes {
			kit := *p.kit
			kit.Text = size
			w.content = view.NewPrompt(&kit, question, p.app.Preferences().String(initialsKey), func(a view.Answer) { p.answer(w, question, a) })
			w.content.Limit(limit)
			w.showFolder()
			w.window.SetContent(w.content.Content())
			if fit(w.window, promptWidth).Height <= room+0.5 {
				return
			}
		}
	}
}

// frameRoom is what a title bar and the desktop's panel take of a screen's
// height, in units.
const frameRoom = 72

// room is the height that every screen has for a window's content, in units.
func (p *program) room(scale float32) float32 {
	room := float32(math.MaxFloat32)
	screens, err := p.native.Screens()
	if err != nil {
		p.log.Warn("ask for the screens", "error", err)
	}
	for _, s := range screens {
		room = min(room, float32(s.H)/scale-frameRoom)
	}
	return room
}

// initialsKey is where this log-on's last initials are kept. A PIN never is.
const initialsKey = "initials"

// fit gives a window a width and the height its content then needs. Wrapped
// text knows its height only once it has its width, hence the second pass.
func fit(w fyne.Window, width float32) (size fyne.Size) {
	content := w.Content()
	for range 3 {
		size = fyne.NewSize(max(width, content.MinSize().Width), content.MinSize().Height)
		content.Resize(size)
		w.Resize(size)
	}
	return size
}

func (w *promptWindow) tick(now time.Time) {
	if w == nil {
		return
	}
	sight := w.sight()
	w.content.Tick(now, sight)
	if w.insistence.due(now, sight) {
		if err := w.program.native.Insist(w.window); err != nil {
			w.program.log.Warn("raise the prompt", "error", err)
		}
	}
}

// sight says whether the question can be read now.
func (w *promptWindow) sight() model.Sight {
	switch {
	case w.program.locked():
		return model.Locked
	case !w.program.native.Visible(w.window):
		return model.OutOfSight
	case w.program.native.Covered(w.window):
		return model.Covered
	}
	return model.InSight
}

// byHand says why a yes does not count, "" when it does: it has to come from
// this PC's mouse or keyboard, at Allow's place, and the question has to be in
// sight at that moment (B3).
func (w *promptWindow) byHand(a view.Answer) string {
	k := w.program.kit
	if w.hand == nil {
		return k.T("prompt.blind")
	}
	if words := w.sight().Words(k.Words); words != "" {
		return words
	}
	if !w.made("prompt.allow", a.ByKey) {
		return k.T("prompt.not-by-hand")
	}
	return ""
}

// made says whether the last press on a part came from this PC's mouse or
// keyboard.
func (w *promptWindow) made(id string, byKey bool) bool {
	place, ok := w.program.placeOf(w.window, id)
	return ok && w.hand != nil && w.hand.Made(place, byKey)
}

// placeOf is where a named part of a window is on the screen.
func (p *program) placeOf(w fyne.Window, id string) (native.Rect, bool) {
	area, err := p.native.Area(w)
	if err != nil {
		return native.Rect{}, false
	}
	for _, place := range part.Places(w.Content()) {
		if place.ID == id {
			return pixels(place, area, w.Canvas().Scale()), true
		}
	}
	return native.Rect{}, false
}

// pixels is where a part is on the screen, in a window whose content is at area.
func pixels(place part.Place, area native.Rect, scale float32) native.Rect {
	in := func(v float32) int { return int(math.Round(float64(v * scale))) }
	return native.Rect{X: area.X + in(place.Pos.X), Y: area.Y + in(place.Pos.Y), W: in(place.Size.Width), H: in(place.Size.Height)}
}

// unattend stops watching who presses.
func (w *promptWindow) unattend() {
	if w != nil && w.hand != nil {
		w.hand.Close()
		w.hand = nil
	}
}

func (w *promptWindow) close() {
	w.unattend()
	if w.stopPicking != nil {
		w.stopPicking() // what was to be chosen for this question covers the next one
	}
	w.program.dismiss(w.window)
}

// answer sends what the technician decided, with the nonce of this prompt.
func (p *program) answer(w *promptWindow, question *hostpb.Prompt, a view.Answer) {
	if a.Allow {
		if words := w.byHand(a); words != "" {
			p.log.Warn("a press on Allow did not count", "prompt", question.GetId(), "why", words)
			w.content.Failed(words)
			return
		}
	}
	p.call(callTime, "AnswerPrompt", func(ctx context.Context, host hostpb.HostClient) error {
		_, err := host.AnswerPrompt(ctx, &hostpb.AnswerPromptRequest{
			PromptId: question.GetId(), Nonce: question.GetNonce(), Allow: a.Allow, Duration: a.Duration, RunConfirmed: a.RunConfirmed,
			Initials: a.Initials, Pin: a.PIN, Desktop: p.stands(),
		})
		return err
	}, func(err error) {
		if err == nil && a.Initials != "" {
			p.app.Preferences().SetString(initialsKey, a.Initials)
		}
		switch {
		case p.prompt == nil:
		case err != nil && p.state.Prompt.GetId() == question.GetId():
			// Also when the service has put the question anew since.
			p.prompt.content.Failed(model.Failure(p.kit.Words, client.Code(err)))
		case p.prompt != w || err != nil:
		default:
			if p.only != nil {
				p.only.Answered()
			}
			// Answered: it closes now, not when the service's event comes.
			if questionID(p.state.Prompt) == w.id {
				p.state.Prompt = nil
			}
		}
	})
}
