package pc

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"beckmanconnect/ipc/hostpb"
)

// Plan is what the technician does with a prompt.
type Plan struct {
	Allow  bool
	Ignore bool // no answer at all
	// Clicker: it is not the technician who answers, but a program in their
	// log-on that the engineer started. It presses Allow, and knows no PIN.
	Clicker  bool
	Duration hostpb.Duration_ // of Allow; unknown: one of those offered
}

// technician is the scripted person at the PC: tray, window and prompts.
type technician struct {
	p    *PC
	rand *rand.Rand

	mu      sync.Mutex
	state   *hostpb.SupportState
	plans   map[string]Plan // by the first word of the reason
	queue   []any           // *hostpb.Prompt, *hostpb.DesktopWanted, barWanted, chan struct{}
	open    string          // the prompt that shows
	bars    map[string]bool
	changed chan struct{}
	notify  chan struct{}
	wrong   int // PINs in a row, by a program; of the goroutine that answers
	group   sync.WaitGroup
}

type barWanted string

func (t *technician) note(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f()
	close(t.changed)
	t.changed = make(chan struct{})
	select {
	case t.notify <- struct{}{}:
	default:
	}
}

// The publisher's calls come under the driver's lock: they only leave word.

func (t *technician) SupportChanged(s *hostpb.SupportState) {
	t.p.ledger.state(s)
	t.note(func() {
		t.state = s
		if id := s.SessionId; id != "" && !t.bars[id] {
			t.bars[id] = true
			t.queue = append(t.queue, barWanted(id))
		}
	})
}

func (t *technician) PromptShown(p *hostpb.Prompt) {
	t.p.ledger.shown(p)
	t.note(func() { t.open, t.queue = p.Id, append(t.queue, p) })
}

func (t *technician) PromptGone(g *hostpb.PromptGone) {
	t.note(func() {
		if t.open == g.Id {
			t.open = ""
		}
	})
}

func (t *technician) DesktopWanted(d *hostpb.DesktopWanted) {
	t.note(func() { t.queue = append(t.queue, d) })
}

// run does what the queue holds, in order, until ctx ends.
func (t *technician) run(ctx context.Context) {
	defer t.group.Wait()
	for {
		t.mu.Lock()
		var next any
		if len(t.queue) > 0 {
			next = t.queue[0]
			t.queue = t.queue[1:]
		}
		t.mu.Unlock()
		switch next := next.(type) {
		case nil:
			select {
			case <-ctx.Done():
				return
			case <-t.notify:
			}
		case barWanted:
			t.group.Go(func() { _ = t.p.Driver.HoldSessionBar(string(next), bar{ctx}) }) // ends with the session
			t.group.Go(func() { t.handle(ctx, string(next)) })
		case *hostpb.DesktopWanted:
			t.group.Go(func() { t.p.Desktop.attach(ctx, next) })
		case *hostpb.Prompt:
			t.answer(next)
		case chan struct{}:
			close(next)
		}
	}
}

type bar struct{ ctx context.Context }

func (b bar) Context() context.Context { return b.ctx }
func (b bar) Send(*hostpb.Empty) error { return nil }

// answer decides by plan, or mostly with a no.
func (t *technician) answer(p *hostpb.Prompt) {
	t.mu.Lock()
	plan := t.whim()
	word, _, _ := strings.Cut(p.Reason, " ")
	if planned, ok := t.plans[word]; ok {
		plan = planned
		delete(t.plans, word)
	}
	t.mu.Unlock()
	if plan.Ignore {
		return
	}
	a := &hostpb.AnswerPromptRequest{PromptId: p.Id, Nonce: p.Nonce}
	if plan.Clicker {
		t.click(p, a)
		return
	}
	if !plan.Allow {
		_ = t.p.Driver.AnswerPrompt(person, a) // it may be over already
		return
	}
	a.Allow, a.Duration, a.RunConfirmed = true, plan.Duration, true
	if a.Duration == hostpb.Duration__DURATION_UNKNOWN {
		a.Duration = p.Durations[t.rand.IntN(len(p.Durations))]
	}
	t.identify(p, a)
	t.p.Clock.Pass(time.Second) // it was read
	g := t.p.ledger.allow(p, a.Duration)
	if err := t.p.Driver.AnswerPrompt(person, a); err != nil {
		t.p.ledger.disallow(g)
		t.p.log.Printf("technician: %v", err)
	} else if a.Pin != "" {
		t.wrong = 0
	}
}

// whim is what an unprepared technician does: mostly no, sometimes nothing,
// seldom yes.
func (t *technician) whim() Plan {
	switch n := t.rand.IntN(20); {
	case n < 2:
		return Plan{Allow: true}
	case n < 4:
		return Plan{Ignore: true}
	}
	return Plan{}
}

// identify adds what the prompt wants beside the yes.
func (t *technician) identify(p *hostpb.Prompt, a *hostpb.AnswerPromptRequest) {
	if p.NeedsInitials || p.NeedsPin {
		a.Initials = initials
	}
	if p.NeedsPin {
		a.Pin = pin
	}
}

// click tries to allow without the technician. What comes of it is in no
// ledger: a grant would be an act.
func (t *technician) click(p *hostpb.Prompt, a *hostpb.AnswerPromptRequest) {
	t.p.Clock.Pass(time.Second)
	a.Allow, a.RunConfirmed, a.Duration = true, true, p.Durations[len(p.Durations)-1]
	for range 2 {
		a.Initials, a.Pin = "", ""
		switch t.rand.IntN(4) {
		case 0:
			a.Initials = initials
		case 1:
			if t.wrong++; t.wrong < 4 { // five in a row would lock the technician out
				a.Initials, a.Pin = initials, "28460"
			}
		case 2:
			a.Pin = pin[1:] // no initials
		}
		err := t.p.Driver.AnswerPrompt(person, a)
		t.p.log.Printf("a program clicks: %v", err)
	}
	t.p.w.Live("clicks by a program")
}

// person is the technician's log-on, with their initials and PIN.
const (
	person   = "lab"
	initials = "AB"
	pin      = "73915"
)
