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
	Initials     string
	PIN          string
	ByKey        bool // Allow was pressed with a key, not with a pointer
}

// Prompt is the content of one prompt window. It answers once, and only what
// the technician did with pointer or keys in this window makes it answer.
type Prompt struct {
	kit    *part.Kit
	view   model.PromptView
	arming *model.Arming
	until  time.Time
	stands time.Duration // from when it was put until then
	answer func(Answer)

	sheet   *part.Sheet
	more    *part.Button // there is more to read
	sight   model.Sight
	reading model.Reading
	unread  bool

	over       bool   // answered, or out of time
	said       string // why the last answer did not count; "": nothing to say
	durations  *part.Segments
	run        *part.Check
	initials   *part.Entry
	pin        *part.Entry
	pinLeft    *canvas.Text
	folder     *fyne.Container // where a file goes; nil: this is not about one
	folderName *part.Text
	deny       *part.Button
	allow      *part.Button
	hint       *part.Text
	warn       *part.Text // what is in the way of a yes, in the place of hint
	warnBox    fyne.CanvasObject
	ring       *part.Countdown
	root       fyne.CanvasObject
}

// NewPrompt builds a prompt. initials are those this log-on used last. answer
// is called at most once until Failed.
func NewPrompt(kit *part.Kit, p *hostpb.Prompt, initials string, answer func(Answer)) *Prompt {
	w := &Prompt{
		kit: kit, view: model.NewPromptView(kit.Words, p), arming: model.NewArming(p),
		until: time.UnixMilli(p.GetExpiresUnixMs()), stands: time.Duration(p.GetStandsMs()) * time.Millisecond, answer: answer,
	}
	w.root = w.build(initials)
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

// Tick brings the prompt to a moment. sight says whether it can be read.
func (w *Prompt) Tick(now time.Time, sight model.Sight) {
	w.sight = sight
	w.read()
	w.arming.Tick(now, sight)
	left := w.until.Sub(now)
	words := w.kit.Words.Countdown(left)
	w.deny.SetLabel(w.kit.T("prompt.deny-countdown", "left", words))
	w.stands = max(w.stands, left) // of a service that does not say
	w.ring.Set(float32(left)/float32(w.stands), words)
	if left <= 0 {
		// The service denies by itself; a late Allow must not even be sent.
		w.over = true
	}
	w.enable()
}

// Update takes in what the service changed of a question that stays the same.
func (w *Prompt) Update(p *hostpb.Prompt) {
	if w.pinLeft == nil {
		return
	}
	if left := model.PINLeft(w.kit.Words, p); left != w.pinLeft.Text {
		w.pinLeft.Text = left
		w.pinLeft.Refresh()
	}
}

// Failed says that the answer did not arrive or did not count, and lets it be
// given again.
func (w *Prompt) Failed(words string) {
	w.over, w.said = false, words
	w.enable()
}

// Deny is Escape, and closing the window: never a yes.
func (w *Prompt) Deny() { w.decide(Answer{}) }

func (w *Prompt) decide(a Answer) {
	if w.over {
		return
	}
	w.over, w.said = true, ""
	w.hint.Set(w.kit.T("prompt.sending"))
	if w.pin != nil {
		w.pin.SetText("") // each try is typed anew
	}
	w.enable()
	w.answer(a)
}

func (w *Prompt) agree() {
	// The button checks this too. A yes is worth asking twice.
	w.read()
	if !w.arming.Armed() || w.unread || !w.runConfirmed() || !w.filled() {
		return
	}
	a := Answer{Allow: true, Duration: w.view.Only, RunConfirmed: w.run != nil && w.run.Checked, ByKey: w.allow.ByKey()}
	if w.durations != nil {
		a.Duration = w.view.Durations[w.durations.Selected()].Value
	}
	if w.initials != nil {
		a.Initials = model.Initials(w.initials.Text)
	}
	if w.pin != nil {
		a.PIN = w.pin.Text
	}
	w.decide(a)
}

func (w *Prompt) runConfirmed() bool { return !w.view.Run || w.run.Checked }

// filled says whether the fields hold what can be an answer.
func (w *Prompt) filled() bool {
	if w.initials != nil && !model.InitialsFit(w.initials.Text) {
		return false
	}
	return w.pin == nil || len(w.pin.Text) >= model.PINLeast
}

func (w *Prompt) enable() {
	w.allow.SetEnabled(!w.over && w.arming.Armed() && !w.unread && w.runConfirmed() && w.filled())
	w.deny.SetEnabled(!w.over)
	// What is in the way is said in words, never by a grey button alone.
	words := w.arming.Told().Words(w.kit.Words)
	if words == "" {
		words = w.said
	}
	w.warn.Set(words)
	if !w.over {
		w.hint.Set(w.hints())
	}
	show(w.warnBox, words != "")
	show(w.hint, words == "")
}

// hints say what a key does and what happens without an answer.
func (w *Prompt) hints() string {
	if w.unread && w.sheet.Long() {
		return w.kit.Words.Sentences(w.kit.T("prompt.read-first"), w.kit.T("prompt.no-answer"))
	}
	if w.initials != nil && !w.filled() {
		return w.kit.Words.Sentences(w.kit.T("prompt.fill"), w.kit.T("prompt.no-answer"))
	}
	return w.kit.Words.Sentences(w.kit.T("prompt.no-answer"), w.kit.T("prompt.keys"))
}

func (w *Prompt) key(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape:
		w.Deny()
	case fyne.KeyPageDown:
		w.page(1)
	case fyne.KeyPageUp:
		w.page(-1)
	}
}

func (w *Prompt) build(initials string) fyne.CanvasObject {
	k, v, p := w.kit, w.view, w.kit.Palette
	// Who asks stands first, then what for, then the rest.
	w.ring = k.Countdown(theme.HeaderInk, theme.HeaderMuted)
	who := part.Column(3, part.Beside(14, k.Styled(v.Name, theme.TextTitle, true, theme.HeaderInk), k.HeaderPill(icons.Shield, k.T("prompt.verified"))),
		k.Styled(model.Joined(v.Organisation, v.Account), theme.TextBody, false, theme.HeaderMuted))
	head := k.Header(theme.Session, part.Inset(12, 24, 12, 24, part.RowStretch(16, 1, k.Badge(icons.Person, 52), who, w.ring)))

	body := part.Column(9, part.RowStretch(16, 1, k.Disc(theme.Session, v.Icon, 52), k.Styled(v.Says, promptText, true, p.Ink)))
	if v.Missed != "" {
		body.Add(part.RowStretch(9, 1, k.Icon(icons.Clock, k.Size(20), p.Chips[theme.Attention].Ink), k.Toned(v.Missed, theme.Attention)))
	}
	body.Add(k.Facts(v.Facts...))
	if v.Folder {
		w.folder = part.Column(0)
		body.Add(w.folder)
	}
	if v.Chooses {
		body.Add(k.Banner(theme.Note, icons.Info, k.T("prompt.choose-next")))
	}
	if len(v.Durations) > 0 {
		var choices []part.Segment
		for _, d := range v.Durations {
			choices = append(choices, part.Segment{ID: d.ID, Label: d.Label})
		}
		w.durations = k.Segments("prompt.duration", choices)
		w.durations.OnKey = w.key
		body.Add(part.Column(6, k.Bold(k.T("prompt.duration")), w.durations))
	}
	if v.PatientData != "" {
		body.Add(k.Banner(theme.Attention, icons.Warning, v.PatientData))
	}
	if v.Run {
		w.run = k.Check("prompt.run", k.T("prompt.run.confirm"), func(bool) { w.enable() })
		w.run.OnKey = w.key
		body.Add(k.TonedBox(theme.Danger, part.Column(0, part.RowStretch(10, 1, k.Icon(icons.Stop, k.Size(22), p.Chips[theme.Danger].Ink), k.Toned(k.T("prompt.run.title"), theme.Danger)), w.run)))
	}

	w.deny = k.Button("prompt.deny", part.Stop, icons.Cross, k.T("prompt.deny"), w.Deny)
	w.deny.OnKey = w.key
	w.allow = k.Button("prompt.allow", part.Primary, icons.Check, k.T("prompt.allow"), w.agree)
	w.allow.OnKey, w.allow.Guarded = w.key, true
	w.hint = k.Small(w.hints())
	w.warn = k.Styled("", theme.TextSmall, true, p.Chips[theme.Danger].Ink)
	w.warnBox = part.RowStretch(8, 1, k.Icon(icons.Warning, k.Size(18), p.Chips[theme.Danger].Ink), part.NewNamed("prompt.warning", w.warn))
	// The order is that of the Tab key: from Deny over the fields to Allow.
	foot := part.Column(10, part.Answers(w.deny, w.fields(initials), w.allow),
		// Room for two lines, so that a warning moves nothing.
		container.NewStack(part.Space(0, k.Size(36)), part.Column(0, w.hint), part.Column(0, w.warnBox)))
	w.sheet = part.NewSheet(head, part.Inset(12, 24, 10, 24, body), w.moreRow(), part.Column(0, k.Rule(), part.Inset(12, 24, 8, 24, foot)))
	w.sheet.OnScrolled(w.read)
	return container.NewStack(canvas.NewRectangle(p.Surface), w.sheet.Container)
}

// promptText is the size of the one sentence a question is.
const promptText float32 = 19

// fields are initials and PIN, where an answer needs them; nil: it needs none.
func (w *Prompt) fields(initials string) fyne.CanvasObject {
	k, v := w.kit, w.view
	if !v.Initials {
		return nil
	}
	w.initials = k.Entry("prompt.initials", "")
	w.initials.OnKey, w.initials.OnChanged = w.key, func(string) { w.enable() }
	w.initials.Text = model.Initials(initials)
	name := k.Field(k.T("prompt.initials"), w.initials).Content
	if !v.PIN {
		return part.Grid2(18, name, part.Space(0, 0))
	}
	w.pin = k.Secret("prompt.pin", k.T("pin.hint"), fitsPIN)
	w.pin.OnKey, w.pin.OnChanged = w.key, func(string) { w.enable() }
	w.pinLeft = k.Plain(v.PINLeft, theme.TextSmall, false, k.Palette.Muted)
	rows := part.Column(8)
	if v.PINWhy != "" {
		rows.Add(part.RowStretch(9, 1, k.Icon(icons.Seal, k.Size(20), k.Palette.Chips[theme.Session].Ink), k.Bold(v.PINWhy)))
	}
	rows.Add(part.Grid2(18, name, part.Column(5, part.RowStretch(8, 0, k.Bold(k.T("prompt.pin")), w.pinLeft), w.pin)))
	return rows
}

// fitsPIN is what may stand in a field for a PIN.
func fitsPIN(typed string) string {
	digits := model.Digits(typed)
	return digits[:min(len(digits), model.PINMost)]
}
