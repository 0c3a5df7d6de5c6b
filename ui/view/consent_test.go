package view_test

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"beckmanconnect/assets/text"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
	"beckmanconnect/ui/view"
)

func (a *asked) entry(id string) *part.Entry {
	a.t.Helper()
	e, ok := part.Find(a.prompt.Content(), id).(*part.Entry)
	if !ok {
		a.t.Fatalf("there is no field %s", id)
	}
	return e
}

func (a *asked) allowed() bool {
	return part.Find(a.prompt.Content(), "prompt.allow").(*part.Button).Enabled()
}

func (a *asked) says() string {
	o := part.Find(a.prompt.Content(), "prompt.warning")
	if o == nil {
		return ""
	}
	return o.(*part.Named).Content.(*part.Text).Content()
}

// P24: on a shared log-on a yes needs initials. Tab goes from Deny over the
// fields to Allow; Enter in a field does nothing.
func TestPromptNeedsInitials(t *testing.T) {
	a := ask(t, sample.InitialsPrompt())
	a.look(time.Second)
	if a.allowed() {
		t.Fatal("Allow works without initials")
	}
	a.key(fyne.KeyTab)
	if a.focused() != "prompt.initials" {
		t.Fatalf("after Tab the focus is on %q", a.focused())
	}
	test.Type(a.entry("prompt.initials"), " mh")
	a.key(fyne.KeyReturn)
	a.key(fyne.KeyEnter)
	a.want(0, false)
	a.key(fyne.KeyTab)
	if a.focused() != "prompt.allow" {
		t.Fatalf("after the field the focus is on %q", a.focused())
	}
	a.key(fyne.KeySpace)
	a.want(1, true)
	if got := a.answers[0]; got.Initials != "MH" || got.PIN != "" || !got.ByKey {
		t.Errorf("answer: %+v", got)
	}
}

// Initials of last time are there; what was typed since counts.
func TestInitialsAreRemembered(t *testing.T) {
	a := &asked{t: t, now: sample.Now}
	a.prompt = view.NewPrompt(kit(t, "en", theme.Light()), sample.InitialsPrompt(), "MH", func(answer view.Answer) { a.answers = append(a.answers, answer) })
	a.window = open(t, a.prompt.Content(), fyne.NewSize(620, 0))
	a.look(1100 * time.Millisecond)
	tap(t, a.prompt.Content(), "prompt.allow")
	a.want(1, true)
	if a.answers[0].Initials != "MH" || a.answers[0].ByKey {
		t.Errorf("answer: %+v", a.answers[0])
	}
}

// B3: a PIN is typed anew for each try, shows as dots, takes digits only, and
// a wrong one is said in words.
func TestPromptNeedsPIN(t *testing.T) {
	a := ask(t, sample.PINPrompt())
	a.look(time.Second)
	for _, want := range []string{"prompt.initials", "prompt.pin", "prompt.allow"} {
		a.key(fyne.KeyTab)
		if a.focused() != want {
			t.Fatalf("the focus is on %q, want %s", a.focused(), want)
		}
	}
	pin := a.entry("prompt.pin")
	if !pin.Password || pin.ActionItem.Visible() && pin.ActionItem.MinSize().Width > 1 {
		t.Error("the PIN can be read off the screen")
	}
	test.Type(a.entry("prompt.initials"), "MH")
	test.Type(pin, "12")
	if a.allowed() {
		t.Fatal("Allow works with half a PIN")
	}
	test.Type(pin, "a3 4567890123456")
	if pin.Text != "123456789012" {
		t.Errorf("the field took %q", pin.Text)
	}
	pin.SetText("246801")
	a.window.Canvas().Focus(pin)
	a.key(fyne.KeyReturn)
	a.want(0, false)
	tap(t, a.prompt.Content(), "prompt.allow")
	a.want(1, true)
	if a.answers[0].PIN != "246801" || a.answers[0].Initials != "MH" {
		t.Errorf("answer: %+v", a.answers[0])
	}
	if pin.Text != "" {
		t.Error("the PIN stays in its field")
	}
	again := sample.PINPrompt()
	again.PinTriesLeft = 1
	a.prompt.Update(again)
	a.prompt.Failed("The PIN is wrong.")
	if a.allowed() || a.says() != "The PIN is wrong." {
		t.Errorf("after a wrong PIN Allow works, or nothing is said: %q", a.says())
	}
	if !strings.Contains(test.RenderToMarkup(a.window.Canvas()), "1 try left") {
		t.Error("the tries left are not told")
	}
	pin.SetText("135791")
	tap(t, a.prompt.Content(), "prompt.allow")
	a.want(2, true)
}

func TestPINThatIsPasted(t *testing.T) {
	a := ask(t, sample.PINPrompt())
	pin := a.entry("prompt.pin")
	board := test.NewClipboard()
	board.SetContent("12-34 x 5678901234567")
	pin.TypedShortcut(&fyne.ShortcutPaste{Clipboard: board})
	if pin.Text != "123456789012" {
		t.Errorf("pasted %q", pin.Text)
	}
}

func TestEscapeDeniesFromTheFields(t *testing.T) {
	for _, id := range []string{"prompt.initials", "prompt.pin", "prompt.run", "prompt.duration", "prompt.deny", "prompt.allow"} {
		a := ask(t, sample.FullPrompt())
		a.look(time.Second)
		a.window.Canvas().Focus(part.Find(a.prompt.Content(), id).(fyne.Focusable))
		// A field's menu would take Escape for itself.
		if e, ok := part.Find(a.prompt.Content(), id).(*part.Entry); ok {
			e.TappedSecondary(&fyne.PointEvent{})
		}
		if len(a.window.Canvas().Overlays().List()) > 0 {
			t.Errorf("%s opens a menu", id)
		}
		a.key(fyne.KeyEscape)
		a.want(1, false)
	}
}

// B7, B3: run confirmed, initials, PIN: each is needed.
func TestPromptNeedsEverything(t *testing.T) {
	for without := range 4 {
		a := ask(t, sample.FullPrompt())
		a.look(time.Second)
		if without != 0 {
			test.Tap(part.Find(a.prompt.Content(), "prompt.run").(*part.Check))
		}
		if without != 1 {
			a.entry("prompt.initials").SetText("MH")
		}
		if without != 2 {
			a.entry("prompt.pin").SetText("246801")
		}
		if got, want := a.allowed(), without == 3; got != want {
			t.Errorf("without %d: allowed %v", without, got)
		}
	}
}

// Scenario 11: while another window covers it, or the screen is locked, Allow
// is off and a line says why; afterwards it has to be in sight anew.
func TestPromptCovered(t *testing.T) {
	for sight, words := range map[model.Sight]string{model.Covered: "Another window covers", model.Locked: "The screen is locked", model.OutOfSight: "not fully on the screen"} {
		a := ask(t, sample.ViewPrompt())
		a.look(time.Second)
		if !a.allowed() || a.says() != "" {
			t.Fatalf("not armed, or something is said: %q", a.says())
		}
		a.now = a.now.Add(100 * time.Millisecond)
		a.prompt.Tick(a.now, sight)
		if a.allowed() || !strings.Contains(a.says(), words) {
			t.Errorf("%v: allowed %v, says %q", sight, a.allowed(), a.says())
		}
		tap(t, a.prompt.Content(), "prompt.allow")
		a.want(0, false)
		a.look(300 * time.Millisecond)
		if a.allowed() || a.says() != "" {
			t.Errorf("%v, just over: allowed %v, says %q", sight, a.allowed(), a.says())
		}
		tap(t, a.prompt.Content(), "prompt.deny")
		a.want(1, false)
	}
}

// A window that is just coming up is not called out of sight; one that does not
// come is.
func TestComingUpSaysNothing(t *testing.T) {
	a := &asked{t: t, now: sample.Now}
	a.prompt = view.NewPrompt(kit(t, "en", theme.Light()), sample.ViewPrompt(), "", func(view.Answer) {})
	a.window = open(t, a.prompt.Content(), fyne.NewSize(620, 0))
	for range 5 {
		if a.prompt.Tick(a.now, model.OutOfSight); a.allowed() || a.says() != "" {
			t.Fatalf("after %v: allowed %v, says %q", a.now.Sub(sample.Now), a.allowed(), a.says())
		}
		a.now = a.now.Add(100 * time.Millisecond)
	}
	if a.prompt.Tick(a.now, model.OutOfSight); a.allowed() || a.says() == "" {
		t.Errorf("allowed %v, says %q", a.allowed(), a.says())
	}
}

// The largest prompt fits a screen of 1024 × 768 with a panel and a frame, in
// every language: one that does not can never be allowed.
func TestLargestPromptFits(t *testing.T) {
	for _, l := range text.Languages() {
		k := kit(t, l.Tag, theme.Light())
		w := view.NewPrompt(k, sample.FullPrompt(), "MH", func(view.Answer) {})
		size := open(t, w.Content(), fyne.NewSize(620, 0)).Canvas().Size()
		if size.Width > 640 || size.Height > 716 {
			t.Errorf("%s: %v", l.Tag, size)
		}
	}
}

// A warning that comes up moves nothing under the pointer.
func TestWarningMovesNothing(t *testing.T) {
	for _, l := range text.Languages() {
		k := kit(t, l.Tag, theme.Light())
		w := view.NewPrompt(k, sample.PINPrompt(), "MH", func(view.Answer) {})
		window := open(t, w.Content(), fyne.NewSize(620, 0))
		before := w.Content().MinSize()
		for _, say := range []func(){
			func() { w.Tick(sample.Now, model.Covered) }, func() { w.Tick(sample.Now, model.Locked) }, func() { w.Tick(sample.Now, model.OutOfSight) },
			func() { w.Tick(sample.Now, model.InSight); w.Failed(k.T("prompt.not-by-hand")) }, func() { w.Failed(k.T("prompt.blind")) }, func() { w.Failed(k.T("error.pin-locked")) },
		} {
			say()
			window.Content().Refresh()
			if after := w.Content().MinSize(); after != before {
				t.Errorf("%s: %v became %v", l.Tag, before, after)
			}
		}
	}
}
