//go:build !production

package window

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"beckmanconnect/app/preferences"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/sample"
)

// longQuestion is a German window at 200 % on a screen of 1080 lines, with a
// question that is higher than the screen, and in it initials and PIN.
type longQuestion struct {
	*realWindow
	question *hostpb.Prompt
}

func askLong(t *testing.T, question *hostpb.Prompt, textSize string) longQuestion {
	t.Helper()
	home := t.TempDir()
	if err := preferences.Save(filepath.Join(home, version.ID(), "preferences.json"), preferences.Preferences{TextSize: textSize}); err != nil {
		t.Fatal(err)
	}
	w := startRealOn(t, "1920x1080", os.Args[0], "FYNE_SCALE=2", languageVariable+"=de", "XDG_CONFIG_HOME="+home)
	w.until("the window", func() bool { _, ok := w.part("nav.help"); return ok })
	w.ask(question)
	l := longQuestion{w, question}
	if more := l.shown("prompt.more"); !more.Enabled {
		t.Fatalf("%+v says that all was read", more)
	}
	w.click(w.outer, l.shown("prompt.initials"))
	w.on(w.outer, "type", "--delay", "80", "mh")
	w.click(w.outer, l.shown("prompt.pin"))
	w.on(w.outer, "type", "--delay", "80", "246801")
	return l
}

// shown waits for a part.
func (l longQuestion) shown(id string) (e layoutEntry) {
	l.t.Helper()
	l.until(id, func() (ok bool) { e, ok = l.part(id); return ok })
	return e
}

// refuses presses Allow for longer than it takes to be armed, and nothing comes
// of it.
func (l longQuestion) refuses(why string) {
	l.t.Helper()
	allow := l.shown("prompt.allow")
	for range 3 {
		l.click(l.outer, allow)
		l.on(l.outer, "sleep", "0.7")
	}
	if e := l.shown("prompt.allow"); e.Enabled || l.answers() != 0 {
		l.t.Fatalf("%s: %+v, %d answers", why, e, l.answers())
	}
}

// read goes to the question's end by key, wheel and button.
func (l longQuestion) read() {
	l.t.Helper()
	step := 0
	l.until("it is read", func() bool {
		more := l.shown("prompt.more")
		if !more.Enabled {
			return true
		}
		switch step++; step % 3 {
		case 1:
			l.on(l.outer, "key", "Next", "sleep", "0.3")
		case 2:
			l.on(l.outer, "mousemove", "--sync", strconv.Itoa(more.X+more.W/2), strconv.Itoa(more.Y-60), "click", "5", "sleep", "0.3")
		default:
			l.click(l.outer, more)
		}
		return false
	})
	if step == 0 {
		l.t.Error("nothing had to be scrolled")
	}
}

// allowed presses Allow as soon as that counts, and gives what was answered.
func (l longQuestion) allowed() *hostpb.AnswerPromptRequest {
	l.t.Helper()
	allow := l.armed()
	l.until("a hand's click counts", func() bool {
		if l.answers() == 0 {
			l.click(l.outer, allow)
		}
		return l.answers() > 0
	})
	r := l.service.Host.Calls("AnswerPrompt")[0].Request.(*hostpb.AnswerPromptRequest)
	if !r.GetAllow() || r.GetPromptId() != l.question.GetId() || r.GetPin() != "246801" {
		l.t.Errorf("answered %v", r)
	}
	return r
}

// B3, B12: a long question in German at 200 % is higher than the screen. Unread
// nothing allows it, not even a hand; read to its end it can be allowed.
func TestRealQuestionHigherThanTheScreen(t *testing.T) {
	question := sample.FullPrompt()
	question.RunInProgress = false
	l := askLong(t, question, "normal")
	l.refuses("unread")
	if !l.shown("prompt.more").Enabled {
		t.Fatal("it says that all was read")
	}
	l.read()
	l.allowed()
}

// B3, B12: the fullest question there is, for whoever wants the largest text: a
// run may be in progress, patient data may be seen, a PIN is asked for. All of
// its parts stand on the screen or are scrolled there; what confirms the run
// stands at its end, and without that nothing allows it.
func TestRealFullestQuestionInTheLargestText(t *testing.T) {
	l := askLong(t, sample.FullPrompt(), "largest")
	for _, id := range []string{"prompt.deny", "prompt.initials", "prompt.pin", "prompt.more", "prompt.allow"} {
		if e := l.shown(id); e.X < 0 || e.Y < 0 || e.X+e.W > 1920 || e.Y+e.H > 1080 {
			t.Errorf("%s is not on the screen: %+v", id, e)
		}
	}
	l.read()
	l.refuses("the run is not confirmed")
	run := l.shown("prompt.run")
	if run.H < 2*44 {
		t.Errorf("read to its end, and the tick is cut to %+v", run)
	}
	l.click(l.outer, run)
	if r := l.allowed(); !r.GetRunConfirmed() || r.GetInitials() != "MH" {
		t.Errorf("answered %v", r)
	}
}
