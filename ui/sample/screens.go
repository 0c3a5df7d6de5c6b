package sample

import (
	"image"
	"image/color"
	"image/draw"
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
			w := view.NewWindow(k, Nobody{}, Choices())
			w.Show(page)
			w.Update(&s, Now)
			for _, f := range then {
				f(w)
			}
			return w.Content(), windowSize
		}}
	}
	limited := func(name string, limit float32, p *hostpb.Prompt, then ...func(*part.Kit, *view.Prompt)) Screen {
		return Screen{name, func(k *part.Kit) (fyne.CanvasObject, fyne.Size) {
			w := view.NewPrompt(k, p, "MH", func(view.Answer) {})
			w.FolderRow("/home/maria/Downloads/BeckmanConnect", func() {})
			w.Limit(limit)
			for range 3 { // wrapped text knows its height only at its width
				w.Content().Resize(fyne.NewSize(620, w.Content().MinSize().Height))
			}
			for i := range 5 {
				w.Tick(Now.Add(time.Duration(i)*250*time.Millisecond), model.InSight)
			}
			for _, f := range then {
				f(k, w)
			}
			return w.Content(), fyne.NewSize(620, 0)
		}}
	}
	prompt := func(name string, p *hostpb.Prompt, then ...func(*part.Kit, *view.Prompt)) Screen {
		return limited(name, 0, p, then...)
	}
	typed := func(k *part.Kit, w *view.Prompt) {
		if pin, ok := part.Find(w.Content(), "prompt.pin").(*part.Entry); ok {
			pin.SetText("246801")
		}
	}
	wrongPIN := PINPrompt()
	wrongPIN.PinTriesLeft = 2
	wrong := func(k *part.Kit, w *view.Prompt) { w.Failed(model.Failure(k.Words, "pin-wrong")) }
	covered := func(k *part.Kit, w *view.Prompt) { w.Tick(Now.Add(time.Second), model.Covered) }
	preview := func(name string, p *hostpb.Preview) Screen {
		return Screen{name, func(k *part.Kit) (fyne.CanvasObject, fyne.Size) {
			w := view.NewPreview(k, func() {})
			var picture image.Image
			if p != nil && p.GetState() != "off" {
				picture = desktopPicture(p.GetState() == "black")
			}
			w.Update(model.PreviewWords(k.Words, p, false), picture)
			return w.Content(), fyne.NewSize(640, 470)
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
	form.Help = model.Help{Step: model.StepForm, Notification: 19, About: form.Notification(19)}
	form.Help.Logs.Take(&hostpb.HelpLogs{OffCode: "no-log"})
	theyCalled := State()
	theyCalled.Help.Step = model.StepTheyCalled
	failed := State()
	failed.Failure = "cloud-unreachable"
	haveNone := func(s model.State) model.State { s.Status.PinInitials = nil; return s }
	seeSummary := Summed()
	seeSummary.SummaryOpen = false
	weak := State()
	weak.PIN.Done("MH", "pin-weak")
	saved := State()
	saved.PIN.Done("MH", "")
	offline := Alarmed()
	offline.Status.Link = hostpb.Link_LINK_OFFLINE
	quiet := Session()
	quiet.Support.Leases = nil
	patientChat := ChatPrompt()
	patientChat.PatientData = true
	newChat := Shared()
	newChat.Support.Chat = nil
	chatOver := Shared()
	chatOver.Support.Leases = nil
	offline.Status.LinkFacts = []*hostpb.LinkFact{{Name: "code", Value: "proxy-auth"}}
	screens := append(append(alarmScreens(lang, page), upgradeScreens(page)...), activityScreens(page)...)
	screens = append(screens, homeScreens(lang, page)...)
	return append(screens, []Screen{
		page("notifications", view.Notifications, Alarmed()),
		page("notifications-empty", view.Notifications, State()),
		page("notifications-offline", view.Notifications, offline),
		page("no-service", view.Notifications, NoService()),
		page("help", view.Help, State()),
		page("help-they-called", view.Help, theyCalled),
		page("help-form", view.Help, form),
		page("help-off", view.Help, Fresh(lang)),
		page("help-waiting", view.Help, Waiting()),
		page("help-taken", view.Help, Taken()),
		page("help-session", view.Help, Session()),
		page("help-chat", view.Help, Shared()),
		page("help-chat-new", view.Help, newChat),
		page("help-chat-over", view.Help, chatOver),
		page("help-ended", view.Help, Ended()),
		page("help-ended-summary", view.Help, seeSummary),
		page("summary", view.Help, Summed()),
		page("help-form-no-pin", view.Help, haveNone(form)),
		page("register", view.Register, Fresh(lang)),
		page("register-who", view.Register, accepted),
		page("register-done", view.Register, haveNone(State())),
		page("pin-change", view.Register, State(), fillPIN),
		page("pin-weak", view.Register, State(), fillPIN, func(w *view.Window) { w.Update(&weak, Now) }),
		page("pin-saved", view.Register, saved),
		page("pin-session", view.Register, Session()),
		page("about", view.About, State()),
		page("failure", view.Notifications, failed),
		prompt("prompt-view", ViewPrompt()),
		prompt("prompt-patient", PatientPrompt()),
		prompt("prompt-missed", MissedPrompt()),
		prompt("prompt-idle", IdlePrompt()),
		prompt("prompt-control", ControlPrompt()),
		prompt("prompt-pointer", PointerPrompt()),
		prompt("prompt-chat", ChatPrompt()),
		prompt("prompt-chat-patient", patientChat),
		prompt("prompt-clipboard-to-pc", ClipboardPrompt(hostpb.Capability_CAPABILITY_CLIPBOARD_TO_PC)),
		prompt("prompt-clipboard-to-engineer", ClipboardPrompt(hostpb.Capability_CAPABILITY_CLIPBOARD_TO_ENGINEER)),
		prompt("prompt-file", FilePrompt()),
		prompt("prompt-fetch", FetchPrompt()),
		prompt("prompt-send", SendPrompt()),
		prompt("prompt-initials", InitialsPrompt()),
		prompt("prompt-pin", PINPrompt(), typed),
		prompt("prompt-pin-wrong", wrongPIN, wrong),
		prompt("prompt-covered", ViewPrompt(), covered),
		prompt("prompt-full", FullPrompt()),
		limited("prompt-long", 468, FullPrompt()), // 1080 lines at 200 %, less frame and panel
		preview("preview", &hostpb.Preview{State: "on"}),
		preview("preview-masked", &hostpb.Preview{State: "on", Masked: 2}),
		preview("preview-black", &hostpb.Preview{State: "black"}),
		preview("preview-off", &hostpb.Preview{State: "off"}),
		preview("preview-loading", nil),
		bar("bar", Session()),
		bar("bar-quiet", quiet),
		bar("bar-shared", Shared()),
	}...)
}

// fillPIN types into the fields of the PIN's card.
func fillPIN(w *view.Window) {
	for _, field := range [][2]string{{"pin.initials", "MH"}, {"pin.old", "135790"}, {"pin.new", "246801"}, {"pin.repeat", "246801"}} {
		if e, ok := part.Find(w.Content(), field[0]).(*part.Entry); ok {
			if field[0] == "pin.initials" {
				e.SetText(field[1]) // shows the field for the present PIN
				continue
			}
			e.Text = field[1]
			e.Refresh()
		}
	}
}

// desktopPicture is a screen with a window on it, as small as a preview's.
func desktopPicture(black bool) image.Image {
	p := image.NewNRGBA(image.Rect(0, 0, 640, 360))
	fill := func(r image.Rectangle, c color.NRGBA) { draw.Draw(p, r, image.NewUniform(c), image.Point{}, draw.Src) }
	fill(p.Rect, color.NRGBA{A: 255})
	if black {
		return p
	}
	fill(p.Rect, color.NRGBA{0x3A, 0x52, 0x66, 255})
	fill(image.Rect(60, 40, 460, 300), color.NRGBA{0xF4, 0xF6, 0xF8, 255})
	fill(image.Rect(60, 40, 460, 58), color.NRGBA{0x20, 0x2C, 0x38, 255})
	for y := 76; y < 280; y += 24 {
		fill(image.Rect(80, y, 440-y/2, y+10), color.NRGBA{0xC4, 0xCE, 0xD8, 255})
	}
	fill(image.Rect(400, 220, 620, 340), color.NRGBA{A: 255}) // masked
	return p
}

// Nobody does nothing: the pictures are only looked at.
type Nobody struct{}

func (Nobody) Navigate(string)                                           {}
func (Nobody) DismissFailure()                                           {}
func (Nobody) AcceptTerms(string, string, string)                        {}
func (Nobody) Register(model.Registration)                               {}
func (Nobody) FilterNotifications(model.Filter)                          {}
func (Nobody) SeeNotifications(int, int)                                 {}
func (Nobody) ReloadNotifications()                                      {}
func (Nobody) OpenNotification(uint64)                                   {}
func (Nobody) ShowNotifications(model.AlarmPlace)                        {}
func (Nobody) BackFromNotification()                                     {}
func (Nobody) StartAct(model.AlarmAct)                                   {}
func (Nobody) Acknowledge(uint64, model.Signature)                       {}
func (Nobody) Shelve(uint64, model.ShelfChoice, string, model.Signature) {}
func (Nobody) Unshelve(uint64, model.Signature)                          {}
func (Nobody) LastInitials() string                                      { return "MH" }
func (Nobody) WriteDraft(string)                                         {}
func (Nobody) WriteHandover(string, model.Signature)                     {}
func (Nobody) GoMonth(int)                                               {}
func (Nobody) SetQuietHours(bool, uint32, uint32, model.Signature)       {}
func (Nobody) TestAlarm()                                                {}
func (Nobody) HelpReason(string)                                         {}
func (Nobody) AskHelpAbout(uint64)                                       {}
func (Nobody) HelpStep(model.HelpStep)                                   {}
func (Nobody) RequestHelp(bool)                                          {}
func (Nobody) CancelHelp()                                               {}
func (Nobody) Revoke(hostpb.Capability)                                  {}
func (Nobody) EndSession()                                               {}
func (Nobody) ShowPreview()                                              {}
func (Nobody) SendFile()                                                 {}
func (Nobody) StopTransfer(string)                                       {}
func (Nobody) SendChat(string)                                           {}
func (Nobody) ShowChat()                                                 {}
func (Nobody) ShowSummary(bool)                                          {}
func (Nobody) SetPIN(string, string, string)                             {}
func (Nobody) StartUpgradeAct(model.UpgradeAct)                          {}
func (Nobody) ChangeUpgrade()                                            {}
func (Nobody) AcceptUpgrade(string, string, model.Signature, bool)       {}
func (Nobody) PostponeUpgrade(string, model.RemindChoice)                {}
func (Nobody) CancelUpgrade(string, model.Signature)                     {}
func (Nobody) CheckUpgrades()                                            {}
func (Nobody) DismissUpgrade(string)                                     {}
func (Nobody) FilterActivity(model.ActivityFilter)                       {}
func (Nobody) SeeActivity(int, int)                                      {}
func (Nobody) ReloadActivity()                                           {}
func (Nobody) OpenActivity(uint64)                                       {}
func (Nobody) BackFromActivity()                                         {}
func (Nobody) AskExport()                                                {}
func (Nobody) ChooseExport(string)                                       {}
func (Nobody) StartExport()                                              {}
func (Nobody) StopExport()                                               {}
func (Nobody) SaveCertificate(string)                                    {}
func (Nobody) CopyProof()                                                {}
func (Nobody) SaveProof()                                                {}
func (Nobody) OpenExportFolder()                                         {}
func (Nobody) SetLanguage(string)                                        {}
func (Nobody) SetTheme(string)                                           {}
func (Nobody) MoveBar(float32, float32)                                  {}
