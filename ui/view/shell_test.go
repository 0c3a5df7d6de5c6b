package view_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"beckmanconnect/assets/text"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
	"beckmanconnect/ui/view"
)

// B12: at the smallest window, with the largest text, in every language, all of
// the navigation and the first page's way to help can be pressed: nothing is
// shortened or out of sight.
func TestSmallestWindow(t *testing.T) {
	for _, l := range text.Languages() {
		for _, size := range []string{"normal", "large", "largest"} {
			scale := theme.TextScale(size)
			test.NewTempApp(t).Settings().SetTheme(theme.New(theme.Options{Palette: theme.Light(), Language: l.Tag, Text: scale}))
			k := &part.Kit{Palette: theme.Light(), Words: text.New(l.Tag), Text: scale}
			s := sample.HomeAlarmed()
			v := view.NewWindow(k, sample.Nobody{}, sample.Choices())
			v.Update(&s, sample.Now)
			w := open(t, v.Content(), view.SmallestSize)
			if got := w.Canvas().Size(); got != view.SmallestSize {
				t.Errorf("%s, %s: it needs %v", l.Tag, size, got)
			}
			seen := map[string]fyne.Size{}
			for _, p := range part.Places(v.Content()) {
				seen[p.ID] = p.Size
			}
			for _, page := range view.Pages() {
				entry, ok := part.Find(v.Content(), "nav."+page).(*part.RailEntry)
				if !ok || seen["nav."+page].Height < theme.Touch || seen["nav."+page].Height < entry.MinSize().Height-0.5 {
					t.Errorf("%s, %s: nav.%s shows %v", l.Tag, size, page, seen["nav."+page])
				}
			}
			for _, page := range []string{view.Home, view.Settings, view.About, view.Guide} {
				v.Show(page)
				v.Update(&s, sample.Now)
				if need := v.Content().MinSize(); need.Width > view.SmallestSize.Width+0.5 || need.Height > view.SmallestSize.Height+0.5 {
					t.Errorf("%s, %s: %s needs %v", l.Tag, size, page, need)
				}
			}
		}
	}
}

// The navigation is wide where there is room; what of it had the keyboard does
// not keep it out of sight.
func TestNavigationTurnsNarrow(t *testing.T) {
	s := sample.HomeWell()
	v, a, w := window(t, view.Home, &s)
	wide, ok := part.Find(v.Content(), "nav.help").(*part.Button)
	if !ok {
		t.Fatal("the navigation is not wide at 980 × 690")
	}
	w.Canvas().Focus(wide)
	w.Resize(fyne.NewSize(890, 690))
	rail, ok := part.Find(v.Content(), "nav.help").(*part.RailEntry)
	if !ok {
		t.Fatal("the navigation is not narrow at 890 × 690")
	}
	if w.Canvas().Focused() != nil {
		t.Error("what is out of sight keeps the keyboard")
	}
	rail.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if a.last() != "" {
		t.Error("Enter pressed it")
	}
	rail.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	if a.last() != "navigate help" {
		t.Errorf("%q", a.last())
	}
	w.Resize(fyne.NewSize(980, 690))
	if _, ok := part.Find(v.Content(), "nav.help").(*part.Button); !ok {
		t.Error("it does not come back")
	}
}

// Every row of the first page leads to a page that there is.
func TestHomeLeads(t *testing.T) {
	alarmed, waiting, session, fresh := sample.HomeAlarmed(), sample.Waiting(), sample.Session(), sample.Fresh("en")
	for _, row := range []struct{ id, want string }{
		{"home.todo.alarm.19", "navigate notification/19"}, {"home.todo.upgrade", "navigate upgrade"}, {"home.more", "navigate notifications"},
		{"home.help", "navigate help"}, {"home.activity", "navigate activity"},
	} {
		v, a, _ := window(t, view.Home, &alarmed)
		tap(t, v.Content(), row.id)
		if a.last() != row.want {
			t.Errorf("%s: %q", row.id, a.last())
		}
	}
	v, a, _ := window(t, view.Home, &fresh)
	tap(t, v.Content(), "home.todo.setup")
	if a.last() != "navigate register" {
		t.Errorf("set-up: %q", a.last())
	}
	v, a, _ = window(t, view.Home, &session)
	tap(t, v.Content(), "home.end")
	if a.last() != "end" {
		t.Errorf("end: %q", a.last())
	}
	v, a, _ = window(t, view.Home, &waiting)
	tap(t, v.Content(), "home.code.open")
	if a.last() != "navigate help" {
		t.Errorf("code: %q", a.last())
	}
}

// Parts of a page are left with Escape before the page is.
func TestEscapeLeavesPartsFirst(t *testing.T) {
	s := sample.HomeWell()
	for _, row := range []struct{ page, open, part string }{
		{view.Settings, "settings.privacy", "settings.privacy.back"}, {view.About, "about.notices", "about.notices.list"},
	} {
		a := &actions{}
		v := view.NewWindow(kit(t, "en", theme.Light()), a, sample.Choices())
		v.Show(row.page)
		v.Update(&s, sample.Now)
		open(t, v.Content(), fyne.NewSize(980, 690))
		tap(t, v.Content(), row.open)
		if part.Find(v.Content(), row.part) == nil {
			t.Fatalf("%s does not open", row.open)
		}
		v.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if part.Find(v.Content(), row.part) != nil || a.last() != "" {
			t.Errorf("%s: Escape did %q", row.page, a.last())
		}
		v.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if a.last() != "navigate home" {
			t.Errorf("%s: Escape did %q", row.page, a.last())
		}
	}
}

// A key that neither list nor page has a use for, as any letter's is, does
// nothing: it is not handed to and fro between them.
func TestUnusedKeysEnd(t *testing.T) {
	alarmed := sample.Alarmed()
	for _, page := range []string{view.Notifications, view.Activity} {
		v, a, w := window(t, page, &alarmed)
		id := map[string]string{view.Notifications: "notifications.list", view.Activity: "activity.list"}[page]
		w.Canvas().Focus(part.Find(v.Content(), id).(fyne.Focusable))
		for _, key := range []fyne.KeyName{fyne.KeyA, fyne.KeyF5, "LeftControl"} {
			w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: key})
			v.TypedKey(&fyne.KeyEvent{Name: key})
		}
		if a.last() != "" {
			t.Errorf("%s: %q", page, a.last())
		}
	}
}
