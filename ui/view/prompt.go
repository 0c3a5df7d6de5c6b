package view

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// Answer is what the technician decided.
type Answer struct {
	Allow        bool
	Duration     hostpb.Duration_
	RunConfirmed bool
}

// Prompt is the content of one prompt window. It answers once, and only what
// the technician did with pointer or keys in this window makes it answer.
type Prompt struct {
	kit    *part.Kit
	view   model.PromptView
	arming *model.Arming
	until  time.Time
	answer func(Answer)

	over      bool // answered, or out of time
	durations *part.Segments
	run       *part.Check
	deny      *part.Button
	allow     *part.Button
	hint      *part.Text
	root      fyne.CanvasObject
}

// NewPrompt builds a prompt. answer is called at most once until Failed.
func NewPrompt(kit *part.Kit, p *hostpb.Prompt, answer func(Answer)) *Prompt {
	w := &Prompt{
		kit: kit, view: model.NewPromptView(kit.Words, p), arming: model.NewArming(p),
		until: time.UnixMilli(p.GetExpiresUnixMs()), answer: answer,
	}
	w.root = w.build()
	w.enable()
	return w
}

// Content is what the window holds.
func (w *Prompt) Content() fyne.CanvasObject { return w.root }

// Focus puts the focus on Deny and takes the keys nobody has the focus for.
func (w *Prompt) Focus(c fyne.Canvas) {
	c.SetOnTypedKey(w.key)
	c.Focus(w.deny)
}

// Tick brings the prompt to a moment. visible says whether it can be seen.
func (w *Prompt) Tick(now time.Time, visible bool) {
	w.arming.Tick(now, visible)
	left := w.until.Sub(now)
	w.deny.SetLabel(w.kit.T("prompt.deny-countdown", "left", w.kit.Words.Countdown(left)))
	if left <= 0 {
		// The service denies by itself; a late Allow must not even be sent.
		w.over = true
	}
	w.enable()
}

// Failed says that the answer did not arrive, and lets it be given again.
func (w *Prompt) Failed(words string) {
	w.over = false
	w.hint.Set(words)
	w.enable()
}

// Deny is Escape, and closing the window: never a yes.
func (w *Prompt) Deny() { w.decide(Answer{}) }

func (w *Prompt) decide(a Answer) {
	if w.over {
		return
	}
	w.over = true
	w.hint.Set(w.kit.T("prompt.sending"))
	w.enable()
	w.answer(a)
}

func (w *Prompt) agree() {
	// The button checks this too. A yes is worth asking twice.
	if !w.arming.Armed() || !w.runConfirmed() {
		return
	}
	a := Answer{Allow: true, Duration: hostpb.Duration__DURATION_ONCE, RunConfirmed: w.run != nil && w.run.Checked}
	if w.durations != nil {
		a.Duration = w.view.Durations[w.durations.Selected()].Value
	}
	w.decide(a)
}

func (w *Prompt) runConfirmed() bool { return !w.view.Run || w.run.Checked }

func (w *Prompt) enable() {
	w.allow.SetEnabled(!w.over && w.arming.Armed() && w.runConfirmed())
	w.deny.SetEnabled(!w.over)
}

func (w *Prompt) key(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyEscape {
		w.Deny()
	}
}

func (w *Prompt) build() fyne.CanvasObject {
	k, v, p := w.kit, w.view, w.kit.Palette
	colours := p.Headers[theme.Session]
	head := container.NewStack(canvas.NewHorizontalGradient(colours[0], colours[1]),
		part.Inset(18, 24, 18, 24, part.RowStretch(16, 1, k.Badge(v.Icon, 52),
			part.Column(3, k.Styled(v.Sentence, 18, true, theme.HeaderInk)))))

	who := part.RowStretch(9, 2, k.Icon(icons.Shield, 20, p.Chips[theme.Good].Ink), k.Plain(k.T("prompt.verified"), theme.TextBody, true, p.Chips[theme.Good].Ink), k.Muted(v.Account).SingleLine())
	body := part.Column(14, who)
	facts := append([][2]string{{k.T("prompt.reason"), v.Reason}}, v.Facts...)
	body.Add(k.Facts(facts...))
	if len(v.Durations) > 0 {
		var choices []part.Segment
		for _, d := range v.Durations {
			choices = append(choices, part.Segment{ID: d.ID, Label: d.Label})
		}
		w.durations = k.Segments("prompt.duration", choices)
		w.durations.OnKey = w.key
		body.Add(part.Column(6, k.Bold(k.T("prompt.duration")), w.durations))
	}
	if v.PatientData {
		body.Add(k.Banner(theme.Attention, icons.Warning, k.T("prompt.patient-data")))
	}
	if v.Run {
		w.run = k.Check("prompt.run", k.T("prompt.run.confirm"), func(bool) { w.enable() })
		w.run.OnKey = w.key
		body.Add(k.TonedBox(theme.Danger, part.Column(0, part.RowStretch(10, 1, k.Icon(icons.Stop, 22, p.Chips[theme.Danger].Ink), k.Toned(k.T("prompt.run.title"), theme.Danger)), w.run)))
	}

	w.deny = k.Button("prompt.deny", part.Stop, icons.Cross, k.T("prompt.deny"), w.Deny)
	w.deny.OnKey = w.key
	w.allow = k.Button("prompt.allow", part.Primary, icons.Check, k.T("prompt.allow"), w.agree)
	w.allow.OnKey, w.allow.Guarded = w.key, true
	w.hint = k.Small(k.T("prompt.no-answer") + " " + k.T("prompt.keys"))
	foot := part.Column(12,
		// Far apart, so that one is never hit for the other.
		part.RowStretch(0, 1, part.FixedWidth(190, w.deny), part.Space(40, 0), part.FixedWidth(190, w.allow)), w.hint)
	return container.NewStack(canvas.NewRectangle(p.Surface),
		part.Column(0, head, part.Inset(18, 24, 18, 24, body), k.Rule(), part.Inset(18, 24, 18, 24, foot)))
}
