package view_test

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
	"beckmanconnect/ui/view"
)

// asked is a prompt on the screen and the answers it gave.
type asked struct {
	t       *testing.T
	prompt  *view.Prompt
	window  fyne.Window
	now     time.Time
	answers []view.Answer
}

func ask(t *testing.T, p *hostpb.Prompt) *asked {
	a := &asked{t: t, now: sample.Now}
	a.prompt = view.NewPrompt(kit(t, "en", theme.Light()), p, "", func(answer view.Answer) { a.answers = append(a.answers, answer) })
	a.window = open(t, a.prompt.Content(), fyne.NewSize(620, 0))
	a.prompt.Focus(a.window.Canvas())
	a.prompt.Tick(a.now, model.InSight)
	return a
}

// look lets time pass with the prompt in sight.
func (a *asked) look(d time.Duration) {
	for ; d > 0; d -= 100 * time.Millisecond {
		a.now = a.now.Add(100 * time.Millisecond)
		a.prompt.Tick(a.now, model.InSight)
	}
}

// key presses a key on whatever has the focus, as the driver does.
func (a *asked) key(name fyne.KeyName) {
	e := &fyne.KeyEvent{Name: name}
	switch {
	case name == fyne.KeyTab:
		a.window.Canvas().FocusNext()
	case a.window.Canvas().Focused() != nil:
		f := a.window.Canvas().Focused()
		if k, ok := f.(interface{ KeyDown(*fyne.KeyEvent) }); ok {
			k.KeyDown(e)
		}
		f.TypedKey(e)
	case a.window.Canvas().OnTypedKey() != nil:
		a.window.Canvas().OnTypedKey()(e)
	}
}

func (a *asked) want(n int, allow bool) {
	a.t.Helper()
	if len(a.answers) != n || n > 0 && a.answers[n-1].Allow != allow {
		a.t.Fatalf("answers: %+v, want %d, the last allow = %v", a.answers, n, allow)
	}
}

func (a *asked) focused() string {
	if f, ok := a.window.Canvas().Focused().(part.Identified); ok {
		return f.WidgetID()
	}
	return ""
}

// Scenario 10: who is typing when the prompt appears allows nothing.
func TestPromptIsArmedLate(t *testing.T) {
	a := ask(t, sample.ViewPrompt())
	if a.focused() != "prompt.deny" {
		t.Errorf("the focus is on %q", a.focused())
	}
	a.key(fyne.KeyReturn)
	a.key(fyne.KeyEnter)
	a.want(0, false)
	a.key(fyne.KeyTab)
	a.key(fyne.KeySpace)
	tap(t, a.prompt.Content(), "prompt.allow")
	a.want(0, false)
	a.look(700 * time.Millisecond)
	tap(t, a.prompt.Content(), "prompt.allow")
	a.want(0, false)
	a.look(200 * time.Millisecond)
	tap(t, a.prompt.Content(), "prompt.allow")
	a.want(1, true)
	tap(t, a.prompt.Content(), "prompt.allow")
	a.prompt.Deny()
	a.want(1, true) // once answered, it stays answered
}

func TestPromptByKeyboard(t *testing.T) {
	a := ask(t, sample.ViewPrompt())
	a.look(time.Second)
	a.key(fyne.KeyReturn)
	a.want(0, false)
	a.key(fyne.KeyTab)
	if a.focused() != "prompt.allow" {
		t.Fatalf("after Tab the focus is on %q", a.focused())
	}
	a.key(fyne.KeyReturn)
	a.key(fyne.KeyEnter)
	a.want(0, false)
	a.key(fyne.KeySpace)
	a.want(1, true)
	if a.answers[0].Duration != hostpb.Duration__DURATION_ONCE {
		t.Errorf("duration %v", a.answers[0].Duration)
	}
}

func TestEscapeDeniesFromEverywhere(t *testing.T) {
	for tabs := range 5 {
		a := ask(t, sample.ControlPrompt())
		a.look(time.Second)
		for range tabs {
			a.key(fyne.KeyTab)
		}
		a.key(fyne.KeyEscape)
		a.want(1, false)
	}
	a := ask(t, sample.ViewPrompt())
	a.window.Canvas().Unfocus()
	a.key(fyne.KeyEscape)
	a.want(1, false)
}

// A press that began before Allow was armed does not count, even when the
// button is let go of afterwards.
func TestPressUnderWayDoesNotCount(t *testing.T) {
	a := ask(t, sample.ViewPrompt())
	allow := part.Find(a.prompt.Content(), "prompt.allow").(*part.Button)
	allow.MouseDown(nil)
	a.look(time.Second)
	test.Tap(allow)
	a.want(0, false)
	// A key that is held down repeats; only a fresh press counts.
	a.window.Canvas().Focus(allow)
	allow.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	a.want(0, false)
	a.key(fyne.KeySpace)
	a.want(1, true)
}

// Scenario 11: time out of sight does not arm it.
func TestPromptOutOfSight(t *testing.T) {
	a := ask(t, sample.ViewPrompt())
	a.look(time.Second)
	a.prompt.Tick(a.now, model.OutOfSight)
	tap(t, a.prompt.Content(), "prompt.allow")
	a.want(0, false)
	a.prompt.Tick(a.now.Add(100*time.Millisecond), model.InSight)
	tap(t, a.prompt.Content(), "prompt.allow")
	a.want(0, false)
}

// B7: a run asks for a second, explicit yes.
func TestPromptWithRun(t *testing.T) {
	a := ask(t, sample.ControlPrompt())
	a.look(time.Second)
	tap(t, a.prompt.Content(), "prompt.allow")
	a.want(0, false)
	test.Tap(part.Find(a.prompt.Content(), "prompt.run").(*part.Check))
	tap(t, a.prompt.Content(), "prompt.duration.15min")
	tap(t, a.prompt.Content(), "prompt.allow")
	a.want(1, true)
	if !a.answers[0].RunConfirmed || a.answers[0].Duration != hostpb.Duration__DURATION_15_MIN {
		t.Errorf("answer: %+v", a.answers[0])
	}
}

func TestPromptRunsOut(t *testing.T) {
	a := ask(t, sample.ViewPrompt())
	deny := part.Find(a.prompt.Content(), "prompt.deny").(*part.Button)
	a.look(time.Second)
	if deny.Label() != "Deny (0:59)" {
		t.Errorf("label %q", deny.Label())
	}
	a.prompt.Tick(sample.Now.Add(time.Minute), model.InSight)
	if deny.Label() != "Deny (0:00)" {
		t.Errorf("label %q", deny.Label())
	}
	tap(t, a.prompt.Content(), "prompt.allow")
	a.want(0, false) // the service denies by itself
}

func TestPromptAnswerThatFailed(t *testing.T) {
	a := ask(t, sample.FilePrompt())
	a.look(time.Second)
	tap(t, a.prompt.Content(), "prompt.allow")
	a.want(1, true)
	a.prompt.Failed("not now")
	tap(t, a.prompt.Content(), "prompt.deny")
	a.want(2, false)
}

func TestBarTaps(t *testing.T) {
	s := sample.Session()
	a := &actions{}
	k := kit(t, "en", theme.Light())
	b := view.NewBar(k, a)
	v, _ := s.Bar(k.Words, sample.Now)
	if !b.Update(v) {
		t.Error("a new bar has no new size")
	}
	open(t, b.Content(), fyne.NewSize(0, 0))
	v, _ = s.Bar(k.Words, sample.Now.Add(time.Second))
	if b.Update(v) {
		t.Error("a second that passes draws the bar anew")
	}
	tap(t, b.Content(), "bar.view.revoke")
	if a.last() != "revoke CAPABILITY_VIEW" {
		t.Errorf("%q", a.last())
	}
	tap(t, b.Content(), "bar.control.revoke")
	tap(t, b.Content(), "bar.end")
	if a.last() != "end" {
		t.Errorf("%q", a.last())
	}
}
