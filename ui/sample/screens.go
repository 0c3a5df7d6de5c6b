package sample

import (
	"time"

	"fyne.io/fyne/v2"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/view"
)

// Screen is one thing to draw: its content, and the size it is shown at. A
// height of 0 is what the content needs.
type Screen struct {
	Name string
	Draw func(k *part.Kit) (fyne.CanvasObject, fyne.Size)
}

// windowSize is the main window's as it opens.
var windowSize = fyne.NewSize(980, 690)

// Screens is every screen in every state worth looking at.
func Screens(lang string) []Screen {
	page := func(name, page string, s model.State, then ...func(*view.Window)) Screen {
		return Screen{name, func(k *part.Kit) (fyne.CanvasObject, fyne.Size) {
			w := view.NewWindow(k, Nobody{}, view.Settings{Theme: "system", Version: "0.1.0"})
			w.Show(page)
			w.Update(&s, Now)
			for _, f := range then {
				f(w)
			}
			return w.Content(), windowSize
		}}
	}
	prompt := func(name string, p *hostpb.Prompt) Screen {
		return Screen{name, func(k *part.Kit) (fyne.CanvasObject, fyne.Size) {
			w := view.NewPrompt(k, p, func(view.Answer) {})
			for i := range 5 {
				w.Tick(Now.Add(time.Duration(i)*250*time.Millisecond), true)
			}
			return w.Content(), fyne.NewSize(580, 0)
		}}
	}
	bar := func(name string, s model.State) Screen {
		return Screen{name, func(k *part.Kit) (fyne.CanvasObject, fyne.Size) {
			b := view.NewBar(k, Nobody{})
			v, _ := s.Bar(k.Words, Now)
			b.Update(v)
			return b.Content(), fyne.NewSize(0, 0)
		}}
	}
	accepted := Fresh(lang)
	accepted.Status.TermsAccepted = true
	form := Alarmed()
	form.Help = model.Help{Step: model.StepForm, Notification: 19}
	theyCalled := State()
	theyCalled.Help.Step = model.StepTheyCalled
	busy := Offered()
	busy.Upgrade.State, busy.Upgrade.Percent = "downloading", 62
	failed := State()
	failed.Failure = "cloud-unreachable"
	offline := Alarmed()
	offline.Status.Link = hostpb.Link_LINK_OFFLINE
	quiet := Session()
	quiet.Support.Leases = nil
	return []Screen{
		page("notifications", view.Notifications, Alarmed()),
		page("notifications-empty", view.Notifications, State()),
		page("notifications-offline", view.Notifications, offline),
		page("no-service", view.Notifications, NoService()),
		page("help", view.Help, State()),
		page("help-they-called", view.Help, theyCalled),
		page("help-form", view.Help, form),
		page("help-off", view.Help, Fresh(lang)),
		page("help-waiting", view.Help, Waiting()),
		page("help-session", view.Help, Session()),
		page("help-ended", view.Help, Ended()),
		page("upgrade", view.Upgrade, Offered()),
		page("upgrade-busy", view.Upgrade, busy),
		page("upgrade-none", view.Upgrade, State()),
		page("activity", view.Activity, State()),
		page("register", view.Register, Fresh(lang)),
		page("register-who", view.Register, accepted),
		page("register-done", view.Register, State()),
		page("about", view.About, State()),
		page("failure", view.Notifications, failed),
		prompt("prompt-view", ViewPrompt()),
		prompt("prompt-control", ControlPrompt()),
		prompt("prompt-file", FilePrompt()),
		bar("bar", Session()),
		bar("bar-quiet", quiet),
	}
}

// Nobody does nothing: the pictures are only looked at.
type Nobody struct{}

func (Nobody) Navigate(string)                    {}
func (Nobody) DismissFailure()                    {}
func (Nobody) AcceptTerms(string, string, string) {}
func (Nobody) Register(model.Registration)        {}
func (Nobody) Acknowledge(uint64)                 {}
func (Nobody) AskHelpAbout(uint64)                {}
func (Nobody) OlderNotifications()                {}
func (Nobody) HelpStep(model.HelpStep)            {}
func (Nobody) RequestHelp(string)                 {}
func (Nobody) CancelHelp()                        {}
func (Nobody) Revoke(hostpb.Capability)           {}
func (Nobody) EndSession()                        {}
func (Nobody) InstallUpgrade(string)              {}
func (Nobody) OlderActivity()                     {}
func (Nobody) SetLanguage(string)                 {}
func (Nobody) SetTheme(string)                    {}
func (Nobody) MoveBar(float32, float32)           {}
