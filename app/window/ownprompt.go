package window

import (
	"context"
	"io"
	"time"

	"fyne.io/fyne/v2"

	"beckmanconnect/app/desktop/owndesk"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
)

// Where a question stands, as the log says it.
const (
	onOwn    = "own"
	onShared = "shared"
)

// apart says whether a question belongs on a desktop of its own: while control
// is live, and after it was in this session, since what the engineer started
// may still run (B3).
func apart(s *model.State, question *hostpb.Prompt) bool {
	if question.GetPinWhy() == "control-given" {
		return true
	}
	for _, l := range s.Support.GetLeases() {
		if l.GetCapability() == hostpb.Capability_CAPABILITY_CONTROL {
			return true
		}
	}
	return false
}

// elsewhere says whether a question stands on a desktop of its own, or is on its
// way there, and not in a window of this program. Once it is it stays, whatever
// becomes of control meanwhile.
func (p *program) elsewhere(question *hostpb.Prompt) bool {
	id := ""
	if question != nil && p.desk != nil {
		if q := questionID(question); q == p.sentApart || apart(&p.state, question) {
			id = q
		}
	}
	p.sentApart = id
	if id == "" {
		p.desk.Want("")
		return false
	}
	p.desk.Want(id, p.deskArgs()...)
	return !p.desk.Falls(id)
}

// stands is where the questions of this program stand.
func (p *program) stands() string {
	if p.only != nil {
		return onOwn
	}
	return onShared
}

// deskArgs are for the second program: the same service, language and look.
func (p *program) deskArgs() []string {
	args := []string{"--prompt-only", "--lang", p.kit.Words.Lang(), "--theme", p.settings.Theme}
	if p.config.File != "" {
		args = append(args, "--config", p.config.File)
	}
	return args
}

// RunPrompt shows one question and nothing else: this is the program on a
// desktop of its own. It ends with the question, or with the program that
// started it, whose pipes in and out are. It has to be called on the program's
// first goroutine.
func RunPrompt(ctx context.Context, c Config, in io.Reader, out io.Writer) error {
	if err := c.Check(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	guard := owndesk.NewGuard(in, out, owndesk.BackToShared)
	defer guard.Gone()
	fyneApp, with, err := onScreen(ctx, c)
	if err != nil {
		return err
	}
	defer with.native.Close()
	with.only = guard
	p := newProgram(ctx, fyneApp, with)
	defer p.close()
	defer context.AfterFunc(ctx, func() { fyne.Do(p.quit) })()
	go func() {
		select {
		case <-guard.Over():
			cancel()
		case <-ctx.Done():
		}
	}()
	fyneApp.Lifecycle().SetOnStarted(p.startPrompt)
	fyneApp.Run()
	return nil
}

// startPrompt follows the service for its one question.
func (p *program) startPrompt() {
	p.work.Go(func() {
		_ = client.Follow(p.ctx, p.config.Client,
			func(e *hostpb.Event) { p.inbox.put(p.ctx, func() { p.state.Apply(e) }) },
			func(connected bool, _ error) { p.inbox.put(p.ctx, func() { p.state.SetConnected(connected) }) })
	})
	p.work.Go(p.tick)
	p.hurry.Store(true)
}

// updateOnly is updatePrompt of a program that shows one question: it opens it,
// and ends when it is over.
func (p *program) updateOnly(now time.Time) {
	wanted := p.state.Prompt
	switch {
	case p.prompt == nil && wanted == nil: // it has not come yet, or was the last
	case p.prompt == nil && !p.asked:
		p.asked = true
		p.prompt = p.openPrompt(wanted)
		p.prompt.tick(now)
		p.only.Ready(p.prompt.id)
	case p.prompt != nil && (wanted == nil || questionID(wanted) != p.prompt.id):
		p.only.Gone()
		p.prompt.unattend()
		p.prompt.window.Hide()
		p.prompt = nil
		p.quit()
	case p.prompt != nil:
		p.prompt.content.Update(wanted)
	}
}

// beatEach is how often the first program is told that the windows work.
const beatEach = time.Second

// beat comes with the windows' clock.
func (p *program) beat(now time.Time) {
	if p.only != nil && now.Sub(p.beaten) >= beatEach {
		p.beaten = now
		p.only.Beat()
	}
}
