package dialog

import (
	"context"
	"fmt"
	"image"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"beckmanconnect/app/files"
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/ask"
	"beckmanconnect/ui/look"
)

// Service is what the dialogs ask of the service.
type Service interface {
	AnswerPrompt(context.Context, *hostpb.AnswerPromptRequest) error
	// HoldSessionBar returns when the service, or ctx, ends it.
	HoldSessionBar(ctx context.Context, session string) error
	EndSession(ctx context.Context, how string) error
	RequestHelp(context.Context, *hostpb.RequestHelpRequest) (*hostpb.HelpRequested, error)
	CancelHelp(ctx context.Context, request string) error
	// HandleFiles opens the stream for a session's files and lends it to serve,
	// until that returns.
	HandleFiles(ctx context.Context, serve func(files.Stream) error) error
}

// Config of Dialogs.
type Config struct {
	Text    *text.Catalogue
	Log     *slog.Logger
	Service Service
	Screen  Screen
	Locked  func() bool // whether the technician's screen is locked
	// Folder is where received files go now.
	Folder func() string
	// Grab takes the key that ends a session; release gives it back.
	Grab func(ctx context.Context, pressed func()) (release func(), err error)
	// Failure says the code of a call that failed in words.
	Failure func(c *text.Catalogue, err error) string
	Now     func() time.Time
}

// Dialogs are the tray's own windows: a question, the session bar and the code,
// one of each at most. Its methods never wait for a person.
type Dialogs struct {
	config Config
	text   atomic.Pointer[text.Catalogue]

	mu       sync.Mutex
	initials string // this log-on's last ones
	prompt   *dialogue[*hostpb.Prompt]
	promptID string
	bar      *dialogue[*hostpb.SupportState]
	barID    string
	help     *dialogue[*hostpb.SupportState]
}

// New makes the dialogs of a tray; none shows yet.
func New(c Config) *Dialogs {
	d := &Dialogs{config: c}
	d.text.Store(c.Text)
	return d
}

// Speak has the windows that open from now on speak another language.
func (d *Dialogs) Speak(c *text.Catalogue) { d.text.Store(c) }

func (d *Dialogs) speaks() *text.Catalogue { return d.text.Load() }

// dialogue is one window that runs, and its newest news.
type dialogue[T any] struct {
	news chan T
	end  context.CancelFunc
	done chan struct{}
}

func start[T any](ctx context.Context, run func(context.Context, <-chan T)) *dialogue[T] {
	ctx, end := context.WithCancel(ctx)
	d := &dialogue[T]{news: make(chan T, 1), end: end, done: make(chan struct{})}
	go func() {
		defer close(d.done)
		defer end()
		run(ctx, d.news)
	}()
	return d
}

// tell replaces news that nobody has looked at yet.
func (d *dialogue[T]) tell(v T) {
	select {
	case <-d.news:
	default:
	}
	d.news <- v
}

func (d *dialogue[T]) over() bool {
	if d == nil {
		return true
	}
	select {
	case <-d.done:
		return true
	default:
		return false
	}
}

// Prompt shows a question, in the place of another one. Nil takes it away.
func (d *Dialogs) Prompt(ctx context.Context, p *hostpb.Prompt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	// The service may put a question anew under its old number: then it has to
	// be read and answered anew.
	id := p.GetId() + "\x00" + string(p.GetNonce())
	if p != nil && id == d.promptID {
		if !d.prompt.over() {
			d.prompt.tell(p)
		}
		return
	}
	if d.prompt != nil {
		d.prompt.end()
		<-d.prompt.done
		d.prompt, d.promptID = nil, ""
	}
	if p != nil {
		d.promptID = id
		d.prompt = start(ctx, func(ctx context.Context, news <-chan *hostpb.Prompt) { d.runPrompt(ctx, p, news) })
	}
}

// Session shows the bar of a session, or takes it away when there is none.
func (d *Dialogs) Session(ctx context.Context, s *hostpb.SupportState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	running := s.GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED || s.GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_LOST
	if running && s.GetSessionId() == d.barID {
		if !d.bar.over() {
			d.bar.tell(s)
		}
		return
	}
	if d.bar != nil {
		d.bar.end()
		<-d.bar.done
		d.bar, d.barID = nil, ""
	}
	if running {
		d.barID = s.GetSessionId()
		d.bar = start(ctx, func(ctx context.Context, news <-chan *hostpb.SupportState) { d.runBar(ctx, s, news) })
	}
}

// frame is how often a window looks at the clock and at what lies over it.
const frameTime = 100 * time.Millisecond

// callTime bounds a call to the service.
const callTime = 10 * time.Second

// canvas draws a form into a surface, at a scale at which it fits.
type canvas struct {
	screen  Screen
	surface Surface
	fonts   *Fonts
	last    string // what is shown, to draw nothing twice
}

func (d *Dialogs) open(o Options) (*canvas, error) {
	surface, err := d.config.Screen.Open(o)
	if err != nil {
		return nil, err
	}
	return &canvas{screen: d.config.Screen, surface: surface, fonts: NewFonts(d.speaks().Lang())}, nil
}

// Scales at which a form is still tried on a small screen.
const (
	leastScale = 0.7
	scaleStep  = 0.1
)

func (c *canvas) draw(f *Form) {
	scale, room := c.screen.Scale(), c.screen.Room()
	if state := fmt.Sprint(scale, room, f.Focus(), f.Blocks); state != c.last {
		c.last = state
		c.surface.Show(fit(f, c.fonts, scale, room))
	}
}

// fit draws a form as large as wanted, or smaller where the screen is. Sizes that
// do not fit are only measured: the countdown wants a picture each second, and a
// press waits for it.
func fit(f *Form, fonts *Fonts, scale float64, room image.Point) *image.RGBA {
	for scale-scaleStep >= leastScale {
		if size := f.size(fonts, scale); size.X <= room.X && size.Y <= room.Y {
			break
		}
		scale -= scaleStep
	}
	return f.Draw(fonts, look.Light(), scale)
}

// act takes one event into a form: the button it pressed and whether by key, or
// that the window is to be closed.
func act(f *Form, e Event) (pressed string, byKey, closed bool) {
	switch e.Kind {
	case KeyTyped:
		if e.Key == Escape {
			return "", true, true
		}
		return f.Typed(e.Key, e.Rune), true, false
	case PointerDown:
		f.Down(e.At)
	case PointerUp:
		return f.Up(e.At), false, false
	case CloseAsked:
		return "", false, true
	}
	return "", false, false
}

func (d *Dialogs) runPrompt(ctx context.Context, p *hostpb.Prompt, news <-chan *hostpb.Prompt) {
	log := d.config.Log.With("prompt", p.GetId())
	c, err := d.open(Options{Title: d.speaks().T("app.name") + " · " + d.speaks().T("prompt.window")})
	if err != nil {
		log.Error("a question could not be shown", "error", err)
		return
	}
	defer c.surface.Close()
	here := Here{Refuse: d.refusal(p)}
	if p.GetCapability() == hostpb.Capability_CAPABILITY_FILES && here.Refuse == "" {
		here.Folder = d.config.Folder() // may ask a slow disk: never under the lock
	}
	d.mu.Lock()
	here.Initials = d.initials
	d.mu.Unlock()
	w := NewPrompt(d.speaks(), p, here)
	log.Info("a question shows in the tray's own dialog")
	answered := make(chan error, 1)
	var work sync.WaitGroup
	defer work.Wait()
	tick := time.NewTicker(frameTime)
	defer tick.Stop()
	var given Answer
	send := func(a Answer) {
		given = a
		work.Go(func() { answered <- d.answer(ctx, p, a) })
	}
	for {
		w.Tick(d.config.Now(), d.sight(c.surface))
		c.draw(w.Form())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case newer := <-news:
			w.Update(newer)
		case err := <-answered:
			if err == nil {
				d.remember(given.Initials)
				return
			}
			log.Warn("an answer did not count", "error", err)
			w.Failed(d.config.Failure(d.speaks(), err))
		case e, on := <-c.surface.Events():
			if !on {
				return
			}
			pressed, byKey, closed := act(w.Form(), e)
			w.Changed()
			switch {
			case closed:
				if a, ok := w.Closed(); ok {
					send(a)
				}
			case pressed == idAllow:
				if words := d.byHand(w, c.surface, byKey); words != "" {
					log.Warn("a press on Allow did not count", "why", words)
					w.Failed(words)
					continue
				}
				fallthrough
			case pressed != "":
				if a, ok := w.Pressed(pressed); ok {
					send(a)
				}
			}
		}
	}
}

// refusal is why a yes is not possible in this dialog: a file of this PC is
// chosen in the window.
func (d *Dialogs) refusal(p *hostpb.Prompt) string {
	if p.GetCapability() == hostpb.Capability_CAPABILITY_FILES && p.GetFileDirection() != "to-pc" {
		return d.speaks().T("dialog.no-choosing")
	}
	return ""
}

func (d *Dialogs) sight(s Surface) ask.Sight {
	if d.config.Locked() {
		return ask.Locked
	}
	return s.Sight()
}

// byHand says why a yes does not count, "" when it does: it has to come from
// this PC's mouse or keyboard, at Allow's place, and the question has to be in
// sight at that moment (B3).
func (d *Dialogs) byHand(w *Prompt, s Surface, byKey bool) string {
	c := d.speaks()
	if words := d.sight(s).Words(c); words != "" {
		return words
	}
	place, ok := w.Form().Place(idAllow)
	if !ok {
		return c.T("prompt.not-by-hand")
	}
	made, able := s.Made(place, byKey)
	switch {
	case !able:
		return c.T("prompt.blind")
	case !made:
		return c.T("prompt.not-by-hand")
	}
	return ""
}

func (d *Dialogs) answer(ctx context.Context, p *hostpb.Prompt, a Answer) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	return d.config.Service.AnswerPrompt(ctx, &hostpb.AnswerPromptRequest{
		PromptId: p.GetId(), Nonce: p.GetNonce(), Allow: a.Allow, Duration: a.Duration, RunConfirmed: a.RunConfirmed,
		Initials: a.Initials, Pin: a.PIN,
	})
}

// remember keeps the initials for this log-on's next question. A PIN never is.
func (d *Dialogs) remember(initials string) {
	if initials == "" {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.initials = initials
}

// runBar shows the bar and holds it at the service for as long as it stands:
// without a bar there is no session (B5). Whatever goes wrong lets go of it.
func (d *Dialogs) runBar(ctx context.Context, s *hostpb.SupportState, news <-chan *hostpb.SupportState) {
	session := s.GetSessionId()
	log := d.config.Log.With("session", session)
	c, err := d.open(Options{Title: d.speaks().T("app.name") + " · " + d.speaks().T("bar.window"), Bar: true})
	if err != nil {
		log.Error("the session bar could not be shown", "error", err)
		return // nobody holds it: the service ends the session
	}
	defer c.surface.Close()
	var work sync.WaitGroup
	defer work.Wait()
	ctx, cancel := context.WithCancel(ctx) // lets go of the bar before anything is waited for
	defer cancel()
	end := func(how string) {
		work.Go(func() {
			bounded, stop := context.WithTimeout(context.WithoutCancel(ctx), callTime)
			defer stop()
			if err := d.config.Service.EndSession(bounded, how); err != nil {
				log.Warn("the session could not be ended by a call; the bar goes, and it ends by that", "error", err)
				cancel()
			}
		})
	}
	release, err := d.config.Grab(ctx, func() { end("kill-key") })
	if err != nil {
		log.Error("take the kill key", "error", err)
	} else {
		defer release()
	}
	killKey := err == nil
	held := false
	f := bar(d.speaks(), s, killKey, d.config.Now())
	received := &filesWork{dialogs: d, session: session, log: log}
	tick := time.NewTicker(frameTime)
	defer tick.Stop()
	for {
		f.Blocks = bar(d.speaks(), s, killKey, d.config.Now()).Blocks
		live := liveTransfer(s)
		c.draw(f)
		if !held {
			held = true
			work.Go(func() {
				if err := d.config.Service.HoldSessionBar(ctx, session); err != nil && ctx.Err() == nil {
					log.Warn("the session bar is not held any more", "error", err)
				}
				cancel()
			})
			log.Info("the session bar is the tray's own")
			work.Go(func() { received.run(ctx) })
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case s = <-news:
		case e, on := <-c.surface.Events():
			if !on {
				return
			}
			switch pressed, _, closed := act(f, e); {
			case closed || pressed == idEnd:
				end("button")
			case pressed == idStop:
				work.Go(func() { received.cancel(live) })
			}
		}
	}
}
