package window

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"beckmanconnect/app/desktop/owndesk"
	"beckmanconnect/app/preferences"
	"beckmanconnect/app/window/native"
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
	"beckmanconnect/ui/view"
)

// parts is what a program takes from outside; tests bring their own.
type parts struct {
	config      Config
	now         func() time.Time
	do          func(func()) // runs on the windows' goroutine
	native      native.Windows
	locked      func() bool // whether the technician's screen is locked
	grabKillKey func(context.Context, func()) (func(), error)
	dump        *layoutDump
	pulse       *pulse
	quit        func()
	successor   func() string                    // what starts the version that is current; "" while that is this one
	picker      func(picking, func(path string)) // nil: a dialog of Fyne's
	desk        *owndesk.Desk                    // puts questions on a desktop of its own; nil: this system has none
	only        *owndesk.Guard                   // this program shows one question there; nil: it is the one with all the windows
}

// program is the running window program. All but what says otherwise belongs
// to the windows' goroutine.
type program struct {
	parts
	ctx  context.Context
	end  context.CancelFunc
	work sync.WaitGroup // every goroutine started here
	app  fyne.App
	log  *slog.Logger

	state    model.State
	kit      *part.Kit
	settings view.Choices
	choices  preferences.Preferences // as they are kept
	placed   bool                    // the main window stands where it is to be

	choicesFile string // "": they cannot be kept
	main        fyne.Window
	content     *view.Window
	chosen      bool   // a page was asked for, or chosen for what matters most
	hidden      bool   // the main window was closed while the program was needed
	warned      bool   // a note that was not saved was shown when the window was closed
	front       bool   // one of the program's windows has the keyboard
	version     string // of this program
	outdated    bool   // the service is another version
	again       *Again // another version takes over when this one is gone; nil: none does

	prompt  *promptWindow
	bar     *barWindow
	files   *filesWork
	picking func() // closes the dialog that is open; nil: none is
	preview *previewWindow
	kill    func() // gives the kill key back

	refreshing, refreshAgain bool // within refresh; asked for meanwhile

	hurry atomic.Bool // a prompt is open: tick often

	sentApart string    // the question that stands on a desktop of its own
	asked     bool      // of only: the question came
	beaten    time.Time // of only: when the first program was last told that all is well

	service  *service
	stale    model.Reload // what has to be fetched anew
	fetching model.Reload // what is on its way

	fetchingDetail, fetchingHandover, fetchingOffenders, fetchingEntry bool

	stopExport   context.CancelFunc // of the file of the log that is being written; nil: none is
	exportFolder string             // where the last one was saved

	inbox inbox
}

// newProgram makes a program that is not started yet.
func newProgram(ctx context.Context, a fyne.App, with parts) *program {
	if with.config.Log == nil {
		with.config.Log = slog.New(slog.DiscardHandler)
	}
	ctx, end := context.WithCancel(ctx)
	p := &program{parts: with, ctx: ctx, end: end, app: a, log: with.config.Log, service: &service{config: with.config.Client}, version: with.config.Client.Version}
	p.loadChoices()
	p.inbox.do, p.inbox.draw = p.do, p.refresh
	p.state.Upgrading.Dismissed = a.Preferences().String(dismissedKey)
	p.dress(with.config.language(p.choices.Language))
	return p
}

// dress makes the kit for a language and the chosen look.
func (p *program) dress(lang string) {
	palette := theme.Named(p.settings.Theme, p.app.Settings().ThemeVariant() == fynetheme.VariantDark)
	p.kit = &part.Kit{Palette: palette, Words: text.New(lang), Text: theme.TextScale(p.settings.TextSize)}
	p.app.Settings().SetTheme(theme.New(theme.Options{Palette: palette, Language: p.kit.Words.Lang(), Text: p.kit.Text}))
}

// start follows the service and the clock. Fyne calls it when it runs.
func (p *program) start() {
	p.pulse.run(p)
	p.own(p.main)
	p.work.Go(func() {
		_ = client.Follow(p.ctx, p.config.Client,
			func(e *hostpb.Event) { p.inbox.put(p.ctx, func() { p.event(e) }) },
			func(connected bool, err error) { p.inbox.put(p.ctx, func() { p.connected(connected, err) }) })
	})
	p.work.Go(p.tick)
}

// close ends every goroutine. Windows are gone by now.
func (p *program) close() {
	p.end()
	p.desk.Close()
	p.prompt.unattend()
	p.releaseKillKey()
	p.service.close()
	p.work.Wait()
}

const (
	tickPace = 100 * time.Millisecond
	slowEach = 5 // ticks when nothing hurries
)

// tick moves the countdowns.
func (p *program) tick() {
	ticker := time.NewTicker(tickPace)
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-ticker.C:
			if p.hurry.Load() || n%slowEach == 0 {
				p.do(p.onTick)
			}
		case <-p.ctx.Done():
			return
		}
	}
}

func (p *program) onTick() {
	now := p.now()
	p.beat(now)
	// It may fall back from a desktop of its own. Only refresh opens windows: the
	// system may tell of the keyboard in the middle of that.
	if p.only == nil && p.state.Prompt != nil && p.prompt == nil && !p.elsewhere(p.state.Prompt) {
		p.refresh()
	}
	p.prompt.tick(now)
	p.bar.update(p)
	p.draw(now)
	p.tellSeen(now)
	p.dump.write(p)
}

// draw brings the main window to a moment.
func (p *program) draw(now time.Time) {
	if p.content != nil {
		p.content.Update(&p.state, now)
		p.pulse.drew(p)
	}
}

// connected takes in whether the service answers.
func (p *program) connected(on bool, err error) {
	if err != nil {
		p.log.Info("the service does not answer", "code", client.Code(err), "error", err)
		p.refused(client.Code(err))
	}
	p.state.SetConnected(on)
	if on {
		p.state.Alarms.List.Retry()
		p.state.Activity.List.Retry()
	}
}

// event takes one event in.
func (p *program) event(e *hostpb.Event) {
	if show := e.GetShow(); show != nil {
		p.show(show.GetView())
		return
	}
	before, summed := p.state.Support.GetPhase(), p.state.SummaryOpen
	p.want(p.state.Apply(e))
	p.otherVersion(p.state.Status.GetVersion())
	p.choose()
	began := p.state.InSession() && p.state.Support.GetPhase() != before
	if began || p.state.SummaryOpen && !summed {
		p.content.Show(view.Help)
	}
}

// refresh brings every window to the present state. Windows tells a program in
// the middle of showing a window that it has the keyboard now: what is asked for
// within a refresh is done after it, or a bar and a prompt would be opened anew
// while they are being opened.
func (p *program) refresh() {
	p.refreshAgain = true
	if p.refreshing {
		return
	}
	p.refreshing = true
	defer func() { p.refreshing = false }()
	for p.refreshAgain {
		p.refreshAgain = false
		p.redraw()
	}
}

// redraw is one refresh.
func (p *program) redraw() {
	now := p.now()
	if p.only != nil {
		p.updateOnly(now)
		return
	}
	if p.front && !p.hidden && p.content != nil && p.content.Page() == view.Help {
		p.state.ReadChat()
	}
	p.draw(now)
	p.updatePrompt(now)
	p.updateBar()
	p.updatePreview()
	p.updateFiles()
	p.fetch()
	p.quitWhenIdle()
}

// busy says whether the program has to stay although its window was closed.
func (p *program) busy() bool {
	return p.state.Connected && (p.state.InSession() || p.state.Waiting() || p.state.Prompt != nil)
}

// inFront takes in whether the technician is at one of the windows: only then
// is what stands in them read.
func (p *program) inFront(on bool) {
	p.front = on
	if !on {
		p.keepPlace()
	}
	p.refresh()
}

// closeMain is the main window's cross. While somebody may come in or is here
// the window only goes out of sight: the bar and the prompts are still needed.
func (p *program) closeMain() {
	if h := p.state.Alarms.Handover; h.Edited && strings.TrimSpace(h.Draft) != "" && !p.warned {
		// It would be lost with the program: it is shown once more.
		p.warned = true
		p.content.Show(view.Notifications)
		p.ShowNotifications(model.PlaceHandover)
		return
	}
	p.keepPlace()
	if p.busy() {
		p.main.Hide()
		p.hidden = true
		return
	}
	p.quit()
}

// quitWhenIdle ends a program whose window was closed in mid-session.
func (p *program) quitWhenIdle() {
	if p.hidden && !p.busy() {
		p.quit()
	}
}

// own marks a window as ours, which it is from its creation on; a failure
// would only show on a desktop of a kind we do not know.
func (p *program) own(w fyne.Window) {
	if err := p.native.Own(w); err != nil {
		p.log.Warn("mark a window as ours", "error", err)
	}
}
