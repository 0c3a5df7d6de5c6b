package window

import (
	"context"
	"time"

	"fyne.io/fyne/v2"

	"beckmanconnect/app/window/native"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/view"
)

// promptWindow is a question on the screen, in a window of its own above all
// others.
type promptWindow struct {
	program *program
	id      string // of the question, and the nonce it was put with
	window  fyne.Window
	content *view.Prompt
}

// promptWidth is the window's; its height is what the question needs.
const promptWidth = 580

// updatePrompt opens, leaves or closes the prompt as the state says.
func (p *program) updatePrompt(now time.Time) {
	wanted := p.state.Prompt
	if p.prompt != nil && (wanted == nil || questionID(wanted) != p.prompt.id) {
		p.prompt.close()
		p.prompt = nil
	}
	if wanted != nil && p.prompt == nil {
		p.prompt = p.openPrompt(wanted)
		p.prompt.tick(now)
	}
	p.hurry.Store(p.prompt != nil)
}

// questionID tells one question from another. The service may put a question
// anew under its old number, for example when a run began: then it has to be
// read and answered anew.
func questionID(q *hostpb.Prompt) string { return q.GetId() + "\x00" + string(q.GetNonce()) }

func (p *program) openPrompt(question *hostpb.Prompt) *promptWindow {
	w := &promptWindow{program: p, id: questionID(question)}
	w.window = p.app.NewWindow(native.Class)
	w.window.SetPadded(false)
	w.content = view.NewPrompt(p.kit, question, func(a view.Answer) { p.answer(w, question, a) })
	// Closing the window is a no, as Escape is.
	w.window.SetCloseIntercept(w.content.Deny)
	w.window.SetContent(w.content.Content())
	fit(w.window, promptWidth)
	w.window.SetFixedSize(true)
	w.window.CenterOnScreen()
	w.window.Show()
	w.window.SetTitle(p.kit.T("app.name") + " · " + p.kit.T("prompt.window"))
	p.own(w.window)
	if err := p.native.Above(w.window); err != nil {
		p.log.Warn("keep the prompt above other windows", "error", err)
	}
	w.window.RequestFocus()
	w.content.Focus(w.window.Canvas())
	return w
}

// fit gives a window a width and the height its content then needs. Wrapped
// text knows its height only once it has its width, hence the second pass.
func fit(w fyne.Window, width float32) {
	content := w.Content()
	for range 3 {
		size := fyne.NewSize(max(width, content.MinSize().Width), content.MinSize().Height)
		content.Resize(size)
		w.Resize(size)
	}
}

func (w *promptWindow) tick(now time.Time) {
	if w != nil {
		w.content.Tick(now, w.program.native.Visible(w.window))
	}
}

func (w *promptWindow) close() {
	w.window.SetCloseIntercept(nil)
	w.window.Close()
}

// answer sends what the technician decided, with the nonce of this prompt.
func (p *program) answer(w *promptWindow, question *hostpb.Prompt, a view.Answer) {
	p.call(callTime, "AnswerPrompt", func(ctx context.Context, host hostpb.HostClient) error {
		_, err := host.AnswerPrompt(ctx, &hostpb.AnswerPromptRequest{
			PromptId: question.GetId(), Nonce: question.GetNonce(), Allow: a.Allow, Duration: a.Duration, RunConfirmed: a.RunConfirmed,
		})
		return err
	}, func(err error) {
		switch {
		case p.prompt != w:
		case err != nil:
			w.content.Failed(model.Failure(p.kit.Words, client.Code(err)))
		default:
			// Answered: it closes now, not when the service's event comes.
			if questionID(p.state.Prompt) == w.id {
				p.state.Prompt = nil
			}
		}
	})
}
