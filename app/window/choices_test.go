package window

import (
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"beckmanconnect/app/preferences"
	"beckmanconnect/app/window/native"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
	"beckmanconnect/ui/view"
)

func load(t *testing.T, path string) preferences.Preferences {
	t.Helper()
	p, err := preferences.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// B12: language, size of text, look and sound are changed on the page, apply at
// once, and are in the file that the tray reads.
func TestChoicesApplyAndStay(t *testing.T) {
	path := chosen(t, preferences.Preferences{Guided: "0.1.0"})
	s := newStage(t, Config{View: view.Settings, Preferences: path})
	s.ready()
	s.sees("settings.language.de")
	before := s.program.kit.Size(10)
	for _, id := range []string{"settings.language.de", "settings.text.largest", "settings.look.contrast"} {
		s.tap(s.program.main, id)
	}
	test.Tap(part.Find(s.program.main.Content(), "settings.sound").(fyne.Tappable))
	if k := s.program.kit; k.Words.Lang() != "de" || k.Size(10) <= before || k.Palette.Window != theme.HighContrast().Window {
		t.Errorf("%s, %g, %v", k.Words.Lang(), k.Size(10), k.Palette.Window)
	}
	got := load(t, path)
	if got.Language != "de" || got.TextSize != "largest" || got.Look != "contrast" || !got.Silent || got.Guided != "0.1.0" {
		t.Errorf("%+v", got)
	}
	if s.program.content.Page() != view.Settings {
		t.Errorf("on %s", s.program.content.Page())
	}
}

// What has the keyboard keeps it when everything is built anew.
func TestAChoiceKeepsTheFocus(t *testing.T) {
	s := newStage(t, Config{View: view.Settings})
	s.ready()
	s.sees("settings.text.large")
	c := s.program.main.Canvas()
	c.Focus(part.Find(s.program.main.Content(), "settings.text.large").(fyne.Focusable))
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	if f, ok := c.Focused().(part.Identified); !ok || f.WidgetID() != "settings.text.large" || s.program.settings.TextSize != "large" {
		t.Errorf("the focus is on %v", c.Focused())
	}
}

// Versions before kept two choices elsewhere: they are taken over once, and a
// file that is there goes before them.
func TestOldChoicesAreTakenOver(t *testing.T) {
	fresh := filepath.Join(t.TempDir(), "preferences.json")
	for name, c := range map[string]struct{ path, language, look string }{
		"no file yet": {fresh, "fr", "dark"},
		"a file":      {chosen(t, preferences.Preferences{Language: "it", Look: "light"}), "it", "light"},
	} {
		a := test.NewTempApp(t)
		a.Preferences().SetString(oldLanguage, "fr")
		a.Preferences().SetString(oldLook, "dark")
		service := ipctest.Start(t, ipctest.Config{})
		p := newProgram(t.Context(), a, parts{config: Config{Client: service.Client(ipctest.Technician("maria"), protocol.Window), Preferences: c.path}, native: &fakeNative{}})
		if p.choices.Language != c.language || p.settings.Theme != c.look || p.kit.Words.Lang() != c.language {
			t.Errorf("%s: %+v", name, p.choices)
		}
		p.end()
	}
}

// B12: the introduction shows at the first start, gives way to what matters, and
// does not come again.
func TestIntroduction(t *testing.T) {
	path := chosen(t, preferences.Preferences{})
	s := newStage(t, Config{Preferences: path})
	s.until("the introduction", func() bool { return s.program.content.Page() == view.Guide })
	s.tap(s.program.main, "guide.next")
	s.tap(s.program.main, "guide.next")
	s.tap(s.program.main, "guide.next")
	s.tap(s.program.main, "guide.language.de") // it goes on where it was
	s.tap(s.program.main, "guide.next")
	if s.program.content.Page() != view.Home || load(t, path).Guided == "" {
		t.Errorf("on %s", s.program.content.Page())
	}

	again := newStage(t, Config{Preferences: path})
	again.ready()
	if again.program.content.Page() == view.Guide {
		t.Error("it shows again by itself")
	}
	again.program.Navigate(view.Guide)
	again.program.content.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if again.program.content.Page() != view.Home {
		t.Error("Escape does not leave it")
	}
}

// It never stands in the way: of a view that was asked for, of an alarm that was
// clicked, of a question, of a call that goes on.
func TestIntroductionGivesWay(t *testing.T) {
	first := func() string { return chosen(t, preferences.Preferences{}) }
	asked := newStage(t, Config{Preferences: first(), View: view.Upgrade})
	asked.ready()
	if page := asked.program.content.Page(); page != view.Upgrade {
		t.Errorf("--view: on %s", page)
	}
	waiting := sample.Status()
	waiting.Support = &hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_WAITING, RequestId: "r1"}
	call := newStageWith(t, Config{Preferences: first()}, waiting)
	call.ready()
	if page := call.program.content.Page(); page != view.Help {
		t.Errorf("a call: on %s", page)
	}
	alarm := newStage(t, Config{Preferences: first()})
	alarm.until("the introduction", func() bool { return alarm.program.content.Page() == view.Guide })
	alarm.ask(sample.ViewPrompt())
	alarm.program.show("notification/19")
	if page := alarm.program.content.Page(); page != view.Notifications {
		t.Errorf("an alarm: on %s", page)
	}
	if p, err := preferences.Load(alarm.program.choicesFile); err != nil || p.Guided != "" {
		t.Error("an alarm counts as having seen it")
	}
}

// B12: the window is again where it was left, as large, unless that screen is
// gone.
func TestPlaceIsKept(t *testing.T) {
	path := chosen(t, preferences.Preferences{Guided: "0.1.0", Window: &preferences.Window{X: 2100, Y: 120, Width: 1000, Height: 640}})
	s := newStage(t, Config{View: view.About, Preferences: path})
	s.ready()
	if s.native.x != 0 || s.native.y != 0 {
		t.Errorf("put on a screen that is gone: %d, %d", s.native.x, s.native.y)
	}
	s.native.x, s.native.y = 40, 30
	s.program.main.Resize(fyne.NewSize(900, 600))
	s.program.inFront(false)
	if w := load(t, path).Window; w == nil || *w != (preferences.Window{X: 40, Y: 30, Width: 900, Height: 600}) {
		t.Errorf("%+v", w)
	}
	s.native.maximised = true
	s.program.main.Resize(fyne.NewSize(1900, 1000))
	s.program.closeMain()
	if w := load(t, path).Window; w == nil || *w != (preferences.Window{X: 40, Y: 30, Width: 900, Height: 600, Maximised: true}) {
		t.Errorf("maximised: %+v", w)
	}
}

func TestPlaceIsPutBack(t *testing.T) {
	p := &program{parts: parts{native: &fakeNative{screens: []native.Rect{{W: 1920, H: 1080}}}}}
	p.main = test.NewTempWindow(t, nil)
	p.choices.Window = &preferences.Window{X: 640, Y: 200, Width: 900, Height: 600, Maximised: true}
	p.putBack()
	n := p.native.(*fakeNative)
	if n.x != 640 || n.y != 200 || !n.maximised || p.main.Canvas().Size() != fyne.NewSize(900, 600) {
		t.Errorf("%d, %d, %v, %v", n.x, n.y, n.maximised, p.main.Canvas().Size())
	}
}

// The first page fills itself, and its rows lead where they say.
func TestHomeFillsAndLeads(t *testing.T) {
	s := newStageWith(t, Config{View: view.Home}, func() *hostpb.Status {
		st := sample.Status()
		st.OpenNotifications, st.Worst = 2, hostpb.Severity_SEVERITY_HIGH
		return st
	}())
	s.ready()
	s.sees("home.todo.alarm.19")
	s.tap(s.program.main, "home.todo.alarm.19")
	if s.program.content.Page() != view.Notifications || s.program.state.Alarms.Detail.ID != 19 {
		t.Errorf("on %s", s.program.content.Page())
	}
}

// Shortcuts work wherever the focus is, in a field as well.
func TestShortcuts(t *testing.T) {
	s := newStage(t, Config{View: view.Notifications})
	s.ready()
	type canvas interface{ TypedShortcut(fyne.Shortcut) }
	ctrl := func(key fyne.KeyName) fyne.Shortcut {
		return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierControl}
	}
	for key, page := range map[fyne.KeyName]string{
		fyne.Key1: view.Home, fyne.Key2: view.Notifications, fyne.Key3: view.Help, fyne.Key4: view.Upgrade, fyne.Key5: view.Activity,
		fyne.Key6: view.Register, fyne.Key7: view.Settings, fyne.Key8: view.About, fyne.KeyComma: view.Settings,
	} {
		s.program.main.Canvas().(canvas).TypedShortcut(ctrl(key))
		if got := s.program.content.Page(); got != page {
			t.Errorf("Ctrl+%s: %s", key, got)
		}
	}
	s.program.Navigate(view.Notifications)
	s.program.main.Canvas().(canvas).TypedShortcut(ctrl(fyne.KeyF))
	field, ok := s.program.main.Canvas().Focused().(*part.Entry)
	if !ok || field.ID != "notifications.search" {
		t.Fatalf("Ctrl+F: %v", s.program.main.Canvas().Focused())
	}
	field.TypedShortcut(ctrl(fyne.Key7))
	if got := s.program.content.Page(); got != view.Settings {
		t.Errorf("from a field: %s", got)
	}
	s.program.Navigate(view.Notifications)
	field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyF1})
	if got := s.program.content.Page(); got != view.Help {
		t.Errorf("F1 in a field: %s", got)
	}
	s.program.content.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if got := s.program.content.Page(); got != view.Home {
		t.Errorf("Escape: %s", got)
	}
}
