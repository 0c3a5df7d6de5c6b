package dialog

import (
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/ask"
	"beckmanconnect/ui/look"
)

// The parts of a question.
const (
	idDeny     = "prompt.deny"
	idAllow    = "prompt.allow"
	idDuration = "prompt.duration"
	idRun      = "prompt.run"
	idInitials = "prompt.initials"
	idPIN      = "prompt.pin"
)

// Answer is what the technician decided.
type Answer struct {
	Allow        bool
	Duration     hostpb.Duration_
	RunConfirmed bool
	Initials     string
	PIN          string
}

// Prompt is one question on one form. It belongs to one goroutine.
type Prompt struct {
	text   *text.Catalogue
	view   ask.Prompt
	arming *ask.Arming
	until  time.Time
	here   Here

	over bool
	said string
	form Form
}

// Here is what this log-on adds to a question.
type Here struct {
	Initials string // that were used last
	Folder   string // where a file would go
	Refuse   string // why a yes is not possible in this dialog; "": it is
}

// NewPrompt makes a question's dialog.
func NewPrompt(c *text.Catalogue, p *hostpb.Prompt, here Here) *Prompt {
	w := &Prompt{text: c, view: ask.NewPrompt(c, p), arming: ask.NewArming(p), until: time.UnixMilli(p.GetExpiresUnixMs()), here: here}
	w.build()
	return w
}

// promptWidth is a question's, without scale.
const promptWidth = 600

func (w *Prompt) build() {
	c, v := w.text, w.view
	f := &w.form
	f.Width, f.Order = promptWidth, []string{idDeny}
	add := func(b Block) { f.Blocks = append(f.Blocks, b) }
	add(Block{Kind: Header, Words: v.Sentence, Tone: look.Session})
	add(Block{Kind: Text, Words: c.Labelled(c.T("prompt.verified"), v.Account), Tone: look.Good, Bold: true})
	if v.Missed != "" {
		add(Block{Kind: Text, Words: v.Missed, Tone: look.Attention})
	}
	facts := v.Facts
	if v.Folder {
		facts = append(facts, [2]string{c.T("prompt.folder"), w.here.Folder})
	}
	add(Block{Kind: Facts, Rows: facts})
	if len(v.Durations) > 0 {
		b := Block{Kind: Choice, ID: idDuration, Words: c.T("prompt.duration")}
		for _, d := range v.Durations {
			b.Options = append(b.Options, d.Label)
		}
		add(b)
		f.Order = append(f.Order, idDuration)
	}
	if v.PatientData != "" {
		add(Block{Kind: Notice, Words: v.PatientData, Tone: look.Attention})
	}
	if v.Run {
		add(Block{Kind: Notice, Words: c.T("prompt.run.title"), Tone: look.Danger})
		add(Block{Kind: Check, ID: idRun, Words: c.T("prompt.run.confirm")})
		f.Order = append(f.Order, idRun)
	}
	if v.PINWhy != "" {
		add(Block{Kind: Text, Words: v.PINWhy, Bold: true})
	}
	if v.Initials {
		add(Block{Kind: Field, ID: idInitials, Words: c.T("prompt.initials"), Value: ask.Initials(w.here.Initials), Limit: ask.InitialsLimit})
		f.Order = append(f.Order, idInitials)
	}
	if v.PIN {
		add(Block{Kind: Field, ID: idPIN, Words: ask.Joined(c.T("prompt.pin"), v.PINLeft), Secret: true, Digits: true, Limit: ask.PINMost})
		f.Order = append(f.Order, idPIN)
	}
	f.Order = append(f.Order, idAllow)
	add(Block{Kind: Buttons, ID: "answers", Buttons: []Button{{ID: idDeny, Label: c.T("prompt.deny"), Style: Stop, Enabled: true}, {ID: idAllow, Label: c.T("prompt.allow"), Style: Primary}}})
	add(Block{Kind: Text, ID: "hint", Size: smallSize, Lines: 2})
	w.enable()
}

// Form is what to draw.
func (w *Prompt) Form() *Form { return &w.form }

// Tick brings the question to a moment. sight says whether it can be read.
func (w *Prompt) Tick(now time.Time, sight ask.Sight) {
	w.arming.Tick(now, sight)
	left := w.until.Sub(now)
	w.form.Button(idDeny).Label = w.text.T("prompt.deny-countdown", "left", w.text.Countdown(left))
	if left <= 0 {
		w.over = true // the service denies by itself
	}
	w.enable()
}

// Update takes in what the service changed of a question that stays the same.
func (w *Prompt) Update(p *hostpb.Prompt) {
	if b := w.form.Block(idPIN); b != nil {
		b.Words = ask.Joined(w.text.T("prompt.pin"), ask.PINLeft(w.text, p))
	}
}

// Failed says that the answer did not arrive or did not count, and lets it be
// given again.
func (w *Prompt) Failed(words string) {
	w.over, w.said = false, words
	w.enable()
}

// Closed is closing the window, and Escape: never a yes.
func (w *Prompt) Closed() (Answer, bool) {
	if w.over {
		return Answer{}, false
	}
	w.over, w.said = true, ""
	w.enable()
	return Answer{}, true
}

// Pressed is a press on a button; ok says whether it decides. It answers once
// until Failed.
func (w *Prompt) Pressed(id string) (a Answer, ok bool) {
	switch {
	case w.over:
		return Answer{}, false
	case id == idDeny:
		return w.Closed()
	case id != idAllow || !w.ready():
		return Answer{}, false
	}
	a = Answer{Allow: true, Duration: w.view.Only}
	if b := w.form.Block(idDuration); b != nil {
		a.Duration = w.view.Durations[b.Selected].Value
	}
	if b := w.form.Block(idRun); b != nil {
		a.RunConfirmed = b.On
	}
	if b := w.form.Block(idInitials); b != nil {
		a.Initials = ask.Initials(b.Value)
	}
	if b := w.form.Block(idPIN); b != nil {
		a.PIN, b.Value = b.Value, "" // each try is typed anew
	}
	w.over, w.said = true, ""
	w.enable()
	return a, true
}

// Changed is anything that was typed or chosen.
func (w *Prompt) Changed() { w.enable() }

// ready says whether a yes would be one.
func (w *Prompt) ready() bool {
	return !w.over && w.here.Refuse == "" && w.arming.Armed() && (!w.view.Run || w.form.Block(idRun).On) && w.filled()
}

// filled says whether the fields hold what can be an answer.
func (w *Prompt) filled() bool {
	if b := w.form.Block(idInitials); b != nil && !ask.InitialsFit(b.Value) {
		return false
	}
	b := w.form.Block(idPIN)
	return b == nil || len(b.Value) >= ask.PINLeast
}

func (w *Prompt) enable() {
	c := w.text
	w.form.Button(idAllow).Enabled = w.ready()
	w.form.Button(idDeny).Enabled = !w.over
	if w.form.Focus() == idAllow && !w.ready() && !w.over {
		w.form.focus = idDeny // what cannot be pressed has no focus
	}
	hint := w.form.Block("hint")
	hint.Tone, hint.Bold = look.Neutral, false
	words := w.arming.Told().Words(c)
	if words == "" {
		words = w.said
	}
	if words == "" {
		words = w.here.Refuse
	}
	switch {
	case words != "":
		hint.Tone, hint.Bold, hint.Words = look.Danger, true, words
	case w.over:
		hint.Words = c.T("prompt.sending")
	case w.view.Initials && !w.filled():
		hint.Words = c.Sentences(c.T("prompt.fill"), c.T("prompt.no-answer"))
	default:
		hint.Words = c.Sentences(c.T("prompt.no-answer"), c.T("prompt.keys"))
	}
}
