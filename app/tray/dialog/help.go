package dialog

import (
	"context"
	"strings"
	"sync"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/ask"
	"beckmanconnect/ui/look"
)

// The parts of asking for help.
const (
	idTheyCalled = "help.they-called"
	idCalledThem = "help.called-them"
	idBack       = "help.back"
	idCancel     = "help.cancel"
	idClose      = "help.close"
)

// step is how far a technician is.
type step int

const (
	stepWho  step = iota // who called whom?
	stepTold             // they called: no code
	stepBusy             // the request is under way
	stepCode             // a code is out
	stepOff              // help cannot be asked for
)

// Help leads to a code, by the window's own steps and words. The code is kept
// here and nowhere else (scenario 25). It belongs to one goroutine.
type Help struct {
	text    *text.Catalogue
	step    step
	request string
	code    string
	said    string
	form    Form
}

// helpWidth is the dialog's, without scale.
const helpWidth = 560

// NewHelp begins where the state stands.
func NewHelp(c *text.Catalogue, s *hostpb.SupportState) *Help {
	h := &Help{text: c}
	switch s.GetPhase() {
	case hostpb.SupportPhase_SUPPORT_PHASE_READY:
	case hostpb.SupportPhase_SUPPORT_PHASE_WAITING:
		h.step, h.request = stepCode, s.GetRequestId()
	default:
		h.step = stepOff
	}
	return h
}

// Requested takes in the answer to a request.
func (h *Help) Requested(r *hostpb.HelpRequested, failure string) {
	if failure != "" {
		h.step, h.said = stepWho, failure
		return
	}
	h.step, h.request, h.code = stepCode, r.GetRequestId(), r.GetCode()
}

// Pressed takes a press in: whether a code is wanted now, whether the request is
// taken back, whether the dialog is over.
func (h *Help) Pressed(id string) (request, cancel, over bool) {
	h.said = ""
	switch id {
	case idTheyCalled:
		h.step = stepTold
	case idCalledThem:
		h.step = stepBusy
		return true, false, false
	case idBack:
		h.step = stepWho
	case idCancel:
		return false, true, true
	case idClose:
		return false, false, true
	}
	return false, false, false
}

// Over says whether a state leaves nothing to show: the code was used, or is
// none any more.
func (h *Help) Over(s *hostpb.SupportState) bool {
	if h.step != stepCode {
		return s.GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED
	}
	return s.GetPhase() != hostpb.SupportPhase_SUPPORT_PHASE_WAITING || s.GetRequestId() != h.request
}

// Form is what to draw at a moment.
func (h *Help) Form(s *hostpb.SupportState, now time.Time) *Form {
	c := h.text
	f := &h.form
	f.Width, f.Blocks = helpWidth, nil
	order := f.Order
	add := func(b Block) { f.Blocks = append(f.Blocks, b) }
	buttons := func(all ...Button) {
		f.Order = nil
		for _, b := range all {
			f.Order = append(f.Order, b.ID)
		}
		add(Block{Kind: Buttons, ID: "steps", Buttons: all})
	}
	closing := Button{ID: idClose, Label: c.T("unit.close"), Enabled: true}
	switch h.step {
	case stepWho, stepBusy:
		add(Block{Kind: Header, Words: c.T("help.who.title"), Tone: look.Note})
		add(Block{Kind: Text, Words: c.T("help.who.detail"), Lines: 2})
		open := h.step == stepWho
		buttons(Button{ID: idTheyCalled, Label: c.T("help.they-called"), Style: Stop, Enabled: open}, Button{ID: idCalledThem, Label: c.T("help.called-them"), Style: Primary, Enabled: open})
		words := h.said
		if !open {
			words = c.T("help.requesting")
		}
		b := Block{Kind: Text, Words: words, Size: smallSize, Lines: 2}
		if h.said != "" {
			b.Tone, b.Bold = look.Danger, true
		}
		add(b)
	case stepTold:
		add(Block{Kind: Header, Words: c.T("help.they-called.title"), Tone: look.Danger})
		add(Block{Kind: Text, Words: c.T("help.they-called.detail")})
		buttons(Button{ID: idBack, Label: c.T("help.back"), Enabled: true}, closing)
	case stepOff:
		add(Block{Kind: Header, Words: c.T("help.off.title"), Tone: look.Attention})
		why := c.T("help.off.other", "code", ask.Clean(s.GetOffCode(), 40))
		if key := "help.off." + s.GetOffCode(); c.Has(key) {
			why = c.T(key)
		}
		add(Block{Kind: Text, Words: why})
		buttons(closing)
	case stepCode:
		add(Block{Kind: Header, Words: c.T("help.code.title"), Tone: look.Note})
		h.codeBlocks(add)
		left := time.UnixMilli(s.GetCodeExpiresUnixMs()).Sub(now)
		add(Block{Kind: Text, Words: c.T("help.code.valid", "left", c.Countdown(left)), Bold: true})
		add(Block{Kind: Text, Words: c.T("help.code.once")})
		if n := s.GetWrongCodes(); n > 0 {
			add(Block{Kind: Notice, Words: c.T("help.code.wrong", "n", n), Tone: look.Attention})
		}
		add(Block{Kind: Text, Words: c.T("help.will-ask.each")})
		buttons(Button{ID: idCancel, Label: c.T("help.cancel"), Style: Stop, Enabled: true})
	}
	if len(order) == 0 || len(f.Order) > 0 && order[0] != f.Order[0] {
		f.focus = "" // another page: its first button
	}
	return f
}

// codeBlocks are the code, and each letter as it is said on the telephone.
func (h *Help) codeBlocks(add func(Block)) {
	c := h.text
	if h.code == "" {
		add(Block{Kind: Notice, Words: c.T("help.code.hidden"), Tone: look.Attention})
		return
	}
	add(Block{Kind: Text, Words: h.code, Size: 34, Bold: true})
	for group := range strings.FieldsSeq(h.code) {
		var said []string
		for _, r := range group {
			word := string(r)
			if key := "spelling." + word; c.Has(key) {
				word = c.T(key)
			}
			said = append(said, word)
		}
		add(Block{Kind: Text, Words: c.Labelled(group, strings.Join(said, " · "))})
	}
}

// Help shows what leads to a code, or the code that is out.
func (d *Dialogs) Help(ctx context.Context, s *hostpb.SupportState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.help.over() {
		d.help.tell(s)
		return
	}
	d.help = start(ctx, func(ctx context.Context, news <-chan *hostpb.SupportState) { d.runHelp(ctx, s, news) })
}

// HelpChanged tells a Help that shows of a change.
func (d *Dialogs) HelpChanged(s *hostpb.SupportState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.help.over() {
		d.help.tell(s)
	}
}

// Close takes all windows away. What they hold at the service goes with them.
func (d *Dialogs) Close() {
	d.Prompt(context.Background(), nil)
	d.Session(context.Background(), nil)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.help != nil {
		d.help.end()
		<-d.help.done
		d.help = nil
	}
}

// requested is how a request ended.
type requested struct {
	reply *hostpb.HelpRequested
	err   error
}

func (d *Dialogs) runHelp(ctx context.Context, s *hostpb.SupportState, news <-chan *hostpb.SupportState) {
	c, err := d.open(Options{Title: d.speaks().T("app.name") + " · " + d.speaks().T("help.title")})
	if err != nil {
		d.config.Log.Error("the way to a code could not be shown", "error", err)
		return
	}
	defer c.surface.Close()
	h := NewHelp(d.speaks(), s)
	replies := make(chan requested, 1)
	var work sync.WaitGroup
	defer work.Wait()
	tick := time.NewTicker(frameTime)
	defer tick.Stop()
	known := h.step == stepCode // the state has told of the code's request
	for {
		f := h.Form(s, d.config.Now())
		c.draw(f)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case s = <-news:
			// The request's own state may come after the answer to it.
			known = known || s.GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_WAITING && s.GetRequestId() == h.request
			if (known || h.step != stepCode) && h.Over(s) {
				return
			}
		case r := <-replies:
			failure := ""
			if r.err != nil {
				d.config.Log.Warn("help could not be asked for", "error", r.err)
				failure = d.config.Failure(d.speaks(), r.err)
			}
			h.Requested(r.reply, failure)
		case e, on := <-c.surface.Events():
			if !on {
				return
			}
			pressed, _, closed := act(f, e)
			request, cancel, over := h.Pressed(pressed)
			if request {
				work.Go(func() {
					bounded, stop := context.WithTimeout(ctx, callTime)
					defer stop()
					reply, err := d.config.Service.RequestHelp(bounded, &hostpb.RequestHelpRequest{TechnicianCalled: true})
					replies <- requested{reply, err}
				})
			}
			if cancel {
				bounded, stop := context.WithTimeout(context.WithoutCancel(ctx), callTime)
				if err := d.config.Service.CancelHelp(bounded, h.request); err != nil {
					d.config.Log.Warn("the request could not be taken back", "error", err)
				}
				stop()
			}
			if over || closed {
				return
			}
		}
	}
}
