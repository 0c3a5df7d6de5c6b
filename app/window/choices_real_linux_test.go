//go:build !production

package window

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"beckmanconnect/app/desktop/xtesting"
)

// again ends the window as its cross does, and starts it once more with the same
// home.
func (w *realWindow) again() {
	w.t.Helper()
	w.on(w.inner, "key", "alt+F4")
	<-w.read
	_ = w.command.Wait()
	if err := os.Remove(w.layout); err != nil {
		w.t.Fatal(err)
	}
	w.launch()
}

// focused is what has the keyboard.
func (w *realWindow) focused() string {
	raw, err := os.ReadFile(w.layout)
	if err != nil {
		return ""
	}
	var all []layoutEntry
	if err := json.Unmarshal(raw, &all); err != nil {
		w.t.Fatal(err)
	}
	for _, e := range all {
		if e.Focused {
			return e.ID
		}
	}
	return ""
}

// tabTo goes on with the Tab key until something has the keyboard.
func (w *realWindow) tabTo(id string) {
	w.t.Helper()
	for range 60 {
		before := w.focused()
		if before == id {
			return
		}
		w.on(w.inner, "key", "Tab")
		w.until("Tab leads on from "+before, func() bool { return w.focused() != before })
	}
	w.t.Fatalf("Tab does not lead to %s", id)
}

// stands is where the main window's content is on the display, and how large.
func (w *realWindow) stands() (at [4]int) {
	w.t.Helper()
	out := xtesting.Output(w.t, w.inner, "xdotool", "search", "--onlyvisible", "--class", "beckmanconnect", "getwindowgeometry", "--shell")
	for _, line := range strings.Fields(out) {
		name, value, _ := strings.Cut(line, "=")
		for i, want := range []string{"X", "Y", "WIDTH", "HEIGHT"} {
			if name == want {
				at[i], _ = strconv.Atoi(value)
			}
		}
	}
	return at
}

// B12: language, size of text and look are chosen with the keyboard alone; after
// another start the window speaks and looks so, and is where it was left.
func TestChoicesAndPlaceAfterAnotherStart(t *testing.T) {
	w := startRealAs(t, os.Args[0], viewVariable+"=", languageVariable+"=", themeVariable+"=", "LANG=en_US.UTF-8", "LC_ALL=en_US.UTF-8")
	label := func(id, text string) func() bool {
		return func() bool { e, _ := w.part(id); return e.Text == text }
	}
	w.until("the introduction of a first start", func() bool { _, ok := w.part("guide.skip"); return ok })
	w.tabTo("guide.next")
	w.on(w.inner, "key", "Escape")
	w.until("the first page", func() bool { _, ok := w.part("home.help"); return ok })
	w.on(w.inner, "key", "ctrl+comma")
	w.until("the settings", label("settings.look.dark", "Dark"))

	w.tabTo("settings.language.de")
	w.on(w.inner, "key", "space")
	w.until("German", label("settings.look.dark", "Dunkel"))
	w.until("the keyboard stays where it was", func() bool { return w.focused() == "settings.language.de" })
	w.tabTo("settings.text.large")
	w.on(w.inner, "key", "space")
	w.until("the navigation of larger text is narrow", label("nav.settings", "Optionen"))
	w.tabTo("settings.look.dark")
	w.on(w.inner, "key", "space")
	dark := func() bool {
		dark, ok := w.part("settings.look.dark")
		light, _ := w.part("settings.look.light")
		return ok && dark.W > light.W // it alone has a tick
	}
	w.until("the dark look", dark)

	w.again()
	w.until("the first page in German", label("home.help", "Hilfe holen"))
	w.on(w.inner, "search", "--onlyvisible", "--class", "beckmanconnect", "windowmove", "37", "41", "windowsize", "--sync", "860", "560")
	w.until("the new size", func() bool { at := w.stands(); return at[2] == 860 && at[3] == 560 })
	left := w.stands()
	for range 2 { // it must not wander from start to start
		w.again()
		w.until("the first page in German", label("home.help", "Hilfe holen"))
		w.until("the place it was left at", func() bool { return w.stands() == left })
	}
	w.on(w.inner, "key", "ctrl+7")
	w.until("the look that was chosen", dark)
}
