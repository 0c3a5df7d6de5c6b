package view_test

import (
	"fmt"
	"image/color"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
	"beckmanconnect/ui/view"
)

// kit makes a test application and a kit in its look.
func kit(t testing.TB, lang string, p theme.Palette) *part.Kit {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(theme.New(theme.Options{Palette: p, Language: lang}))
	return &part.Kit{Palette: p, Words: text.New(lang)}
}

// open puts content into a window of a size; height 0 is what it needs.
func open(t testing.TB, content fyne.CanvasObject, size fyne.Size) fyne.Window {
	t.Helper()
	w := test.NewTempWindow(t, content)
	settle(w, size)
	return w
}

// settle gives a window its size.
func settle(w fyne.Window, size fyne.Size) {
	content := w.Content()
	w.SetPadded(false)
	for range 3 { // wrapped text knows its height only at its width
		if size.Height == 0 {
			w.Resize(fyne.NewSize(max(size.Width, content.MinSize().Width), content.MinSize().Height))
			continue
		}
		w.Resize(size.AddWidthHeight(1, 0))
		w.Resize(size)
	}
}

// Every screen as it is made of parts, in two languages (B12). A change shows
// as a difference in testdata, to be looked at in the gallery.
func TestMarkup(t *testing.T) {
	for _, lang := range []string{"en", "de"} {
		k := kit(t, lang, theme.Light())
		for _, s := range sample.Screens(lang) {
			t.Run(s.Name+"-"+lang, func(t *testing.T) {
				content, size := s.Draw(k)
				w := open(t, content, size)
				test.AssertRendersToMarkup(t, "markup/"+s.Name+"-"+lang+".xml", w.Canvas())
			})
		}
	}
}

// A few pictures hold colours, fonts and icons.
func TestPictures(t *testing.T) {
	for look, p := range map[string]theme.Palette{"light": theme.Light(), "dark": theme.Dark()} {
		k := kit(t, "en", p)
		for _, s := range sample.Screens("en") {
			if s.Name != "notifications" && s.Name != "prompt-control" && s.Name != "bar" {
				continue
			}
			t.Run(s.Name+"-"+look, func(t *testing.T) {
				content, size := s.Draw(k)
				test.AssertRendersToImage(t, "picture/"+s.Name+"-"+look+".png", open(t, content, size).Canvas())
			})
		}
	}
}

// actions notes what was asked for.
type actions struct {
	sample.Nobody
	did []string
}

// signed is who acted: the initials, and the PIN where one was given.
func signed(who model.Signature) string {
	if who.PIN != "" {
		return who.Initials + "/" + who.PIN
	}
	return who.Initials
}

func (a *actions) note(s string)        { a.did = append(a.did, s) }
func (a *actions) Navigate(page string) { a.note("navigate " + page) }
func (a *actions) Acknowledge(id uint64, who model.Signature) {
	a.note(strings.TrimSpace(fmt.Sprintf("acknowledge %d %s", id, signed(who))))
}
func (a *actions) OpenNotification(id uint64) { a.note(fmt.Sprintf("open %d", id)) }
func (a *actions) ShowNotifications(p model.AlarmPlace) {
	a.note([]string{"list", "detail", "handover", "offenders"}[p])
}
func (a *actions) BackFromNotification()              { a.note("back") }
func (a *actions) FilterNotifications(f model.Filter) { a.note(fmt.Sprintf("filter %+v", f)) }
func (a *actions) StartAct(act model.AlarmAct)        { a.note(fmt.Sprintf("start %d", act)) }
func (a *actions) AskHelpAbout(id uint64)             { a.note(fmt.Sprintf("help %d", id)) }
func (a *actions) Shelve(id uint64, until model.ShelfChoice, reason string, who model.Signature) {
	a.note(fmt.Sprintf("shelve %d %d %q %s", id, until, reason, signed(who)))
}
func (a *actions) Unshelve(id uint64, who model.Signature) {
	a.note(fmt.Sprintf("unshelve %d%s", id, signed(who)))
}
func (a *actions) WriteDraft(note string) { a.note("draft " + note) }
func (a *actions) WriteHandover(note string, who model.Signature) {
	a.note(fmt.Sprintf("handover %q %s", note, signed(who)))
}
func (a *actions) GoMonth(by int) { a.note(fmt.Sprintf("month %+d", by)) }
func (a *actions) SetQuietHours(on bool, from, to uint32, who model.Signature) {
	a.note(fmt.Sprintf("quiet %v %d %d %s", on, from, to, signed(who)))
}
func (a *actions) TestAlarm()                { a.note("test") }
func (a *actions) RequestHelp(withLogs bool) { a.note(fmt.Sprintf("request %v", withLogs)) }
func (a *actions) HelpStep(s model.HelpStep) {
	a.note([]string{"who", "they-called", "form", "logs"}[s])
}
func (a *actions) AcceptTerms(version, sum, _ string) {
	a.note("accept " + version + " " + sum[:8])
}
func (a *actions) Register(r model.Registration) { a.note("register " + r.Email + " " + r.Serial) }
func (a *actions) StartUpgradeAct(act model.UpgradeAct) {
	a.note(fmt.Sprintf("upgrade act %d", act))
}
func (a *actions) ChangeUpgrade() { a.note("change upgrade") }
func (a *actions) AcceptUpgrade(digest, when string, who model.Signature, confirmed bool) {
	a.note(strings.TrimSpace(fmt.Sprintf("accept %s %s %v %s", digest, when, confirmed, signed(who))))
}
func (a *actions) PostponeUpgrade(digest string, until model.RemindChoice) {
	a.note(fmt.Sprintf("postpone %s %d", digest, until))
}
func (a *actions) CancelUpgrade(digest string, who model.Signature) {
	a.note(strings.TrimSpace("cancel " + digest + " " + signed(who)))
}
func (a *actions) CheckUpgrades()                        { a.note("check") }
func (a *actions) DismissUpgrade(digest string)          { a.note("dismiss " + digest) }
func (a *actions) Revoke(c hostpb.Capability)            { a.note("revoke " + c.String()) }
func (a *actions) OpenActivity(index uint64)             { a.note(fmt.Sprintf("entry %d", index)) }
func (a *actions) BackFromActivity()                     { a.note("back") }
func (a *actions) FilterActivity(f model.ActivityFilter) { a.note(fmt.Sprintf("log %+v", f)) }
func (a *actions) SaveCertificate(session string)        { a.note("certificate " + session) }
func (a *actions) ChooseExport(format string)            { a.note("format " + format) }
func (a *actions) EndSession()                           { a.note("end") }

func (a *actions) last() string {
	if len(a.did) == 0 {
		return ""
	}
	return a.did[len(a.did)-1]
}

// window opens the main window at a page.
func window(t *testing.T, page string, s *model.State) (*view.Window, *actions, fyne.Window) {
	t.Helper()
	a := &actions{}
	v := view.NewWindow(kit(t, "en", theme.Light()), a, view.Choices{Theme: "system", Version: "0.1.0"})
	v.Show(page)
	v.Update(s, sample.Now)
	return v, a, open(t, v.Content(), fyne.NewSize(980, 690))
}

// tap presses a named part as a pointer does.
func tap(t *testing.T, root fyne.CanvasObject, id string) {
	t.Helper()
	o := part.Find(root, id)
	if o == nil {
		t.Fatalf("there is no %s", id)
	}
	if m, ok := o.(desktop.Mouseable); ok {
		m.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary})
	}
	test.Tap(o.(fyne.Tappable))
}

func TestTaps(t *testing.T) {
	alarmed, who, form, offered, session, fresh := sample.Alarmed(), sample.State(), sample.State(), sample.Offered(), sample.Session(), sample.Fresh("en")
	form.Help.Step = model.StepForm
	for _, row := range []struct {
		page, id, want string
		state          *model.State
	}{
		{view.Notifications, "notification.19.acknowledge", "acknowledge 19", &alarmed},
		{view.Notifications, "nav.help", "navigate help", &alarmed},
		{view.Help, "help.called-them", "form", &who},
		{view.Help, "help.they-called", "they-called", &who},
		{view.Help, "help.request", "request false", &form},
		{view.Help, "help.off.action", "navigate register", &fresh},
		{view.Help, "help.control.revoke", "revoke CAPABILITY_CONTROL", &session},
		{view.Help, "help.end", "end", &session},
		{view.Upgrade, "upgrade.now", "upgrade act 2", &offered},
	} {
		v, a, _ := window(t, row.page, row.state)
		tap(t, v.Content(), row.id)
		if a.last() != row.want {
			t.Errorf("%s on %s: %q, want %q", row.id, row.page, a.last(), row.want)
		}
	}
}

// P19: the terms cannot be accepted before the IT requirements are said to be read.
func TestTermsNeedTheTick(t *testing.T) {
	s := sample.Fresh("en")
	v, a, _ := window(t, view.Register, &s)
	tap(t, v.Content(), "register.accept")
	if a.last() != "" {
		t.Fatalf("accepted without the tick: %q", a.last())
	}
	test.Tap(part.Find(v.Content(), "register.it-read").(*part.Check))
	tap(t, v.Content(), "register.accept")
	if want := "accept " + s.Terms.GetVersion() + " " + s.Terms.GetSha256()[:8]; a.last() != want {
		t.Errorf("%q, want %q", a.last(), want)
	}
}

func TestRegistrationByKeyboard(t *testing.T) {
	s := sample.Fresh("en")
	s.Status.TermsAccepted = true
	v, a, _ := window(t, view.Register, &s)
	tap(t, v.Content(), "register.submit")
	if a.last() != "" {
		t.Fatal("an empty form was sent")
	}
	for id, typed := range map[string]string{"register.email": "maria@labor.example", "register.name": "Maria", "register.type": "DxH 900", "register.serial": " BA 1 "} {
		test.Type(part.Find(v.Content(), id).(fyne.Focusable), typed)
	}
	v.Update(&s, sample.Now.Add(time.Second)) // a clock tick must not wipe what was typed
	tap(t, v.Content(), "register.submit")
	if a.last() != "register maria@labor.example BA 1" {
		t.Errorf("sent %q", a.last())
	}
}

// A tick or an event leaves the focus where it is.
func TestUpdateKeepsTheFocus(t *testing.T) {
	s := sample.Alarmed()
	v, _, w := window(t, view.Notifications, &s)
	w.Canvas().Focus(part.Find(v.Content(), "notification.18.acknowledge").(fyne.Focusable))
	s.PutAlarm(&hostpb.Notification{Id: 31, Code: "new", Severity: hostpb.Severity_SEVERITY_HIGH, RaisedUnixMs: sample.Ago(0)})
	v.Update(&s, sample.Now)
	if f, ok := w.Canvas().Focused().(part.Identified); !ok || f.WidgetID() != "notification.18.acknowledge" {
		t.Errorf("the focus is on %v", w.Canvas().Focused())
	}
}

// Everything that can be pressed is big enough for a gloved finger or has
// room around it, and is reached with Tab.
func TestTargets(t *testing.T) {
	s := sample.Session()
	v, _, w := window(t, view.Help, &s)
	reached := map[string]bool{}
	for range 40 {
		w.Canvas().FocusNext()
		if f, ok := w.Canvas().Focused().(part.Identified); ok {
			reached[f.WidgetID()] = true
		}
	}
	for _, p := range part.Places(v.Content()) {
		b, ok := p.Object.(*part.Button)
		if !ok {
			continue
		}
		if b.Size().Height < 38 {
			t.Errorf("%s is %.0f high", p.ID, b.Size().Height)
		}
		if b.Enabled() && !reached[p.ID] {
			t.Errorf("%s is not reached with Tab", p.ID)
		}
		if strings.TrimSpace(b.Label()) == "" {
			t.Errorf("%s has no words", p.ID)
		}
	}
}

// What scrolled out of sight is not told to be there: of a list it does not
// even exist.
func TestPlacesAreInSight(t *testing.T) {
	s := sample.Alarmed()
	for i := range 30 {
		s.PutAlarm(&hostpb.Notification{Id: uint64(100 + i), Code: "many", Severity: hostpb.Severity_SEVERITY_LOW, RaisedUnixMs: sample.Ago(0)})
	}
	v, _, w := window(t, view.Notifications, &s)
	size := w.Canvas().Size()
	seen := map[string]bool{}
	for _, p := range part.Places(v.Content()) {
		seen[p.ID] = true
		if p.Pos.X < 0 || p.Pos.Y < 0 || p.Pos.X+p.Size.Width > size.Width+0.5 || p.Pos.Y+p.Size.Height > size.Height+0.5 {
			t.Errorf("%s is at %v, %v", p.ID, p.Pos, p.Size)
		}
	}
	if !seen["notification.19.acknowledge"] || seen["notification.100.acknowledge"] || part.Find(v.Content(), "notification.100") != nil {
		t.Errorf("in sight: %v", seen)
	}
}

// Colour never stands alone: each severity has a word and an icon of its own.
func TestSeverityIsNotColourAlone(t *testing.T) {
	s := sample.State()
	words, icons, colours := map[string]bool{}, map[string]bool{}, map[color.NRGBA]bool{}
	for v := hostpb.Severity_SEVERITY_INFO; v <= hostpb.Severity_SEVERITY_HIGH; v++ {
		s.PutAlarm(&hostpb.Notification{Id: uint64(v), Severity: v, RaisedUnixMs: sample.Ago(0)})
	}
	for i := range s.Alarms.List.Len() {
		r := s.AlarmRow(text.New("en"), i, sample.Now)
		words[r.Severity.Word], icons[string(r.Severity.Icon)] = true, true
		colours[theme.Light().Chips[r.Severity.Tone].Ink] = true
	}
	if len(words) != 4 || len(icons) != 4 || len(colours) != 4 {
		t.Errorf("%v %v %v", words, icons, colours)
	}
}
