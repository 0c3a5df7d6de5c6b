package tray_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf16"

	"beckmanconnect/app/preferences"
	"beckmanconnect/app/sound"
	"beckmanconnect/app/tray"
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
)

// loudspeaker notes what is played.
type loudspeaker struct {
	*desk
	dumb bool // this PC plays nothing
}

func (l loudspeaker) Play(_ context.Context, s sound.Sound) bool {
	if !l.dumb {
		l.note("sound %s", s)
	}
	return !l.dumb
}

// spoken is how a toast's button is called beside what it says.
type spoken struct{ toasts }

func (s spoken) Show(ctx context.Context, t tray.Toast) error {
	s.note("button %s", t.Open)
	return s.toasts.Show(ctx, t)
}

// chooses runs a tray whose technician chooses between the steps.
func chooses(t *testing.T, dumb bool, steps ...any) *desk {
	t.Helper()
	d := &desk{windows: 1, clicked: make(chan string), opened: make(chan string), ended: make(chan struct{}), events: make(chan func())}
	chosen := make(chan preferences.Preferences)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	tr := tray.New(tray.Config{Text: text.New("en"), Log: slog.New(slog.DiscardHandler), Face: d, Toaster: spoken{toasts{d}}, Launcher: d, Service: service{d},
		Dialogs: own{d}, Sounds: loudspeaker{d, dumb}, Chosen: chosen, Follow: d.follow})
	go func() { done <- tr.Run(ctx, nil) }()
	d.events <- func() { d.onState(true, nil) }
	for _, step := range steps {
		synctest.Wait()
		switch s := step.(type) {
		case *hostpb.Event:
			d.events <- func() { d.onEvent(s) }
		case preferences.Preferences:
			chosen <- s
		case string:
			d.clicked <- s
		case time.Duration:
			time.Sleep(s)
		}
	}
	synctest.Wait()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return d
}

// B12: what is chosen in the window holds for the icon at once: its words, its
// toasts and its own dialogs.
func TestSpeaksTheChosenLanguage(t *testing.T) {
	t.Setenv("LC_ALL", "fr_FR.UTF-8") // the system's, where nothing is chosen
	for _, language := range append(text.Languages(), text.Language{Tag: ""}) {
		synctest.Test(t, func(t *testing.T) {
			want := text.New(language.Tag)
			if language.Tag == "" {
				want = text.New(text.SystemLanguage())
			}
			d := chooses(t, false, status(well()), preferences.Preferences{Language: language.Tag}, preferences.Preferences{Language: language.Tag}, tray.ItemTest,
				raised(1, hostpb.Severity_SEVERITY_LOW, "Disk nearly full"))
			if d.view.Tooltip != want.T("tray.tooltip.ok") || d.view.Items[0].Title != want.T("tray.menu.open") {
				t.Errorf("%q: %q, %q", language.Tag, d.view.Tooltip, d.view.Items[0].Title)
			}
			spoke := 0
			for _, line := range d.journal {
				if button, is := strings.CutPrefix(line, "button "); is && button != want.T("tray.menu.open") {
					t.Errorf("%q: a toast's button is called %q", language.Tag, button)
				}
				if line == "own language "+want.Lang() {
					spoke++
				}
			}
			if changes := spoke; changes != 1 && want.Lang() != "en" || changes != 0 && want.Lang() == "en" {
				t.Errorf("%q: the dialogs were told %d times: %q", language.Tag, changes, d.journal)
			}
		})
	}
}

// B9, B12: what is heard. The highest class and a question have the product's
// own sounds, once; quiet hours and a technician who wants none are respected,
// and a PC that plays none leaves it to the desktop.
func TestSounds(t *testing.T) {
	loud := func(n *hostpb.Notification) { n.Alert = hostpb.Alert_ALERT_LOUD }
	quiet := func(n *hostpb.Notification) { n.Alert = hostpb.Alert_ALERT_QUIET }
	night := func(s *hostpb.Status) { s.QuietHours = &hostpb.QuietHours{On: true, Now: true} }
	alarm := raised(1, hostpb.Severity_SEVERITY_HIGH, "Leak", loud)
	medium := raised(1, hostpb.Severity_SEVERITY_MEDIUM, "Leak", loud)
	silent := preferences.Preferences{Language: "en", Silent: true}
	for name, test := range map[string]struct {
		dumb  bool
		steps []any
		want  []string
	}{
		"the highest class":           {false, []any{status(well()), alarm}, []string{"sound alarm", "toast notification-1: Leak (silent)"}},
		"the test of it":              {false, []any{status(well()), raised(1, hostpb.Severity_SEVERITY_MEDIUM, "Test", loud, func(n *hostpb.Notification) { n.Code = "test-alarm" })}, []string{"sound alarm", "toast notification-1: Test (silent)"}},
		"the next one":                {false, []any{status(well()), medium}, []string{"toast notification-1: Leak (loud)"}},
		"the highest, told quietly":   {false, []any{status(well()), raised(1, hostpb.Severity_SEVERITY_HIGH, "Leak", quiet)}, []string{"toast notification-1: Leak (silent)"}},
		"a PC that plays none":        {true, []any{status(well()), alarm}, []string{"toast notification-1: Leak (loud)"}},
		"no sounds wanted":            {false, []any{silent, status(well()), alarm}, []string{"toast notification-1: Leak (silent)"}},
		"no sounds wanted, medium":    {false, []any{silent, status(well()), medium}, []string{"toast notification-1: Leak (silent)"}},
		"wanted again":                {false, []any{silent, preferences.Preferences{Language: "en"}, status(well()), alarm}, []string{"sound alarm", "toast notification-1: Leak (silent)"}},
		"a question":                  {false, []any{status(well()), prompt("p"), prompt("p")}, []string{"sound question"}},
		"another question":            {false, []any{status(well()), prompt("p"), prompt("q")}, []string{"sound question", "sound question"}},
		"a question in quiet hours":   {false, []any{status(well(night)), prompt("p")}, nil},
		"a question without sounds":   {false, []any{silent, status(well()), prompt("p")}, nil},
		"a notification after silent": {false, []any{silent, status(well()), tray.ItemEndSession, alarm}, []string{"toast notification-1: Leak (silent)"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := chooses(t, test.dumb, slices.Insert(slices.Clone(test.steps), 0, any(settled))...)
				var got []string
				for _, line := range d.journal {
					if strings.HasPrefix(line, "sound ") || strings.HasPrefix(line, "toast ") {
						got = append(got, line)
					}
				}
				if !slices.Equal(got, test.want) {
					t.Errorf("got  %q\nwant %q", got, test.want)
				}
			})
		})
	}
}

// A tooltip fits where Windows has a place for it, in every language: 127
// UTF-16 units; the longest name is cut.
func TestTooltipFits(t *testing.T) {
	long := strings.Repeat("Anna-Maria 𝔘", 30)
	for _, language := range text.Languages() {
		for _, s := range []tray.State{
			{}, {Connected: true, Status: well()}, {Connected: true, Status: well(offline)}, {Connected: true, Status: &hostpb.Status{}},
			{Connected: true, Status: well(open(4_000_000_000, hostpb.Severity_SEVERITY_HIGH))}, {Connected: true, Status: well(open(4_000_000_000, hostpb.Severity_SEVERITY_LOW))},
			{Connected: true, Status: well(phase(hostpb.SupportPhase_SUPPORT_PHASE_WAITING))},
			{Connected: true, Status: well(phase(hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED), func(s *hostpb.Status) { s.Support.Engineer.Name = long })},
		} {
			if v := tray.Show(s, text.New(language.Tag)); len(utf16.Encode([]rune(v.Tooltip))) > 127 || v.Tooltip == "" {
				t.Errorf("%s: %d units: %q", language.Tag, len(utf16.Encode([]rune(v.Tooltip))), v.Tooltip)
			}
		}
	}
}
