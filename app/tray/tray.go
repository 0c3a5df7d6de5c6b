package tray

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"beckmanconnect/app/preferences"
	"beckmanconnect/assets/icons"
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
)

// Config of a tray.
type Config struct {
	Text     *text.Catalogue
	Log      *slog.Logger
	Face     Face
	Toaster  Toaster
	Launcher Launcher
	Service  Service
	Dialogs  Dialogs // nil: this desktop has none of its own
	Sounds   Sounds  // nil: none
	// Chosen gets what the technician chose, first of all and after every change;
	// nil: nothing can be chosen.
	Chosen <-chan preferences.Preferences
	// Proxy reads which proxy this desktop goes through; nil, or a nil answer: there
	// is nothing to tell.
	Proxy func() (*hostpb.OfferProxyRequest, error)
	// Follow watches the service until ctx ends: client.Follow with everything
	// but the callbacks filled in.
	Follow func(ctx context.Context, onEvent func(*hostpb.Event), onState func(bool, error)) error
	Now    func() time.Time // nil: time.Now
	// Version is this program's. When the service is another one, and Outdated
	// says that another one is current, Run ends with ErrOutdated. Nil: never.
	Version  string
	Outdated func() bool
}

// ErrOutdated: the version that is current is to take the icon over.
var ErrOutdated = errors.New("tray: another version is current now")

// The views the tray asks for.
const (
	viewHome          = "home"
	viewNotifications = "notifications"
	viewHelp          = "help"
	viewPrompt        = "prompt"
	viewUpgrade       = "upgrade"
	viewActivity      = "activity"
	viewRegister      = "register"
	viewAbout         = "about"
)

// Tray decides. Everything happens on Run's goroutine, except calls that may
// take long.
type Tray struct {
	Config
	state   State
	support *hostpb.SupportState // the newest, for changes
	prompt  string               // ID of the prompt that shows
	native  native
	proxy   proxy
	crowd   crowd
	silent  bool // the technician wants no sounds
	do      chan func()
	restart time.Time // no window is started again before
	other   bool      // the service is another version, or does not understand this one
}

// New makes a tray.
func New(c Config) *Tray {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Tray{Config: c, do: make(chan func(), 64)}
}

// Run works until ctx ends, or until another version has to take over. noTray, when it is not nil, gets a value when the
// desktop turns out to have no place for an icon.
func (t *Tray) Run(ctx context.Context, noTray <-chan struct{}) error {
	ctx, cancel := context.WithCancel(ctx)
	followed := make(chan error, 1)
	go func() {
		followed <- t.Follow(ctx,
			func(e *hostpb.Event) { t.later(ctx, func() { t.event(ctx, e) }) },
			func(connected bool, err error) { t.later(ctx, func() { t.connection(ctx, connected, err) }) })
	}()
	defer func() {
		cancel()
		<-followed
		t.Launcher.StopDesktop()
		t.closeDialogs()
	}()
	t.update()
	for {
		select {
		case <-ctx.Done():
			return nil
		case f := <-t.do:
			f()
		case item := <-t.Face.Clicked():
			t.clicked(ctx, item)
		case <-t.crowd.due:
			t.flush(ctx)
		case view := <-t.Toaster.Opened():
			t.open(ctx, view)
		case <-t.Launcher.WindowEnded():
			t.windowEnded(ctx)
		case p := <-t.Chosen:
			t.prefer(p)
		case <-t.proxy.look:
			t.tellProxy(ctx)
		case <-t.native.due:
			t.windowDue(ctx)
		case <-noTray:
			noTray = nil
			t.noTray(ctx)
		}
		if t.outdated() {
			t.Log.Info("another version is current and takes the icon over")
			return ErrOutdated
		}
	}
}

// outdated says whether another version takes over: never in a session.
func (t *Tray) outdated() bool {
	return t.other && t.Outdated != nil && !inSession(t.support) && t.Outdated()
}

// later runs f on Run's goroutine, in order.
func (t *Tray) later(ctx context.Context, f func()) {
	select {
	case t.do <- f:
	case <-ctx.Done():
	}
}

func (t *Tray) update() { t.Face.Update(Show(t.state, t.Text)) }

func (t *Tray) connection(ctx context.Context, connected bool, err error) {
	if connected && !t.state.Connected {
		t.crowd.connected(t.Now())
		t.proxy.told = nil // this service may be another one
		t.tellProxy(ctx)
	}
	t.state.Connected = connected
	if err != nil {
		t.Log.Warn("no connection to the service", "error", err)
		t.other = t.other || client.Code(err) == protocol.CodeIncompatible
	}
	if !connected {
		// What the service granted died with it (B5).
		t.Launcher.StopDesktop()
		t.prompt, t.native.question = "", nil
		t.closeDialogs()
		t.Toaster.Close(ctx, toastPrompt)
	}
	t.update()
}

// event takes what the service tells.
func (t *Tray) event(ctx context.Context, e *hostpb.Event) {
	switch body := e.GetBody().(type) {
	case *hostpb.Event_Reset_:
		t.setStatus(ctx, body.Reset_.GetSnapshot())
	case *hostpb.Event_Status:
		t.setStatus(ctx, body.Status)
	case *hostpb.Event_Support:
		t.status().Support = body.Support
		t.supportChanged(ctx, body.Support)
	case *hostpb.Event_Upgrade:
		t.upgradeChanged(ctx, t.status().GetUpgrade(), body.Upgrade)
		t.status().Upgrade = body.Upgrade
	case *hostpb.Event_Notification:
		t.notification(ctx, body.Notification)
	case *hostpb.Event_Prompt:
		t.promptShows(ctx, body.Prompt)
	case *hostpb.Event_PromptGone:
		t.promptGone(ctx, body.PromptGone.GetId())
	case *hostpb.Event_DesktopWanted:
		if err := t.Launcher.Desktop(body.DesktopWanted); err != nil {
			t.Log.Error("the desktop helper did not start", "error", err)
		}
	}
	t.update()
}

// status is the state to change in place; events may come before the first
// whole status.
func (t *Tray) status() *hostpb.Status {
	if t.state.Status == nil {
		t.state.Status = &hostpb.Status{}
	}
	return t.state.Status
}

func (t *Tray) setStatus(ctx context.Context, s *hostpb.Status) {
	if s == nil {
		return
	}
	t.other = t.other || s.GetVersion() != "" && s.GetVersion() != t.Version
	before := t.state.Status.GetUpgrade()
	if s.GetOpenNotifications() == 0 && t.state.Status.GetOpenNotifications() > 0 {
		t.Toaster.Close(ctx, toastDigest) // all that it counted is done with
	}
	t.state.Status = s
	t.upgradeChanged(ctx, before, s.GetUpgrade())
	t.supportChanged(ctx, s.GetSupport())
}

// supportChanged compares with the state before: a session that begins needs
// its bar on the screen, and one that ends takes the helper with it.
func (t *Tray) supportChanged(ctx context.Context, now *hostpb.SupportState) {
	before := t.support
	t.support = now
	began := inSession(now) && now.GetSessionId() != before.GetSessionId()
	ended := inSession(before) && !inSession(now)
	if began {
		t.open(ctx, viewHelp)
	}
	if ended {
		t.Launcher.StopDesktop()
		if len(before.GetChat()) > 0 {
			t.Toaster.Close(ctx, toastChat)
		}
		t.toast(ctx, Toast{ID: toastEnded, Title: t.Text.T("tray.toast.ended.title"), Body: t.Text.T("tray.toast.ended.body"), Icon: icons.OK, View: viewActivity})
	}
	if chatBegins(before, now) != nil {
		name := clean(now.GetEngineer().GetName(), maxTitle)
		t.toast(ctx, Toast{ID: toastChat, Title: t.Text.T("tray.toast.chat.title", "name", name), Body: t.Text.T("tray.toast.chat.body"), Icon: icons.Session, View: viewHelp})
	}
	if p := now.GetPrompt(); p != nil {
		t.promptShows(ctx, p)
	} else if t.prompt != "" {
		t.promptGone(ctx, t.prompt)
	}
	t.followDialogs(ctx)
}

func (t *Tray) promptShows(ctx context.Context, p *hostpb.Prompt) {
	if p.GetId() == "" {
		return
	}
	t.native.question = p
	if p.GetId() == t.prompt {
		t.followDialogs(ctx)
		return
	}
	t.prompt = p.GetId()
	t.soundQuestion(ctx)
	t.openOr(ctx, viewPrompt, viewHelp)
}

func (t *Tray) promptGone(ctx context.Context, id string) {
	if id != t.prompt {
		return
	}
	t.prompt, t.native.question = "", nil
	t.followDialogs(ctx)
	t.Toaster.Close(ctx, toastPrompt)
}

// upgradeChanged says once what is new: an offer, also one that was postponed
// and whose time has come; that a version comes without a click; and that it is
// there. What failed is a notification of the service's.
func (t *Tray) upgradeChanged(ctx context.Context, before, now *hostpb.Upgrade) {
	same := before.GetDigest() == now.GetDigest()
	was, is := before.GetState(), now.GetState()
	offered := func(u *hostpb.Upgrade) bool { return u.GetState() == "offered" && u.GetPlannedMs() == 0 }
	unasked := func(u *hostpb.Upgrade) bool { return u.GetState() == "planned" && u.GetMandatory() }
	toast := Toast{ID: toastUpgrade, Icon: icons.Note, View: viewUpgrade}
	say := func(key string) {
		toast.Title, toast.Body = t.Text.T(key+".title", "version", clean(now.GetVersion(), maxVersion)), t.Text.T(key+".body")
		t.toast(ctx, toast)
	}
	switch {
	case offered(now) && !(same && (offered(before) || was == "planned" || was == "ready" || was == "downloading")):
		say("tray.toast.upgrade")
	case unasked(now) && !(same && (unasked(before) || was == "ready" || was == "downloading" || was == "offered" && before.GetMandatory())):
		say("tray.toast.upgrade-mandatory")
	case is == "installed" && same && (was == "watching" || was == "checking" || was == "installing"):
		say("tray.toast.upgrade-done")
	case was != is && was != "" && is != "installed" && !unasked(now) && !offered(now):
		t.Toaster.Close(ctx, toastUpgrade)
	}
}

// notification takes a change of one in. Whether it is worth a toast, and a
// sound, the service has decided: it knows quiet hours, repeats and floods.
func (t *Tray) notification(ctx context.Context, n *hostpb.Notification) {
	if n.GetState() != hostpb.AlarmState_ALARM_STATE_RAISED || n.GetGroupId() != 0 {
		// Over, taken care of, put away, or part of a group that speaks for it.
		t.crowd.forget(n.GetId())
		t.Toaster.Close(ctx, notificationToastID(n.GetId()))
		return
	}
	switch alert := n.GetAlert(); {
	case alert == hostpb.Alert_ALERT_NONE, alert == hostpb.Alert_ALERT_UNKNOWN && n.GetCount() > 1:
		return // nothing that is not told already
	}
	if t.crowd.admit(n, t.Now()) {
		t.toast(ctx, t.heard(ctx, notificationToast(n, t.Text), n))
	}
}

func (t *Tray) toast(ctx context.Context, toast Toast) {
	toast.Open = t.Text.T("tray.menu.open")
	if t.silent {
		toast.Sound = SoundNone
	}
	if err := t.Toaster.Show(ctx, toast); err != nil {
		t.Log.Warn("a toast could not be shown", "toast", toast.ID, "error", err)
	}
}

func (t *Tray) clicked(ctx context.Context, item string) {
	switch item {
	case ItemOpen:
		t.open(ctx, viewHome)
	case ItemNotifications:
		t.open(ctx, viewNotifications)
	case ItemHelp:
		t.native.help = true // until a window is there to ask in
		t.open(ctx, viewHelp)
	case ItemUpgrade:
		t.open(ctx, viewUpgrade)
	case ItemActivity:
		t.open(ctx, viewActivity)
	case ItemSetUp:
		t.open(ctx, viewRegister)
	case ItemAbout:
		t.open(ctx, viewAbout)
	case ItemTest:
		if t.state.Connected { // the whole way, from the service to the toast
			t.call(ctx, "raise a test alarm", t.Service.TestAlarm)
			return
		}
		t.toast(ctx, Toast{ID: toastTest, Title: t.Text.T("tray.toast.test.title"), Body: t.Text.T("tray.toast.test.body"), Icon: icons.Note, View: viewNotifications})
	case ItemEndSession:
		// The helper goes at once; the service ends the rest.
		t.Launcher.StopDesktop()
		t.call(ctx, "end the session", t.Service.EndSession)
	}
}

// open brings a window forward, or starts the window program when the service
// has none, or cannot be asked.
func (t *Tray) open(ctx context.Context, view string) { t.openOr(ctx, view, view) }

// openOr asks a window that is there to show a view, or starts one with
// another. A prompt stands in its own window: the large one stays away from
// the instrument's screen if the technician has closed it.
func (t *Tray) openOr(ctx context.Context, view, first string) {
	if !t.state.Connected {
		t.start(ctx, first)
		return
	}
	t.call(ctx, "show a window", func(bounded context.Context) error {
		windows, err := t.Service.Show(bounded, view)
		if err != nil || windows == 0 {
			t.later(ctx, func() { t.start(ctx, first) })
		} else {
			t.later(ctx, t.windowThere)
		}
		return err
	})
}

// start starts the window program. A question is a window and never a toast,
// which would only lie over it (P24); where there is no window to be had, the
// tray asks itself, and where it cannot, a toast at least says that somebody
// asks.
func (t *Tray) start(ctx context.Context, view string) {
	if t.skipsWindow() {
		t.noWindow(ctx)
		return
	}
	if err := t.Launcher.Window(view); err != nil {
		t.Log.Error("the window program did not start", "error", err)
		t.noWindow(ctx)
		return
	}
	t.windowStarted()
}

// callTime bounds a call to the service.
const callTime = 5 * time.Second

// call asks the service on a goroutine of its own. It ends by itself.
func (t *Tray) call(ctx context.Context, what string, f func(context.Context) error) {
	go func() {
		bounded, cancel := context.WithTimeout(ctx, callTime)
		defer cancel()
		if err := f(bounded); err != nil && ctx.Err() == nil {
			t.Log.Warn("the service could not "+what, "error", err)
		}
	}()
}

// restartPause keeps a window program that cannot start from being started for
// ever while a prompt waits.
const restartPause = 2 * time.Second

// windowEnded starts the window again while a question waits for an answer,
// unless it ended before it came up, and the tray can ask itself.
func (t *Tray) windowEnded(ctx context.Context) {
	if t.stillborn() {
		t.noWindow(ctx)
		if t.Dialogs != nil {
			return
		}
	}
	if t.prompt == "" || t.Now().Before(t.restart) {
		return
	}
	t.restart = t.Now().Add(restartPause)
	t.start(ctx, viewHelp)
}

// noTray opens a window in the place of the icon, and says why.
func (t *Tray) noTray(ctx context.Context) {
	t.Log.Warn("this desktop has no tray; the window is shown instead")
	t.start(ctx, viewNotifications)
	t.toast(ctx, Toast{ID: toastNoTray, Title: t.Text.T("tray.toast.no-tray.title"), Body: t.Text.T("tray.toast.no-tray.body"), Icon: icons.Note, View: viewNotifications})
}
